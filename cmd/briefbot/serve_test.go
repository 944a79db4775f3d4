package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	neturl "net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"briefbot/bot"
	"briefbot/bot/commands"
)

// buffer is written by a server and read by a test.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// While content changes again and again, good and bad, no request fails and
// every answer is one of the two that were ever right. A good change is live
// within two seconds. At the end nothing is left running.
func TestNoRequestIsDroppedWhileContentChanges(t *testing.T) {
	defer goleak.VerifyNone(t)
	good := readFile(t, "testdata/content/lantern.yaml")
	clearEnv(t)
	other := strings.ReplaceAll(good, "North Quay", "South Quay")
	folder := t.TempDir()
	put := func(text string) {
		t.Helper()
		writeFile(t, filepath.Join(folder, ".new"), text)
		if err := os.Rename(filepath.Join(folder, ".new"), filepath.Join(folder, "lantern.yaml")); err != nil {
			t.Fatal(err)
		}
	}
	put(good)

	c := defaultConfig()
	c.Content.Paths = []string{folder}
	c.Web.Address, c.Web.RateLimit = "127.0.0.1:0", 0
	var out, log buffer
	p := &program{in: strings.NewReader(""), out: &out, err: &log, now: time.Now}
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- p.serve(ctx, c) }()
	var url string
	poll(func() bool {
		_, rest, ok := strings.Cut(out.String(), "Briefbot is at ")
		url, _, _ = strings.Cut(rest, " ")
		return ok
	}, func() { t.Fatalf("the server does not start: %s", log.String()) })

	var asking sync.WaitGroup
	var asked atomic.Int64
	done := make(chan struct{})
	question := url + "/api/v1/ask?question=Where+was+the+lantern+festival%3F"
	for range 2 {
		asking.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				got := get(question, "")
				if !strings.HasPrefix(got, "200 OK") || !strings.Contains(got, " Quay, Velia") {
					t.Errorf("a request got: %s", got)
					return
				}
				asked.Add(1)
			}
		})
	}
	for i, step := range []struct{ text, want string }{
		{other, "South Quay"}, {"titel: x\n", "South Quay"}, {good, "North Quay"}, {"", "North Quay"}, {other, "South Quay"},
	} {
		put(step.text)
		start := time.Now()
		bad := !strings.Contains(step.text, "Quay")
		poll(func() bool {
			faulty := !strings.Contains(get(url+"/readyz", ""), `"faults":0`)
			return faulty == bad && strings.Contains(get(question, ""), step.want)
		}, func() { t.Fatalf("step %d is not seen: %s", i, log.String()) })
		t.Logf("step %d seen after %v", i, time.Since(start))
		if !strings.Contains(get(question, ""), step.want) {
			t.Errorf("step %d does not hold", i)
		}
	}
	close(done)
	asking.Wait()
	if asked.Load() < 10 {
		t.Errorf("only %d requests were sent", asked.Load())
	}
	stop()
	if err := <-served; err != nil {
		t.Error(err)
	}
	http.DefaultClient.CloseIdleConnections()
	if strings.Contains(log.String(), "lantern festival") {
		t.Error("a question was logged")
	}
}

// Nothing that the server says to anybody holds a word of a draft or of a
// briefing under embargo, not even while a fault keeps it out.
func TestDraftsAndEmbargoesAreSeenNowhere(t *testing.T) {
	good := readFile(t, "testdata/content/lantern.yaml")
	clearEnv(t)
	folder := t.TempDir()
	writeFile(t, filepath.Join(folder, "lantern.yaml"), good)
	hidden := func(id, state, lantern, deng string) string {
		text := strings.NewReplacer("lantern", lantern, "Lantern", lantern, "灯", deng, "Quay", "Wombat", "Gazette", "Wombat").Replace(good)
		_, text, _ = strings.Cut(text, "\nid: ")
		_, text, _ = strings.Cut(text, "\n")
		return "id: " + id + "\n" + state + "\n" + text
	}
	writeFile(t, filepath.Join(folder, "draft.yaml"), hidden("hidden-draft", "status: draft", "kite", "筝"))
	writeFile(t, filepath.Join(folder, "later.yaml"), hidden("hidden-later", "publish_at: 2031-01-01T00:00:00Z", "boat", "舟"))

	c := defaultConfig()
	c.Content.Paths = []string{folder}
	var log buffer
	p := &program{err: &log, now: func() time.Time { return time.Date(2030, 6, 1, 0, 0, 0, 0, time.UTC) }}
	keeper, err := p.openKeeper(t.Context(), c, newLog(c.Log, &log))
	if err != nil {
		t.Fatalf("%v: %s", err, log.String())
	}
	m := newMetrics()
	m.content(keeper.State)
	router, err := p.newRouter(keeper, bot.NewLocalMemory(), commands.Options{}, newLog(c.Log, &log), m.observe)
	if err != nil {
		t.Fatal(err)
	}
	c.Web.RateLimit = 0
	server, err := p.newWeb(c, router, keeper, &surfaces{}, m.handler(""), newLog(c.Log, &log))
	if err != nil {
		t.Fatal(err)
	}
	h := server.Handler(router)

	addresses := []string{
		"/", "/b/hidden-draft", "/b/hidden-later", "/b/hidden-later/venue", "/readyz", "/metrics", "/c/show", "/c/brief", "/c/topics",
		"/c/topics?topic=hidden-later", "/c/timeline?briefing=hidden-later", "/c/sources?briefing=hidden-draft", "/c/brief?briefing=hidden-draft",
		"/api/v1/briefings", "/api/v1/briefings/hidden-draft", "/api/v1/entries/hidden-later/venue",
	}
	for _, words := range []string{
		"kite", "筝", "boat", "舟", "hidden-later", "hidden-draft/venue", "Where was the boat festival?", "show hidden-later/venue", "/sources hidden-draft", "/topics",
	} {
		q := neturl.QueryEscape(words)
		addresses = append(addresses, "/?q="+q, "/search?q="+q, "/api/v1/ask?question="+q, "/api/v1/search?q="+q, "/api/v1/suggest?q="+q)
	}
	get := func(address string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, address, nil))
		return w
	}
	look := func(state string) {
		for _, address := range addresses {
			body := get(address).Body.String()
			for _, word := range []string{"Wombat", "kite Festival", "boat Festival", "筝会", "舟会"} {
				if strings.Contains(body, word) {
					t.Errorf("%s, %s shows %s:\n%s", state, address, word, body)
				}
			}
		}
	}
	look("sound content")
	if code := get("/b/hidden-later").Code; code != http.StatusNotFound {
		t.Errorf("a briefing under embargo: %d", code)
	}

	changes := make(chan struct{}, 1)
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { keeper.Run(ctx, changes) })
	defer running.Wait()
	defer stop()
	writeFile(t, filepath.Join(folder, "later.yaml"), hidden("hidden-later", "Wombat: 1", "boat", "舟"))
	changes <- struct{}{}
	poll(func() bool { return len(keeper.State().Faults) > 0 }, func() { t.Fatal("the fault is not seen") })
	look("content with a fault")
	if !strings.Contains(log.String(), "Wombat") {
		t.Error("the log does not name the fault")
	}
}

func TestMetricsAreCounted(t *testing.T) {
	m := newMetrics()
	m.observe(bot.Observation{Platform: "web", Command: "ask", Status: "answered", Took: time.Millisecond})
	m.observe(bot.Observation{Platform: "web", Command: "", Error: bot.Invalid})
	body := scrape(t, m.handler(""))
	for _, want := range []string{
		`briefbot_requests_total{command="ask",error="",platform="web",status="answered"} 1`,
		`briefbot_requests_total{command="",error="invalid",platform="web",status=""} 1`,
		`briefbot_request_seconds_bucket{command="ask",platform="web",le="0.001"} 1`,
		`go_goroutines `, `process_start_time_seconds `,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("it lacks %s:\n%s", want, body)
		}
	}
}

func TestMetricsWantTheirToken(t *testing.T) {
	h := newMetrics().handler("s3cret")
	tests := map[string]int{
		"":               http.StatusUnauthorized,
		"s3cret":         http.StatusUnauthorized,
		"Basic s3cret":   http.StatusUnauthorized,
		"Bearer":         http.StatusUnauthorized,
		"Bearer wrong":   http.StatusUnauthorized,
		"Bearer s3cret":  http.StatusOK,
		"bearer  s3cret": http.StatusOK,
	}
	for header, want := range tests {
		r := httptest.NewRequest(http.MethodGet, "/metrics", nil)
		if header != "" {
			r.Header.Set("Authorization", header)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("%q gets %d, want %d", header, w.Code, want)
		}
		if strings.Contains(w.Body.String(), "s3cret") {
			t.Errorf("%q shows the token", header)
		}
	}
}

func scrape(t *testing.T, h http.Handler) string {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, "/metrics", nil)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		t.Fatal(w.Code)
	}
	return w.Body.String()
}

func TestPageAddress(t *testing.T) {
	tests := map[string]struct{ public, listening, want string }{
		"this machine":      {"", "127.0.0.1:8080", "http://127.0.0.1:8080"},
		"every address":     {"", "0.0.0.0:80", "http://localhost:80"},
		"every IPv6":        {"", "[::]:8080", "http://localhost:8080"},
		"one IPv6":          {"", "[::1]:8080", "http://[::1]:8080"},
		"a public address":  {"https://b.example.org", "127.0.0.1:8080", "https://b.example.org"},
		"something unknown": {"", "socket", "socket"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := defaultConfig()
			c.Web.PublicURL = tt.public
			if got := pageAddress(c, tt.listening); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestNearest(t *testing.T) {
	known := []string{"web.address", "web.rate_limit", "log.level", "log.format", "content.paths"}
	tests := map[string]string{
		"web.adress": "web.address", "web.addres": "web.address", "adress": "web.address", "rate_limit": "web.rate_limit",
		"log.lvel": "log.level", "web.ratelimit": "web.rate_limit", "content.path": "content.paths", "x": "", "discord.token": "", "": "",
	}
	for word, want := range tests {
		if got := nearest(word, known); got != want {
			t.Errorf("%q is near %q, want %q", word, got, want)
		}
	}
}

func TestCause(t *testing.T) {
	_, err := os.Open("nowhere")
	if got := cause(err).Error(); got != "no such file or directory" {
		t.Error(got)
	}
	if got := cause(errors.New("other")).Error(); got != "other" {
		t.Error(got)
	}
}

func TestManyWarningsDoNotFloodTheLog(t *testing.T) {
	text := readFile(t, "testdata/content/lantern.yaml")
	clearEnv(t)
	folder := t.TempDir()
	writeFile(t, filepath.Join(folder, "lantern.yaml"), text)
	for i := range 200 {
		if err := os.Symlink("nowhere", filepath.Join(folder, fmt.Sprintf("%03d.yaml", i))); err != nil {
			t.Skip(err)
		}
	}
	c := defaultConfig()
	c.Content.Paths = []string{folder}
	var log buffer
	p := &program{err: &log, now: time.Now}
	if _, err := p.openKeeper(t.Context(), c, newLog(c.Log, &log)); err != nil {
		t.Fatal(err)
	}
	if got := log.String(); strings.Count(got, "\n") != 1 || !strings.Contains(got, `"warnings":200,`) || strings.Count(got, ".yaml: ") != warningsLogged {
		t.Errorf("logged:\n%s", got)
	}
}
