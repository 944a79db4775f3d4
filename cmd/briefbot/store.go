package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"briefbot/adapters/sqlstore"
	"briefbot/bot"
	"briefbot/bot/digest"
)

// memories are what a program remembers: of this process alone, or in a
// store, where it outlives the process and replicas share it.
type memories struct {
	memory      bot.Memory
	seen        bot.Seen
	preferences bot.Preferences
	tallies     bot.Tallies     // of unanswered questions and votes; nil where nothing is counted
	store       *sqlstore.Store // nil where none is configured
}

// noStore is what store.address is for no store at all.
const noStore = "none"

// storeAddress returns where the store is, "" for nowhere: where nothing is
// set and the bot is on a chat platform, in the user's state folder.
func (c *config) storeAddress() string {
	switch c.Store.Address {
	case noStore:
		return ""
	case "":
		if c.Discord.on() || c.Slack.on() {
			return usualStore()
		}
	}
	return c.Store.Address
}

// keptAddress is storeAddress for a command that looks into a store: it may be
// used where the tokens of the bot are not set, and then means the store in the
// usual place, if there is one.
func (c *config) keptAddress() string {
	if address := c.storeAddress(); address != "" || c.Store.Address == noStore {
		return address
	}
	if _, err := os.Stat(usualStore()); err != nil {
		return ""
	}
	return usualStore()
}

// usualStore is the file in the user's state folder, "" where there is none.
func usualStore() string {
	history := historyFile()
	if history == "" {
		return ""
	}
	return filepath.Join(filepath.Dir(history), "briefbot.db")
}

// openMemories opens the store, if there is one. The usual place of one may be
// missing, as in a container: then everything is kept in memory, and the log
// says so once.
func (p *program) openMemories(ctx context.Context, c *config, log *slog.Logger) (memories, error) {
	local := memories{memory: bot.NewLocalMemory(), seen: bot.NewLocalSeen(p.now), preferences: bot.NewLocalPreferences()}
	address := c.storeAddress()
	chatting := c.Discord.on() || c.Slack.on()
	if address != "" && c.Store.Address == "" {
		if err := os.MkdirAll(filepath.Dir(address), 0o700); err != nil {
			log.DebugContext(ctx, "there is no state folder", "err", err)
			address = ""
		}
	}
	if address == "" {
		if chatting && c.Store.Address == "" {
			log.WarnContext(ctx, "there is no folder to keep a store in: nobody can subscribe to digests, and a restart forgets conversations. Set store.address to a file on a volume or to postgres://…, or to none to be content with that")
		}
		return local, nil
	}
	store, err := p.openStore(ctx, c, address, log)
	if err != nil {
		return memories{}, err
	}
	if c.Store.Address == "" {
		log.InfoContext(ctx, "what is subscribed and remembered is kept in a file", "file", address)
	}
	return memories{memory: store, seen: store, preferences: store, store: store}, nil
}

// examineStore looks at the store that openMemories would open.
func (p *program) examineStore(ctx context.Context, c *config) []bot.Check {
	const none = "There is no store: nobody can subscribe to digests, and a restart forgets conversations."
	address := c.storeAddress()
	switch {
	case c.Store.Address == noStore:
		return []bot.Check{{Name: "connection", State: bot.CheckSkipped, Found: none}}
	case address == "":
		return []bot.Check{{Name: "connection", State: bot.CheckWarn, Found: none, Advice: "Set store.address to a file on a volume or to postgres://…, or to none where that is meant."}}
	}
	if c.Store.Address == "" {
		if _, err := os.Stat(filepath.Dir(address)); errors.Is(err, fs.ErrNotExist) {
			return []bot.Check{{Name: "connection", State: bot.CheckOK, Found: fmt.Sprintf("The first start makes the file %s.", address)}}
		}
	}
	return sqlstore.Examine(ctx, address, p.now)
}

// subscriptions returns those of the store, nil where there is none.
func (m memories) subscriptions() digest.Subscriptions {
	if m.store == nil {
		return nil
	}
	return m.store.Digests()
}

// run keeps a store clean until ctx ends.
func (m memories) run(ctx context.Context, now func() time.Time) {
	if m.store != nil {
		m.store.Run(ctx, now)
	}
}

func (m memories) close() error {
	if m.store == nil {
		return nil
	}
	return m.store.Close()
}

var errNoStore = errors.New("no store is configured: set store.address to the path of a file, or to postgres://…")

func (p *program) openStore(ctx context.Context, c *config, address string, log *slog.Logger) (*sqlstore.Store, error) {
	if address == "" {
		return nil, errNoStore
	}
	bounds := sqlstore.DefaultBounds()
	bounds.OccurrenceDays = int(c.Digest.Keep / day)
	return sqlstore.Open(ctx, sqlstore.Options{Address: address, Bounds: bounds, Log: log})
}

func (p *program) backupCommand() *cobra.Command {
	command := &cobra.Command{
		Use:   "backup FILE",
		Short: "Write all that the store holds into a file",
		Long: `Write all that the configured store holds into a new file, as it is at one
instant; the bot may go on meanwhile. The file restores into SQLite and into
PostgreSQL. It holds ids of users and questions: keep it as you keep the store.`,
		Example: `  briefbot backup briefbot-2026-11-25.backup`,
		Args:    usage(cobra.ExactArgs(1)),
		RunE: func(command *cobra.Command, args []string) error {
			return p.withStore(command, func(ctx context.Context, store *sqlstore.Store) error {
				if err := writeNew(args[0], func(w io.Writer) error { return store.Backup(ctx, w) }); err != nil {
					return err
				}
				_, err := fmt.Fprintf(p.out, "The store is saved in %s.\n", args[0])
				return err
			})
		},
	}
	addSettings(command, "log-level", "log-format")
	return command
}

func (p *program) restoreCommand() *cobra.Command {
	command := &cobra.Command{
		Use:   "restore FILE",
		Short: "Fill an empty store from a backup",
		Long: `Fill the configured store, which must be empty and used by nobody, with what a
backup holds: whole, or not at all.`,
		Example: `  briefbot restore briefbot-2026-11-25.backup`,
		Args:    usage(cobra.ExactArgs(1)),
		RunE: func(command *cobra.Command, args []string) error {
			f, err := os.Open(args[0])
			if err != nil {
				return fmt.Errorf("%s cannot be read: %w", args[0], cause(err))
			}
			defer f.Close()
			return p.withStore(command, func(ctx context.Context, store *sqlstore.Store) error {
				if err := store.Restore(ctx, bufio.NewReader(f)); err != nil {
					return err
				}
				_, err := fmt.Fprintln(p.out, "The store is filled.")
				return err
			})
		},
	}
	addSettings(command, "log-level", "log-format")
	return command
}

// withStore opens the configured store for one command.
func (p *program) withStore(command *cobra.Command, do func(context.Context, *sqlstore.Store) error) error {
	c, err := readConfig(p.configPath, command.Flags())
	if err != nil {
		return err
	}
	ctx, stop := untilSignal(command.Context())
	defer stop()
	address := c.keptAddress()
	if address != "" && c.Store.Address == "" {
		if err := os.MkdirAll(filepath.Dir(address), 0o700); err != nil {
			return fmt.Errorf("%s cannot be made: %w", filepath.Dir(address), cause(err))
		}
	}
	store, err := p.openStore(ctx, c, address, newLog(c.Log, p.err))
	if err != nil {
		return told(err)
	}
	return told(errors.Join(do(ctx, store), store.Close()))
}

// writeNew writes a file that does not exist yet, readable by its owner
// alone; it appears when it is whole.
func writeNew(path string, write func(io.Writer) error) error {
	if _, err := os.Lstat(path); err == nil {
		return fmt.Errorf("%s exists already: choose another name", path)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s cannot be written: %w", path, cause(err))
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".briefbot-*") // mode 0600
	if err != nil {
		return fmt.Errorf("%s cannot be written: %w", path, cause(err))
	}
	defer func() { _ = os.Remove(f.Name()) }() // once it is renamed, there is nothing of that name
	if err := errors.Join(write(f), f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return fmt.Errorf("%s cannot be written: %w", path, cause(err))
	}
	return nil
}
