package load

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"briefbot/content/briefings"
)

// BenchmarkLoadThousandEntries loads 25 briefings with 40 entries each.
func BenchmarkLoadThousandEntries(b *testing.B) {
	tree := fstest.MapFS{}
	for i := range 25 {
		id := fmt.Sprintf("b%d", i)
		text := small(id)
		head, entry, _ := strings.Cut(text, "  - id: opening\n")
		var s strings.Builder
		s.WriteString(head)
		for j := range 40 {
			fmt.Fprintf(&s, "  - id: e%d\n    aliases: [alias %d of %s]\n%s", j, j, id, strings.Replace(entry, "大桥于", strings.Repeat("中国国家主席对韩国进行国事访问并出席领导人非正式会议，", 4)+fmt.Sprintf("第%d座大桥于", j), 1))
		}
		text = strings.ReplaceAll(s.String(), "en: The bridge opened", "en: \"A bridge opened")
		text = strings.ReplaceAll(text, "2025.}", "2025. "+strings.Repeat("The leaders talked about trade and people. ", 5)+"\"}")
		for j := range 40 {
			text = strings.Replace(text, "A bridge opened", fmt.Sprintf("Bridge no. %d opened", j), 1)
		}
		tree[id+".yaml"] = &fstest.MapFile{Data: []byte(text)}
	}
	b.Run("cold", func(b *testing.B) {
		for b.Loop() {
			load(b, new(Loader), tree)
		}
	})
	b.Run("again", func(b *testing.B) {
		var l Loader
		load(b, &l, tree)
		for b.Loop() {
			load(b, &l, tree)
		}
	})
}

// BenchmarkLoadShipped loads what the program embeds, as every cold start does.
func BenchmarkLoadShipped(b *testing.B) {
	b.Run("cold", func(b *testing.B) {
		for b.Loop() {
			if lib, report := FS(briefings.Files(), "briefings"); lib == nil {
				b.Fatal(report.Err())
			}
		}
	})
	b.Run("table", func(b *testing.B) {
		for b.Loop() {
			var c Converter
			if _, err := c.Traditional("中国"); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func load(b *testing.B, l *Loader, tree fstest.MapFS) {
	b.Helper()
	lib, report := l.FS(tree, "")
	if lib == nil {
		b.Fatal(report.Err())
	}
	if lib.Len() != 1000 {
		b.Fatal(lib.Len())
	}
}
