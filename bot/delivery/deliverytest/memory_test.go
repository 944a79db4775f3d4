package deliverytest_test

import (
	"testing"
	"time"

	"briefbot/bot/bottest"
	"briefbot/bot/delivery/deliverytest"
	"briefbot/bot/digest"
)

// TestTheStoreInMemoryIsAStore holds what the tests of delivery stand on to
// the promises of every store.
func TestTheStoreInMemoryIsAStore(t *testing.T) {
	bottest.Digests(t, func(*testing.T) func(*testing.T) digest.Store {
		store := deliverytest.NewMemoryStore(time.Now)
		return func(*testing.T) digest.Store { return store }
	})
}
