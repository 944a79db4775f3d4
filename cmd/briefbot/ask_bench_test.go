package main

import (
	"io"
	"strings"
	"testing"
	"time"
)

// BenchmarkStartToAnswer is what one "briefbot ask" does after the process
// has started: read and check the embedded briefings, build the index, answer.
func BenchmarkStartToAnswer(b *testing.B) {
	for b.Loop() {
		p := &program{in: strings.NewReader(""), out: io.Discard, err: io.Discard, now: time.Now}
		if code := p.run(b.Context(), []string{"ask", "APEC 2026 host"}); code != 0 {
			b.Fatalf("exit code %d", code)
		}
	}
}
