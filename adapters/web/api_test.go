package web_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"briefbot/bot"
	"briefbot/content"
)

// description is the OpenAPI description as a client gets it.
type description struct {
	raw      any
	compiler *jsonschema.Compiler
	seen     map[string]bool // "GET /api/v1/ask 200"
}

func describe(tb testing.TB, h http.Handler) *description {
	tb.Helper()
	raw, err := jsonschema.UnmarshalJSON(get(h, "/api/v1/openapi.json").Body)
	if err != nil {
		tb.Fatal(err)
	}
	d := &description{raw: raw, compiler: jsonschema.NewCompiler(), seen: map[string]bool{}}
	d.compiler.AssertFormat()
	if err := d.compiler.AddResource("openapi.json", raw); err != nil {
		tb.Fatal(err)
	}
	return d
}

func (d *description) schema(tb testing.TB, pointer ...string) *jsonschema.Schema {
	tb.Helper()
	at := "openapi.json#"
	for _, part := range pointer {
		at += "/" + url.PathEscape(strings.NewReplacer("~", "~0", "/", "~1").Replace(part))
	}
	s, err := d.compiler.Compile(at)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// check holds a response against what the description says of it.
func (d *description) check(tb testing.TB, method, path string, w *httptest.ResponseRecorder) {
	tb.Helper()
	status := fmt.Sprint(w.Code)
	d.seen[method+" "+path+" "+status] = true
	kind := w.Header().Get("Content-Type")
	schema := d.schema(tb, "paths", path, strings.ToLower(method), "responses", status, "content", kind, "schema")
	body, err := jsonschema.UnmarshalJSON(bytes.NewReader(w.Body.Bytes()))
	if err != nil {
		tb.Fatalf("%v\n%s", err, w.Body)
	}
	if err := schema.Validate(body); err != nil {
		tb.Errorf("%s %s: %v\n%s", method, path, err, w.Body)
	}
}

func TestAPIIsAsItIsDescribed(t *testing.T) {
	o := options(t)
	h := handler(t, o)
	d := describe(t, h)
	long := strings.Repeat("很", 501)
	for _, c := range []struct {
		method, path, target, body string
		status                     int
		want                       string // a part of the body
	}{
		{"GET", "/api/v1/ask", "/api/v1/ask?question=where+did+the+Harbour+Forum+meet", "", 200, `"text":"Velia","strong":true`},
		{"GET", "/api/v1/ask", "/api/v1/ask?question=what+are+the+three+pledges", "", 200, `"entry":"harbour-forum-2031/pledges"`},
		{"GET", "/api/v1/ask", "/api/v1/ask?question=the+third+one&context=what+are+the+three+pledges", "", 200, `"item":3`},
		{"GET", "/api/v1/ask", "/api/v1/ask?question=pledges&lang=zh-Hant&asked_at=2031-06-15T09:00:00%2B08:00", "", 200, `"lang":`},
		{"GET", "/api/v1/ask", "/api/v1/ask?question=who+won+the+cup+in+1998", "", 200, `"status":"unknown"`},
		{"GET", "/api/v1/ask", "/api/v1/ask?question=timeline", "", 200, `"status":"answered"`},
		{"GET", "/api/v1/ask", "/api/v1/ask?question=/help", "", 200, `"type":"list"`},
		{"GET", "/api/v1/ask", "/api/v1/ask?question=/show+harbour-forum-2031/closing-words", "", 200, `"type":"quote"`},
		{"GET", "/api/v1/ask", "/api/v1/ask?question=/show+harbour-forum-2031/meeting", "", 200, `"type":"fields"`},
		{"GET", "/api/v1/ask", "/api/v1/ask", "", 400, `\"question\" is missing`},
		{"GET", "/api/v1/ask", "/api/v1/ask?question=%20%0A", "", 400, `\"question\" is missing`},
		{"GET", "/api/v1/ask", "/api/v1/ask?question=x&colour=red", "", 400, `\"colour\" is not known`},
		{"GET", "/api/v1/ask", "/api/v1/ask?question=x&lang=fr", "", 400, `zh-Hans`},
		{"GET", "/api/v1/ask", "/api/v1/ask?question=x&asked_at=yesterday", "", 400, `asked_at`},
		{"GET", "/api/v1/ask", "/api/v1/ask?question=x" + strings.Repeat("&context=y", 9), "", 400, `at most 8`},
		{"GET", "/api/v1/ask", "/api/v1/ask?question=" + long, "", 400, `500`},
		{"GET", "/api/v1/ask", "/api/v1/ask?question=%zz", "", 400, `cannot be read`},
		{"GET", "/api/v1/ask", "/api/v1/ask?question=/nonsense", "", 400, `nonsense`},
		{"POST", "/api/v1/ask", "/api/v1/ask", `{"question":"what are the three pledges"}`, 200, `"status":"answered"`},
		{"POST", "/api/v1/ask", "/api/v1/ask", `{"question":"the third one","context":["what are the three pledges"],"lang":"en","asked_at":"2031-06-15T09:00:00Z"}`, 200, `"item":3`},
		{"POST", "/api/v1/ask", "/api/v1/ask", `{"question":"x","qeustion":"y"}`, 400, `\"qeustion\" is not known`},
		{"POST", "/api/v1/ask", "/api/v1/ask", `{"question":7}`, 400, `\"question\" has the wrong type`},
		{"POST", "/api/v1/ask", "/api/v1/ask", `{"question":"x","asked_at":"noon"}`, 400, `asked_at`},
		{"POST", "/api/v1/ask", "/api/v1/ask", `{"question":"x"} {}`, 400, `one JSON object`},
		{"POST", "/api/v1/ask", "/api/v1/ask", `[1]`, 400, `one JSON object`},
		{"POST", "/api/v1/ask", "/api/v1/ask", `{"question":`, 400, `one JSON object`},
		{"POST", "/api/v1/ask", "/api/v1/ask", ``, 400, `one JSON object`},
		{"POST", "/api/v1/ask", "/api/v1/ask", `null`, 400, `is missing`},
		{"POST", "/api/v1/ask", "/api/v1/ask", `{"question":"` + long + `"}`, 400, `500`},
		{"POST", "/api/v1/ask", "/api/v1/ask", `{"question":"` + strings.Repeat("x", 17<<10) + `"}`, 413, `16384`},
		{"GET", "/api/v1/briefings", "/api/v1/briefings", "", 200, `"id":"tidal-charter"`},
		{"GET", "/api/v1/briefings", "/api/v1/briefings?page=2", "", 400, `\"page\"`},
		{"GET", "/api/v1/briefings/{briefing}", "/api/v1/briefings/harbour-forum-2031", "", 200, `"entry":"harbour-forum-2031/chair"`},
		{"GET", "/api/v1/briefings/{briefing}", "/api/v1/briefings/none", "", 404, `not_found`},
		{"GET", "/api/v1/briefings/{briefing}", "/api/v1/briefings/harbour-forum-2031?x=y", "", 400, `\"x\"`},
		{"GET", "/api/v1/entries/{briefing}/{entry}", "/api/v1/entries/harbour-forum-2031/pledges", "", 200, `"corrections":[{"date":"2031-05-21"`},
		{"GET", "/api/v1/entries/{briefing}/{entry}", "/api/v1/entries/tidal-charter/members-2029", "", 200, `"superseded_by":"tidal-charter/members"`},
		{"GET", "/api/v1/entries/{briefing}/{entry}", "/api/v1/entries/harbour-forum-2031/none", "", 404, `not_found`},
		{"GET", "/api/v1/entries/{briefing}/{entry}", "/api/v1/entries/harbour-forum-2031/chair?x=y", "", 400, `\"x\"`},
		{"GET", "/api/v1/search", "/api/v1/search?q=pledges&limit=1", "", 200, `"title":"The three pledges"`},
		{"GET", "/api/v1/search", "/api/v1/search?q=pledges&lang=zh-Hant", "", 200, `三項承諾`},
		{"GET", "/api/v1/search", "/api/v1/search?q=qqqqqq", "", 200, `{"results":[`},
		{"GET", "/api/v1/search", "/api/v1/search?q=", "", 400, `\"q\" is missing`},
		{"GET", "/api/v1/search", "/api/v1/search?q=x&limit=51", "", 400, `from 1 to 50`},
		{"GET", "/api/v1/search", "/api/v1/search?q=x&limit=1e1", "", 400, `from 1 to 50`},
		{"GET", "/api/v1/search", "/api/v1/search?q=" + long, "", 400, `500`},
		{"GET", "/api/v1/suggest", "/api/v1/suggest?q=pledg&lang=en", "", 200, `"value":"The three pledges"`},
		{"GET", "/api/v1/suggest", "/api/v1/suggest?q=承诺", "", 200, `"value":"三项承诺"`},
		{"GET", "/api/v1/suggest", "/api/v1/suggest?q=zzzz", "", 200, `{"suggestions":[]}`},
		{"GET", "/api/v1/suggest", "/api/v1/suggest?q=x&lang=xx", "", 400, `zh-Hans`},
		{"GET", "/api/v1/openapi.json", "/api/v1/openapi.json", "", 200, `"version":"v1.2.3"`},
	} {
		t.Run(c.method+" "+shortened(c.target+" "+c.body), func(t *testing.T) {
			r := httptest.NewRequest(c.method, c.target, strings.NewReader(c.body))
			if c.method == http.MethodPost {
				r.Header.Set("Content-Type", "application/json; charset=utf-8")
			}
			w := do(h, r)
			if w.Code != c.status || !strings.Contains(w.Body.String(), c.want) {
				t.Errorf("%d %s\nwant %d and %s", w.Code, w.Body, c.status, c.want)
			}
			if len(w.Result().Cookies()) != 0 {
				t.Errorf("cookies %v", w.Result().Cookies())
			}
			d.check(t, c.method, c.path, w)
		})
	}
	posted := do(h, httptest.NewRequest(http.MethodPost, "/api/v1/ask", strings.NewReader("question=x")), "Content-Type: application/x-www-form-urlencoded")
	if posted.Code != http.StatusUnsupportedMediaType {
		t.Errorf("a form: %d", posted.Code)
	}
	d.check(t, "POST", "/api/v1/ask", posted)
	d.everythingSeen(t)
}

// everythingSeen reports what the description names and no response showed.
// That a client asked too fast and that a command failed stand in other
// tests.
func (d *description) everythingSeen(t *testing.T) {
	t.Helper()
	root := d.raw.(map[string]any)
	operations := map[string]bool{}
	for path, item := range root["paths"].(map[string]any) {
		for method, operation := range item.(map[string]any) {
			o := operation.(map[string]any)
			id := fmt.Sprint(o["operationId"])
			if operations[id] {
				t.Errorf("operationId %s twice", id)
			}
			operations[id] = true
			for status := range o["responses"].(map[string]any) {
				name := strings.ToUpper(method) + " " + path + " " + status
				if status != "429" && status != "503" && !d.seen[name] {
					t.Errorf("%s is described and not tested", name)
				}
			}
		}
	}
	for name := range root["components"].(map[string]any)["schemas"].(map[string]any) {
		d.schema(t, "components", "schemas", name)
	}
}

func TestDescriptionNamesEveryRoute(t *testing.T) {
	o := options(t)
	d := describe(t, handler(t, o))
	paths := d.raw.(map[string]any)["paths"].(map[string]any)
	if got := slices.Sorted(maps.Keys(paths)); len(got) != 7 {
		t.Errorf("%q", got)
	}
	servers := d.raw.(map[string]any)["servers"].([]any)
	if got := servers[0].(map[string]any)["url"]; got != "https://briefings.example.org/" {
		t.Errorf("server %v", got)
	}
}

func TestErrorsOfTheAPIFollowTheLanguageOfTheRequest(t *testing.T) {
	h := handler(t, options(t))
	for header, want := range map[string]string{"en": "is missing", "zh-CN": "缺少", "zh-TW": "請寫明"} {
		if w := get(h, "/api/v1/ask", "Accept-Language: "+header); !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: %s", header, w.Body)
		}
	}
}

func TestEveryEntryIsInTheAPI(t *testing.T) {
	o := options(t)
	h := handler(t, o)
	d := describe(t, h)
	for _, b := range o.Router.Shelf().Library.Briefings() {
		d.check(t, "GET", "/api/v1/briefings/{briefing}", get(h, "/api/v1/briefings/"+b.ID))
		for _, e := range b.Entries {
			w := get(h, "/api/v1/entries/"+content.Ref{Briefing: b.ID, Entry: e.ID}.String())
			d.check(t, "GET", "/api/v1/entries/{briefing}/{entry}", w)
			var got struct {
				Answer content.Text
				URL    string
				Points []struct{ Number int }
			}
			if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
				t.Fatal(err)
			}
			if got.Answer != e.Answer || len(got.Points) != len(e.Items) ||
				got.URL != "https://briefings.example.org"+bot.EntryPath(content.Ref{Briefing: b.ID, Entry: e.ID}) {
				t.Errorf("%s: %+v", e.ID, got)
			}
		}
	}
}

// FuzzAPI sends bodies to the API: every reply is JSON with a status of the
// description.
func FuzzAPI(f *testing.F) {
	for _, body := range []string{`{"question":"what are the three pledges"}`, `{"question":"\u0000\ud800","lang":"en"}`, `{"question":{}}`, `{"":1}`, `{"context":[[]]}`, `"`} {
		f.Add(body)
	}
	o := options(f)
	o.Log = textLog(discard{})
	h := handler(f, o)
	d := describe(f, h)
	f.Fuzz(func(t *testing.T, body string) {
		r := httptest.NewRequest(http.MethodPost, "/api/v1/ask", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		d.check(t, "POST", "/api/v1/ask", do(h, r))
	})
}

func shortened(s string) string {
	if len(s) > 80 {
		return s[:80]
	}
	return s
}
