package web_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"briefbot/adapters/web"
	"briefbot/bot"
	"briefbot/bot/ratelimit"
	"briefbot/content"
)

func TestClientThatAsksTooFastWaits(t *testing.T) {
	now := time.Date(2031, 6, 15, 9, 0, 0, 0, time.UTC)
	o := options(t)
	o.Now = func() time.Time { return now }
	o.RateLimit = ratelimit.Limit{PerMinute: 6, Burst: 2}
	h := handler(t, o)
	for i, want := range []int{200, 200, 429, 429} {
		if w := get(h, "/"); w.Code != want {
			t.Fatalf("request %d: %d, want %d", i, w.Code, want)
		}
	}
	page := get(h, "/?q=velia")
	if page.Header().Get("Retry-After") != "10" || !strings.Contains(page.Body.String(), "wait a moment") {
		t.Errorf("page: Retry-After %q\n%s", page.Header().Get("Retry-After"), page.Body)
	}
	parse(t, page.Body.String())
	problem := get(h, "/api/v1/ask?question=velia")
	if problem.Code != 429 || problem.Header().Get("Retry-After") != "10" || !strings.Contains(problem.Body.String(), `"kind":"rate_limited"`) {
		t.Errorf("API: %d %v %s", problem.Code, problem.Header(), problem.Body)
	}
	for _, free := range []string{"/healthz", "/readyz", "/robots.txt", "/favicon.ico", "/api/v1/suggest?q=velia"} {
		if w := get(h, free); w.Code != 200 {
			t.Errorf("%s: %d", free, w.Code)
		}
	}
	other := httptest.NewRequest(http.MethodGet, "/", nil)
	other.RemoteAddr = "198.51.100.7:1234"
	if w := do(h, other); w.Code != 200 {
		t.Errorf("another client: %d", w.Code)
	}
	now = now.Add(10 * time.Second)
	if w := get(h, "/"); w.Code != 200 {
		t.Errorf("after the wait: %d", w.Code)
	}
	if w := get(h, "/"); w.Code != 429 {
		t.Errorf("right after: %d", w.Code)
	}
}

func TestContextOfAQuestionCounts(t *testing.T) {
	o := options(t)
	o.RateLimit = ratelimit.Limit{PerMinute: 3}
	h := handler(t, o)
	if w := get(h, "/api/v1/ask?question=x&context=y&context=z"); w.Code != 200 {
		t.Fatalf("%d", w.Code)
	}
	if w := get(h, "/api/v1/briefings"); w.Code != 429 {
		t.Errorf("after three questions: %d", w.Code)
	}
}

func TestClients(t *testing.T) {
	trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	for _, c := range []struct {
		name, a, aForwarded, b, bForwarded string
		same                               bool
	}{
		{"ports of one address", "192.0.2.1:1", "", "192.0.2.1:2", "", true},
		{"two addresses", "192.0.2.1:1", "", "192.0.2.2:1", "", false},
		{"a header that nobody vouches for", "192.0.2.1:1", "203.0.113.1", "192.0.2.1:1", "203.0.113.2", true},
		{"two behind a proxy", "10.0.0.1:1", "203.0.113.1", "10.0.0.1:1", "203.0.113.2", false},
		{"one behind two proxies", "10.0.0.1:1", "203.0.113.1", "10.0.0.2:1", "203.0.113.1", true},
		{"a chain of proxies", "10.0.0.1:1", "203.0.113.1, 10.0.0.3", "10.0.0.1:1", "203.0.113.1", true},
		{"what the client wrote itself", "10.0.0.1:1", "1.1.1.1, 203.0.113.1", "10.0.0.1:1", "2.2.2.2, 203.0.113.1", true},
		{"a chain that is broken", "10.0.0.1:1", "203.0.113.1, nonsense", "10.0.0.1:1", "203.0.113.2, nonsense", true},
		{"one network of IPv6", "[2001:db8::1]:1", "", "[2001:db8::2:3]:1", "", true},
		{"two networks of IPv6", "[2001:db8::1]:1", "", "[2001:db8:0:1::1]:1", "", false},
		{"IPv4 written as IPv6", "[::ffff:192.0.2.1]:1", "", "192.0.2.1:1", "", true},
		{"a proxy on IPv6", "[fd00::1]:1", "203.0.113.1", "10.0.0.1:1", "203.0.113.1", true},
		{"no address", "@", "", "@", "", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := options(t)
			o.TrustedProxies = trusted
			o.RateLimit = ratelimit.Limit{PerMinute: 1}
			h := handler(t, o)
			ask := func(addr, forwarded string) int {
				r := httptest.NewRequest(http.MethodGet, "/", nil)
				r.RemoteAddr = addr
				if forwarded != "" {
					r.Header.Set("X-Forwarded-For", forwarded)
				}
				return do(h, r).Code
			}
			if first := ask(c.a, c.aForwarded); first != 200 {
				t.Fatalf("first request: %d", first)
			}
			if second := ask(c.b, c.bForwarded); (second == 429) != c.same {
				t.Errorf("taken for one client: %v, want %v", second == 429, c.same)
			}
		})
	}
}

func TestManyClientsDoNotFillTheMemory(t *testing.T) {
	o := options(t)
	o.Log = textLog(discard{})
	o.RateLimit = ratelimit.Limit{PerMinute: 1}
	h := handler(t, o)
	send := func(i int) int {
		r := httptest.NewRequest(http.MethodGet, "/robots.txt", nil)
		r.URL.Path = "/api/v1/briefings"
		r.RemoteAddr = fmt.Sprintf("10.%d.%d.%d:1", i>>16, i>>8&255, i&255)
		return do(h, r).Code
	}
	for i := range 20_001 {
		if send(i) != 200 {
			t.Fatalf("client %d is refused", i)
		}
	}
	if send(0) != 200 {
		t.Error("the longest unused client is still remembered")
	}
	if send(20_000) != 429 {
		t.Error("the newest client is forgotten")
	}
}

type discard struct{}

func (discard) Write(b []byte) (int, error) { return len(b), nil }

func TestPanicBecomesAPageWithoutInternals(t *testing.T) {
	var log strings.Builder
	o := options(t)
	o.Log = textLog(&log)
	h := handlerBy(t, o, answering(func(bot.Request) bot.Reply { panic("secret of the inside") }))
	w := get(h, "/?q=velia")
	if w.Code != http.StatusInternalServerError || strings.Contains(w.Body.String(), "secret") || !strings.Contains(w.Body.String(), "try again") {
		t.Errorf("%d\n%s", w.Code, w.Body)
	}
	parse(t, w.Body.String())
	if !strings.Contains(log.String(), "secret of the inside") || !strings.Contains(log.String(), "guard_test.go") || strings.Contains(log.String(), "velia") {
		t.Errorf("log:\n%s", log.String())
	}
	if w := get(h, "/"); w.Code != http.StatusOK {
		t.Errorf("after the panic: %d", w.Code)
	}
}

func TestErrorsHaveTheirStatus(t *testing.T) {
	for kind, want := range map[bot.Kind]int{
		bot.Invalid: 400, bot.NotFound: 404, bot.Denied: 403, bot.RateLimited: 429, bot.Unavailable: 503, "other": 500,
	} {
		var delay time.Duration
		if kind == bot.RateLimited {
			delay = 1500 * time.Millisecond
		}
		h := handlerBy(t, options(t), answering(func(bot.Request) bot.Reply {
			return bot.Reply{
				Message: bot.Message{Blocks: []bot.Block{bot.Paragraph{Text: "Try later."}}}, Lang: content.English,
				Err: &bot.Error{Kind: kind, Message: "Try later.", Delay: delay},
			}
		}))
		w := get(h, "/?q=velia")
		if w.Code != want || !strings.Contains(w.Body.String(), "Try later.") {
			t.Errorf("%s: %d, want %d", kind, w.Code, want)
		}
		if after := w.Header().Get("Retry-After"); (after == "2") != (kind == bot.RateLimited) {
			t.Errorf("%s: Retry-After %q", kind, after)
		}
	}
}

func TestNotReadyIsSaid(t *testing.T) {
	o := options(t)
	o.Ready = func() (bool, any) { return false, map[string]int{"faults": 3} }
	w := get(handler(t, o), "/readyz")
	if w.Code != http.StatusServiceUnavailable || strings.TrimSpace(w.Body.String()) != `{"ready":false,"detail":{"faults":3}}` {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestMountedHandlers(t *testing.T) {
	o := options(t)
	o.RateLimit = ratelimit.Limit{PerMinute: 1}
	o.Mount = map[string]http.Handler{
		"POST /discord/interactions": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			buffer := make([]byte, 1<<20+1)
			n := 0
			for {
				m, err := r.Body.Read(buffer[n:])
				if n += m; err != nil {
					_, _ = fmt.Fprintf(w, "%d %v", n, err)
					return
				}
			}
		}),
		"GET /gives-up": http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }),
		"GET /panics":   http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("inside") }),
	}
	h := handler(t, o)
	post := func(n int) string {
		return do(h, httptest.NewRequest(http.MethodPost, "/discord/interactions", strings.NewReader(strings.Repeat("x", n)))).Body.String()
	}
	for range 3 {
		if got := post(20_000); got != "20000 EOF" {
			t.Errorf("a platform's request: %s", got)
		}
	}
	if got := post(1<<20 + 5); got != "1048576 http: request body too large" {
		t.Errorf("a request without end: %s", got)
	}
	if w := get(h, "/panics"); w.Code != 500 || strings.Contains(w.Body.String(), "inside") {
		t.Errorf("panic: %d %s", w.Code, w.Body)
	}
	func() {
		defer func() {
			if p := recover(); p != http.ErrAbortHandler { //nolint:errorlint // the very value
				t.Errorf("a connection given up: %v", p)
			}
		}()
		get(h, "/gives-up")
	}()
	for _, pattern := range []string{"GET /b/{briefing}", "GET /{$}", "no pattern at all", "/api/v1/{x}/{"} {
		o := options(t)
		o.Mount = map[string]http.Handler{pattern: http.NotFoundHandler()}
		if _, err := web.New(o); err == nil || !strings.Contains(err.Error(), pattern) {
			t.Errorf("%q: %v", pattern, err)
		}
	}
}
