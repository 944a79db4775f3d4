package rest

// BucketsKept lets tests see how many buckets are remembered.
func (c *Client) BucketsKept() int {
	c.limits.mu.Lock()
	defer c.limits.mu.Unlock()
	if len(c.limits.byKey) != c.limits.order.Len() {
		return -1
	}
	return c.limits.order.Len()
}
