package slack

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"briefbot/adapters/slack/slacktest"
	"briefbot/adapters/slack/webapi"
	"briefbot/bot"
	"briefbot/bot/bottest"
	"briefbot/content"
)

// installations hold in memory.
type installations struct {
	mu       sync.Mutex
	all      map[string]installed
	changing func() // called before a workspace is installed or taken out; may be nil
}

func (s *installations) change() {
	if s.changing != nil {
		s.changing()
	}
}

type installed struct {
	bot.Installation
	tokens bot.Tokens
}

func (s *installations) Install(_ context.Context, in bot.Installation, tokens bot.Tokens) error {
	s.change()
	s.mu.Lock()
	defer s.mu.Unlock()
	in.Revision = s.all[in.Workspace].Revision + 1
	s.all[in.Workspace] = installed{in, tokens}
	return nil
}

func (s *installations) Renew(_ context.Context, in bot.Installation, tokens bot.Tokens) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if old, ok := s.all[in.Workspace]; !ok || old.Revision != in.Revision {
		return false, nil
	}
	in.Revision++
	s.all[in.Workspace] = installed{in, tokens}
	return true, nil
}

func (s *installations) Installation(_ context.Context, workspace string) (bot.Installation, bot.Tokens, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	in, ok := s.all[workspace]
	if !ok {
		return bot.Installation{}, bot.Tokens{}, &bot.Error{Kind: bot.NotFound, Message: "The bot is not installed there."}
	}
	return in.Installation, in.tokens, nil
}

func (s *installations) Installed(context.Context, string, int) ([]bot.Installation, error) {
	return nil, nil
}

func (s *installations) Uninstall(_ context.Context, workspace string, at time.Time) error {
	s.change()
	s.mu.Lock()
	defer s.mu.Unlock()
	if in, ok := s.all[workspace]; ok && !in.InstalledAt.After(at) {
		delete(s.all, workspace)
	}
	return nil
}

// shop is where workspaces come to install the bot.
type shop struct {
	*slacktest.Server
	clock     *slacktest.Clock
	installer *Installer
	store     *installations
	api       *webapi.Client
	http      http.Handler
	log       bytes.Buffer
}

func openShop(t *testing.T, o slacktest.Options) *shop {
	t.Helper()
	o.Specs, _ = specs()
	s := &shop{clock: slacktest.NewClock(bottest.Now()), store: &installations{all: map[string]installed{}}}
	o.Now, o.After, o.Limits.Off = s.clock.Now, s.clock.After, true
	o.Redirects = []string{"https://briefings.example.org/slack/oauth"}
	s.Server = slacktest.New(t, o)
	s.installer, s.api = s.replica(t)
	mux := http.NewServeMux()
	for path, handler := range s.installer.Endpoints() {
		mux.Handle(path, handler)
	}
	s.http = mux
	return s
}

// replica makes another installer over the same store.
func (s *shop) replica(t *testing.T) (*Installer, *webapi.Client) {
	t.Helper()
	var seen bot.Seen = bot.NewLocalSeen(s.clock.Now)
	if s.installer != nil {
		seen = s.installer.Seen
	}
	log := slog.New(slog.NewTextHandler(&s.log, nil))
	installer, err := NewInstaller(InstallOptions{
		Installations: s.store, Seen: seen, Phrases: bottest.Router(t).Phrases, Log: log, Now: s.clock.Now, Random: rand.Reader,
		ClientID: s.ClientID(), ClientSecret: s.ClientSecret(), PublicURL: "https://briefings.example.org",
		AuthorizeURL: s.AuthorizeURL(), Assistant: true, Lang: content.English,
	})
	if err != nil {
		t.Fatal(err)
	}
	api, err := webapi.New(webapi.Options{Token: installer.Token, BaseURL: s.URL(), Log: log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(api.Close)
	installer.Use(api)
	return installer, api
}

// page is what a browser gets.
type page struct {
	status  int
	to      string // where it leads
	body    string
	cookies []*http.Cookie
}

// visit opens a page as a browser with cookies does.
func (s *shop) visit(address string, cookies []*http.Cookie) page {
	r := httptest.NewRequest(http.MethodGet, address, nil)
	for _, c := range cookies {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	s.http.ServeHTTP(w, r)
	set := http.Response{Header: w.Header()}
	return page{status: w.Code, to: w.Header().Get("Location"), body: w.Body.String(), cookies: set.Cookies()}
}

// begin opens the page of the installation and returns where it leads.
func (s *shop) begin(t *testing.T) (to string, cookies []*http.Cookie) {
	t.Helper()
	res := s.visit("https://briefings.example.org"+InstallPath, nil)
	if res.status != http.StatusFound {
		t.Fatalf("the page answers %d", res.status)
	}
	return res.to, res.cookies
}

func TestAWorkspaceInstallsTheBot(t *testing.T) {
	s := openShop(t, slacktest.Options{})
	ws := s.AddStranger("Velia")
	ann := ws.AddUser("Ann", "en-US")
	to, cookies := s.begin(t)
	if len(cookies) != 1 || !cookies[0].HttpOnly || !cookies[0].Secure || cookies[0].SameSite != http.SameSiteLaxMode {
		t.Errorf("the cookie is %+v", cookies)
	}
	res := s.visit(ann.Approve(to), cookies)
	if res.status != http.StatusOK || !strings.Contains(res.body, "in your workspace now") {
		t.Fatalf("%d: %s", res.status, res.body)
	}
	got := s.store.all[ws.ID]
	if got.BotUser != ws.Bot().ID || string(got.tokens.Access) != ws.Token() || !slices.Contains(got.Scopes, "chat:write") || !got.ExpiresAt.IsZero() {
		t.Errorf("kept %+v", got.Installation)
	}
	identity, err := s.api.AuthTest(t.Context(), ws.ID)
	if err != nil || identity.TeamID != ws.ID {
		t.Errorf("the bot acts as %+v: %v", identity, err)
	}
	if strings.Contains(s.log.String(), ws.Token()) {
		t.Error("the token is logged")
	}
	if _, err := s.api.AuthTest(t.Context(), "T0ELSEWHERE"); err == nil {
		t.Error("the bot acts in a workspace that it is not in")
	}
}

// An app whose manifest lacks the pane has not the scope that it needs: Slack
// would refuse the installation.
func TestNoMoreIsAskedForThanTheManifestHas(t *testing.T) {
	for _, assistant := range []bool{true, false} {
		s := openShop(t, slacktest.Options{})
		s.installer.Assistant = assistant
		to, _ := s.begin(t)
		if got := strings.Contains(to, url.QueryEscape("assistant:write")); got != assistant {
			t.Errorf("with the pane %v, it is asked for: %v", assistant, got)
		}
	}
}

func TestStatesAreForOneBrowserOnceAndForAWhile(t *testing.T) {
	for name, test := range map[string]struct {
		change func(s *shop, back *url.URL, cookies []*http.Cookie) []*http.Cookie
		status int
		says   string
	}{
		"another browser": {func(*shop, *url.URL, []*http.Cookie) []*http.Cookie { return nil }, http.StatusForbidden, "begin again"},
		"the cookie of another installation": {func(s *shop, _ *url.URL, _ []*http.Cookie) []*http.Cookie {
			return s.visit("https://briefings.example.org"+InstallPath, nil).cookies
		}, http.StatusForbidden, "begin again"},
		"another state": {func(_ *shop, back *url.URL, cookies []*http.Cookie) []*http.Cookie {
			q := back.Query()
			q.Set("state", "x"+q.Get("state"))
			back.RawQuery = q.Encode()
			return cookies
		}, http.StatusForbidden, "begin again"},
		"a state of one's own": {func(_ *shop, back *url.URL, cookies []*http.Cookie) []*http.Cookie {
			q := back.Query()
			forged := "A" + q.Get("state")[1:]
			if forged == q.Get("state") {
				forged = "B" + forged[1:]
			}
			q.Set("state", forged)
			back.RawQuery = q.Encode()
			cookies[0].Value = forged
			return cookies
		}, http.StatusForbidden, "begin again"},
		"too late": {func(s *shop, _ *url.URL, cookies []*http.Cookie) []*http.Cookie {
			s.clock.Advance(stateLife)
			return cookies
		}, http.StatusForbidden, "begin again"},
		"used before": {func(s *shop, back *url.URL, cookies []*http.Cookie) []*http.Cookie {
			s.visit(back.String(), cookies)
			return cookies
		}, http.StatusForbidden, "begin again"},
		"no code": {func(_ *shop, back *url.URL, cookies []*http.Cookie) []*http.Cookie {
			q := back.Query()
			q.Del("code")
			back.RawQuery = q.Encode()
			return cookies
		}, http.StatusBadRequest, "could not be asked"},
		"another code": {func(_ *shop, back *url.URL, cookies []*http.Cookie) []*http.Cookie {
			q := back.Query()
			q.Set("code", "nonsense")
			back.RawQuery = q.Encode()
			return cookies
		}, http.StatusBadGateway, "could not be asked"},
	} {
		t.Run(name, func(t *testing.T) {
			s := openShop(t, slacktest.Options{})
			ann := s.AddStranger("Velia").AddUser("Ann", "en-US")
			to, cookies := s.begin(t)
			back, err := url.Parse(ann.Approve(to))
			if err != nil {
				t.Fatal(err)
			}
			cookies = test.change(s, back, cookies)
			installedBefore := len(s.store.all)
			res := s.visit(back.String(), cookies)
			if res.status != test.status || !strings.Contains(res.body, test.says) {
				t.Errorf("%d: %s", res.status, res.body)
			}
			if len(s.store.all) != installedBefore {
				t.Error("it is installed all the same")
			}
		})
	}
}

func TestWhoeverDeclinesInstallsNothing(t *testing.T) {
	s := openShop(t, slacktest.Options{})
	ann := s.AddStranger("Velia").AddUser("Ann", "en-US")
	to, cookies := s.begin(t)
	res := s.visit(ann.Deny(to), cookies)
	if res.status != http.StatusOK || !strings.Contains(res.body, "Nothing was installed") || len(s.store.all) != 0 {
		t.Errorf("%d: %s", res.status, res.body)
	}
}

// install installs the bot in a workspace.
func (s *shop) install(t *testing.T, ws *slacktest.Workspace) {
	t.Helper()
	to, cookies := s.begin(t)
	if res := s.visit(ws.AddUser("Admin", "en-US").Approve(to), cookies); res.status != http.StatusOK {
		t.Fatal(res.status)
	}
}

// Tokens that expire are renewed before they do, by one replica.
func TestTokensAreRenewedInTime(t *testing.T) {
	s := openShop(t, slacktest.Options{Rotation: true})
	ws := s.AddStranger("Velia")
	s.install(t, ws)
	first := ws.Token()
	ask := func(api *webapi.Client) {
		t.Helper()
		if _, err := api.AuthTest(t.Context(), ws.ID); err != nil {
			t.Error(err)
		}
	}
	ask(s.api)
	if ws.Token() != first {
		t.Error("a fresh token is renewed")
	}
	s.clock.Advance(10*time.Hour + time.Minute)
	_, other := s.replica(t)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() { ask(s.api) })
		all.Go(func() { ask(other) })
	}
	all.Wait()
	if n := s.Counts().Calls["oauth.v2.access"]; n != 2 || ws.Token() == first {
		t.Errorf("%d exchanges, the first included", n)
	}
	s.clock.Advance(3 * time.Hour) // the first token is gone
	ask(s.api)
	ask(other)
	if got := s.store.all[ws.ID]; string(got.tokens.Access) != ws.Token() || got.Revision != 2 {
		t.Errorf("kept revision %d", got.Revision)
	}
}

func TestARenewalThatFailsIsTriedAgain(t *testing.T) {
	s := openShop(t, slacktest.Options{Rotation: true})
	ws := s.AddStranger("Velia")
	s.install(t, ws)
	s.clock.Advance(11 * time.Hour)
	s.Fail(slacktest.Fault{On: "oauth.v2.access", Do: slacktest.Refuse(http.StatusServiceUnavailable), Times: 1})
	for range 2 { // with the token that there is
		if _, err := s.api.AuthTest(t.Context(), ws.ID); err != nil {
			t.Error(err)
		}
	}
	s.clock.Advance(2 * time.Minute)
	before := ws.Token()
	if _, err := s.api.AuthTest(t.Context(), ws.ID); err != nil || ws.Token() == before {
		t.Errorf("it is not renewed: %v", err)
	}
}

// Whoever takes the bot out is forgotten; word of it that comes late does not
// undo a new installation.
func TestAnUninstalledWorkspaceIsForgotten(t *testing.T) {
	s := openShop(t, slacktest.Options{})
	ws := s.AddStranger("Velia")
	s.install(t, ws)
	if _, err := s.api.AuthTest(t.Context(), ws.ID); err != nil {
		t.Fatal(err)
	}
	if err := s.installer.Uninstalled(t.Context(), ws.ID, s.clock.Now().Add(-time.Hour)); err != nil || len(s.store.all) != 1 {
		t.Errorf("word that came late undoes an installation: %v", err)
	}
	if err := s.installer.Uninstalled(t.Context(), ws.ID, s.clock.Now()); err != nil || len(s.store.all) != 0 {
		t.Errorf("it is not forgotten: %v", err)
	}
	_, err := s.api.AuthTest(t.Context(), ws.ID)
	if e, ok := errors.AsType[*bot.Error](err); !ok || e.Kind != bot.NotFound {
		t.Errorf("its token is used still: %v", err)
	}
}

// What is answered meanwhile keeps no token that has had its day.
func TestATokenThatWasReplacedIsUsedNoMore(t *testing.T) {
	s := openShop(t, slacktest.Options{})
	ws := s.AddStranger("Velia")
	s.install(t, ws)
	now := s.clock.Now()
	s.store.all[ws.ID] = installed{bot.Installation{Workspace: ws.ID, BotUser: "U1", InstalledAt: now}, bot.Tokens{Access: "old"}}
	s.store.changing = func() {
		if _, err := s.installer.Token(t.Context(), ws.ID); err != nil {
			t.Error(err)
		}
	}
	s.install(t, ws)
	if got, err := s.installer.Token(t.Context(), ws.ID); err != nil || got != ws.Token() {
		t.Errorf("after it was installed anew the old token is used: %v", err)
	}
	if err := s.installer.Uninstalled(t.Context(), ws.ID, now.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.installer.Token(t.Context(), ws.ID); err == nil {
		t.Error("after it was taken out its token is used")
	}
}

// An installation in a whole organisation is refused, and its token given back.
func TestAWholeOrganisationIsRefused(t *testing.T) {
	s := openShop(t, slacktest.Options{})
	ws := s.AddStranger("Velia")
	ws.Join("E024BE7LD", true)
	to, cookies := s.begin(t)
	res := s.visit(ws.AddUser("Ann", "en-US").Approve(to), cookies)
	if res.status != http.StatusBadRequest || !strings.Contains(res.body, "one workspace after the other") {
		t.Errorf("%d: %s", res.status, res.body)
	}
	if calls := s.CallsTo("auth.revoke"); len(calls) != 1 || calls[0].Error != "" || len(s.store.all) != 0 {
		t.Errorf("%d tokens are given back, %d kept", len(calls), len(s.store.all))
	}
}

// A workspace of an organisation installs the bot as any other, and what Slack
// tells of it, with the organisation's id, is answered.
func TestAWorkspaceOfAnOrganisationIsAWorkspace(t *testing.T) {
	s := openShop(t, slacktest.Options{})
	ws := s.AddStranger("Velia")
	ws.Join("E024BE7LD", false)
	to, cookies := s.begin(t)
	if res := s.visit(ws.AddUser("Ann", "en-US").Approve(to), cookies); res.status != http.StatusOK {
		t.Errorf("%d: %s", res.status, res.body)
	}
	if _, ok := s.store.all[ws.ID]; !ok {
		t.Errorf("it is kept under another name: %v", s.store.all)
	}
	onBoth(t, func(t *testing.T, w *world) {
		w.workspace.Join("E024BE7LD", false)
		says(t, w.answer(t, w.ann.In(w.general).Say("<@bot> what are the three pledges")), "The three pledges")
		private := w.ann.In(w.general).Slash("/brief", "topics")
		says(t, private.Message, "What can be asked")
		says(t, private.Click("Share in channel").Message, "Shared by ann")
	})
}

// In one program many workspaces are answered, each with its own token.
func TestManyWorkspacesAreAnswered(t *testing.T) {
	for _, transport := range []Transport{Socket, HTTP} {
		t.Run(string(transport), func(t *testing.T) {
			store := &installations{all: map[string]installed{}}
			w := begin(t, transport, func(o *Options) {
				o.Uninstalled = store.Uninstall
				api, err := webapi.New(webapi.Options{BaseURL: o.API.BaseURL(), Token: func(ctx context.Context, team string) (string, error) {
					_, tokens, err := store.Installation(ctx, team)
					return string(tokens.Access), err
				}})
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(api.Close)
				o.API = api
			})
			other := w.AddWorkspace("Velia")
			for _, ws := range []*slacktest.Workspace{w.workspace, other} {
				in := bot.Installation{Workspace: ws.ID, BotUser: ws.Bot().ID, InstalledAt: w.now()}
				if err := store.Install(t.Context(), in, bot.Tokens{Access: bot.Secret(ws.Token())}); err != nil {
					t.Fatal(err)
				}
			}
			chen := other.AddUser("Chen", "zh-TW")
			there := other.AddChannel("general")
			says(t, w.answer(t, w.ann.In(w.general).Say("<@bot> topics")), "What can be asked")
			says(t, w.answer(t, chen.In(there).Say("<@bot> topics")), "可以問什麼")
			other.Uninstall()
			awaits(t, "a workspace that left is not forgotten", func() bool {
				store.mu.Lock()
				defer store.mu.Unlock()
				return len(store.all) == 1
			})
			says(t, w.answer(t, w.ann.In(w.general).Say("<@bot> topics")), "What can be asked")
		})
	}
}

func TestAnInstallerNeedsItsOptions(t *testing.T) {
	if _, err := NewInstaller(InstallOptions{}); err == nil {
		t.Error("nothing is enough")
	}
}
