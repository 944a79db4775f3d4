package sqlstore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// The types of columns, as {rows} casts them.
const (
	asText  = "TEXT"
	asWhole = "BIGINT"
)

// many is rows for a statement that has {rows} where a query goes. Its columns
// are column1, column2 and so on. However many they are, they are one
// parameter: a JSON array of arrays, which both engines take apart. The text
// of the statement stays the same, so that it is compiled once, and a driver
// need not find a place for thousands of values.
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

// statement returns what the database is asked. The fixed arguments come
// first: $1 and on.
func (m many) statement(e *engine, text string, fixed []any) (statement string, args []any, err error) {
	for _, row := range m.rows {
		for i, value := range row {
			if valuer, ok := value.(driver.Valuer); ok {
				if row[i], err = valuer.Value(); err != nil {
					return "", nil, err
				}
			}
		}
	}
	rows, err := json.Marshal(m.rows)
	if err != nil {
		return "", nil, err
	}
	var columns []string
	for i, kind := range m.kinds {
		columns = append(columns, fmt.Sprintf("CAST(value ->> %d AS %s) AS column%d", i, kind, i+1))
	}
	from := strings.ReplaceAll(e.elements, "{array}", fmt.Sprintf("$%d", len(fixed)+1))
	query := "SELECT " + strings.Join(columns, ", ") + " FROM " + from
	return strings.Replace(text, "{rows}", query, 1), append(slices.Clip(fixed), string(rows)), nil
}

// exec carries the statement out for all rows and returns how many it changed.
func (m many) exec(ctx context.Context, e *engine, tx *sql.Tx, text string, fixed ...any) (changed int64, err error) {
	if len(m.rows) == 0 {
		return 0, nil
	}
	statement, args, err := m.statement(e, text, fixed)
	if err != nil {
		return 0, err
	}
	result, err := tx.ExecContext(ctx, statement, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// query reads what the statement returns for all rows.
func (m many) query(ctx context.Context, e *engine, q querier, text string, fixed []any, each func(scan scanFunc) error) error {
	if len(m.rows) == 0 {
		return nil
	}
	statement, args, err := m.statement(e, text, fixed)
	if err != nil {
		return err
	}
	return query(ctx, q, statement, args, each)
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
