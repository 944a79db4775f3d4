package slack

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"html/template"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"briefbot/adapters/slack/webapi"
	"briefbot/bot"
	"briefbot/bot/i18n"
	"briefbot/content"
)

// Phrases of the pages that end an installation.
const (
	phraseInstalled     i18n.Key = "slack.installed"
	phraseInstallDenied i18n.Key = "slack.install_denied"
	phraseInstallStale  i18n.Key = "slack.install_stale"
	phraseInstallFailed i18n.Key = "slack.install_failed"
	phraseInstallWhole  i18n.Key = "slack.install_whole"
)

// AuthorizeURL is where Slack asks whether the bot may be installed.
const AuthorizeURL = "https://slack.com/oauth/v2/authorize"

// Where browsers come to install the bot in their workspace.
const (
	InstallPath = "/slack/install"
	OAuthPath   = "/slack/oauth"
)

// The bounds of installing.
const (
	stateLife    = 10 * time.Minute
	stateCookie  = "__Host-briefbot-slack"
	nonceBytes   = 16
	maxState     = 200
	maxCode      = 1000
	exchangeTime = 30 * time.Second

	// refreshAhead is long before tokens expire, which they do after twelve
	// hours, so that Slack may be out of reach for a while.
	// https://docs.slack.dev/authentication/using-token-rotation
	refreshAhead = 2 * time.Hour
	refreshPause = time.Minute // before another replica tries
	tokenCached  = time.Minute
	tokensKept   = 10_000
)

// InstallOptions are what an Installer needs. All but AuthorizeURL, Assistant
// and Lang are required.
type InstallOptions struct {
	Installations bot.Installations[bot.Tokens]
	Seen          bot.Seen
	Phrases       func(content.Lang) i18n.Printer
	Log           *slog.Logger
	Now           func() time.Time
	Random        io.Reader // such as crypto/rand.Reader

	ClientID, ClientSecret string
	PublicURL              string // https; its OAuthPath is one of the app's redirect URLs
	AuthorizeURL           string // Slack's where empty
	Assistant              bool   // as in the Manifest
	Lang                   content.Lang
}

// Installer installs the bot in many workspaces, and keeps the tokens that it
// acts with there.
type Installer struct {
	InstallOptions
	api    *webapi.Client // set by Use
	key    []byte         // signs states
	tokens *lru.Cache[string, cachedToken]

	mu        sync.Mutex
	refreshes map[string]*sync.Mutex // by workspace
}

type cachedToken struct {
	token string
	until time.Time
}

// NewInstaller checks the options. The Client that is then made with its Token
// is handed to Use.
func NewInstaller(o InstallOptions) (*Installer, error) {
	if o.Installations == nil || o.Seen == nil || o.Phrases == nil || o.Log == nil || o.Now == nil || o.Random == nil || o.ClientID == "" || o.ClientSecret == "" {
		return nil, errors.New("slack: Installations, Seen, Phrases, Log, Now, Random, ClientID and ClientSecret are required")
	}
	if !strings.HasPrefix(o.PublicURL, "https://") {
		return nil, errors.New("slack: workspaces install the bot under an https address")
	}
	if o.AuthorizeURL == "" {
		o.AuthorizeURL = AuthorizeURL
	}
	mac := hmac.New(sha256.New, []byte(o.ClientSecret))
	mac.Write([]byte("briefbot: state of an installation on slack"))
	tokens, err := lru.New[string, cachedToken](tokensKept)
	return &Installer{InstallOptions: o, key: mac.Sum(nil), tokens: tokens, refreshes: map[string]*sync.Mutex{}}, err
}

// Use names the client that codes and tokens are exchanged by.
func (in *Installer) Use(api *webapi.Client) { in.api = api }

// Endpoints returns the handlers of InstallPath and OAuthPath.
func (in *Installer) Endpoints() map[string]http.Handler {
	return map[string]http.Handler{
		InstallPath: http.HandlerFunc(in.install),
		OAuthPath:   http.HandlerFunc(in.oauth),
	}
}

// install sends a browser to Slack, with a state that only it can bring back.
func (in *Installer) install(w http.ResponseWriter, r *http.Request) {
	if !onlyGet(w, r) {
		return
	}
	state, err := in.newState()
	if err != nil {
		in.Log.ErrorContext(r.Context(), "an installation was not begun", "err", err)
		in.page(w, http.StatusInternalServerError, phraseInstallFailed)
		return
	}
	http.SetCookie(w, in.cookie(state, int(stateLife.Seconds())))
	var scopes []string
	for _, scope := range Scopes(in.Assistant) {
		scopes = append(scopes, scope.Name)
	}
	slices.Sort(scopes)
	query := url.Values{
		"client_id": {in.ClientID}, "scope": {strings.Join(scopes, ",")}, "state": {state}, "redirect_uri": {in.PublicURL + OAuthPath},
	}
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, in.AuthorizeURL+"?"+query.Encode(), http.StatusFound)
}

func onlyGet(w http.ResponseWriter, r *http.Request) bool {
	if r.Method == http.MethodGet {
		return true
	}
	w.Header().Set("Allow", http.MethodGet)
	http.Error(w, "browsers come here by GET", http.StatusMethodNotAllowed)
	return false
}

// cookie binds a state to a browser. Slack's page is another site: Lax lets
// the way back carry it.
func (in *Installer) cookie(state string, age int) *http.Cookie {
	return &http.Cookie{Name: stateCookie, Value: state, Path: "/", MaxAge: age, Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode}
}

// newState makes a state: a random number, until when it holds, and a
// signature, so that any replica takes it and nobody else makes one.
func (in *Installer) newState() (string, error) {
	raw := make([]byte, nonceBytes+8, nonceBytes+8+sha256.Size)
	if _, err := io.ReadFull(in.Random, raw[:nonceBytes]); err != nil {
		return "", err
	}
	binary.BigEndian.PutUint64(raw[nonceBytes:], uint64(in.Now().Add(stateLife).Unix()))
	return base64.RawURLEncoding.EncodeToString(append(raw, in.sign(raw)...)), nil
}

func (in *Installer) sign(raw []byte) []byte {
	mac := hmac.New(sha256.New, in.key)
	mac.Write(raw)
	return mac.Sum(nil)
}

// takeState reports whether a state was made here, for this browser, is young
// enough and comes for the first time.
func (in *Installer) takeState(r *http.Request, state string) bool {
	cookie, err := r.Cookie(stateCookie)
	if err != nil || state == "" || len(state) > maxState || subtle.ConstantTimeCompare([]byte(cookie.Value), []byte(state)) != 1 {
		return false
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(state)
	const signed = nonceBytes + 8
	if err != nil || len(raw) != signed+sha256.Size || !hmac.Equal(raw[signed:], in.sign(raw[:signed])) {
		return false
	}
	until := time.Unix(int64(binary.BigEndian.Uint64(raw[nonceBytes:signed])), 0)
	if !in.Now().Before(until) {
		return false
	}
	first, err := in.Seen.First(r.Context(), Platform+":state:"+base64.RawURLEncoding.EncodeToString(raw[:nonceBytes]), until.Add(time.Minute))
	if err != nil {
		in.Log.WarnContext(r.Context(), "it is not known whether a state was used before", "err", err)
	}
	return err == nil && first
}

// oauth takes a browser back from Slack.
func (in *Installer) oauth(w http.ResponseWriter, r *http.Request) {
	if !onlyGet(w, r) {
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	query := r.URL.Query()
	known := in.takeState(r, query.Get("state"))
	http.SetCookie(w, in.cookie("", -1))
	code := query.Get("code")
	switch {
	case !known:
		in.page(w, http.StatusForbidden, phraseInstallStale)
		return
	case query.Get("error") != "":
		in.page(w, http.StatusOK, phraseInstallDenied)
		return
	case code == "" || len(code) > maxCode:
		in.page(w, http.StatusBadRequest, phraseInstallFailed)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), exchangeTime)
	defer cancel()
	team, err := in.exchange(ctx, code)
	if errors.Is(err, errOrganisation) {
		in.Log.InfoContext(ctx, "the bot was not installed in a whole organisation")
		in.page(w, http.StatusBadRequest, phraseInstallWhole)
		return
	}
	if err != nil {
		in.Log.WarnContext(ctx, "the bot was not installed", "err", err)
		in.page(w, http.StatusBadGateway, phraseInstallFailed)
		return
	}
	in.Log.InfoContext(ctx, "the bot was installed in a workspace", "team", team)
	in.page(w, http.StatusOK, phraseInstalled)
}

// errOrganisation is a grant for all workspaces of an organisation at once. The
// app's manifest does not offer that: tokens, limits and what is forgotten are
// kept by the workspace.
var errOrganisation = errors.New("the bot is installed in one workspace after the other")

func (in *Installer) exchange(ctx context.Context, code string) (team string, err error) {
	grant, err := in.api.Exchange(ctx, in.ClientID, in.ClientSecret, code, in.PublicURL+OAuthPath)
	if err != nil {
		return "", err
	}
	if grant.WholeEnterprise {
		return "", errors.Join(errOrganisation, in.api.Revoke(ctx, grant.AccessToken))
	}
	installation, tokens, err := in.granted(grant)
	if err != nil {
		return "", err
	}
	// What is asked for meanwhile may be the token from before.
	defer in.tokens.Remove(installation.Workspace)
	return installation.Workspace, in.Installations.Install(ctx, installation, tokens)
}

// granted reads what Slack granted.
func (in *Installer) granted(g webapi.Grant) (bot.Installation, bot.Tokens, error) {
	workspace := g.Team.ID
	if !isID(workspace) || !isID(g.BotUser) || g.AccessToken == "" {
		return bot.Installation{}, bot.Tokens{}, errors.New("a grant without its workspace, bot or token")
	}
	now := in.Now()
	installation := bot.Installation{Workspace: workspace, BotUser: g.BotUser, InstalledAt: now}
	for scope := range strings.SplitSeq(g.Scope, ",") {
		if scope = strings.TrimSpace(scope); scope != "" {
			installation.Scopes = append(installation.Scopes, scope)
		}
	}
	if g.ExpiresIn > 0 {
		installation.ExpiresAt = now.Add(time.Duration(g.ExpiresIn) * time.Second)
	}
	return installation, bot.Tokens{Access: bot.Secret(g.AccessToken), Refresh: bot.Secret(g.RefreshToken)}, nil
}

// Token returns what the bot acts with in a workspace, renewed in time. It is
// the Token of webapi.Options.
func (in *Installer) Token(ctx context.Context, team string) (string, error) {
	if cached, ok := in.tokens.Get(team); ok && in.Now().Before(cached.until) {
		return cached.token, nil
	}
	installation, tokens, err := in.Installations.Installation(ctx, team)
	if err != nil {
		return "", err
	}
	if !installation.ExpiresAt.IsZero() && in.Now().After(installation.ExpiresAt.Add(-refreshAhead)) && tokens.Refresh != "" {
		if installation, tokens, err = in.refresh(ctx, installation, tokens); err != nil {
			return "", err
		}
	}
	until := in.Now().Add(tokenCached)
	in.tokens.Add(team, cachedToken{token: string(tokens.Access), until: until})
	return string(tokens.Access), nil
}

// refresh renews tokens. A refresh token is good for one use: one replica has
// it renewed while the others go on with the token that they have.
func (in *Installer) refresh(ctx context.Context, old bot.Installation, tokens bot.Tokens) (bot.Installation, bot.Tokens, error) {
	defer in.alone(old.Workspace)()
	now, has, err := in.Installations.Installation(ctx, old.Workspace)
	if err != nil || now.Revision != old.Revision {
		return now, has, err // somebody was faster
	}
	lease := Platform + ":refresh:" + old.Workspace + ":" + now.ExpiresAt.UTC().Format(time.RFC3339)
	first, err := in.Seen.First(ctx, lease, in.Now().Add(refreshPause))
	if err == nil && first {
		var renewed bot.Installation
		var fresh bot.Tokens
		if renewed, fresh, err = in.renew(ctx, now, tokens); err == nil {
			return renewed, fresh, nil
		}
		in.Log.WarnContext(ctx, "a token was not renewed", "team", old.Workspace, "expires", now.ExpiresAt, "err", err)
	}
	if in.Now().Before(now.ExpiresAt) {
		return now, has, nil // it is good for a while yet
	}
	if err == nil {
		err = &bot.Error{Kind: bot.Unavailable, Message: "The bot's access to this workspace is being renewed; try again in a minute."}
	}
	return bot.Installation{}, bot.Tokens{}, err
}

func (in *Installer) renew(ctx context.Context, old bot.Installation, tokens bot.Tokens) (bot.Installation, bot.Tokens, error) {
	// Once Slack has the refresh token, what it gives must not get lost.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), exchangeTime)
	defer cancel()
	grant, err := in.api.Refresh(ctx, in.ClientID, in.ClientSecret, string(tokens.Refresh))
	if err != nil {
		return bot.Installation{}, bot.Tokens{}, err
	}
	if grant.Team.ID == "" {
		grant.Team.ID = old.Workspace
	}
	if grant.BotUser == "" {
		grant.BotUser = old.BotUser
	}
	renewed, fresh, err := in.granted(grant)
	if err != nil {
		return bot.Installation{}, bot.Tokens{}, err
	}
	renewed.Workspace, renewed.InstalledAt, renewed.Revision = old.Workspace, old.InstalledAt, old.Revision
	if fresh.Refresh == "" {
		fresh.Refresh = tokens.Refresh
	}
	kept, err := in.Installations.Renew(ctx, renewed, fresh)
	if err == nil && !kept {
		in.Log.WarnContext(ctx, "renewed tokens were not kept: the workspace was installed anew or left meanwhile", "team", old.Workspace)
	}
	return renewed, fresh, err
}

// alone lets one goroutine at a time renew the tokens of a workspace.
func (in *Installer) alone(team string) (unlock func()) {
	in.mu.Lock()
	one, ok := in.refreshes[team]
	if !ok {
		if len(in.refreshes) >= tokensKept {
			clear(in.refreshes) // who holds one keeps it; the store decides in any case
		}
		one = &sync.Mutex{}
		in.refreshes[team] = one
	}
	in.mu.Unlock()
	one.Lock()
	return one.Unlock
}

// Uninstalled forgets a workspace. It is the Uninstalled of Options.
func (in *Installer) Uninstalled(ctx context.Context, workspace string, at time.Time) error {
	defer in.tokens.Remove(workspace)
	return in.Installations.Uninstall(ctx, workspace, at)
}

// page ends an installation with a sentence.
func (in *Installer) page(w http.ResponseWriter, status int, phrase i18n.Key) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer") // the address holds a code
	w.WriteHeader(status)
	lang := in.Lang
	if lang == "" {
		lang = content.English
	}
	sentence := template.HTMLEscapeString(in.Phrases(lang).T(phrase))
	_, _ = io.WriteString(w, "<!doctype html><html lang=\""+string(lang)+"\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">"+
		"<title>Briefbot</title><style>body{font:1.1rem/1.5 system-ui;margin:15vh auto;max-width:32rem;padding:0 1rem}</style><p>"+sentence+"</p></html>\n")
}
