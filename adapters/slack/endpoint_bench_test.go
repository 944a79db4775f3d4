package slack

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// BenchmarkEndpoint is the whole of an answered command: verify, parse,
// answer, render, acknowledge.
func BenchmarkEndpoint(b *testing.B) {
	_, h := standing(b, nil)
	body := strings.ReplaceAll(asked, "what+are+the+three+pledges", "%E4%B8%89%E9%A1%B9%E6%89%BF%E8%AF%BA%E6%98%AF%E4%BB%80%E4%B9%88")
	if w := ask(h, signed(CommandsPath, body)); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "三项承诺") {
		b.Fatalf("%d: %s", w.Code, w.Body)
	}
	var mu sync.Mutex
	var took []time.Duration
	var uses atomic.Int64
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		var mine []time.Duration
		for pb.Next() {
			r := signed(CommandsPath, strings.ReplaceAll(body, "1.2.3", strconv.FormatInt(uses.Add(1), 10)+".2"))
			w := httptest.NewRecorder()
			start := time.Now()
			h.ServeHTTP(w, r)
			mine = append(mine, time.Since(start))
			if w.Code != http.StatusOK || w.Body.Len() == 0 {
				b.Errorf("%d: %s", w.Code, w.Body)
			}
		}
		mu.Lock()
		defer mu.Unlock()
		took = append(took, mine...)
	})
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "req/s")
}
