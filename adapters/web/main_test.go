package web_test

import (
	"encoding/xml"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"briefbot/adapters/web"
	"briefbot/bot"
	"briefbot/bot/bottest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// options are what most tests serve: the small library, no limit.
func options(tb testing.TB) web.Options {
	return web.Options{
		Addr: "127.0.0.1:0", Router: bottest.Router(tb), Now: bottest.Now, Version: "v1.2.3",
		PublicURL: "https://briefings.example.org",
		Log:       slog.New(slog.NewTextHandler(tb.Output(), nil)),
	}
}

// handler returns the server's handler, answering by its own router.
func handler(tb testing.TB, o web.Options) http.Handler {
	tb.Helper()
	return handlerBy(tb, o, o.Router)
}

func handlerBy(tb testing.TB, o web.Options, r bot.Responder) http.Handler {
	tb.Helper()
	s, err := web.New(o)
	if err != nil {
		tb.Fatal(err)
	}
	return s.Handler(r)
}

// answering is a Responder that is one function.
type answering func(req bot.Request) bot.Reply

func get(h http.Handler, target string, header ...string) *httptest.ResponseRecorder {
	return do(h, httptest.NewRequest(http.MethodGet, target, nil), header...)
}

// do sends a request with header lines such as "Cookie: a=b".
func do(h http.Handler, r *http.Request, header ...string) *httptest.ResponseRecorder {
	for _, line := range header {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Add(name, value)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// element is an element of a page with all the text within.
type element struct {
	name string
	attr map[string]string
	text string
}

// parse reads a page. The pages are written so that they are XML too: what
// is not escaped or not closed does not parse.
func parse(tb testing.TB, page string) []*element {
	tb.Helper()
	d := xml.NewDecoder(strings.NewReader(page))
	var all, open []*element
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			if len(open) > 0 {
				tb.Fatalf("<%s> is not closed", open[0].name)
			}
			return all
		}
		if err != nil {
			tb.Fatalf("the page does not parse: %v\n%s", err, page)
		}
		switch token := token.(type) {
		case xml.StartElement:
			e := &element{name: token.Name.Local, attr: map[string]string{}}
			for _, a := range token.Attr {
				if _, twice := e.attr[a.Name.Local]; twice {
					tb.Fatalf("<%s> has %s twice", e.name, a.Name.Local)
				}
				e.attr[a.Name.Local] = a.Value
			}
			all, open = append(all, e), append(open, e)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			for _, e := range open {
				e.text += string(token)
			}
		}
	}
}

// find returns the elements of a name that have a class or, with "name=value",
// an attribute.
func find(all []*element, name, want string) []*element {
	var found []*element
	key, value, isAttr := strings.Cut(want, "=")
	for _, e := range all {
		switch {
		case e.name != name:
		case want == "", isAttr && e.attr[key] == value, !isAttr && hasWord(e.attr["class"], want):
			found = append(found, e)
		}
	}
	return found
}

func hasWord(s, word string) bool {
	return slices.Contains(strings.Fields(s), word)
}

func textLog(w io.Writer) *slog.Logger { return slog.New(slog.NewTextHandler(w, nil)) }
