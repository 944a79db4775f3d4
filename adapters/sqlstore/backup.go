package sqlstore

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"maps"
	"slices"
	"strings"
)

// A backup is a text of JSON objects, one a line: a header, a row each, an
// end. It is the same from either engine; docs/store.md describes it.
const (
	backupFormat  = "briefbot-backup"
	backupVersion = 1
	backupLine    = 1 << 20 // bytes; the longest row takes a tenth
)

type backupHeader struct {
	Format  string `json:"format"`
	Version int    `json:"version"`
	Schema  int64  `json:"schema"`
}

type backupRow struct {
	Table string         `json:"table"`
	Row   map[string]any `json:"row"` // text, whole number, null, or {"base64": …}
}

type backupEnd struct {
	Rows   int64  `json:"rows"`
	SHA256 string `json:"sha256"` // of all lines before, hexadecimal
}

type backupBytes struct {
	Base64 []byte `json:"base64"`
}

// tables are all that hold data, each after those that it refers to.
func tables() []string {
	return []string{
		"conversation", "seen", "installation", "tally", "preference",
		"channel", "subscription", "occurrence", "page", "carried", "corrected", "untold", "edition", "known", "lane", "replica",
	}
}

// Backup writes all data as it is at one instant. The store stays in use
// meanwhile. Tokens are as sealed as they are in the database: without the
// keys a backup of them is of no use.
func (s *Store) Backup(ctx context.Context, w io.Writer) error {
	buffered := bufio.NewWriter(w)
	err := s.backup(ctx, buffered)
	if err == nil {
		err = buffered.Flush()
	}
	return unavailable("making a backup", err)
}

func (s *Store) backup(ctx context.Context, w io.Writer) error {
	tx, err := s.engine.read.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // it has only read
	if err := s.beingPatient(ctx, tx); err != nil {
		return err
	}
	out := &lineWriter{w: w, sum: sha256.New()}
	if err := out.write(backupHeader{Format: backupFormat, Version: backupVersion, Schema: s.schema}); err != nil {
		return err
	}
	var rows int64
	for _, table := range tables() {
		n, err := backupTable(ctx, tx, table, out)
		if err != nil {
			return fmt.Errorf("table %s: %w", table, err)
		}
		rows += n
	}
	return out.write(backupEnd{Rows: rows, SHA256: out.digest()})
}

// beingPatient lets a transaction take as long as reading or writing a backup
// does.
func (s *Store) beingPatient(ctx context.Context, tx *sql.Tx) error {
	if s.engine.patient == "" {
		return nil
	}
	_, err := tx.ExecContext(ctx, s.engine.patient)
	return err
}

func backupTable(ctx context.Context, tx *sql.Tx, table string, out *lineWriter) (n int64, err error) {
	rows, err := tx.QueryContext(ctx, "SELECT * FROM "+table)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return 0, err
	}
	values := make([]any, len(columns))
	into := make([]any, len(columns))
	for i := range values {
		into[i] = &values[i]
	}
	for ; rows.Next(); n++ {
		if err := rows.Scan(into...); err != nil {
			return n, err
		}
		row := map[string]any{}
		for i, column := range columns {
			switch value := values[i].(type) {
			case nil, string, int64:
				row[column] = value
			case []byte:
				row[column] = backupBytes{value}
			default:
				return n, fmt.Errorf("column %s holds a %T", column, value)
			}
		}
		if err := out.write(backupRow{Table: table, Row: row}); err != nil {
			return n, err
		}
	}
	return n, rows.Err()
}

// lineWriter writes JSON, one object a line, and sums up what it wrote.
type lineWriter struct {
	w   io.Writer
	sum hash.Hash
}

func (l *lineWriter) write(object any) error {
	line, err := json.Marshal(object)
	if err != nil {
		return err
	}
	line = append(line, '\n')
	l.sum.Write(line)
	_, err = l.w.Write(line)
	return err
}

func (l *lineWriter) digest() string { return hex.EncodeToString(l.sum.Sum(nil)) }

// Restore fills an empty database with a backup of either engine, of this
// schema or an older one: all of it or, where anything is wrong, nothing.
// Nobody else may use the database meanwhile.
func (s *Store) Restore(ctx context.Context, r io.Reader) error {
	return unavailable("restoring a backup", s.inTx(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if err := errors.Join(s.beingPatient(ctx, tx), checkEmpty(ctx, tx)); err != nil {
			return err
		}
		in := &lineReader{scanner: bufio.NewScanner(r), sum: sha256.New()}
		in.scanner.Buffer(nil, backupLine)
		if err := s.readHeader(in); err != nil {
			return err
		}
		fill := &filler{tx: tx, tables: map[string]*filled{}}
		defer fill.close()
		return fill.rows(ctx, in)
	}))
}

func checkEmpty(ctx context.Context, tx *sql.Tx) error {
	for _, table := range tables() {
		var rows int64
		if err := tx.QueryRowContext(ctx, "SELECT count(*) FROM "+table).Scan(&rows); err != nil {
			return err
		}
		if rows > 0 {
			return invalid("The database holds data already. Restore a backup into a new, empty database.")
		}
	}
	return nil
}

func (s *Store) readHeader(in *lineReader) error {
	line, err := in.next()
	if err != nil {
		return err
	}
	var header backupHeader
	if err := strictly(line, &header); err != nil || header.Format != backupFormat {
		return invalid("The file is no backup of Briefbot.")
	}
	if header.Version != backupVersion || header.Schema < 1 || header.Schema > s.schema {
		return invalid("The backup was made by another Briefbot: format %d, schema %d; this program reads format %d, schema 1 to %d. Restore it with the program that made it.",
			header.Version, header.Schema, backupVersion, s.schema)
	}
	return nil
}

// lineReader reads lines, counts them and sums up all but the last.
type lineReader struct {
	scanner *bufio.Scanner
	number  int
	sum     hash.Hash
	before  string // the sum of all lines before this one
}

func (l *lineReader) next() ([]byte, error) {
	l.number++
	if !l.scanner.Scan() {
		if err := l.scanner.Err(); err != nil && !errors.Is(err, bufio.ErrTooLong) {
			return nil, err
		}
		return nil, l.wrong("it ends too early or is too long")
	}
	l.before = hex.EncodeToString(l.sum.Sum(nil))
	line := l.scanner.Bytes()
	l.sum.Write(line)
	l.sum.Write([]byte{'\n'})
	return line, nil
}

func (l *lineReader) wrong(why string) error {
	return invalid("The backup cannot be read at line %d: %s. Nothing was restored; use another copy.", l.number, why)
}

// filler inserts rows.
type filler struct {
	tx     *sql.Tx
	tables map[string]*filled
}

// filled is a table that is being filled.
type filled struct {
	kinds   map[string]string    // of its columns, as the engine calls them
	inserts map[string]*sql.Stmt // by the names of the columns
}

func (f *filler) close() {
	for _, table := range f.tables {
		for _, insert := range table.inserts {
			_ = insert.Close() // the transaction ends with it
		}
	}
}

func (f *filler) rows(ctx context.Context, in *lineReader) error {
	for rows := int64(0); ; rows++ {
		line, err := in.next()
		if err != nil {
			return err
		}
		var end backupEnd
		if strictly(line, &end) == nil {
			switch {
			case end.Rows != rows || end.SHA256 != in.before:
				return in.wrong("lines before it are missing or were changed")
			case in.scanner.Scan():
				return in.wrong("more lines follow its end")
			}
			return in.scanner.Err()
		}
		var row backupRow
		if err := strictly(line, &row); err != nil || len(row.Row) == 0 {
			return in.wrong("it is no row")
		}
		if !slices.Contains(tables(), row.Table) {
			return in.wrong("its table is unknown")
		}
		if err := f.insert(ctx, in, row); err != nil {
			return err
		}
	}
}

// insert adds a row. Columns that a backup of an older schema lacks get their
// defaults.
func (f *filler) insert(ctx context.Context, in *lineReader, row backupRow) error {
	table, err := f.table(ctx, row.Table)
	if err != nil {
		return err
	}
	columns := slices.Sorted(maps.Keys(row.Row))
	values := make([]any, len(columns))
	for i, column := range columns {
		value, kind, ok := restored(row.Row[column])
		if !ok || (kind != "" && kind != table.kinds[column]) || table.kinds[column] == "" {
			return in.wrong("it does not fit its table")
		}
		values[i] = value
	}
	key := strings.Join(columns, ", ")
	insert := table.inserts[key]
	if insert == nil {
		numbers := make([]string, len(columns))
		for i := range numbers {
			numbers[i] = fmt.Sprintf("$%d", i+1)
		}
		// Every name is one of the schema's.
		insert, err = f.tx.PrepareContext(ctx, fmt.Sprintf("INSERT INTO %s (%s) VALUES (%s)", row.Table, key, strings.Join(numbers, ", ")))
		if err != nil {
			return err
		}
		table.inserts[key] = insert
	}
	if _, err = insert.ExecContext(ctx, values...); refused(err) {
		return in.wrong("the database does not take it")
	}
	return err
}

// The kinds of columns.
const (
	kindText  = "text"
	kindWhole = "whole number"
	kindBytes = "bytes"
)

func (f *filler) table(ctx context.Context, name string) (*filled, error) {
	if known := f.tables[name]; known != nil {
		return known, nil
	}
	rows, err := f.tx.QueryContext(ctx, "SELECT * FROM "+name+" LIMIT 0")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	types, err := rows.ColumnTypes()
	if err != nil {
		return nil, err
	}
	table := &filled{kinds: map[string]string{}, inserts: map[string]*sql.Stmt{}}
	for _, column := range types {
		switch column.DatabaseTypeName() {
		case "TEXT":
			table.kinds[column.Name()] = kindText
		case "BIGINT", "INT8":
			table.kinds[column.Name()] = kindWhole
		case "BYTEA":
			table.kinds[column.Name()] = kindBytes
		default:
			return nil, fmt.Errorf("column %s.%s is a %s", name, column.Name(), column.DatabaseTypeName())
		}
	}
	f.tables[name] = table
	return table, rows.Err()
}

// restored returns a value of a backup as the database takes it, and the kind
// of column that it fits, "" for any.
func restored(value any) (column any, kind string, ok bool) {
	switch value := value.(type) {
	case nil:
		return nil, "", true
	case string:
		return value, kindText, !strings.ContainsRune(value, 0)
	case json.Number:
		n, err := value.Int64()
		return n, kindWhole, err == nil
	case map[string]any:
		text, err := json.Marshal(value)
		var b backupBytes
		if err != nil || strictly(text, &b) != nil || b.Base64 == nil {
			return nil, "", false
		}
		return b.Base64, kindBytes, true
	}
	return nil, "", false
}

// strictly reads one JSON object that has no other keys than into.
func strictly(text []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("more than one object")
	}
	return nil
}
