package discordtest

import "testing"

func BenchmarkLoadDescription(b *testing.B) {
	for b.Loop() {
		if _, err := LoadDescription(""); err != nil {
			b.Skip(err)
		}
	}
}

func BenchmarkCheckMessage(b *testing.B) {
	d, err := LoadDescription("")
	if err != nil {
		b.Skip(err)
	}
	body := remarshal(card("text", "a", "b", "c"))
	for b.Loop() {
		if p := d.checkBody("POST /channels/{channel_id}/messages", body); len(p) > 0 {
			b.Fatal(p)
		}
	}
}
