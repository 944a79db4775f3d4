package vault_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"briefbot/adapters/sqlstore"
	"briefbot/adapters/sqlstore/vault"
	"briefbot/bot"
	"briefbot/bot/bottest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	access  = bot.Secret("xoxe.xoxb-access-hunter2")
	refresh = bot.Secret("xoxe-refresh-hunter2")
)

func TestVaultKeepsTokens(t *testing.T) {
	store := open(t)
	v := vault.New(store, newKeys(t))
	for workspace, tokens := range map[string]bot.Tokens{
		"T1": {Access: access, Refresh: refresh},
		"T2": {Access: access},
	} {
		install(t, v, workspace, tokens)
		in, got, err := v.Installation(t.Context(), workspace)
		if err != nil || got != tokens || in.Workspace != workspace {
			t.Errorf("%s: %s, %t (%v)", workspace, in.Workspace, got == tokens, err)
		}
	}
	renewed := bot.Tokens{Access: "new", Refresh: "newer"}
	if done, err := v.Renew(t.Context(), installation("T1", 1), renewed); err != nil || !done {
		t.Errorf("renewed: %t (%v)", done, err)
	}
	wantTokens(t, v, "T1", renewed)
	if list, err := v.Installed(t.Context(), "", 10); err != nil || len(list) != 2 {
		t.Errorf("installed: %v (%v)", list, err)
	}
	if err := v.Uninstall(t.Context(), "T1", bottest.Now()); err != nil {
		t.Fatal(err)
	}
	_, _, err := v.Installation(t.Context(), "T1")
	wantKind(t, bot.NotFound, err)
	wantKind(t, bot.Invalid, v.Install(t.Context(), installation("T3", 0), bot.Tokens{Refresh: refresh}))
}

func TestStoreAndBackupHoldNoToken(t *testing.T) {
	store := open(t)
	install(t, vault.New(store, newKeys(t)), "T1", bot.Tokens{Access: access, Refresh: refresh})
	_, sealed, err := store.Installation(t.Context(), "T1")
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := store.Backup(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	for what, held := range map[string]string{"store": string(sealed.Access) + string(sealed.Refresh), "backup": b.String()} {
		if strings.Contains(held, "hunter2") {
			t.Errorf("the %s holds a token", what)
		}
	}
}

// TestSealedTokensOpenNowhereElse moves what is sealed to where it does not
// belong.
func TestSealedTokensOpenNowhereElse(t *testing.T) {
	store := open(t)
	v := vault.New(store, newKeys(t))
	install(t, v, "T1", bot.Tokens{Access: access, Refresh: refresh})
	_, sealed, err := store.Installation(t.Context(), "T1")
	if err != nil {
		t.Fatal(err)
	}
	flipped := bytes.Clone(sealed.Access)
	flipped[len(flipped)-1] ^= 1
	for what, c := range map[string]struct {
		workspace string
		tokens    bot.SealedTokens
	}{
		"in another workspace":   {"T2", sealed},
		"in the other's place":   {"T1", bot.SealedTokens{Access: sealed.Refresh}},
		"with one bit different": {"T1", bot.SealedTokens{Access: flipped, Refresh: sealed.Refresh}},
		"not sealed at all":      {"T1", bot.SealedTokens{Access: []byte("xoxb")}},
	} {
		if err := store.Install(t.Context(), installation(c.workspace, 0), c.tokens); err != nil {
			t.Fatal(err)
		}
		_, got, err := v.Installation(t.Context(), c.workspace)
		if e, ok := errors.AsType[*bot.Error](err); !ok || e.Kind != bot.Unavailable || got != (bot.Tokens{}) {
			t.Errorf("a token %s: %v, want an error that is unavailable", what, err)
		}
	}
	if err := store.Install(t.Context(), installation("T1", 0), sealed); err != nil {
		t.Fatal(err)
	}
	_, _, err = vault.New(store, newKeys(t)).Installation(t.Context(), "T1")
	wantKind(t, bot.Unavailable, err)
}

func TestRotatedKeys(t *testing.T) {
	store := open(t)
	first := newKeys(t)
	tokens := bot.Tokens{Access: access, Refresh: refresh}
	const installed = 5
	for i := range installed {
		install(t, vault.New(store, first), fmt.Sprint("T", i), tokens)
	}

	second, err := first.Rotated()
	if err != nil {
		t.Fatal(err)
	}
	if second.PrimaryID() == first.PrimaryID() {
		t.Error("a rotation has the same primary key")
	}
	second = parsed(t, second) // as another process gets them
	v := vault.New(store, second)
	wantTokens(t, v, "T0", tokens) // the old key still opens
	install(t, v, "new", tokens)   // the new one seals
	_, sealed, err := store.Installation(t.Context(), "new")
	if err != nil || sealed.KeyID != second.PrimaryID() {
		t.Errorf("sealed with key %d (%v), want %d", sealed.KeyID, err, second.PrimaryID())
	}
	_, _, err = vault.New(store, first).Installation(t.Context(), "new")
	wantKind(t, bot.Unavailable, err) // a replica that has not got the new key yet

	for round, want := range []int{installed, 0} {
		if n, err := v.Reencrypt(t.Context()); err != nil || n != want {
			t.Errorf("round %d: %d were sealed anew (%v), want %d", round, n, err, want)
		}
	}
	only, err := second.PrimaryOnly()
	if err != nil {
		t.Fatal(err)
	}
	v = vault.New(store, parsed(t, only))
	for i := range installed {
		wantTokens(t, v, fmt.Sprint("T", i), tokens)
	}
	in, _, err := v.Installation(t.Context(), "T0")
	if err != nil || !in.InstalledAt.Equal(bottest.Now()) || !in.ExpiresAt.Equal(bottest.Now().Add(time.Hour)) {
		t.Errorf("sealed anew the installation is %+v (%v)", in, err)
	}

	// What only a dropped key opens is told, not passed over.
	install(t, vault.New(store, first), "left", tokens)
	_, err = v.Reencrypt(t.Context())
	wantKind(t, bot.Unavailable, err)
}

// racing renews an installation between the reading and the writing of
// whoever else renews it.
type racing struct {
	*sqlstore.Store
	once func()
}

func (r *racing) Renew(ctx context.Context, in bot.Installation, tokens bot.SealedTokens) (bool, error) {
	if once := r.once; once != nil {
		r.once = nil
		once()
	}
	return r.Store.Renew(ctx, in, tokens)
}

func TestReencryptKeepsATokenThatIsRenewedMeanwhile(t *testing.T) {
	store := open(t)
	first := newKeys(t)
	install(t, vault.New(store, first), "T1", bot.Tokens{Access: access})
	second, err := first.Rotated()
	if err != nil {
		t.Fatal(err)
	}
	renewed := func() {
		if done, err := vault.New(store, first).Renew(t.Context(), installation("T1", 1), bot.Tokens{Access: "renewed"}); err != nil || !done {
			t.Errorf("renewed: %t (%v)", done, err)
		}
	}
	if n, err := vault.New(&racing{Store: store, once: renewed}, second).Reencrypt(t.Context()); err != nil || n != 1 {
		t.Errorf("%d were sealed anew (%v), want 1", n, err)
	}
	wantTokens(t, vault.New(store, second), "T1", bot.Tokens{Access: "renewed"})

	gone := func() {
		if err := store.Uninstall(t.Context(), "T2", bottest.Now()); err != nil {
			t.Error(err)
		}
	}
	install(t, vault.New(store, first), "T2", bot.Tokens{Access: access})
	if n, err := vault.New(&racing{Store: store, once: gone}, second).Reencrypt(t.Context()); err != nil || n != 0 {
		t.Errorf("%d were sealed anew (%v), want 0", n, err)
	}
}

func TestKeysThatCannotBeAreRefused(t *testing.T) {
	text, err := newKeys(t).Text()
	if err != nil {
		t.Fatal(err)
	}
	for what, bad := range map[string]bot.Secret{
		"nothing": "", "no JSON": "hunter2", "no keys": "{}", "cut off": text[:len(text)/2],
		"another primary": bot.Secret(strings.Replace(string(text), `"primaryKeyId":`, `"primaryKeyId":1`, 1)),
		"huge":            bot.Secret(strings.Repeat(" ", 1<<20)) + text,
	} {
		_, err := vault.ParseKeys(bad)
		wantKind(t, bot.Invalid, err)
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: the error quotes the keys: %v", what, err)
		}
	}
	if strings.ContainsAny(string(text), " \n") {
		t.Error("the text of keys is more than one word")
	}
}

// TestSecretsAreNeverShown formats what holds secrets in every way that a log
// or an error might.
func TestSecretsAreNeverShown(t *testing.T) {
	keys, err := newKeys(t).Text()
	if err != nil {
		t.Fatal(err)
	}
	material := string(keys[len(keys)-40:])
	held := struct {
		Tokens bot.Tokens
		Keys   bot.Secret
	}{bot.Tokens{Access: access, Refresh: refresh}, keys}
	var b strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%10s", "%U"} {
		fmt.Fprintf(&b, verb, held)
		fmt.Fprintf(&b, verb, access)
		fmt.Fprintf(&b, verb, &held)
	}
	fmt.Fprintln(&b, held, keys)
	text, err := json.Marshal(held)
	if err != nil {
		t.Fatal(err)
	}
	b.Write(text)
	for _, handler := range []slog.Handler{slog.NewTextHandler(&b, nil), slog.NewJSONHandler(&b, nil)} {
		slog.New(handler).Info("held", "tokens", held.Tokens, "access", access, "held", held)
	}
	for _, secret := range []string{"hunter2", fmt.Sprintf("%x", "hunter2"), fmt.Sprintf("%X", "hunter2"), material} {
		if strings.Contains(b.String(), secret) {
			t.Errorf("%q is shown in %s", secret, &b)
		}
	}
	if string(access) != "xoxe.xoxb-access-hunter2" {
		t.Error("the text itself cannot be had")
	}
}

func open(t *testing.T) *sqlstore.Store {
	t.Helper()
	s, err := sqlstore.Open(t.Context(), sqlstore.Options{
		Address: filepath.Join(t.TempDir(), "briefbot.db"), Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func newKeys(t *testing.T) *vault.Keys {
	t.Helper()
	keys, err := vault.NewKeys()
	if err != nil {
		t.Fatal(err)
	}
	return parsed(t, keys)
}

// parsed writes keys and reads them again.
func parsed(t *testing.T, keys *vault.Keys) *vault.Keys {
	t.Helper()
	text, err := keys.Text()
	if err != nil {
		t.Fatal(err)
	}
	if keys, err = vault.ParseKeys(text); err != nil {
		t.Fatal(err)
	}
	return keys
}

func installation(workspace string, revision int64) bot.Installation {
	return bot.Installation{
		Workspace: workspace, BotUser: "U0BOT", Scopes: []string{"chat:write"},
		InstalledAt: bottest.Now(), ExpiresAt: bottest.Now().Add(time.Hour), Revision: revision,
	}
}

func install(t *testing.T, v *vault.Vault, workspace string, tokens bot.Tokens) {
	t.Helper()
	if err := v.Install(t.Context(), installation(workspace, 0), tokens); err != nil {
		t.Fatal(err)
	}
}

func wantTokens(t *testing.T, v *vault.Vault, workspace string, want bot.Tokens) {
	t.Helper()
	if _, got, err := v.Installation(t.Context(), workspace); err != nil || got != want {
		t.Errorf("the tokens of %s are others than were kept (%v)", workspace, err)
	}
}

func wantKind(t *testing.T, want bot.Kind, err error) {
	t.Helper()
	if e, ok := errors.AsType[*bot.Error](err); !ok || e.Kind != want {
		t.Errorf("the error is %v, want one that is %s", err, want)
	}
}
