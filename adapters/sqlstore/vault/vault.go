package vault

import (
	"context"
	"time"

	"briefbot/bot"
)

// Vault implements bot.Installations over a store of sealed tokens. It is
// safe for concurrent use.
type Vault struct {
	store bot.Installations[bot.SealedTokens]
	keys  *Keys
}

var _ bot.Installations[bot.Tokens] = (*Vault)(nil)

// New returns a vault that seals with the primary key of keys.
func New(store bot.Installations[bot.SealedTokens], keys *Keys) *Vault {
	return &Vault{store: store, keys: keys}
}

// Install implements bot.Installations.
func (v *Vault) Install(ctx context.Context, in bot.Installation, tokens bot.Tokens) error {
	sealed, err := v.seal(in.Workspace, tokens)
	if err != nil {
		return err
	}
	return v.store.Install(ctx, in, sealed)
}

// Renew implements bot.Installations.
func (v *Vault) Renew(ctx context.Context, in bot.Installation, tokens bot.Tokens) (bool, error) {
	sealed, err := v.seal(in.Workspace, tokens)
	if err != nil {
		return false, err
	}
	return v.store.Renew(ctx, in, sealed)
}

// Installation implements bot.Installations. Where none of the keys opens the
// tokens the Error is Unavailable.
func (v *Vault) Installation(ctx context.Context, workspace string) (bot.Installation, bot.Tokens, error) {
	in, sealed, err := v.store.Installation(ctx, workspace)
	if err != nil {
		return bot.Installation{}, bot.Tokens{}, err
	}
	tokens, err := v.open(workspace, sealed)
	if err != nil {
		return bot.Installation{}, bot.Tokens{}, err
	}
	return in, tokens, nil
}

// Installed implements bot.Installations.
func (v *Vault) Installed(ctx context.Context, after string, limit int) ([]bot.Installation, error) {
	return v.store.Installed(ctx, after, limit)
}

// Uninstall implements bot.Installations.
func (v *Vault) Uninstall(ctx context.Context, workspace string, at time.Time) error {
	return v.store.Uninstall(ctx, workspace, at)
}

// Reencrypt seals with the primary key what an older one has sealed, and
// returns how many installations that were. When it has succeeded once, on
// any replica, after all of them have got the new keys, the older keys can be
// dropped. It may run while the bot works, and again after an error.
func (v *Vault) Reencrypt(ctx context.Context) (changed int, err error) {
	const page = 500
	for after := ""; ; {
		list, err := v.store.Installed(ctx, after, page)
		if err != nil || len(list) == 0 {
			return changed, err
		}
		for _, in := range list {
			did, err := v.reencrypt(ctx, in.Workspace)
			if err != nil {
				return changed, err
			}
			if did {
				changed++
			}
		}
		after = list[len(list)-1].Workspace
	}
}

func (v *Vault) reencrypt(ctx context.Context, workspace string) (changed bool, err error) {
	for {
		in, sealed, err := v.store.Installation(ctx, workspace)
		if isNotFound(err) {
			return false, nil // uninstalled meanwhile
		}
		if err != nil || sealed.KeyID == v.keys.primary {
			return false, err
		}
		tokens, err := v.open(workspace, sealed)
		if err != nil {
			return false, err
		}
		if sealed, err = v.seal(workspace, tokens); err != nil {
			return false, err
		}
		if done, err := v.store.Renew(ctx, in, sealed); err != nil || done {
			return done, err
		} // otherwise it was renewed meanwhile: look again
	}
}

// What a token is for is part of what its seal vouches for.
const (
	forAccess  = "access"
	forRefresh = "refresh"
)

func associated(workspace, purpose string) []byte {
	const sep = "\x1f" // in no id
	return []byte(workspace + sep + purpose)
}

func (v *Vault) seal(workspace string, tokens bot.Tokens) (bot.SealedTokens, error) {
	if tokens.Access == "" {
		return bot.SealedTokens{}, &bot.Error{Kind: bot.Invalid, Message: "An installation needs an access token."}
	}
	sealed := bot.SealedTokens{KeyID: v.keys.primary}
	var err error
	if sealed.Access, err = v.keys.aead.Encrypt([]byte(tokens.Access), associated(workspace, forAccess)); err != nil {
		return bot.SealedTokens{}, sealing(err)
	}
	if tokens.Refresh == "" {
		return sealed, nil
	}
	if sealed.Refresh, err = v.keys.aead.Encrypt([]byte(tokens.Refresh), associated(workspace, forRefresh)); err != nil {
		return bot.SealedTokens{}, sealing(err)
	}
	return sealed, nil
}

func (v *Vault) open(workspace string, sealed bot.SealedTokens) (bot.Tokens, error) {
	access, err := v.keys.aead.Decrypt(sealed.Access, associated(workspace, forAccess))
	if err != nil {
		return bot.Tokens{}, sealing(err)
	}
	if len(sealed.Refresh) == 0 {
		return bot.Tokens{Access: bot.Secret(access)}, nil
	}
	refresh, err := v.keys.aead.Decrypt(sealed.Refresh, associated(workspace, forRefresh))
	if err != nil {
		return bot.Tokens{}, sealing(err)
	}
	return bot.Tokens{Access: bot.Secret(access), Refresh: bot.Secret(refresh)}, nil
}
