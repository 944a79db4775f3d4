package discord

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"briefbot/bot"
	"briefbot/bot/bottest"
	"briefbot/content"
)

// BenchmarkRouter is the answer alone, to compare with BenchmarkEndpoint/ask in
// the same run.
func BenchmarkRouter(b *testing.B) {
	router := bottest.Router(b)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		args := map[string]string{"question": questions()[i%len(questions())]}
		router.Respond(b.Context(), bot.Request{Command: "ask", Args: args, Lang: content.English})
	}
}

func questions() []string {
	return []string{"what are the three pledges", "三项承诺是什么", "where did the Harbour Forum meet", "who won the chess match"}
}

// BenchmarkEndpoint is the whole path of an interaction over HTTP, but for
// the network: verify, decode, answer, render, encode. It reports the median
// and the 99th percentile in microseconds, and requests per second.
func BenchmarkEndpoint(b *testing.B) {
	for _, bench := range []struct {
		name string
		body func(id int) string
	}{
		{"ping", func(int) string { return ping }},
		{"ask", func(id int) string {
			body := strings.Replace(ask, "what are the three pledges", questions()[id%len(questions())], 1)
			body = strings.Replace(body, `"id":"10"`, `"id":"`+strconv.Itoa(1000+id)+`"`, 1)
			return strings.Replace(body, `"id":"5"`, `"id":"`+strconv.Itoa(1+id%1000)+`"`, 1)
		}},
		{"autocomplete", func(id int) string {
			return fmt.Sprintf(`{"id":"%d","application_id":"2","type":4,"token":"t","user":{"id":"5"},"data":{"name":"ask","options":[{"name":"question","value":"pl","focused":true}]}}`, 1000+id)
		}},
		{"forged", nil},
	} {
		b.Run(bench.name, func(b *testing.B) {
			endpoint, s := overHTTP(b).Endpoint(), newSigner()
			var took []time.Duration
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				b.StopTimer()
				r := s.request(ask, bottest.Now())
				if bench.body == nil {
					r.Header.Set(headerSignature, strings.Repeat("0", 128))
				} else {
					r = s.request(bench.body(i), bottest.Now())
				}
				w := httptest.NewRecorder()
				b.StartTimer()
				start := time.Now()
				endpoint.ServeHTTP(w, r)
				took = append(took, time.Since(start))
				if (w.Code == http.StatusOK) != (bench.body != nil) {
					b.Fatalf("status %d: %s", w.Code, w.Body)
				}
			}
			slices.Sort(took)
			var sum time.Duration
			for _, d := range took {
				sum += d
			}
			b.ReportMetric(float64(took[len(took)/2].Nanoseconds())/1e3, "p50-µs")
			b.ReportMetric(float64(took[len(took)*99/100].Nanoseconds())/1e3, "p99-µs")
			b.ReportMetric(float64(len(took))/sum.Seconds(), "req/s")
		})
	}
}
