package slack

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"briefbot/adapters/slack/slacktest"
	"briefbot/bot/bottest"
	"briefbot/content"
)

func TestManifestsAreTakenBySlack(t *testing.T) {
	router := bottest.Router(t)
	loaded, _ := specs()
	for name, m := range map[string]Manifest{
		"socket":      {Transport: Socket, Assistant: true, Lang: content.English},
		"http":        {Transport: HTTP, PublicURL: "https://briefings.example.org", Assistant: true, Lang: content.English},
		"many":        {Transport: HTTP, PublicURL: "https://briefings.example.org", Shared: true, Rotation: true, Lang: content.Hans, Command: "/jianbao", Name: "简报"},
		"traditional": {Transport: Socket, Lang: content.Hant},
	} {
		t.Run(name, func(t *testing.T) {
			m.Router = router
			got, err := m.JSON()
			if err != nil {
				t.Fatal(err)
			}
			golden(t, filepath.Join("manifest-"+name+".golden.json"), got)
			// The fake takes none that Slack's own schema refuses.
			slacktest.New(t, slacktest.Options{Specs: loaded, Manifest: got})
		})
	}
}

func TestAManifestNeedsAnAddressThatSlackReaches(t *testing.T) {
	router := bottest.Router(t)
	for name, m := range map[string]Manifest{
		"no address":    {Transport: HTTP},
		"plain http":    {Transport: HTTP, PublicURL: "http://briefings.example.org"},
		"many, nowhere": {Transport: Socket, Shared: true},
		"no command":    {Transport: Socket, Command: "brief"},
	} {
		m.Router, m.Lang = router, content.English
		if _, err := m.JSON(); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}

// The bot does all that it does with the scopes and events of its manifest.
func TestTheManifestIsEnough(t *testing.T) {
	t.Parallel()
	manifest, err := Manifest{Router: bottest.Router(t), Transport: Socket, Assistant: true, Lang: content.English}.JSON()
	if err != nil {
		t.Fatal(err)
	}
	w := beginWith(t, bottest.Library(t), slacktest.Options{Manifest: manifest}, Socket, nil)
	m := w.ann.In(w.general).Say("<@bot> what are the three pledges")
	says(t, w.answer(t, m), "The three pledges")
	says(t, w.answer(t, w.bao.In(w.general).Thread(m).Say("the second one?")), "Open tariffs")
	private := w.workspace.AddPrivate("board")
	private.Join(w.ann)
	says(t, w.answer(t, w.ann.In(private).Say("<@bot> what are the three pledges")), "The three pledges")
	says(t, w.answer(t, w.ann.DM().Say("who chairs the forum")), "Orla Finn")
	says(t, w.ann.In(w.general).Slash("/brief", "topics").Message, "What can be asked")
	says(t, w.ann.In(w.general).Shortcut("ask_about", m).Message, "The three pledges")
	says(t, w.bao.OpenHome().Message, "问问简报")
	w.ann.Assistant(w.general)
	if !w.Await(soon, func() bool { return len(w.CallsTo("assistant.threads.setSuggestedPrompts")) > 0 }) {
		t.Error("no questions are offered")
	}
	for code, n := range w.Counts().Errors {
		t.Errorf("%d calls are answered %s", n, code)
	}
}

// What the documentation says of scopes is what the manifest asks for.
func TestEveryScopeIsExplained(t *testing.T) {
	doc, err := os.ReadFile(filepath.Join("..", "..", "docs", "slack.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, scope := range Scopes(true) {
		if !strings.Contains(string(doc), "| `"+scope.Name+"` | to "+scope.Why+" |") {
			t.Errorf("docs/slack.md does not say that %s is there to %s", scope.Name, scope.Why)
		}
	}
	var m manifest
	got, err := Manifest{Router: bottest.Router(t), Transport: Socket, Lang: content.English}.JSON()
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(got, &m); err != nil {
		t.Fatal(err)
	}
	if slices.Contains(m.OAuth.Scopes.Bot, "assistant:write") || slices.Contains(m.Settings.Events.Bot, eventAssistant) || m.Features.Assistant != nil {
		t.Error("without the pane the bot asks for it")
	}
}
