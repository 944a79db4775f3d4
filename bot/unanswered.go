package bot

import (
	"context"
	"time"
)

// Gaps counts the questions that were not answered, for the editors. It is given
// the question as it was searched for, never who asked it or where.
type Gaps interface {
	Unanswered(ctx context.Context, question string, now time.Time) error
}
