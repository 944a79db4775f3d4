package discord

import (
	"regexp"
	"strings"
	"testing"

	"briefbot/bot"
)

func TestDataIsInertInMarkdown(t *testing.T) {
	for in, want := range map[string]string{
		"plain":                     "plain",
		"四点建议（2025年）":               "四点建议（2025年）",
		"*a* _b_ ~~c~~ `d` ||e||":   `\*a\* \_b\_ \~\~c\~\~ \` + "`d\\`" + ` \|\|e\|\|`,
		`back\slash`:                `back\\slash`,
		"@everyone <@1> <#2> <@&3>": `\@everyone \<\@1> \<#2> \<\@&3>`,
		"<t:1:R> <a:x:1> </ask:1>":  `\<t\:1:R> \<a\:x:1> \</ask:1>`,
		":fire: :+1: 10:30 a: b":    `\:fire: \:+1: 10:30 a: b`,
		"[x](https://evil.example)": `\[x\](https\://evil.example)`,
		"# heading":                 `\# heading`,
		"  ## heading":              `  \## heading`,
		"-# small":                  `\-# small`,
		"- point\n+ point":          "\\- point\n\\+ point",
		"> quote\n>>> quote":        "\\> quote\n\\>>> quote",
		"1. first\n 23) x":          "1\\. first\n 23\\) x",
		"a - b > c # d":             "a - b > c # d",
		"2.5 % of 3":                `2\.5 % of 3`,
		"\x1b[31m\u202ered":         `\[31mred`,
		"javascript:alert(1)":       "javascript:alert(1)",
	} {
		if got := escape(in); got != want {
			t.Errorf("%q is written as %q, want %q", in, got, want)
		}
	}
}

// unescaped shows Markdown as Discord does where every mark is escaped.
func unescaped(s string) string {
	return regexp.MustCompile(`\\([!-/:-@\[-`+"`"+`{-~])`).ReplaceAllString(s, "$1")
}

func FuzzEscape(f *testing.F) {
	for _, s := range []string{"*a*", "# x\n1. y", `\\`, "<@1>", "https://a.example", "\r\n- x", "```\ncode"} {
		f.Add(s)
	}
	live := regexp.MustCompile("(?m)(^|[^\\\\])(\\\\\\\\)*([*_~`|<\\[\\]@]|://|:[A-Za-z0-9_+-]+:)|^\\s*\\d*[#>+.)-]")
	f.Fuzz(func(t *testing.T, s string) {
		got := escape(s)
		if m := live.FindString(got); m != "" {
			t.Errorf("%q is written as %q: %q is live", s, got, m)
		}
		if plain := unescaped(got); !strings.Contains(s, "\r") && plain != bot.Printable(s) {
			t.Errorf("%q is read as %q", s, plain)
		}
	})
}

func TestOnlyAddressesOfTheWebAreLinked(t *testing.T) {
	for address, want := range map[string]string{
		"https://gazette.example/a_b_(c)?d=1&e=2":       "[x](<https://gazette.example/a_b_(c)?d=1&e=2>)",
		"http://a.example/>x":                           "[x](<http://a.example/%3Ex>)",
		"https://例.example/路":                           "[x](<https://%E4%BE%8B.example/%E8%B7%AF>)",
		"javascript:alert(1)":                           "x",
		"/b/a":                                          "x",
		"https://user:secret@a.example":                 "x",
		"https://a.example/" + strings.Repeat("a", 600): "x",
		"":                "x",
		"https://":        "x",
		"ftp://a.example": "x",
	} {
		if got := linked("x", address); got != want {
			t.Errorf("%q is linked as %q, want %q", address, got, want)
		}
	}
}
