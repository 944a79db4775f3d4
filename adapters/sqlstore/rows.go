package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
)

// rowsAtOnce bounds one statement that takes many rows: SQLite knows 32,766
// parameters, and a statement is compiled for each number of rows.
const rowsAtOnce = 200

// The types of columns, as {rows} casts them.
const (
	asText  = "TEXT"
	asWhole = "BIGINT"
)

// many is rows for a statement that has {rows} where VALUES takes them. Its
// columns are column1, column2 and so on to both engines.
type many struct {
	kinds []string // of the columns
	rows  [][]any
}

// ids are rows of one text each.
func ids(all []string) many {
	m := many{kinds: []string{asText}}
	for _, id := range all {
		m.rows = append(m.rows, []any{id})
	}
	return m
}

// chunks calls do with the statement and arguments for each of the portions
// that the rows are taken in. The fixed arguments come first: $1 and on.
func (m many) chunks(statement string, fixed []any, do func(statement string, args []any) error) error {
	for chunk := range slices.Chunk(m.rows, rowsAtOnce) {
		var text strings.Builder
		args := slices.Clone(fixed)
		for i, row := range chunk {
			if i > 0 {
				text.WriteString(", ")
			}
			for j, value := range row {
				args = append(args, value)
				fmt.Fprintf(&text, "%sCAST($%d AS %s)", [...]string{"(", ", "}[min(j, 1)], len(args), m.kinds[j])
			}
			text.WriteString(")")
		}
		if err := do(strings.Replace(statement, "{rows}", text.String(), 1), args); err != nil {
			return err
		}
	}
	return nil
}

// exec carries the statement out for all rows and returns how many it changed.
func (m many) exec(ctx context.Context, tx *sql.Tx, statement string, fixed ...any) (changed int64, err error) {
	err = m.chunks(statement, fixed, func(statement string, args []any) error {
		result, err := tx.ExecContext(ctx, statement, args...)
		if err != nil {
			return err
		}
		n, err := result.RowsAffected()
		changed += n
		return err
	})
	return changed, err
}

// query reads what the statement returns for all rows.
func (m many) query(ctx context.Context, q querier, statement string, fixed []any, each func(scan scanFunc) error) error {
	return m.chunks(statement, fixed, func(statement string, args []any) error {
		return query(ctx, q, statement, args, each)
	})
}

// scanFunc reads the columns of a row.
type scanFunc func(into ...any) error

// querier is a database or a transaction.
type querier interface {
	QueryContext(ctx context.Context, statement string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, statement string, args ...any) *sql.Row
}

// query calls each for every row that a statement returns.
func query(ctx context.Context, q querier, statement string, args []any, each func(scan scanFunc) error) error {
	rows, err := q.QueryContext(ctx, statement, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := each(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}
