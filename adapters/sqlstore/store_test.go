package sqlstore

import (
	"testing"

	"briefbot/bot/bottest"
)

func TestStore(t *testing.T) {
	onBothEngines(t, func(t *testing.T, create create) {
		bottest.Store(t, func(t *testing.T) func(t *testing.T) bottest.Stored {
			address := create(t)
			return func(t *testing.T) bottest.Stored { return opened(t, address) }
		})
	})
}

func TestBackupRestoresOnTheOtherEngine(t *testing.T) {
	onBothEngines(t, func(t *testing.T, create create) {
		bottest.RestoresEverything(t, opened(t, create(t)), opened(t, sqliteFile(t)))
		bottest.RestoresEverything(t, opened(t, sqliteFile(t)), opened(t, create(t)))
	})
}
