package web_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"

	"briefbot/adapters/web"
	"briefbot/bot"
	"briefbot/content"
)

var _ bot.Adapter = (*web.Server)(nil)

// serve runs a server until the test or stop ends it. ended gives what Run
// returned.
func serve(tb testing.TB, o web.Options, r bot.Responder) (addr string, stop func(), ended <-chan error) {
	tb.Helper()
	s, err := web.New(o)
	if err != nil {
		tb.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	if err := s.Listen(ctx); err != nil {
		tb.Fatal(err)
	}
	result, done := make(chan error, 1), make(chan struct{})
	go func() {
		defer close(done)
		result <- s.Run(ctx, r)
	}()
	tb.Cleanup(func() {
		cancel()
		<-done
		http.DefaultClient.CloseIdleConnections()
	})
	return s.Addr(), cancel, result
}

func TestServesUntilToldToStop(t *testing.T) {
	o := options(t)
	addr, stop, ended := serve(t, o, o.Router)
	response, err := http.Get("http://" + addr + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Errorf("%d", response.StatusCode)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if c, err := new(net.Dialer).DialContext(t.Context(), "tcp", addr); err == nil {
		_ = c.Close()
		t.Error("the port is still open")
	}
}

func TestRequestUnderWayIsFinishedAtShutdown(t *testing.T) {
	begun, finish := make(chan struct{}), make(chan struct{})
	o := options(t)
	addr, stop, ended := serve(t, o, answering(func(bot.Request) bot.Reply {
		close(begun)
		<-finish
		return bot.Reply{Message: bot.Message{Title: "Done"}, Lang: content.English}
	}))
	answered := make(chan string, 1)
	go func() {
		response, err := http.Get("http://" + addr + "/?q=slow")
		if err != nil {
			answered <- err.Error()
			return
		}
		body, _ := io.ReadAll(response.Body)
		_ = response.Body.Close()
		answered <- string(body)
	}()
	<-begun
	stop()
	close(finish)
	if body := <-answered; !strings.Contains(body, "Done") {
		t.Errorf("cut off: %s", body)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestPortInUseIsSaid(t *testing.T) {
	o := options(t)
	o.Addr, _, _ = serve(t, o, o.Router)
	second, err := web.New(o)
	if err != nil {
		t.Fatal(err)
	}
	if err := second.Run(t.Context(), o.Router); err == nil || !strings.Contains(err.Error(), "already listens on "+o.Addr) {
		t.Errorf("%v", err)
	}
	o.Addr = "nowhere:http:80"
	third, err := web.New(o)
	if err != nil {
		t.Fatal(err)
	}
	if err := third.Listen(t.Context()); err == nil || !strings.Contains(err.Error(), "nowhere:http:80") || third.Addr() != "" {
		t.Errorf("%v", err)
	}
}

func TestHostileRequestsAreRefused(t *testing.T) {
	o := options(t)
	addr, _, _ := serve(t, o, o.Router)
	for name, c := range map[string]struct{ request, want string }{
		"headers without end":     {"GET / HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("a", 64<<10) + "\r\n\r\n", "431 "},
		"no HTTP":                 {"\x16\x03\x01\r\n\r\n", "400 "},
		"two hosts":               {"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400 "},
		"another site":            {"GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n", "421 "},
		"a host as path":          {"GET //evil.example/b HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", "404 "},
		"a host with backslashes": {"GET /\\evil.example HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", "404 "},
		"tunnel":                  {"CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n", "42"},
	} {
		t.Run(name, func(t *testing.T) {
			c2, err := new(net.Dialer).DialContext(t.Context(), "tcp", addr)
			if err != nil {
				t.Fatal(err)
			}
			defer c2.Close()
			if _, err := fmt.Fprint(c2, c.request); err != nil && !strings.Contains(err.Error(), "reset") && !strings.Contains(err.Error(), "broken pipe") {
				t.Fatal(err)
			}
			answer, _ := bufio.NewReader(c2).ReadString('\n')
			if !strings.HasPrefix(answer, "HTTP/1.1 "+c.want) {
				t.Errorf("%q, want %s", answer, c.want)
			}
			rest, _ := io.ReadAll(io.LimitReader(c2, 1<<20))
			if strings.Contains(string(rest), "Location:") || strings.Contains(string(rest), "evil.example/") {
				t.Errorf("leads elsewhere:\n%s", rest)
			}
		})
	}
}

// A page of another site that has its own name lead to this machine reads
// nothing.
func TestLoopbackAnswersUnderItsOwnNamesOnly(t *testing.T) {
	o := options(t)
	addr, _, _ := serve(t, o, o.Router)
	_, port, _ := net.SplitHostPort(addr)
	for host, want := range map[string]int{
		addr: 200, "127.0.0.1": 200, "[::1]:" + port: 200, "localhost:" + port: 200, "LOCALHOST": 200, "localhost.": 200,
		"briefs.localhost": 200, "briefings.example.org": 200, "Briefings.Example.org:443": 200,
		"evil.example": 421, "evil.example:" + port: 421, "localhost.evil.example": 421, "127.0.0.1.evil.example": 421,
		"notlocalhost": 421, "example.org": 421,
	} {
		for _, path := range []string{"/", "/healthz", "/api/v1/briefings"} {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+addr+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Host = host
			response, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			body, _ := io.ReadAll(response.Body)
			_ = response.Body.Close()
			if response.StatusCode != want {
				t.Errorf("%s%s: %d, want %d", host, path, response.StatusCode, want)
			}
			if want == 421 && !strings.Contains(string(body), "set web.public_url") {
				t.Errorf("%s%s does not say what to do: %s", host, path, body)
			}
		}
	}
	if w := get(handler(t, o), "http://intern.example/"); w.Code != 200 {
		t.Errorf("a server that is not bound to this machine asks for names: %d", w.Code)
	}
}

func TestLoopbackAnswersUnderTheNameItListensOn(t *testing.T) {
	name, err := os.Hostname()
	if err != nil {
		t.Skip(err)
	}
	o := options(t)
	o.Addr = net.JoinHostPort(name, "0")
	addresses, err := new(net.Resolver).LookupNetIP(t.Context(), "ip", name)
	if err != nil || slices.ContainsFunc(addresses, func(a netip.Addr) bool { return !a.IsLoopback() }) {
		t.Skipf("%s is no name of the loopback interface: %v %v", name, addresses, err)
	}
	addr, _, _ := serve(t, o, o.Router)
	_, port, _ := net.SplitHostPort(addr)
	response, err := http.Get("http://" + net.JoinHostPort(name, port) + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Errorf("%d", response.StatusCode)
	}
}
