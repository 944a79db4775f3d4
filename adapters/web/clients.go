package web

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// clients tells who sends a request.
type clients struct{ trusted []netip.Prefix }

// siteBits is the IPv6 prefix that one customer gets at least: who holds it
// can send from any address within.
const siteBits = 64

// of returns a name of the client that sends r: its address, for IPv6 its
// /64. X-Forwarded-For counts as far as trusted proxies wrote it.
func (c clients) of(r *http.Request) string {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return "" // no TCP connection: all such share one allowance
	}
	addr := peer.Addr().Unmap()
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		if !c.trusts(addr) {
			break
		}
		before, err := netip.ParseAddr(strings.TrimSpace(hop))
		if err != nil {
			break // not what a proxy writes: the last address that is sure
		}
		addr = before.Unmap()
	}
	if addr.Is6() {
		if prefix, err := addr.WithZone("").Prefix(siteBits); err == nil {
			return prefix.String()
		}
	}
	return addr.String()
}

func (c clients) trusts(addr netip.Addr) bool {
	return slices.ContainsFunc(c.trusted, func(p netip.Prefix) bool { return p.Contains(addr) })
}
