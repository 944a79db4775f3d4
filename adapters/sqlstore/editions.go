package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"briefbot/bot/digest"
	"briefbot/content"
)

// editionPatience bounds writing down an edition: the first one of a large
// library is some hundred thousand rows.
const editionPatience = 2 * time.Minute

// errTaken tells that another replica has written an edition meanwhile.
var errTaken = errors.New("the number of the edition is taken")

// Edition implements digest.Queue.
func (d digests) Edition(ctx context.Context, fingerprint string, entries map[content.Ref]string) (digest.Edition, error) {
	if err := checkKeys("library", fingerprint); err != nil {
		return digest.Edition{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, editionPatience)
	defer cancel()
	const doing = "registering the library"
	for {
		var number int64
		err := d.engine.write.QueryRowContext(ctx, d.digest.editionOf, fingerprint).Scan(&number)
		if errors.Is(err, sql.ErrNoRows) {
			err = d.Store.inTx(ctx, func(ctx context.Context, tx *sql.Tx) error {
				var err error
				number, err = d.addEdition(ctx, tx, fingerprint, entries)
				return err
			})
		}
		if errors.Is(err, errTaken) {
			continue
		}
		if err != nil {
			return digest.Edition{}, unavailable(doing, err)
		}
		known, err := knownAt(ctx, d.engine.read, number)
		return digest.Edition{Number: number, Known: known}, unavailable(doing, err)
	}
}

// addEdition writes down how an edition differs from the one before.
func (d digests) addEdition(ctx context.Context, tx *sql.Tx, fingerprint string, entries map[content.Ref]string) (number int64, err error) {
	if err := tx.QueryRowContext(ctx, sqlLatest).Scan(&number); err != nil {
		return 0, err
	}
	before, err := knownAt(ctx, tx, number)
	if err != nil {
		return 0, err
	}
	number++
	added, err := tx.ExecContext(ctx, d.digest.addEdition, number, fingerprint)
	if err != nil {
		return 0, err
	}
	if n, err := added.RowsAffected(); err != nil || n == 0 {
		return 0, errors.Join(err, errTaken)
	}
	known := many{kinds: []string{asText, asWhole, asText}}
	for ref, revision := range entries {
		if old, ok := before[ref]; !ok || old != revision {
			known.rows = append(known.rows, []any{ref.String(), number, revision})
		}
	}
	_, err = known.exec(ctx, d.engine, tx, sqlAddKnown)
	return number, err
}

// EditionAt implements digest.Queue.
func (d digests) EditionAt(ctx context.Context, number int64) (digest.Edition, error) {
	ctx, cancel := bounded(ctx)
	defer cancel()
	const doing = "reading an edition"
	var e digest.Edition
	if err := d.engine.read.QueryRowContext(ctx, sqlEditionAt, number).Scan(&e.Number); err != nil {
		return e, unavailable(doing, err)
	}
	var err error
	e.Known, err = knownAt(ctx, d.engine.read, e.Number)
	return e, unavailable(doing, err)
}

func knownAt(ctx context.Context, q querier, number int64) (map[content.Ref]string, error) {
	known := map[content.Ref]string{}
	return known, query(ctx, q, sqlKnown, []any{number}, func(scan scanFunc) error {
		var ref, revision string
		if err := scan(&ref, &revision); err != nil {
			return err
		}
		parsed, err := parseRef(ref)
		known[parsed] = revision
		return err
	})
}

func parseRef(text string) (content.Ref, error) {
	ref, ok := content.ParseRef(text)
	if !ok {
		return ref, fmt.Errorf("%q names no entry", text)
	}
	return ref, nil
}
