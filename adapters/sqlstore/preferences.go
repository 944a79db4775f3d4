package sqlstore

import (
	"context"
	"database/sql"
	"errors"

	"briefbot/content"
)

// PreferredLang implements bot.Preferences.
func (s *Store) PreferredLang(ctx context.Context, platform, user string) (content.Lang, error) {
	if err := checkKeys("user", platform, user); err != nil {
		return "", err
	}
	ctx, cancel := bounded(ctx)
	defer cancel()
	var lang content.Lang
	err := s.engine.read.QueryRowContext(ctx, sqlPreferredLang, platform, user).Scan(&lang)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	if err != nil {
		return "", unavailable("reading a preference", err)
	}
	return lang, nil
}

// PreferLang implements bot.Preferences.
func (s *Store) PreferLang(ctx context.Context, platform, user string, lang content.Lang) error {
	if err := checkKeys("user", platform, user); err != nil {
		return err
	}
	if lang == "" {
		_, err := s.exec(ctx, "forgetting a preference", sqlForgetLang, platform, user)
		return err
	}
	if !lang.Valid() {
		return invalid("The language must be one of %v.", content.Langs())
	}
	_, err := s.exec(ctx, "keeping a preference", s.timed.preferLang, platform, user, string(lang))
	return err
}
