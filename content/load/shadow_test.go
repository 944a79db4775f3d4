package load

import (
	"strings"
	"testing"
	"testing/fstest"
)

const festivals = `# yaml-language-server: $schema=briefing.schema.json
id: festivals
title: {zh-Hans: 灯节, en: Lantern festivals}
published: 2031-03-02
as_of: 2031-03-01
summary: {zh-Hans: 两次灯节。, en: Two lantern festivals.}
sources:
  - id: gazette
    publisher: {zh-Hans: 海港报, en: Harbour Gazette}
    title: {zh-Hans: 灯节, en: Lantern festivals}
entries:
  - id: first
    kind: event
    title: {zh-Hans: 2030年灯节, en: Lantern festival of 2030}
    aliases: ["ALIAS"]
    answer: {zh-Hans: 2030年的灯节在北码头举行。, en: The lantern festival of 2030 was held at the North Quay.}
    dates: [2030-02-17]
    sources: [gazette]
    ask: [2030年灯节, where was the lantern festival of 2030]
  - id: second
    kind: event
    title: {zh-Hans: 2031年灯节, en: Lantern festival of 2031}
    aliases: [festival of 2031]
    answer: {zh-Hans: 2031年的灯节在南码头举行。, en: The lantern festival of 2031 is held at the South Quay.}
    dates: [2031-04-06]
    sources: [gazette]
    ask: [2031年灯节, where is the lantern festival of 2031]
`

func TestANameThatFindsAnotherEntryIsWarnedOf(t *testing.T) {
	warnings := func(alias string) []string {
		loader := Loader{Examples: true}
		_, report := loader.FS(fstest.MapFS{"a.yaml": {Data: []byte(strings.Replace(festivals, "ALIAS", alias, 1))}}, "")
		for _, f := range report.Errors() {
			t.Error(f)
		}
		var out []string
		for _, f := range report.Warnings() {
			out = append(out, f.String())
		}
		return out
	}
	if got := warnings("North Quay lanterns"); len(got) > 0 {
		t.Errorf("warned of %q", got)
	}
	got := warnings("next lantern festival")
	want := `a.yaml:15:15: warning: asked for by "next lantern festival", the entry first is in the shadow of festivals/second: give one of them names of its own`
	if len(got) != 1 || got[0] != want {
		t.Errorf("got %q\nwant %q", got, want)
	}
}
