package web_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"briefbot/adapters/web"
	"briefbot/bot"
	"briefbot/bot/bottest"
	"briefbot/content"
)

func (f answering) Respond(_ context.Context, req bot.Request) bot.Reply { return f(req) }

func TestRoutes(t *testing.T) {
	o := options(t)
	o.Metrics = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("up 1\n")) })
	o.Ready = func() (bool, any) { return true, map[string]string{"fingerprint": "f00"} }
	h := handler(t, o)
	for _, c := range []struct {
		method, target string
		status         int
		kind           string
		body           string // a part of it
	}{
		{"GET", "/", 200, "text/html", "Harbour Forum 2031"},
		{"GET", "/?q=%20", 200, "text/html", "Harbour Forum 2031"},
		{"GET", "/?q=what+are+the+three+pledges", 200, "text/html", "Clean channels"},
		{"GET", "/?q=%2Fnonsense", 400, "text/html", "nonsense"},
		{"GET", "/?q=" + strings.Repeat("x", 501), 400, "text/html", "500"},
		{"GET", "/?q=%ff%fe", 200, "text/html", "card"},
		{"GET", "/search?q=pledges", 200, "text/html", "The three pledges"},
		{"GET", "/search", 200, "text/html", `name="words"`},
		{"GET", "/c/show?entry=harbour-forum-2031/pledges", 200, "text/html", "Shared charts"},
		{"GET", "/c/show?entry=harbour-forum-2031/none", 404, "text/html", "card-error"},
		{"GET", "/c/show?entry=harbour-forum-2031/pledges&item=0", 400, "text/html", "card-error"},
		{"GET", "/c/show?colour=red&entry=harbour-forum-2031/pledges", 400, "text/html", "colour"},
		{"GET", "/c/show", 200, "text/html", `action="/c/show"`},
		{"GET", "/c/nonsense", 404, "text/html", "nothing at this address"},
		{"GET", "/c/show/more", 404, "text/html", "nothing at this address"},
		{"GET", "/b/harbour-forum-2031", 200, "text/html", "Velia Gazette"},
		{"GET", "/b/none", 404, "text/html", "nothing at this address"},
		{"GET", "/b/harbour-forum-2031/meeting", 200, "text/html", "The Harbour Forum met in Velia"},
		{"GET", "/b/harbour-forum-2031/none", 404, "text/html", "nothing at this address"},
		{"GET", "/b/harbour-forum-2031/..%2f..%2fgo.mod", 404, "text/html", "nothing at this address"},
		{"GET", "/b/../../etc/passwd", 404, "text/html", "nothing at this address"},
		{"GET", "/templates/layout.html", 404, "text/html", "nothing at this address"},
		{"GET", "/assets/app.css", 404, "text/html", "nothing at this address"},
		{"GET", "/assets/..%2ftemplates%2fhome.html", 404, "text/html", "nothing at this address"},
		{"POST", "/", 405, "text/html", "cannot be used that way"},
		{"DELETE", "/b/harbour-forum-2031", 405, "text/html", "cannot be used that way"},
		{"GET", "/favicon.ico", 200, "image/svg+xml", "<svg"},
		{"GET", "/robots.txt", 200, "text/plain", "Disallow: /c/"},
		{"GET", "/healthz", 200, "application/json", `{"status":"ok","version":"v1.2.3"}`},
		{"GET", "/readyz", 200, "application/json", `{"ready":true,"detail":{"fingerprint":"f00"}}`},
		{"GET", "/metrics", 200, "text/plain", "up 1"},
		{"GET", "/api/v1/none", 404, "application/problem+json", `"kind":"not_found"`},
		{"PUT", "/api/v1/ask", 405, "application/problem+json", `"kind":"invalid"`},
	} {
		t.Run(c.method+" "+c.target, func(t *testing.T) {
			w := do(h, httptest.NewRequest(c.method, c.target, nil))
			if w.Code != c.status || !strings.HasPrefix(w.Header().Get("Content-Type"), c.kind) {
				t.Errorf("%d %s, want %d %s", w.Code, w.Header().Get("Content-Type"), c.status, c.kind)
			}
			if !strings.Contains(w.Body.String(), c.body) {
				t.Errorf("the body has no %q:\n%s", c.body, w.Body)
			}
			if c.kind == "text/html" {
				parse(t, w.Body.String())
			}
			if c.status == http.StatusMethodNotAllowed && !strings.Contains(w.Header().Get("Allow"), "GET") {
				t.Errorf("Allow: %q", w.Header().Get("Allow"))
			}
			if w.Body.Len() > 0 && c.method == http.MethodGet {
				head := do(h, httptest.NewRequest(http.MethodHead, c.target, nil))
				if head.Code != c.status && !strings.HasPrefix(c.target, "/api/") {
					t.Errorf("HEAD gives %d", head.Code)
				}
			}
		})
	}
}

func TestTheFootSaysWhatTheVersionIs(t *testing.T) {
	h := handler(t, options(t))
	for target, want := range map[string]string{"/?lang=en": "<span>Version v1.2.3</span>", "/?lang=zh-Hans": "<span>版本 v1.2.3</span>"} {
		if body := get(h, target).Body.String(); !strings.Contains(body, want) {
			t.Errorf("%s lacks %s", target, want)
		}
	}
}

func TestPagesAreProtectedByHeaders(t *testing.T) {
	h := handler(t, options(t))
	for _, target := range []string{
		"/", "/?q=velia", "/b/harbour-forum-2031", "/nowhere", "/robots.txt", "/healthz", "/api/v1/briefings", "/api/v1/nowhere",
	} {
		header := get(h, target).Header()
		for name, want := range map[string]string{
			"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; " +
				"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
			"X-Content-Type-Options":       "nosniff",
			"Referrer-Policy":              "strict-origin-when-cross-origin",
			"Permissions-Policy":           "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
			"Cross-Origin-Opener-Policy":   "same-origin",
			"Cross-Origin-Resource-Policy": "same-origin",
			"Access-Control-Allow-Origin":  "",
		} {
			if got := header.Get(name); got != want {
				t.Errorf("%s: %s: %q, want %q", target, name, got, want)
			}
		}
	}
}

func TestNothingInAPageComesFromElsewhere(t *testing.T) {
	h := handler(t, options(t))
	for _, target := range []string{"/", "/?q=what+are+the+three+pledges", "/b/harbour-forum-2031", "/b/harbour-forum-2031/meeting", "/c/help", "/c/show"} {
		for _, e := range parse(t, get(h, target).Body.String()) {
			if src := e.attr["src"]; src != "" && !strings.HasPrefix(src, "/assets/") {
				t.Errorf("%s: <%s src=%q>", target, e.name, src)
			}
			if e.name == "link" && e.attr["rel"] != "canonical" && e.attr["rel"] != "alternate" && !strings.HasPrefix(e.attr["href"], "/assets/") {
				t.Errorf("%s: <link rel=%q href=%q>", target, e.attr["rel"], e.attr["href"])
			}
			if e.name == "style" || e.attr["style"] != "" || e.name == "script" && strings.TrimSpace(e.text) != "" {
				t.Errorf("%s: <%s> holds style or script", target, e.name)
			}
			for name := range e.attr {
				if strings.HasPrefix(name, "on") {
					t.Errorf("%s: <%s %s=…>", target, e.name, name)
				}
			}
			if href := e.attr["href"]; e.name == "a" && !strings.HasPrefix(href, "/") && !strings.HasPrefix(href, "#") {
				if e.attr["rel"] != "noopener nofollow" || !strings.HasPrefix(href, "https://gazette.example/") {
					t.Errorf("%s: <a href=%q rel=%q>", target, href, e.attr["rel"])
				}
			}
		}
	}
}

func TestAssetsAreCachedForEverUnderTheirHash(t *testing.T) {
	h := handler(t, options(t))
	found := regexp.MustCompile(`/assets/[a-z]+\.[0-9a-f]{12}\.(css|js|svg)`).FindAllString(get(h, "/").Body.String(), -1)
	if len(found) != 3 {
		t.Fatalf("assets: %q", found)
	}
	for _, target := range found {
		w := get(h, target)
		if w.Code != http.StatusOK || w.Header().Get("Cache-Control") != "public, max-age=31536000, immutable" {
			t.Errorf("%s: %d %s", target, w.Code, w.Header().Get("Cache-Control"))
		}
	}
}

func TestPagesAreAskedForAgainAndNotSentTwice(t *testing.T) {
	h := handler(t, options(t))
	first := get(h, "/b/harbour-forum-2031")
	etag := first.Header().Get("ETag")
	if etag == "" || first.Header().Get("Cache-Control") != "private, no-cache" || first.Header().Get("Vary") != "Accept-Language, Cookie" {
		t.Fatalf("%v", first.Header())
	}
	if w := get(h, "/b/harbour-forum-2031", "If-None-Match: W/"+etag); w.Code != http.StatusNotModified || w.Body.Len() > 0 {
		t.Errorf("known page: %d, %d bytes", w.Code, w.Body.Len())
	}
	if w := get(h, "/b/harbour-forum-2031", "If-None-Match: "+etag, "Accept-Language: zh-TW"); w.Code != http.StatusOK {
		t.Errorf("the same page in another language: %d", w.Code)
	}
}

func TestLanguage(t *testing.T) {
	h := handler(t, options(t))
	for _, c := range []struct {
		name, target string
		header       []string
		want         string
	}{
		{"nothing known", "/", nil, "en"},
		{"browser in Chinese", "/", []string{"Accept-Language: zh-CN,zh;q=0.9,en;q=0.8"}, "zh-Hans"},
		{"browser in Taiwan", "/", []string{"Accept-Language: zh-TW,zh;q=0.9"}, "zh-Hant"},
		{"browser in Hong Kong", "/", []string{"Accept-Language: zh-HK"}, "zh-Hant"},
		{"Chinese second to a language that is not here", "/", []string{"Accept-Language: fi, zh;q=0.5"}, "zh-Hans"},
		{"no language that is here", "/", []string{"Accept-Language: fi"}, "en"},
		{"not a header", "/", []string{"Accept-Language: ;;;=" + strings.Repeat("-a", 4000)}, "en"},
		{"chosen before", "/", []string{"Accept-Language: en", "Cookie: briefbot_lang=zh-Hant"}, "zh-Hant"},
		{"cookie of nonsense", "/", []string{"Accept-Language: zh", "Cookie: briefbot_lang=xx"}, "zh-Hans"},
		{"chosen now", "/?lang=en", []string{"Accept-Language: zh", "Cookie: briefbot_lang=zh-Hant"}, "en"},
		{"nonsense chosen", "/?lang=%22%3E", []string{"Accept-Language: zh"}, "zh-Hans"},
		{"page of a briefing", "/b/tidal-charter?lang=zh-Hant", nil, "zh-Hant"},
		{"page that is not there", "/nowhere?lang=zh-Hans", nil, "zh-Hans"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := get(h, c.target, c.header...)
			if got := find(parse(t, w.Body.String()), "html", "")[0].attr["lang"]; got != c.want || w.Header().Get("Content-Language") != c.want {
				t.Errorf("page in %q (header %q), want %q", got, w.Header().Get("Content-Language"), c.want)
			}
		})
	}
}

func TestChosenLanguageIsRememberedAndOffered(t *testing.T) {
	h := handler(t, options(t))
	w := get(h, "/?q=velia&lang=zh-Hant")
	if got := w.Result().Cookies()[1].String(); got != "briefbot_lang=zh-Hant; Path=/; Max-Age=31536000; HttpOnly; Secure; SameSite=Lax" {
		t.Errorf("cookie %q", got)
	}
	page := parse(t, w.Body.String())
	for _, lang := range content.Langs() {
		links := find(page, "a", "hreflang="+string(lang))
		if len(links) != 1 || links[0].attr["href"] != "/?lang="+string(lang)+"&q=velia" {
			t.Errorf("%s: %v", lang, links)
		}
		if current := links[0].attr["aria-current"] == "true"; current != (lang == content.Hant) {
			t.Errorf("%s: current %v", lang, current)
		}
	}
	preferred := get(h, "/c/language?lang=zh-Hans")
	if got := find(parse(t, preferred.Body.String()), "html", "")[0].attr["lang"]; got != "zh-Hans" {
		t.Errorf("the language command leaves the page in %q", got)
	}
	if !strings.Contains(strings.Join(preferred.Header().Values("Set-Cookie"), "\n"), "briefbot_lang=zh-Hans") {
		t.Errorf("cookies %q", preferred.Header().Values("Set-Cookie"))
	}
}

func TestFollowUpRefersToTheLastAnswerOfTheBrowser(t *testing.T) {
	h := handler(t, options(t))
	first := get(h, "/?q=what+are+the+three+pledges")
	cookies := first.Result().Cookies()
	if len(cookies) != 1 || !cookies[0].HttpOnly || !cookies[0].Secure || cookies[0].SameSite != http.SameSiteLaxMode || cookies[0].MaxAge != 0 {
		t.Fatalf("cookies %v", cookies)
	}
	cookie := "Cookie: " + cookies[0].Name + "=" + cookies[0].Value
	second := get(h, "/?q=the+second+one", cookie)
	if body := second.Body.String(); !strings.Contains(body, "Open tariffs") || strings.Contains(body, "Clean channels") {
		t.Errorf("the follow-up shows:\n%s", body)
	}
	if len(second.Result().Cookies()) != 0 {
		t.Errorf("a second conversation: %v", second.Result().Cookies())
	}
	if reader := get(h, "/b/harbour-forum-2031/pledges"); len(reader.Result().Cookies()) != 0 {
		t.Errorf("a reader gets %v", reader.Result().Cookies())
	}
}

func TestBrowsersDoNotShareAConversation(t *testing.T) {
	var places []bot.Place
	h := handlerBy(t, options(t), answering(func(req bot.Request) bot.Reply {
		places = append(places, req.Place)
		return bot.Reply{Lang: content.English}
	}))
	get(h, "/?q=a")
	get(h, "/?q=a")
	get(h, "/?q=a", "Cookie: briefbot_thread=x")
	get(h, "/?q=a", "Cookie: briefbot_thread=ABCDEFGHIJKLMNOPQRSTUVWXYZ")
	seen := map[string]bool{}
	for _, p := range places {
		seen[p.Thread] = true
		if p.Platform != "web" || len(p.Thread) != 26 || p.User != "" {
			t.Errorf("place %+v", p)
		}
	}
	if len(seen) != 4 || !seen["ABCDEFGHIJKLMNOPQRSTUVWXYZ"] {
		t.Errorf("conversations %v", seen)
	}
}

func TestAnswerIsACard(t *testing.T) {
	h := handler(t, options(t))
	page := parse(t, get(h, "/?q=where+did+the+Harbour+Forum+meet").Body.String())
	if cards := find(page, "article", "card-answered"); len(cards) != 1 || cards[0].attr["lang"] != "en" {
		t.Fatalf("%v", cards)
	}
	if strong := find(page, "p", "strong"); len(strong) != 1 || strong[0].text != "Velia" {
		t.Errorf("the slot asked for: %v", strong)
	}
	if titles := find(page, "h1", ""); len(titles) != 1 || titles[0].text != "The 2031 meeting of the Harbour Forum" {
		t.Errorf("headings %v", titles)
	}
	source := find(page, "a", "source-title")
	if len(source) != 1 || source[0].attr["href"] != "https://gazette.example/forum?a=1&b=2" || source[0].attr["rel"] != "noopener nofollow" {
		t.Errorf("source %v", source)
	}
	if box := find(page, "input", "id=q"); box[0].attr["value"] != "where did the Harbour Forum meet" {
		t.Errorf("ask box holds %q", box[0].attr["value"])
	}
	if robots := find(page, "meta", "name=robots"); len(robots) != 1 {
		t.Error("an answer is offered to search engines")
	}
	actions := find(page, "a", "pill")
	if len(actions) == 0 {
		t.Fatal("no actions")
	}
	for _, a := range actions {
		if w := get(h, a.attr["href"]); w.Code != http.StatusOK {
			t.Errorf("action %s (%s): %d", a.text, a.attr["href"], w.Code)
		}
	}
	chinese := parse(t, get(h, "/?q="+url.QueryEscape("海港论坛在哪里举行"), "Accept-Language: en").Body.String())
	if card := find(chinese, "article", "card-answered"); len(card) != 1 || card[0].attr["lang"] != "zh-Hans" || !strings.Contains(card[0].text, "来源") {
		t.Errorf("a Chinese question on an English page: %v", card)
	}
}

func TestUnknownIsSaid(t *testing.T) {
	h := handler(t, options(t))
	page := parse(t, get(h, "/?q=who+hosts+the+Harbour+Forum+in+2039").Body.String())
	if len(find(page, "article", "card-answered")) != 0 || len(find(page, "p", "strong")) != 0 {
		t.Errorf("answered: %v", find(page, "article", "")[0].text)
	}
}

func TestEveryEntryHasAPermalink(t *testing.T) {
	o := options(t)
	h := handler(t, o)
	for _, b := range o.Router.Shelf().Library.Briefings() {
		reading := parse(t, get(h, bot.BriefingPath(b.ID)).Body.String())
		for i, e := range b.Entries {
			path := bot.EntryPath(content.Ref{Briefing: b.ID, Entry: e.ID})
			if len(find(reading, "a", "href="+path)) == 0 {
				t.Errorf("%s is not linked from its briefing", path)
			}
			for _, lang := range content.Langs() {
				w := get(h, path+"?lang="+string(lang))
				page := parse(t, w.Body.String())
				if w.Code != http.StatusOK || find(page, "h1", "")[0].text != e.Title.In(lang) || !strings.Contains(w.Body.String(), e.Answer.In(lang)) {
					t.Errorf("%s in %s: %d %q", path, lang, w.Code, find(page, "h1", "")[0].text)
				}
				if canonical := find(page, "link", "rel=canonical"); canonical[0].attr["href"] != "https://briefings.example.org"+path {
					t.Errorf("%s: canonical %q", path, canonical[0].attr["href"])
				}
				if d := find(page, "meta", "name=description"); d[0].attr["content"] != e.Answer.In(lang) {
					t.Errorf("%s: description %q", path, d[0].attr["content"])
				}
				if title := find(page, "meta", "property=og:title"); title[0].attr["content"] != e.Title.In(lang) {
					t.Errorf("%s: preview %q", path, title[0].attr["content"])
				}
				if got := len(find(page, "a", "rel=prev")); got != min(i, 1) {
					t.Errorf("%s: %d links back", path, got)
				}
			}
		}
	}
}

func TestReplacedEntryLeadsToItsSuccessor(t *testing.T) {
	h := handler(t, options(t))
	for target, want := range map[string]int{
		"/b/tidal-charter/members-2029": 1, "/b/tidal-charter/members": 0, "/b/tidal-charter": 1,
	} {
		page := parse(t, get(h, target).Body.String())
		notices := find(page, "p", "notice")
		if len(notices) != want {
			t.Errorf("%s: %d notices", target, len(notices))
		}
		if want == 1 && len(find(page, "a", "href=/b/tidal-charter/members")) == 0 {
			t.Errorf("%s does not lead to the successor", target)
		}
	}
}

func TestExamplesOfTheFirstPageAreAnswered(t *testing.T) {
	h := handler(t, options(t))
	for _, lang := range content.Langs() {
		examples := find(parse(t, get(h, "/?lang="+string(lang)).Body.String()), "a", "pill")
		if len(examples) == 0 {
			t.Fatalf("%s: no examples", lang)
		}
		for _, e := range examples {
			if page := parse(t, get(h, e.attr["href"]).Body.String()); len(find(page, "article", "card-answered")) != 1 {
				t.Errorf("%s: %q is not answered", lang, e.text)
			}
		}
	}
}

func TestEveryCommandHasAPage(t *testing.T) {
	o := options(t)
	h := handler(t, o)
	for _, c := range o.Router.Commands() {
		for _, lang := range content.Langs() {
			w := get(h, "/c/"+url.PathEscape(c.Name), "Cookie: briefbot_lang="+string(lang))
			page := parse(t, w.Body.String())
			if c.Access == bot.Managers {
				// Nobody manages anything here: the page says where they do.
				if said := find(page, "main", "")[0].text; w.Code != http.StatusForbidden || !strings.Contains(said, "Discord") || len(find(page, "form", "params")) > 0 {
					t.Errorf("%s: %d, %s", c.Name, w.Code, said)
				}
				continue
			}
			if w.Code != http.StatusOK {
				t.Errorf("%s: %d", c.Name, w.Code)
			}
			for _, p := range c.Params {
				if !p.Required {
					continue
				}
				form := find(page, "form", "params")
				if len(form) != 1 || form[0].attr["action"] != "/c/"+c.Name {
					t.Errorf("%s has no form", c.Name)
				}
				field := append(find(page, "input", "name="+p.Name), find(page, "select", "name="+p.Name)...)
				if len(field) != 1 || field[0].attr["required"] == "" {
					t.Errorf("%s: field of %s: %v", c.Name, p.Name, field)
				}
			}
		}
	}
}

func TestEveryCommandIsOffered(t *testing.T) {
	o := options(t)
	h := handler(t, o)
	bottest.Surface(t, o.Router, nil, func(t *testing.T, use bottest.Use) string {
		query := url.Values{}
		for name, value := range use.Args {
			query.Set(name, value)
		}
		w := get(h, "/c/"+url.PathEscape(use.Command)+"?"+query.Encode(), "Cookie: briefbot_lang="+string(use.Lang))
		main := find(parse(t, w.Body.String()), "main", "")
		return main[0].text
	})
}

func TestLanguageOfOneAnswerIsNotThatOfThePage(t *testing.T) {
	h := handler(t, options(t))
	w := get(h, "/c/ask?question=pledges&lang=zh-Hans", "Accept-Language: en")
	page := parse(t, w.Body.String())
	if got := find(page, "html", "")[0].attr["lang"]; got != "en" {
		t.Errorf("the page is in %q", got)
	}
	if got := find(page, "article", "card")[0].attr["lang"]; got != "zh-Hans" {
		t.Errorf("the answer is in %q", got)
	}
	if strings.Contains(strings.Join(w.Header().Values("Set-Cookie"), "\n"), "briefbot_lang") {
		t.Error("the language is remembered")
	}
	if got := find(page, "a", "hreflang=zh-Hant")[0].attr["href"]; got != "/?lang=zh-Hant" {
		t.Errorf("the way to another language is %q", got)
	}
}

func TestWhatFollowsAnAnswerIsInItsLanguage(t *testing.T) {
	h := handler(t, options(t))
	asked := parse(t, get(h, "/c/ask?question=pledges&lang=zh-Hans", "Accept-Language: en").Body.String())
	followed := 0
	for _, a := range find(asked, "a", "") {
		href := a.attr["href"]
		if !strings.HasPrefix(href, "/c/sources") && !strings.HasPrefix(href, "/c/show") {
			continue
		}
		followed++
		w := get(h, href, "Accept-Language: en")
		page := parse(t, w.Body.String())
		if got := find(page, "article", "card")[0].attr["lang"]; got != "zh-Hans" {
			t.Errorf("%s is answered in %q", href, got)
		}
		if got := find(page, "html", "")[0].attr["lang"]; got != "en" {
			t.Errorf("the page of %s is in %q", href, got)
		}
	}
	if followed == 0 {
		t.Error("nothing follows the answer")
	}
	for _, a := range find(parse(t, get(h, "/c/ask?question=pledges", "Accept-Language: en").Body.String()), "a", "") {
		if strings.Contains(a.attr["href"], "in=") {
			t.Errorf("an answer in the language of the page leads to %s", a.attr["href"])
		}
	}
}

func TestQuestionsAreNotLogged(t *testing.T) {
	var log strings.Builder
	o := options(t)
	o.Log = textLog(&log)
	h := handler(t, o)
	get(h, "/?q=a+private+matter", "Cookie: briefbot_thread=AAAAAAAAAAAAAAAAAAAAAAAAAA")
	do(h, httptest.NewRequest(http.MethodPost, "/api/v1/ask", strings.NewReader(`{"question":"a private matter"}`)), "Content-Type: application/json")
	for _, secret := range []string{"private", "AAAA", "192.0.2.1"} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("the log holds %q:\n%s", secret, log.String())
		}
	}
	if strings.Count(log.String(), "msg=request") != 2 || !strings.Contains(log.String(), "path=/api/v1/ask status=200") {
		t.Errorf("log:\n%s", log.String())
	}
}

func TestPublicURLIsChecked(t *testing.T) {
	for _, bad := range []string{"briefings.example.org", "ftp://example.org", "https://example.org/path", "https://", "https://u:p@example.org", "https://example.org?x=1", "https://a b"} {
		o := options(t)
		o.PublicURL = bad
		if _, err := web.New(o); err == nil || !strings.Contains(err.Error(), "https://briefings.example.org") {
			t.Errorf("%q: %v", bad, err)
		}
	}
	o := options(t)
	o.PublicURL = ""
	w := get(handler(t, o), "/b/tidal-charter?lang=en")
	page := parse(t, w.Body.String())
	if find(page, "link", "rel=canonical")[0].attr["href"] != "/b/tidal-charter" || len(find(page, "meta", "property=og:url")) != 0 {
		t.Error("without a public address")
	}
	if strings.Contains(w.Header().Get("Set-Cookie"), "Secure") {
		t.Error("a Secure cookie over plain HTTP is never sent back")
	}
}

func FuzzQuestion(f *testing.F) {
	for _, q := range []string{"where?", "</title><script>alert(1)</script>", `"><img src=x onerror=alert(1)>`, "\x00\x01\u202e\ufffe\xff", "/show {{.}}", "javascript:alert(1)", "/c/help", "第二点"} {
		f.Add(q, "en")
		f.Add(q, q)
	}
	o := options(f)
	s, err := web.New(o)
	if err != nil {
		f.Fatal(err)
	}
	h := s.Handler(o.Router)
	f.Fuzz(func(t *testing.T, q, lang string) {
		for _, path := range []string{"/", "/search", "/c/show"} {
			target := path + "?" + url.Values{"q": {q}, "entry": {q}, "lang": {lang}}.Encode()
			w := get(h, target)
			if w.Code >= http.StatusInternalServerError {
				t.Fatalf("%s: %d", target, w.Code)
			}
			for _, e := range parse(t, w.Body.String()) {
				if e.name == "img" || e.name == "iframe" || e.name == "script" && e.attr["src"] == "" {
					t.Fatalf("%s: <%s>", target, e.name)
				}
				for name := range e.attr {
					if strings.HasPrefix(name, "on") {
						t.Fatalf("%s: <%s %s>", target, e.name, name)
					}
				}
			}
		}
	})
}
