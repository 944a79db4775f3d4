package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"briefbot/bot"
	"briefbot/content"
	"briefbot/content/search"
)

// turnBytes bounds one turn as it is stored: a question of bot.MaxText runes
// and the ids of an entry take a fifth of it.
const turnBytes = 16 << 10

// storedTurn is a search.Turn as the database and backups hold it.
type storedTurn struct {
	Question string       `json:"question"`
	Briefing string       `json:"briefing,omitempty"`
	Entry    string       `json:"entry,omitempty"`
	Item     int          `json:"item,omitempty"`
	Slot     content.Slot `json:"slot,omitempty"`
}

// Turns implements bot.Memory.
func (s *Store) Turns(ctx context.Context, conversation string, now time.Time) ([]search.Turn, error) {
	if err := checkKeys("conversation", conversation); err != nil {
		return nil, err
	}
	ctx, cancel := bounded(ctx)
	defer cancel()
	var text string
	err := s.engine.read.QueryRowContext(ctx, sqlTurns, conversation, now.Add(-bot.MemoryAge).UnixMilli()).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	var stored []storedTurn
	if err == nil {
		err = json.Unmarshal([]byte(text), &stored)
	}
	if err != nil {
		return nil, unavailable("reading a conversation", err)
	}
	var turns []search.Turn
	for _, t := range stored {
		turns = append(turns, search.Turn{Question: t.Question, Ref: content.Ref{Briefing: t.Briefing, Entry: t.Entry}, Item: t.Item, Slot: t.Slot})
	}
	return turns, nil
}

// Remember implements bot.Memory.
func (s *Store) Remember(ctx context.Context, conversation string, turn search.Turn, now time.Time) error {
	if err := checkKeys("conversation", conversation); err != nil {
		return err
	}
	added := storedTurn{Question: clean(turn.Question), Briefing: turn.Ref.Briefing, Entry: turn.Ref.Entry, Item: turn.Item, Slot: turn.Slot}
	if one, err := json.Marshal(added); err != nil || len(one) > turnBytes {
		return invalid("An answer of more than %d bytes cannot be remembered.", turnBytes)
	}
	ctx, cancel := bounded(ctx)
	defer cancel()
	return unavailable("remembering an answer", s.inTx(ctx, func(ctx context.Context, tx *sql.Tx) error {
		var used int64
		var text string
		var stored []storedTurn
		if err := tx.QueryRowContext(ctx, sqlLockConversation, conversation, now.UnixMilli()).Scan(&used, &text); err != nil {
			return err
		}
		if used >= now.Add(-bot.MemoryAge).UnixMilli() {
			if err := json.Unmarshal([]byte(text), &stored); err != nil {
				return err
			}
		}
		stored = append(stored, added)
		kept, err := json.Marshal(slices.Delete(stored, 0, max(0, len(stored)-bot.TurnsKept)))
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, sqlRemember, conversation, now.UnixMilli(), string(kept))
		return err
	}))
}
