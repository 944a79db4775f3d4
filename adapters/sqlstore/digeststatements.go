package sqlstore

import "strings"

// The statements of digests. Beside {now} there are {rows}, where a statement
// takes many rows at once as a query, and {lock} and {skip}: SQLite has one writer and
// needs neither.
const (
	sqlClock = `SELECT {now}`

	subscriptionColumns = `id, platform, workspace, channel, number, settings, state, reason, creator, created_at,
		next_at, next_date, next_clock, edition, sent_at, revision`
	occurrenceColumns = `id, subscription, kind, due_at, due_date, due_clock, state, reason, attempts, edition, finished_at`

	sqlNumber = `INSERT INTO channel (place, numbers) VALUES ($1, 1)
		ON CONFLICT (place) DO UPDATE SET numbers = channel.numbers + 1 RETURNING numbers`
	sqlSubscriptionsOf = `SELECT count(*) FROM subscription WHERE platform = $1 AND workspace = $2 AND channel = $3`
	sqlSubscribe       = `INSERT INTO subscription (id, platform, workspace, channel, number, lane, settings, state, reason, creator,
			created_at, next_at, next_date, next_clock, edition, revision)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, '', $9, {now}, $10, $11, $12,
			(SELECT COALESCE(max(number), 0) FROM edition), 1) RETURNING ` + subscriptionColumns
	sqlInChannel = `SELECT ` + subscriptionColumns + ` FROM subscription
		WHERE platform = $1 AND workspace = $2 AND channel = $3 ORDER BY number`
	sqlInWorkspace = `SELECT ` + subscriptionColumns + ` FROM subscription
		WHERE platform = $1 AND workspace = $2 ORDER BY channel, number LIMIT $3`
	sqlSubscribed = `SELECT platform, workspace, count(*) FILTER (WHERE state = 'active'),
			count(*) FILTER (WHERE state = 'paused'), count(*) FILTER (WHERE state = 'stopped')
		FROM subscription GROUP BY platform, workspace ORDER BY platform, workspace LIMIT $1`
	sqlChange = `UPDATE subscription SET settings = $3, state = $4, reason = $5, next_at = $6, next_date = $7, next_clock = $8,
		revision = revision + 1 WHERE id = $1 AND revision = $2`
	sqlUnsubscribe = `DELETE FROM subscription WHERE id = $1`
	sqlLocked      = `SELECT ` + subscriptionColumns + ` FROM subscription WHERE id = $1 {lock}`
	sqlUnderWay    = `SELECT ` + occurrenceColumns + ` FROM occurrence
		WHERE subscription = $1 AND kind = 'now' AND ready_at IS NOT NULL`
	sqlHistory = `SELECT ` + occurrenceColumns + ` FROM occurrence WHERE subscription = $1 ORDER BY due_at DESC, id DESC LIMIT $2`
	sqlPosted  = `SELECT c.number, c.ref, c.revision FROM carried c
		WHERE c.occurrence = (SELECT o.id FROM page p JOIN occurrence o ON o.id = p.occurrence
			WHERE p.post = $1 AND o.place = $2 ORDER BY o.due_at DESC LIMIT 1)
		ORDER BY c.n`

	// What was begun is not skipped: some of it may stand already.
	sqlSkip = `UPDATE occurrence SET state = 'skipped', reason = $1, ready_at = NULL, finished_at = {now}
		WHERE subscription IN ({rows}) AND state = 'queued'
		AND NOT EXISTS (SELECT 1 FROM page p WHERE p.occurrence = occurrence.id AND (p.tried_at IS NOT NULL OR p.post IS NOT NULL))`

	sqlDue = `SELECT ` + subscriptionColumns + ` FROM subscription
		WHERE next_at <= $1 AND state = 'active' ORDER BY next_at, id LIMIT $2 {skip}`
	sqlQueue = `INSERT INTO occurrence (id, subscription, place, lane, kind, due_at, due_date, due_clock,
			corrects, corrects_ref, corrects_revision, state, reason, attempts, fence, edition, langs, ready_at)
		SELECT column1, column2, column3, column4, column5, column6, column7, column8,
			'', '', '', 'queued', '', 0, 0, 0, '', column6 FROM ({rows}) AS v WHERE true
		ON CONFLICT (id) DO NOTHING`
	sqlMove = `UPDATE subscription SET next_at = v.column2, next_date = v.column3, next_clock = v.column4,
		state = v.column5, reason = v.column6, revision = revision + 1`
	// What this program cannot read another one may.
	sqlPutOff  = `UPDATE subscription SET next_at = $1 FROM ({rows}) AS v WHERE subscription.id = v.column1`
	sqlMoveOn  = sqlMove + ` FROM ({rows}) AS v WHERE subscription.id = v.column1`
	sqlNextDue = `SELECT (SELECT min(next_at) FROM subscription WHERE next_at IS NOT NULL), {now}`
	sqlNotDue  = `SELECT ` + subscriptionColumns + ` FROM subscription
		WHERE id > $1 AND state = 'active' AND (next_at IS NULL OR next_at > $2) ORDER BY id LIMIT $3`
	sqlReplan = sqlMove + ` FROM ({rows}) AS v
		WHERE subscription.id = v.column1 AND subscription.revision = v.column7`

	// ofCorrection is 1 for a correction, which comes after the digests of its
	// lane. An index has it.
	ofCorrection = `CASE WHEN o.kind = 'correction' THEN 1 ELSE 0 END`

	// busy goes from lane to lane by the index: there may be many more
	// occurrences than lanes.
	sqlBusy = `WITH RECURSIVE busy (lane) AS (
			SELECT min(lane) FROM occurrence WHERE ready_at IS NOT NULL
			UNION ALL
			SELECT (SELECT min(o.lane) FROM occurrence o WHERE o.ready_at IS NOT NULL AND o.lane > busy.lane)
			FROM busy WHERE busy.lane IS NOT NULL
		) `
	sqlReady = sqlBusy + `, ready (lane, digests, corrections) AS MATERIALIZED (
			SELECT lane,
				(SELECT min(o.ready_at) FROM occurrence o WHERE o.ready_at IS NOT NULL AND o.lane = busy.lane AND ` + ofCorrection + ` = 0),
				(SELECT min(o.ready_at) FROM occurrence o WHERE o.ready_at IS NOT NULL AND o.lane = busy.lane AND ` + ofCorrection + ` = 1)
			FROM busy WHERE lane IS NOT NULL
		) `
	sqlPresent = `INSERT INTO replica (id, lease_until) VALUES ($1, {now} + $2)
		ON CONFLICT (id) DO UPDATE SET lease_until = excluded.lease_until`
	sqlPresence = sqlBusy + `SELECT (SELECT count(*) FROM replica WHERE lease_until > {now} AND lease_until <= {now} + 2 * CAST($1 AS BIGINT) + 600000),
		(SELECT count(*) FROM busy WHERE EXISTS (SELECT 1 FROM ({rows}) AS p WHERE busy.lane = p.column1 OR busy.lane LIKE p.column1 || '/%') AND (
			EXISTS (SELECT 1 FROM occurrence o WHERE o.lane = busy.lane AND ` + ofCorrection + ` = 0 AND o.ready_at <= (SELECT {now})) OR
			EXISTS (SELECT 1 FROM occurrence o WHERE o.lane = busy.lane AND ` + ofCorrection + ` = 1 AND o.ready_at <= (SELECT {now}))))`
	sqlExamine = `SELECT (SELECT count(*) FROM subscription WHERE state = 'active'),
		(SELECT count(*) FROM replica WHERE lease_until > {now}),
		(SELECT count(*) FROM subscription WHERE next_at <= {now} - $1) + (SELECT count(*) FROM occurrence WHERE ready_at <= {now} - $1)`
	sqlGone   = `DELETE FROM replica WHERE id = $1`
	sqlGiveUp = `UPDATE lane SET replica = '', lease_until = {now} WHERE replica = $1`
	// Those of these platforms alone: of the others somebody else knows how to
	// send. What was released lately goes behind what has waited since: it may have
	// been left with what nobody can take yet.
	sqlFree = sqlReady + `SELECT ready.lane, lane.id IS NULL FROM ready LEFT JOIN lane ON lane.id = ready.lane
		WHERE (ready.digests <= (SELECT {now}) OR ready.corrections <= (SELECT {now})) AND (lane.id IS NULL OR ` + leaseOver + `)
			AND EXISTS (SELECT 1 FROM ({rows}) AS p WHERE ready.lane = p.column1 OR ready.lane LIKE p.column1 || '/%')
		ORDER BY CASE WHEN ready.digests > (SELECT {now}) THEN NULL WHEN lane.lease_until > ready.digests THEN lane.lease_until ELSE ready.digests END NULLS LAST,
			ready.corrections, ready.lane LIMIT $2`
	// A lease of $1 is over also where it ends when none that was given lately
	// can: the clock was set back.
	leaseOver   = `(lane.lease_until <= {now} OR lane.lease_until > {now} + 2 * CAST($1 AS BIGINT) + 600000)`
	sqlAddLanes = `INSERT INTO lane (id, replica, fence, lease_until) SELECT column1, '', 0, 0 FROM ({rows}) AS v WHERE true ON CONFLICT (id) DO NOTHING`
	// A lane whose row somebody holds is left out: whoever stands still within a
	// transaction must not keep the others from all lanes. A fence is never lower
	// than the clock: it goes up even where the row was forgotten in between.
	sqlAcquire = `UPDATE lane SET replica = $2, lease_until = {now} + $1, fence = CASE WHEN fence < {now} THEN {now} ELSE fence + 1 END
		WHERE id IN (SELECT lane.id FROM ({rows}) AS v JOIN lane ON lane.id = v.column1
			WHERE ` + leaseOver + ` ORDER BY v.column2 LIMIT $3 {skip lane})
		RETURNING id, fence`
	sqlExtend = `UPDATE lane SET lease_until = {now} + $4
		WHERE id = $1 AND replica = $2 AND fence = $3 AND lease_until > {now}`
	sqlRelease = `UPDATE lane SET replica = '', lease_until = {now} WHERE id = $1 AND replica = $2 AND fence = $3`
	// It holds the row, so that nobody acquires the lane before this transaction
	// ends.
	sqlHold = `SELECT lease_until, {now} FROM lane WHERE id = $1 AND replica = $2 AND fence = $3 {lock}`
	// Whether the lease is still good, and whether there may be something to take.
	sqlPeek = `SELECT lease_until > {now},
			EXISTS (SELECT 1 FROM occurrence o WHERE o.lane = $1 AND ` + ofCorrection + ` = 0
				AND o.ready_at <= (SELECT {now}) AND (o.state = 'queued' OR o.fence <> $3)) OR
			EXISTS (SELECT 1 FROM occurrence o WHERE o.lane = $1 AND ` + ofCorrection + ` = 1
				AND o.ready_at <= (SELECT {now}) AND (o.state = 'queued' OR o.fence <> $3))
		FROM lane WHERE id = $1 AND replica = $2 AND fence = $3`

	// While anything of a channel is under way nothing else of it is taken. Of
	// its digests the one that was begun comes first, whenever it may be tried
	// again, then the earliest. A correction waits for no other one, and only
	// for a digest that could be taken.
	sqlTakeDigests     = sqlTakeFirst + `0` + takeAmong + `(SELECT first.id ` + firstDigest + `)` + asTaken
	sqlTakeCorrections = sqlTakeFirst + `1` + takeAmong + `(SELECT first.id FROM occurrence first
					WHERE first.place = waiting.place AND first.ready_at <= $3 AND first.kind = 'correction'
					ORDER BY first.due_at, first.id LIMIT 1)
				AND COALESCE((SELECT first.ready_at ` + firstDigest + `), $3 + 1) > $3` + asTaken
	// What is looked at is the first $5 of what waits, in the order of the index:
	// where 100,000 wait of which 64 are taken, a planner may otherwise read and
	// sort them all. PostgreSQL takes the indexes of what is ready for empty where
	// it counted them at a quiet hour. So that it goes through none of them as a
	// whole, what is chosen is chosen once, others of a channel are counted for
	// each, and the last condition is written as none of those indexes has it.
	sqlTakeFirst = `WITH chosen (id) AS MATERIALIZED (
			SELECT waiting.id FROM (SELECT o.id, o.place, o.ready_at ` + takeable
	takeAmong = `
				ORDER BY o.ready_at, o.id LIMIT $5) AS waiting
			WHERE (SELECT count(*) FROM occurrence other
					WHERE other.place = waiting.place AND other.ready_at IS NOT NULL AND other.state = 'sending' AND other.fence = $2) = 0
				AND waiting.id = `
	takeable = `FROM occurrence o
				WHERE o.lane = $1 AND o.ready_at <= $3 AND (o.state = 'queued' OR o.fence <> $2) AND ` + ofCorrection + ` = `
	sqlTakeable = `SELECT count(*) FROM (SELECT 1 ` + takeable + `$4 LIMIT $5) AS waiting`
	firstDigest = `FROM occurrence first
					WHERE first.place = waiting.place AND first.ready_at IS NOT NULL AND first.kind <> 'correction'
					ORDER BY CASE WHEN first.attempts > 0 THEN 0 ELSE 1 END, first.due_at, first.id LIMIT 1`
	asTaken = `
			ORDER BY waiting.ready_at, waiting.id LIMIT $4)
		UPDATE occurrence SET state = 'sending', fence = $2, attempts = attempts + 1
		WHERE id IN (SELECT id FROM chosen) AND COALESCE(ready_at, 0) > 0
		RETURNING ` + occurrenceColumns + `, ready_at, place, corrects, corrects_ref, corrects_revision`
	sqlSubscriptions = `SELECT ` + subscriptionColumns + ` FROM subscription WHERE id IN ({rows})`
	sqlPages         = `SELECT occurrence, body, below, key_id, tried_at, thread, post FROM page
		WHERE occurrence IN ({rows}) ORDER BY occurrence, n`
	sqlCarried = `SELECT occurrence, number, ref, revision FROM carried WHERE occurrence IN ({rows}) ORDER BY occurrence, n`
	sqlTold    = `SELECT v.column1, o.langs, c.number, c.ref, c.revision
		FROM ({rows}) AS v
		JOIN occurrence o ON o.place = v.column2 AND o.edition > v.column3
		JOIN carried c ON c.occurrence = o.id
		WHERE o.state = 'sent' AND (o.kind = 'correction' OR o.subscription <> v.column4)
		ORDER BY o.finished_at, o.id, c.n`

	sqlComposed = `UPDATE occurrence SET edition = v.column2, langs = v.column3 FROM ({rows}) AS v
		WHERE occurrence.id = v.column1 AND lane = $1 AND fence = $2 AND state = 'sending'`
	sqlNoPages    = `DELETE FROM page WHERE occurrence IN ({rows})`
	sqlNoCarried  = `DELETE FROM carried WHERE occurrence IN ({rows})`
	sqlAddPages   = `INSERT INTO page (occurrence, n, body, below, key_id, tried_at, thread, post) {rows}`
	sqlAddCarried = `INSERT INTO carried (occurrence, n, number, ref, revision) {rows}`
	sqlTry        = `UPDATE page SET tried_at = COALESCE(tried_at, $3) FROM ({rows}) AS v
		WHERE page.occurrence = v.column1 AND page.n = v.column2
		AND EXISTS (SELECT 1 FROM occurrence o WHERE o.id = page.occurrence AND o.lane = $1 AND o.fence = $2 AND o.state = 'sending')`
	sqlStands = `UPDATE page SET thread = v.column3, post = v.column4, body = COALESCE(v.column5, body) FROM ({rows}) AS v
		WHERE page.occurrence = v.column1 AND page.n = v.column2
		AND EXISTS (SELECT 1 FROM occurrence o WHERE o.id = page.occurrence AND o.lane = $1)`
	// What stands is a fact whoever holds the lane.
	sqlStandsLate = `UPDATE page SET thread = v.column3, post = v.column4, body = COALESCE(v.column5, body) FROM ({rows}) AS v
		WHERE page.occurrence = v.column1 AND page.n = v.column2 AND page.post IS NULL AND page.tried_at IS NOT NULL
		AND EXISTS (SELECT 1 FROM occurrence o WHERE o.id = page.occurrence AND o.lane = $1)`
	sqlStandsNot = `UPDATE page SET tried_at = NULL FROM ({rows}) AS v
		WHERE page.occurrence = v.column1 AND page.n = v.column2 AND page.post IS NULL
		AND EXISTS (SELECT 1 FROM occurrence o WHERE o.id = page.occurrence AND o.lane = $1)`
	sqlCame = `UPDATE occurrence SET state = v.column2, reason = v.column3, ready_at = v.column4, finished_at = v.column5
		FROM ({rows}) AS v
		WHERE occurrence.id = v.column1 AND lane = $1 AND fence = $2 AND state = 'sending' RETURNING id`
	sqlDelivered = `UPDATE subscription SET
			edition = CASE WHEN o.edition > subscription.edition THEN o.edition ELSE subscription.edition END,
			sent_at = CASE WHEN o.state = 'sent' THEN o.finished_at ELSE sent_at END
		FROM occurrence o WHERE o.subscription = subscription.id AND o.id IN ({rows}) AND o.kind <> 'correction'
		AND (o.state = 'sent' OR (o.state = 'skipped' AND o.reason = 'empty'))`
	sqlCorrected = `UPDATE carried SET revision = o.corrects_revision FROM occurrence o
		WHERE o.id IN ({rows}) AND o.kind = 'correction' AND o.state = 'sent'
		AND carried.occurrence = o.corrects AND carried.ref = o.corrects_ref`
	sqlStop = `UPDATE subscription SET state = 'stopped', reason = v.column2, next_at = NULL, next_date = '', next_clock = 0,
			revision = revision + 1
		FROM ({rows}) AS v JOIN occurrence o ON o.id = v.column1
		WHERE o.subscription = subscription.id AND o.lane = $1 RETURNING subscription.id`

	sqlNoteUntold = `INSERT INTO untold (subscription, platform, since, tell_at)
		SELECT s.id, s.platform, {now}, {now} FROM subscription s WHERE s.state = 'stopped' AND s.id IN ({rows})
		ON CONFLICT (subscription) DO UPDATE SET since = excluded.since, tell_at = excluded.tell_at`
	sqlAnyUntold = `SELECT count(*) FROM (SELECT 1 FROM untold WHERE tell_at <= {now} LIMIT 1) AS first`
	sqlUntold    = `DELETE FROM untold WHERE subscription IN (SELECT subscription FROM untold
			WHERE tell_at <= {now} AND platform IN ({rows}) ORDER BY tell_at, subscription LIMIT $1 {skip})
		RETURNING subscription, {now} - since`
	sqlTellLater = `INSERT INTO untold (subscription, platform, since, tell_at)
		SELECT id, platform, {now} - $2, {now} + $3 FROM subscription WHERE id = $1 AND revision = $4 AND state = 'stopped'
		ON CONFLICT (subscription) DO NOTHING`

	// Whoever holds a lane may be recording what was sent, and not see what is
	// corrected: it is waited for.
	sqlCorrecting = `INSERT INTO corrected (ref, revision, edition, noted_at)
		VALUES ($1, $2, COALESCE((SELECT max(edition) FROM known WHERE ref = $1 AND revision = $2), 0), {now})
		ON CONFLICT (ref) DO UPDATE SET revision = excluded.revision, edition = excluded.edition, noted_at = excluded.noted_at
		WHERE corrected.edition < excluded.edition`
	sqlHolders = `SELECT id FROM lane WHERE replica <> '' ORDER BY id {share}`
	// The digests of a page that told of an entry, and whether each is to be
	// corrected.
	sqlTellers = `SELECT c.occurrence, o.state = 'sent' AND o.kind <> 'correction' AND o.finished_at >= $3 AND c.revision <> $2
			AND EXISTS (SELECT 1 FROM subscription s WHERE s.id = o.subscription)
			AND NOT EXISTS (SELECT 1 FROM occurrence done WHERE done.id = o.id || CAST($6 AS TEXT))
		FROM (SELECT occurrence, revision FROM carried WHERE ref = $1 AND occurrence > $4 ORDER BY occurrence LIMIT $5) AS c
		JOIN occurrence o ON o.id = c.occurrence ORDER BY c.occurrence`
	sqlCorrect = `INSERT INTO occurrence (id, subscription, place, lane, kind, due_at, due_date, due_clock,
			corrects, corrects_ref, corrects_revision, state, reason, attempts, fence, edition, langs, ready_at)
		SELECT o.id || v.column2, o.subscription, o.place, o.lane, 'correction', CAST($1 AS BIGINT), CAST($2 AS TEXT), CAST($3 AS BIGINT),
			o.id, v.column3, v.column4, 'queued', '', 0, 0, 0, '', CAST($1 AS BIGINT)
		FROM ({rows}) AS v JOIN occurrence o ON o.id = v.column1
		WHERE EXISTS (SELECT 1 FROM subscription s WHERE s.id = o.subscription)
		ON CONFLICT (id) DO NOTHING`
	// What was sent just now and had been composed before a correction.
	sqlOvertaken = `SELECT o.id, c.ref, r.revision FROM ({rows}) AS v
		JOIN occurrence o ON o.id = v.column1
		JOIN carried c ON c.occurrence = o.id
		JOIN corrected r ON r.ref = c.ref
		WHERE o.state = 'sent' AND o.kind <> 'correction' AND o.edition < (SELECT COALESCE(max(edition), 0) FROM corrected)
			AND o.edition < r.edition AND c.revision <> r.revision`
	sqlWaiting = sqlBusy + `SELECT (SELECT count(*) FROM occurrence WHERE ready_at IS NOT NULL), (SELECT count(lane) FROM busy)`

	sqlEditionOf = `UPDATE edition SET used_at = {now} WHERE fingerprint = $1 RETURNING number`
	sqlEditionAt = `SELECT COALESCE((SELECT min(number) FROM edition WHERE number >= $1), (SELECT max(number) FROM edition), 0)`
	sqlLatest    = `SELECT COALESCE(max(number), 0) FROM edition`
	// Whoever comes second with a number or a fingerprint adds nothing.
	sqlAddEdition = `INSERT INTO edition (number, fingerprint, used_at) VALUES ($1, $2, {now}) ON CONFLICT DO NOTHING`
	sqlAddKnown   = `INSERT INTO known (ref, edition, revision) {rows}`
	sqlKnown      = `SELECT ref, revision FROM known WHERE edition <= $1 AND NOT EXISTS (
		SELECT 1 FROM known later WHERE later.ref = known.ref AND later.edition > known.edition AND later.edition <= $1)`

	// Each changes $1 rows at most.
	sqlSweepOrphans = `UPDATE occurrence SET state = 'skipped', reason = 'unsubscribed', ready_at = NULL, finished_at = {now}
		WHERE state = 'queued' AND id IN (SELECT o.id FROM occurrence o WHERE o.ready_at IS NOT NULL AND o.state = 'queued'
			AND NOT EXISTS (SELECT 1 FROM subscription s WHERE s.id = o.subscription) LIMIT $1 {skip})`
	// What no replica is on the platform of.
	sqlSweepOverdue = `UPDATE occurrence SET state = 'skipped', reason = 'late', ready_at = NULL, finished_at = {now}
		WHERE state = 'queued' AND id IN (SELECT o.id FROM occurrence o WHERE o.ready_at IS NOT NULL AND o.state = 'queued' AND o.attempts = 0
			AND o.due_at <= (SELECT {now}) - $2 LIMIT $1 {skip})`
	sqlSweepFinished = `DELETE FROM occurrence WHERE id IN
		(SELECT id FROM occurrence WHERE finished_at <= (SELECT {now}) - $2 ORDER BY finished_at LIMIT $1)`
	sqlSweepCorrected = `DELETE FROM corrected WHERE noted_at <= {now} - $1`
	sqlSweepReplicas  = `DELETE FROM replica WHERE lease_until <= {now} - $1`
	sqlSweepLanes     = `DELETE FROM lane WHERE lease_until <= {now} - $1
		AND NOT EXISTS (SELECT 1 FROM occurrence o WHERE o.lane = lane.id AND o.ready_at IS NOT NULL)`
	sqlRecentEdition = `SELECT COALESCE((SELECT min(number) FROM edition WHERE used_at > {now} - $1), (SELECT max(number) FROM edition), 0),
		(SELECT COALESCE(min(number), 0) FROM edition)`
	sqlToldEdition   = `SELECT min(edition) FROM subscription`
	sqlSweepEditions = `DELETE FROM edition WHERE number < $1`
	sqlSweepKnown    = `DELETE FROM known WHERE edition < $1 AND EXISTS (
		SELECT 1 FROM known later WHERE later.ref = known.ref AND later.edition > known.edition AND later.edition <= $1)`
)

// digestTimed are the statements of digests that differ between the engines.
type digestTimed struct {
	clock, subscribe, locked, skip, due, nextDue           string
	present, presence, giveUp, free, acquire, peek         string
	extend, release, hold, editionOf, addEdition           string
	sweepOrphans, sweepFinished, sweepReplicas, sweepLanes string
	recentEdition, correcting, holders, sweepCorrected     string
	noteUntold, anyUntold, untold, tellLater, sweepOverdue string
	examine                                                string
}

func digestTimedBy(e *engine) digestTimed {
	by := strings.NewReplacer("{now}", e.now, "{lock}", e.lockRow, "{share}", e.shareRow, "{skip}", e.skipLocked, "{skip lane}", e.skipLockedLane).Replace
	return digestTimed{
		clock: by(sqlClock), subscribe: by(sqlSubscribe), locked: by(sqlLocked), skip: by(sqlSkip), due: by(sqlDue), nextDue: by(sqlNextDue),
		present: by(sqlPresent), presence: by(sqlPresence), giveUp: by(sqlGiveUp), free: by(sqlFree), acquire: by(sqlAcquire), peek: by(sqlPeek),
		extend: by(sqlExtend), release: by(sqlRelease), hold: by(sqlHold), editionOf: by(sqlEditionOf), addEdition: by(sqlAddEdition),
		sweepOrphans: by(sqlSweepOrphans), sweepFinished: by(sqlSweepFinished), sweepReplicas: by(sqlSweepReplicas), sweepLanes: by(sqlSweepLanes),
		recentEdition: by(sqlRecentEdition), correcting: by(sqlCorrecting), holders: by(sqlHolders), sweepCorrected: by(sqlSweepCorrected),
		noteUntold: by(sqlNoteUntold), anyUntold: by(sqlAnyUntold), untold: by(sqlUntold), tellLater: by(sqlTellLater), sweepOverdue: by(sqlSweepOverdue),
		examine: by(sqlExamine),
	}
}
