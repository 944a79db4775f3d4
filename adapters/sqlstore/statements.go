package sqlstore

import "strings"

// The statements, the same for both engines but for {now}, which is the
// database's clock. Parameters are numbered: SQLite knows $1 as well.
const (
	sqlTurns = `SELECT turns FROM conversation WHERE id = $1 AND used_at >= $2`

	// The update changes nothing: it makes the row, or waits for whoever is
	// changing it, and tells what it holds.
	sqlLockConversation = `INSERT INTO conversation (id, used_at, turns) VALUES ($1, $2, '[]')
		ON CONFLICT (id) DO UPDATE SET id = excluded.id RETURNING used_at, turns`
	sqlRemember = `UPDATE conversation SET used_at = $2, turns = $3 WHERE id = $1`

	// No row is changed where the id is there and has not expired.
	sqlFirst = `INSERT INTO seen (id, expires_at) VALUES ($1, $2)
		ON CONFLICT (id) DO UPDATE SET expires_at = excluded.expires_at WHERE seen.expires_at <= {now}`

	sqlForget = `DELETE FROM seen WHERE id = $1 AND expires_at > {now}`

	sqlInstall = `INSERT INTO installation
		(workspace, bot_user, scopes, access_sealed, refresh_sealed, key_id, installed_at, expires_at, revision)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1)
		ON CONFLICT (workspace) DO UPDATE SET bot_user = excluded.bot_user, scopes = excluded.scopes,
			access_sealed = excluded.access_sealed, refresh_sealed = excluded.refresh_sealed, key_id = excluded.key_id,
			installed_at = excluded.installed_at, expires_at = excluded.expires_at, revision = installation.revision + 1`
	sqlRenew = `UPDATE installation SET bot_user = $2, scopes = $3, access_sealed = $4, refresh_sealed = $5, key_id = $6,
			expires_at = $7, revision = revision + 1
		WHERE workspace = $1 AND revision = $8`
	sqlInstallation = `SELECT workspace, bot_user, scopes, installed_at, expires_at, revision, access_sealed, refresh_sealed, key_id
		FROM installation WHERE workspace = $1`
	sqlInstalled = `SELECT workspace, bot_user, scopes, installed_at, expires_at, revision
		FROM installation WHERE workspace > $1 ORDER BY workspace LIMIT $2`
	sqlUninstall = `DELETE FROM installation WHERE workspace = $1 AND installed_at <= $2`

	sqlCountKnown = `UPDATE tally SET n = n + 1 WHERE day = $1 AND kind = $2 AND text = $3`
	// A text that is new on this day, as long as there is room for it.
	sqlCountNew = `INSERT INTO tally (day, kind, text, n)
		SELECT $1, $2, CAST($3 AS TEXT), 1 WHERE (SELECT count(*) FROM tally WHERE day = $1 AND kind = $2) < $4
		ON CONFLICT (day, kind, text) DO UPDATE SET n = tally.n + 1`
	sqlCountRest = `INSERT INTO tally (day, kind, text, n) VALUES ($1, $2, '', 1)
		ON CONFLICT (day, kind, text) DO UPDATE SET n = tally.n + 1`
	sqlTallied = `SELECT text, CAST(sum(n) AS BIGINT), min(day), max(day) FROM tally WHERE kind = $1 AND day >= $2
		GROUP BY text ORDER BY 2 DESC, 4 DESC, 1 LIMIT $3`

	sqlPreferredLang = `SELECT lang FROM preference WHERE platform = $1 AND user_id = $2`
	sqlPreferLang    = `INSERT INTO preference (platform, user_id, lang, chosen_at) VALUES ($1, $2, $3, {now})
		ON CONFLICT (platform, user_id) DO UPDATE SET lang = excluded.lang, chosen_at = excluded.chosen_at`
	sqlForgetLang = `DELETE FROM preference WHERE platform = $1 AND user_id = $2`

	// Each deletes $1 rows at most. What has expired is asked for twice: another
	// replica may have put the row to use since it was chosen.
	sqlSweepSeen     = `DELETE FROM seen WHERE id IN (SELECT id FROM seen WHERE expires_at <= (SELECT {now}) LIMIT $1) AND expires_at <= {now}`
	sqlSweepExpired  = `DELETE FROM conversation WHERE id IN (SELECT id FROM conversation WHERE used_at < $2 LIMIT $1) AND used_at < $2`
	sqlSweepTallies  = `DELETE FROM tally WHERE day < $1`
	sqlSweepUnused   = `DELETE FROM conversation WHERE id IN (SELECT id FROM conversation ORDER BY used_at DESC LIMIT $1 OFFSET $2)`
	sqlSweepUnchosen = `DELETE FROM preference WHERE (platform, user_id) IN
		(SELECT platform, user_id FROM preference ORDER BY chosen_at DESC LIMIT $1 OFFSET $2)`
)

// timed are the statements that look at the database's clock.
type timed struct{ first, forget, preferLang, sweepSeen string }

func timedBy(now string) timed {
	by := func(sql string) string { return strings.ReplaceAll(sql, "{now}", now) }
	return timed{first: by(sqlFirst), forget: by(sqlForget), preferLang: by(sqlPreferLang), sweepSeen: by(sqlSweepSeen)}
}
