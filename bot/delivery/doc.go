// Package delivery brings digests to their channels: it queues what is due,
// shares the lanes with the other replicas, and posts, records and tries again.
// What a digest says is decided in bot/digest, when something is due by the
// store's clock.
package delivery
