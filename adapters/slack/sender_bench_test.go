package slack

import (
	"strconv"
	"sync"
	"testing"
	"time"

	"briefbot/adapters/slack/slacktest"
	"briefbot/bot"
	"briefbot/content"
)

// BenchmarkSend posts to as many channels of one workspace as there are
// messages, 64 at once, within the limits of Slack. It reports the share of
// the limit that is reached and how many calls were refused.
//
//	go test ./adapters/slack -run - -bench Send -benchtime 400x
func BenchmarkSend(b *testing.B) {
	const atOnce, burst, perMinute = 64, 20, 300
	s := beginSending(b, slacktest.Options{})
	p := s.sender.Pages(bot.Message{Title: "Digest", Blocks: []bot.Block{bot.Paragraph{Text: "There is nothing new."}}}, content.English)[0]
	channels := make(chan string, b.N)
	for n := range b.N {
		channels <- s.workspace.AddChannel(strconv.Itoa(n)).ID
	}
	close(channels)
	start := time.Now()
	b.ResetTimer()
	var all sync.WaitGroup
	for range atOnce {
		all.Go(func() {
			for channel := range channels {
				to := s.place
				to.Channel = channel
				if _, err := s.sender.Send(b.Context(), to, p, bot.Key{ID: "k" + channel}); err != nil {
					b.Error(err)
				}
			}
		})
	}
	all.Wait()
	took := time.Since(start)
	counts := s.Counts()
	if counts.Posted != b.N || counts.RateLimited > 0 {
		b.Errorf("%d were posted of %d, %d refused", counts.Posted, b.N, counts.RateLimited)
	}
	if b.N > burst { // the first are sent at once
		b.ReportMetric(100*float64(b.N-burst)/took.Minutes()/perMinute, "%limit")
	}
	b.ReportMetric(float64(counts.RateLimited), "refused")
}
