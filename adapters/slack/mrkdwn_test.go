package slack

import (
	"regexp"
	"strings"
	"testing"

	"briefbot/bot"
)

func TestDataIsInert(t *testing.T) {
	for in, want := range map[string]string{
		"plain text, 四点建议。":        "plain text, 四点建议。",
		"a < b & c > d":            "a &lt; b &amp; c &gt; d",
		"<@U1> <!channel> <#C1|x>": "&lt;@U1&gt; &lt;!channel&gt; &lt;#C1|x&gt;",
		"> quote":                  joiner + "&gt; quote",
		"x\n > quote":              "x\n " + joiner + "&gt; quote",
		"*bold*":                   joiner + "*" + joiner + "bold" + joiner + "*" + joiner,
		"a :smile: b":              "a :" + joiner + "smile: b",
		"10:30:15":                 "10:" + joiner + "30:15",
		"at 10:30":                 "at 10:30",
		"::":                       "::",
		"\u202eturned\x07":         "turned",
		"&amp;":                    "&amp;amp;",
	} {
		if got := escape(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}

// unescaped is what is read where mrkdwn is shown.
func unescaped(s string) string {
	return strings.NewReplacer(joiner, "", "&lt;", "<", "&gt;", ">", "&amp;", "&").Replace(s)
}

var control = regexp.MustCompile(`<[@!#][^>]*>`)

func FuzzEscape(f *testing.F) {
	for _, s := range []string{"*a* _b_ ~c~ `d`", "<@U1|x>", "&lt;", "> q\n> r", ":a:", "http://a.example/?b=c&d"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := escape(s)
		if control.MatchString(got) || strings.ContainsAny(got, "<>") {
			t.Errorf("%q becomes %q", s, got)
		}
		if want := strings.ReplaceAll(bot.Printable(s), joiner, ""); unescaped(got) != want {
			t.Errorf("%q is read as %q", s, unescaped(got))
		}
	})
}

func TestWhatWasTypedIsHeard(t *testing.T) {
	for in, want := range map[string]string{
		"<@U9> 四点建议":                                 "四点建议",
		"四点建议 <@U9|briefbot>?":                       "四点建议  ?",
		"ask <@U1> or <@U1|Ann>":                     "ask   or Ann",
		"in <#C1|general> and <#C2>":                 "in general and",
		"<https://a.example/?b&amp;c>":               "https://a.example/?b&c",
		"<https://a.example|a link> &lt;3 &amp;amp;": "a link <3 &amp;",
		"<!channel> <!subteam^S1|@team>":             "@team",
		"a < b":                                      "a < b",
		"":                                           "",
	} {
		if got := heard(in, "U9"); got != want {
			t.Errorf("%q is heard as %q, want %q", in, got, want)
		}
	}
}

func FuzzHeard(f *testing.F) {
	f.Add("<@U9> x <a|b> &lt;")
	f.Fuzz(func(t *testing.T, s string) {
		if got := heard(s, "U9"); len(got) > len(s)+1 {
			t.Errorf("%q is heard as %q", s, got)
		}
	})
}

func TestOnlyAddressesOfTheWebAreLinked(t *testing.T) {
	for in, want := range map[string]string{
		"https://a.example/b_(c)?d=1&e=2": "<https://a.example/b_(c)?d=1&amp;e=2|x>",
		"https://a.example/|y>":           "<https://a.example/%7Cy%3E|x>",
		"javascript:alert(1)":             "x",
		"https://me:secret@a.example/":    "x",
		"":                                "x",
		"https://a.example/" + strings.Repeat("a", 600): "x",
	} {
		if got := linked("x", in); got != want {
			t.Errorf("%.40q is linked as %q, want %q", in, got, want)
		}
	}
	if got := linked("", "https://a.example"); got != "" {
		t.Errorf("nothing is linked as %q", got)
	}
}
