package search_test

import (
	"testing"

	"briefbot/content/load"
	"briefbot/content/search"
)

func BenchmarkBuild(b *testing.B) {
	l := load.Loader{}
	lib, _ := l.Paths("../briefings")
	for b.Loop() {
		search.Build(lib)
	}
}
func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		l := load.Loader{}
		l.Paths("../briefings")
	}
}
func BenchmarkAsk(b *testing.B) {
	l := load.Loader{}
	lib, _ := l.Paths("../briefings")
	x := search.Build(lib)
	for b.Loop() {
		x.Ask(search.Query{Question: "what did Xi and Trump agree in Busan"})
	}
}
