package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"briefbot/bot"
)

// The bounds of an installation, far above what platforms give out.
const (
	sealedBytes = 16 << 10
	scopesBytes = 8 << 10
)

// Install implements bot.Installations.
func (s *Store) Install(ctx context.Context, in bot.Installation, tokens bot.SealedTokens) error {
	if err := checkInstallation(in, tokens); err != nil {
		return err
	}
	_, err := s.exec(ctx, "keeping an installation", sqlInstall, in.Workspace, in.BotUser, strings.Join(in.Scopes, " "),
		tokens.Access, orNull(tokens.Refresh), int64(tokens.KeyID), in.InstalledAt.UnixMilli(), millis(in.ExpiresAt))
	return err
}

// Renew implements bot.Installations.
func (s *Store) Renew(ctx context.Context, in bot.Installation, tokens bot.SealedTokens) (bool, error) {
	if err := checkInstallation(in, tokens); err != nil {
		return false, err
	}
	changed, err := s.exec(ctx, "renewing an installation", sqlRenew, in.Workspace, in.BotUser, strings.Join(in.Scopes, " "),
		tokens.Access, orNull(tokens.Refresh), int64(tokens.KeyID), millis(in.ExpiresAt), in.Revision)
	return changed == 1, err
}

// Installation implements bot.Installations.
func (s *Store) Installation(ctx context.Context, workspace string) (bot.Installation, bot.SealedTokens, error) {
	var tokens bot.SealedTokens
	if err := checkKeys("workspace", workspace); err != nil {
		return bot.Installation{}, tokens, err
	}
	ctx, cancel := bounded(ctx)
	defer cancel()
	in, err := scanInstallation(s.engine.read.QueryRowContext(ctx, sqlInstallation, workspace), &tokens.Access, &tokens.Refresh, &tokens.KeyID)
	if errors.Is(err, sql.ErrNoRows) {
		err = &bot.Error{Kind: bot.NotFound, Message: "Briefbot is not installed in this workspace. Install it there first."}
	}
	if err != nil {
		return bot.Installation{}, bot.SealedTokens{}, unavailable("reading an installation", err)
	}
	return in, tokens, nil
}

// Installed implements bot.Installations.
func (s *Store) Installed(ctx context.Context, after string, limit int) ([]bot.Installation, error) {
	if after != "" {
		if err := checkKeys("workspace", after); err != nil {
			return nil, err
		}
	}
	ctx, cancel := bounded(ctx)
	defer cancel()
	const doing = "listing the installations"
	rows, err := s.engine.read.QueryContext(ctx, sqlInstalled, after, max(limit, 0))
	if err != nil {
		return nil, unavailable(doing, err)
	}
	defer rows.Close()
	var all []bot.Installation
	for rows.Next() {
		in, err := scanInstallation(rows)
		if err != nil {
			return nil, unavailable(doing, err)
		}
		all = append(all, in)
	}
	return all, unavailable(doing, rows.Err())
}

// Uninstall implements bot.Installations.
func (s *Store) Uninstall(ctx context.Context, workspace string, at time.Time) error {
	if err := checkKeys("workspace", workspace); err != nil {
		return err
	}
	_, err := s.exec(ctx, "forgetting an installation", sqlUninstall, workspace, at.UnixMilli())
	return err
}

// scanInstallation reads a row of sqlInstalled, or of sqlInstallation with
// what follows there.
func scanInstallation(row interface{ Scan(into ...any) error }, more ...any) (bot.Installation, error) {
	var in bot.Installation
	var scopes string
	var installed int64
	var expires sql.NullInt64
	if err := row.Scan(append([]any{&in.Workspace, &in.BotUser, &scopes, &installed, &expires, &in.Revision}, more...)...); err != nil {
		return bot.Installation{}, err
	}
	in.Scopes = strings.Fields(scopes)
	in.InstalledAt = time.UnixMilli(installed).UTC()
	if expires.Valid {
		in.ExpiresAt = time.UnixMilli(expires.Int64).UTC()
	}
	return in, nil
}

func checkInstallation(in bot.Installation, tokens bot.SealedTokens) error {
	if err := checkKeys("workspace", in.Workspace); err != nil {
		return err
	}
	if err := checkKeys("bot user", in.BotUser); err != nil {
		return err
	}
	scopes := 0
	for _, scope := range in.Scopes {
		if err := checkKeys("scope", scope); err != nil {
			return err
		}
		if strings.ContainsAny(scope, " \t\r\n\v\f\u0085\u00a0") {
			return invalid("The name of a scope must be one word.")
		}
		scopes += len(scope) + 1
	}
	if scopes > scopesBytes {
		return invalid("The scopes of an installation must be less than %d bytes together.", scopesBytes)
	}
	if len(tokens.Access) == 0 || max(len(tokens.Access), len(tokens.Refresh)) > sealedBytes {
		return invalid("A sealed token must be 1 to %d bytes.", sealedBytes)
	}
	return nil
}

// millis is the column of an instant that may be missing.
func millis(t time.Time) sql.NullInt64 {
	return sql.NullInt64{Int64: t.UnixMilli(), Valid: !t.IsZero()}
}

// orNull is the column of bytes that may be missing.
func orNull(b []byte) any {
	if len(b) == 0 {
		return nil
	}
	return b
}
