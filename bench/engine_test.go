package main

import (
	"testing"
	"time"

	"briefbot/content/search"
)

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		if _, err := shipped(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkBuild(b *testing.B) {
	library, err := shipped()
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		search.Build(library)
	}
}

func BenchmarkAsk(b *testing.B) {
	library, err := shipped()
	if err != nil {
		b.Fatal(err)
	}
	questions, err := shippedQuestions()
	if err != nil {
		b.Fatal(err)
	}
	index := search.Build(library)
	asked := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	i := 0
	for b.Loop() {
		index.Ask(search.Query{Question: questions[i%len(questions)], AskedAt: asked})
		i++
	}
}
