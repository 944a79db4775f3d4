package discord

import (
	"strconv"
	"sync"
	"testing"
	"time"

	"briefbot/adapters/discord/discordtest"
	"briefbot/bot"
	"briefbot/content"
)

// BenchmarkSend posts to as many channels as there are messages, 64 at once,
// within the limits of Discord. It reports the share of the limit that is
// reached and how many requests were refused.
//
//	go test ./adapters/discord -run - -bench Send -benchtime 1000x
func BenchmarkSend(b *testing.B) {
	const atOnce, perSecond = 64, 50
	s := beginSending(b, discordtest.Options{})
	p := s.sender.Pages(bot.Message{Title: "Digest", Blocks: []bot.Block{bot.Paragraph{Text: "There is nothing new."}}}, content.English)[0]
	channels := make(chan string, b.N)
	for n := range b.N {
		channels <- s.guild.AddChannel(strconv.Itoa(n)).ID
	}
	close(channels)
	before := s.Counts()
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
	if posted := counts.Messages - before.Messages; posted != b.N {
		b.Errorf("%d were posted of %d", posted, b.N)
	}
	refused := 0
	for _, n := range counts.RateLimited {
		refused += n
	}
	if refused > 0 {
		b.Errorf("%d were refused: %v", refused, counts.RateLimited)
	}
	if b.N > perSecond { // the first second's are sent at once
		b.ReportMetric(100*float64(b.N-perSecond)/took.Seconds()/perSecond, "%limit")
	}
	b.ReportMetric(float64(refused), "refused")
}
