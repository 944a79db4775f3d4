package sqlstore

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"strings"
	"testing"

	"briefbot/bot"
	"briefbot/bot/bottest"
)

// FuzzRestore: whatever a file holds, it is restored whole or refused in
// words, and then nothing of it is left.
func FuzzRestore(f *testing.F) {
	s := opened(f, sqliteFile(f))
	end := func(lines string) string {
		if !strings.HasSuffix(lines, "\n") {
			lines += "\n"
		}
		var b bytes.Buffer
		out := &lineWriter{w: &b, sum: sha256.New()}
		out.sum.Write([]byte(lines))
		if err := out.write(backupEnd{Rows: int64(strings.Count(lines, "\n") - 1), SHA256: out.digest()}); err != nil {
			f.Fatal(err)
		}
		return lines + b.String()
	}
	header := `{"format":"briefbot-backup","version":1,"schema":1}` + "\n"
	for _, rows := range []string{
		"",
		`{"table":"seen","row":{"id":"a","expires_at":1}}` + "\n",
		`{"table":"installation","row":{"workspace":"T1","bot_user":"U","scopes":"","access_sealed":{"base64":"AA=="},"refresh_sealed":null,"key_id":1,"installed_at":1,"expires_at":null,"revision":1}}` + "\n",
		`{"table":"seen","row":{"id":null,"expires_at":1e3}}` + "\n",
	} {
		f.Add([]byte(header + rows))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		// The sum is made right, or nothing would get beyond it.
		for _, file := range []string{string(text), end(string(text))} {
			err := s.Restore(t.Context(), strings.NewReader(file))
			total := 0
			for _, table := range tables() {
				total += rows(t, s, table)
			}
			if err != nil {
				if e, ok := errors.AsType[*bot.Error](err); !ok || e.Kind != bot.Invalid {
					t.Errorf("the error is %v, want one that is invalid", err)
				}
				if total > 0 {
					t.Errorf("%d rows of a refused backup are left", total)
				}
				continue
			}
			var again bytes.Buffer
			if err := s.Backup(t.Context(), &again); err != nil {
				t.Errorf("what was restored cannot be saved: %v", err)
			}
			if got := strings.Count(again.String(), "\n") - 2; got != total {
				t.Errorf("%d rows were restored, %d are saved", total, got)
			}
			for _, table := range tables() {
				if _, err := s.engine.write.Exec("DELETE FROM " + table); err != nil {
					t.Fatal(err)
				}
			}
		}
	})
}

func TestBackupIsOfOneInstant(t *testing.T) {
	onBothEngines(t, func(t *testing.T, create create) {
		s := opened(t, create(t))
		bottest.FillStore(t, s)
		// After the header and a row.
		var b bytes.Buffer
		w := &interrupted{Buffer: &b, after: 2, do: func() {
			for _, kind := range []bot.TallyKind{bot.ThumbsUp, bot.ThumbsDown} {
				if err := s.Count(t.Context(), kind, "late", today()); err != nil {
					t.Error(err)
				}
			}
		}}
		if err := s.backup(t.Context(), w); err != nil {
			t.Fatal(err)
		}
		if w.do != nil {
			t.Fatal("nothing was written in the middle")
		}
		if strings.Contains(b.String(), "late") {
			t.Errorf("the backup holds what came after it began:\n%s", &b)
		}
	})
}

// interrupted does something after some lines were written.
type interrupted struct {
	*bytes.Buffer
	after int
	do    func()
}

func (i *interrupted) Write(p []byte) (int, error) {
	if i.after--; i.after == 0 && i.do != nil {
		i.do()
		i.do = nil
	}
	return i.Buffer.Write(p)
}
