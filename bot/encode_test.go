package bot_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"briefbot/bot"
	"briefbot/bot/bottest"
	"briefbot/content"
)

func TestAMessageComesBackFromJSON(t *testing.T) {
	messages := map[string]bot.Message{
		"every kind of block": bottest.EveryBlock(),
		"nothing at all":      {},
		"empty blocks": {Blocks: []bot.Block{
			bot.Paragraph{}, bot.List{}, bot.Fields{}, bot.Quote{}, bot.Divider{},
		}},
	}
	for name, m := range messages {
		t.Run(name, func(t *testing.T) {
			want := bot.Page{Message: m, Lang: content.Hant, Number: 2, Of: 3, Cut: true}
			text, err := json.Marshal(want)
			if err != nil {
				t.Fatal(err)
			}
			var got bot.Page
			if err := json.Unmarshal(text, &got); err != nil {
				t.Fatalf("%v\n%s", err, text)
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("got\n%#v\nwant\n%#v\nfrom %s", got, want, text)
			}
		})
	}
}

// TestKeysOfAMessageStay holds what stands in databases.
func TestKeysOfAMessageStay(t *testing.T) {
	action := bot.Action{Label: "L", Command: "show", Args: map[string]string{"entry": "b/e"}}
	page := bot.Page{Message: bot.Message{
		Title: "T", URL: "/b/x",
		Blocks: []bot.Block{
			bot.Paragraph{Text: "p", Strong: true},
			bot.List{Numbered: true, Start: 3, Items: []bot.ListItem{{Title: "i", Text: "t", URL: "/u", Action: &action}}},
			bot.Fields{{Name: "n", Value: "v"}},
			bot.Quote{Text: "q", By: "b"},
			bot.Divider{},
		},
		Sources: []bot.Citation{{Publisher: "P", Title: "S", Date: content.Date{Year: 2031, Month: 5}, URL: "https://s.example", Note: "N"}},
		Notes:   []string{"note"},
		Actions: []bot.Action{action},
	}, Lang: content.English, Number: 1, Of: 2, Cut: true}
	const want = `{"title":"T","url":"/b/x","blocks":[{"paragraph":{"text":"p","strong":true}},` +
		`{"list":{"numbered":true,"start":3,"items":[{"title":"i","text":"t","url":"/u","action":{"label":"L","command":"show","args":{"entry":"b/e"}}}]}},` +
		`{"fields":[{"name":"n","value":"v"}]},{"quote":{"text":"q","by":"b"}},{"divider":{}}],` +
		`"sources":[{"publisher":"P","title":"S","date":"2031-05","url":"https://s.example","note":"N"}],` +
		`"notes":["note"],"actions":[{"label":"L","command":"show","args":{"entry":"b/e"}}],` +
		`"lang":"en","page":1,"of":2,"cut":true}`
	got, err := json.Marshal(page)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestWhatIsNoBlockIsAnError(t *testing.T) {
	for _, text := range []string{
		`{"blocks":[{"table":{}}]}`,
		`{"blocks":[{}]}`,
		`{"blocks":[null]}`,
		`{"blocks":[{"divider":{},"quote":{"text":"q"}}]}`,
		`{"blocks":[{"paragraph":{"text":"p","colour":"red"}}]}`,
		`{"blocks":["paragraph"]}`,
		`{"blocks":{}}`,
	} {
		var m bot.Message
		if err := json.Unmarshal([]byte(text), &m); err == nil {
			t.Errorf("%s is read as %+v", text, m)
		}
	}
}

func FuzzMessageJSON(f *testing.F) {
	text, err := json.Marshal(bottest.EveryBlock())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(`{"blocks":[{"divider":{}},{"fields":null},{"list":{"items":[{}]}}]}`))
	f.Add([]byte(`{"blocks":null,"sources":[{"date":"2031-02-30"}]}`))
	f.Add([]byte(strings.Repeat(`{"blocks":[`, 50)))
	f.Fuzz(func(t *testing.T, text []byte) {
		var m, again bot.Message
		if json.Unmarshal(text, &m) != nil {
			return
		}
		once, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(once, &again); err != nil {
			t.Fatalf("%v: %s", err, once)
		}
		twice, err := json.Marshal(again)
		if err != nil {
			t.Fatal(err)
		}
		if string(once) != string(twice) {
			t.Errorf("%s becomes %s", once, twice)
		}
	})
}
