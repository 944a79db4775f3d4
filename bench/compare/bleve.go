package main

import (
	"fmt"
	"strings"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/analysis/lang/cjk"
	"github.com/blevesearch/bleve/v2/analysis/lang/en"
	"github.com/blevesearch/bleve/v2/index/scorch"
	"github.com/blevesearch/bleve/v2/mapping"

	"briefbot/bench/sets"
	"briefbot/content"
)

// bleveIndex is a library in bleve: scorch in memory, one document an entry, all
// its texts in one field with the analyzer of its language.
type bleveIndex struct {
	index bleve.Index
}

// batch is how many documents are indexed at a time.
const batch = 1000

func newBleve(library *content.Library, lang content.Lang) (*bleveIndex, error) {
	index, err := bleve.NewUsing("", documents(lang), scorch.Name, scorch.Name, nil)
	if err != nil {
		return nil, err
	}
	b := index.NewBatch()
	for _, briefing := range library.Briefings() {
		for i := range briefing.Entries {
			e := &briefing.Entries[i]
			id := e.ID
			if len(library.Briefings()) > 1 {
				id = briefing.ID + "/" + e.ID
			}
			if err := b.Index(id, map[string]string{"text": texts(e)}); err != nil {
				return nil, err
			}
			if b.Size() >= batch {
				if err := index.Batch(b); err != nil {
					return nil, err
				}
				b = index.NewBatch()
			}
		}
	}
	if err := index.Batch(b); err != nil {
		return nil, err
	}
	return &bleveIndex{index: index}, nil
}

func documents(lang content.Lang) *mapping.IndexMappingImpl {
	m := bleve.NewIndexMapping()
	m.DefaultAnalyzer = cjk.AnalyzerName
	if !lang.Chinese() {
		m.DefaultAnalyzer = en.AnalyzerName
	}
	m.ScoringModel = "bm25"
	text := bleve.NewTextFieldMapping()
	text.Store, text.IncludeTermVectors, text.IncludeInAll, text.DocValues = false, false, false, false
	doc := bleve.NewDocumentStaticMapping()
	doc.AddFieldMappingsAt("text", text)
	m.DefaultMapping = doc
	return m
}

// texts joins what an entry says, each text once.
func texts(e *content.Entry) string {
	all := append([]string{e.Title.Hans, e.Title.English, e.Answer.Hans, e.Answer.English}, e.Aliases...)
	var out []string
	met := map[string]bool{}
	for _, s := range all {
		if s != "" && !met[s] {
			met[s] = true
			out = append(out, s)
		}
	}
	return strings.Join(out, "\n")
}

// ask returns the best document; its score stands for the confidence.
func (b *bleveIndex) ask(question string) sets.Finding {
	query := bleve.NewMatchQuery(question)
	query.SetField("text")
	result, err := b.index.Search(bleve.NewSearchRequestOptions(query, 1, 0, false))
	if err != nil {
		panic(fmt.Sprintf("bleve: %v", err)) // a measurement that is wrong is worse than none
	}
	if len(result.Hits) == 0 {
		return sets.Finding{}
	}
	return sets.Finding{Entry: result.Hits[0].ID, Answered: true, Confidence: result.Hits[0].Score}
}

func (b *bleveIndex) close() error { return b.index.Close() }
