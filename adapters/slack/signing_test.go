package slack

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"briefbot/bot/bottest"
)

func sign(r *http.Request, body string) { signAt(r, body, bottest.Now()) }

// signAt signs a request as Slack does.
func signAt(r *http.Request, body string, at time.Time) {
	timestamp := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte("s3cr3t"))
	mac.Write([]byte("v0:" + timestamp + ":" + body))
	r.Header.Set(headerTimestamp, timestamp)
	r.Header.Set(headerSignature, "v0="+hex.EncodeToString(mac.Sum(nil)))
}

// eventSamples are Slack's own of every event, with blanked values.
func eventSamples(t *testing.T) map[string]map[string]any {
	t.Helper()
	folder := os.Getenv("BRIEFBOT_SPECS")
	if folder == "" {
		folder = filepath.Join("..", "..", "..", "shared", "specs")
	}
	files, err := filepath.Glob(filepath.Join(folder, "slack-events", "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		if os.Getenv("CI") == "true" {
			t.Fatal("Slack's samples of events are not here: put slack-events into ../shared/specs or name that folder in BRIEFBOT_SPECS")
		}
		t.Skip("Slack's samples of events are not here")
	}
	samples := map[string]map[string]any{}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var sample map[string]any
		if err := json.Unmarshal(b, &sample); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		samples[filepath.Base(file)] = sample
	}
	return samples
}
