package rest

import (
	"sync"
	"time"
)

// Discord bans an address for an hour, or longer, after 10,000 invalid
// requests in ten minutes:
// https://docs.discord.com/developers/topics/rate-limits#invalid-request-limit-aka-cloudflare-bans.
const (
	budgetWindow = 10 * time.Minute
	budgetSlot   = 10 * time.Second
	budgetSlots  = int(budgetWindow/budgetSlot) + 1 // one more: the oldest is within the window in part
)

// budget counts invalid requests over a sliding window. It counts by slots of
// ten seconds, so its memory does not depend on how many there are.
type budget struct {
	most int

	mu     sync.Mutex
	counts [budgetSlots]int
	newest int64 // number of the newest slot, in slots since 1970
	total  int
	half   bool // whether the log knows that half is used up
	full   bool // whether the log knows that all is used up
}

func newBudget(most int) *budget { return &budget{most: most} }

// spend counts one invalid request. It reports whether with it half of the
// budget has gone for the first time.
func (b *budget) spend(now time.Time) (half bool, count int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.advance(now)
	b.counts[b.newest%int64(budgetSlots)]++
	b.total++
	half = !b.half && b.total >= (b.most+1)/2
	b.half = b.half || half
	return half, b.total
}

// wait returns how long nothing may be sent, 0 where something may. first is
// true for the first refusal since something was allowed.
func (b *budget) wait(now time.Time) (d time.Duration, first bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.advance(now)
	if b.total < b.most {
		b.full = false
		return 0, false
	}
	first, b.full = !b.full, true
	left := b.total
	for slot := b.newest - int64(budgetSlots) + 1; slot <= b.newest; slot++ {
		if left -= b.counts[slot%int64(budgetSlots)]; left < b.most {
			forgotten := time.Unix(0, (slot+int64(budgetSlots))*int64(budgetSlot))
			return max(forgotten.Sub(now), time.Millisecond), first
		}
	}
	return budgetWindow, first
}

// advance forgets what is older than the window. A clock that goes back
// counts into the newest slot.
func (b *budget) advance(now time.Time) {
	slot := now.UnixNano() / int64(budgetSlot)
	if slot-b.newest >= int64(budgetSlots) {
		b.counts, b.total, b.newest = [budgetSlots]int{}, 0, slot
	}
	for b.newest < slot {
		b.newest++
		i := b.newest % int64(budgetSlots)
		b.total -= b.counts[i]
		b.counts[i] = 0
	}
	if b.total < (b.most+1)/2 {
		b.half = false
	}
}
