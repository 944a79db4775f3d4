package discord

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"testing"

	"briefbot/adapters/discord/discordtest"
	"briefbot/adapters/discord/rest"
	"briefbot/bot"
	"briefbot/bot/bottest"
	"briefbot/bot/i18n"
	"briefbot/content"
)

// portal is a Discord whose bot does not run: as whoever sets it up finds it.
type portal struct {
	*discordtest.Server
	client *rest.Client
	router *bot.Router
	guild  *discordtest.Guild
}

func openPortal(t *testing.T, o discordtest.Options) *portal {
	t.Helper()
	o.Description, _ = description() // New says what is missing
	p := &portal{Server: discordtest.New(t, o), router: bottest.Router(t)}
	p.guild = p.AddGuild("Harbour")
	p.client = p.clientWith(t, rest.Options{Token: p.Token()})
	return p
}

func (p *portal) clientWith(t *testing.T, o rest.Options) *rest.Client {
	t.Helper()
	o.BaseURL, o.Log, o.Attempts = p.URL(), slog.New(slog.NewTextHandler(t.Output(), nil)), 1
	client, err := rest.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

// The golden files are what Discord gets; the fake holds them against
// Discord's own description when they are synced.
func TestCommandsLookAsExpected(t *testing.T) {
	for name, everywhere := range map[string]bool{"commands": true, "commands-guild": false} {
		var b bytes.Buffer
		encoder := json.NewEncoder(&b)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		if err := encoder.Encode(Commands(bottest.Router(t), everywhere)); err != nil {
			t.Fatal(err)
		}
		golden(t, name+".golden.json", b.Bytes())
	}
}

func TestEveryCommandOfTheRegistryIsThere(t *testing.T) {
	router := bottest.Router(t)
	list := Commands(router, true)
	for _, c := range router.Commands() {
		options, ok := optionsNamed(list, c.Name)
		if !ok {
			t.Errorf("%s is missing", c.Name)
			continue
		}
		for _, p := range append(slices.Clone(c.Params), bot.Param{Name: optionPrivate}) {
			if !slices.ContainsFunc(options, func(o ApplicationOption) bool { return o.Name == p.Name && o.Required == p.Required }) {
				t.Errorf("%s lacks the option %s", c.Name, p.Name)
			}
		}
	}
	if last := list[len(list)-1]; last.Type != commandMessage || len(list) != registered(router) {
		t.Errorf("%d commands for %d of the registry and the menu; the last is %+v", len(list), registered(router), last)
	}
}

// optionsNamed finds a command, or a subcommand by both its words.
func optionsNamed(list []ApplicationCommand, name string) ([]ApplicationOption, bool) {
	for _, a := range list {
		if a.Type == commandChat && a.Name == name {
			return a.Options, true
		}
		for _, o := range a.Options {
			if o.Type == optionSub && a.Name+" "+o.Name == name {
				return o.Options, true
			}
		}
	}
	return nil, false
}

// registered counts what Discord gets: commands and groups of them, and the
// one in the menu.
func registered(router *bot.Router) int {
	names := map[string]bool{"": true}
	for _, c := range router.Commands() {
		first, _, _ := strings.Cut(c.Name, " ")
		names[first] = true
	}
	return len(names)
}

// oddities are commands that the registry may hold some day.
func oddities(t *testing.T) *bot.Router {
	t.Helper()
	phrases, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	router, err := bot.NewRouter(bot.Options{Phrases: phrases, Commands: []bot.Command{
		{Name: "hidden", Summary: "command.help", Hidden: true},
		{Name: "about", Summary: "command.about", Params: []bot.Param{
			{Name: "words", Summary: "param.words", Kind: bot.KindText},
			{Name: "item", Summary: "param.item", Kind: bot.KindNumber},
			{Name: "entry", Summary: "param.entry", Kind: bot.KindEntry, Required: true},
			{Name: "topic", Summary: "param.topic", Kind: bot.KindTopic, Required: true},
		}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return router
}

func TestHiddenCommandsStayHiddenAndWhatIsRequiredComesFirst(t *testing.T) {
	list := Commands(oddities(t), true)
	if list[0].Name != "about" || len(list) != 2 {
		t.Fatalf("the commands are %+v", list)
	}
	var order []string
	for _, o := range list[0].Options {
		order = append(order, o.Name)
	}
	if want := "entry topic words item private"; strings.Join(order, " ") != want {
		t.Errorf("the options are %v, want %s", order, want)
	}
	words, item := list[0].Options[2], list[0].Options[3]
	if words.Autocomplete || words.MaxLength != bot.MaxText {
		t.Errorf("a text without proposals is %+v", words)
	}
	if item.Type != optionInteger || item.MinValue == nil || *item.MinValue != 1 {
		t.Errorf("a number is %+v", item)
	}
}

// What Discord's description is lax about is held here, in every language.
func TestCommandsKeepDiscordsRules(t *testing.T) {
	name := regexp.MustCompile(`^[-_'\p{L}\p{N}\p{Devanagari}\p{Thai}]{1,32}$`)
	checkName := func(where, s string) {
		t.Helper()
		if !name.MatchString(s) || strings.ToLower(s) != s {
			t.Errorf("%s: %q is no name", where, s)
		}
	}
	checkText := func(where, s string, most int) {
		t.Helper()
		if s == "" || count(s) > most {
			t.Errorf("%s: %q has %d characters, 1 to %d are allowed", where, s, count(s), most)
		}
	}
	all := Commands(bottest.Router(t), true)
	for _, locale := range []string{"", "zh-CN", "zh-TW"} {
		in := func(base string, others map[string]string) string {
			if s, ok := others[locale]; ok {
				return s
			}
			return base
		}
		var checkOptions func(where string, options []ApplicationOption)
		checkOptions = func(where string, options []ApplicationOption) {
			if len(options) > 25 {
				t.Errorf("%s has %d options, 25 are allowed", where, len(options))
			}
			names := map[string]bool{}
			for _, o := range options {
				where := where + " " + o.Name
				shown := in(o.Name, o.Names)
				checkName(where, shown)
				checkText(where, in(o.Description, o.Descriptions), maxDescription)
				if names[shown] {
					t.Errorf("%s: two options are named %q", where, shown)
				}
				names[shown] = true
				if len(o.Choices) > maxChoices || len(o.Choices) > 0 && o.Autocomplete {
					t.Errorf("%s has %d choices, and completion is %v", where, len(o.Choices), o.Autocomplete)
				}
				for _, choice := range o.Choices {
					checkText(where, in(choice.Name, choice.Names), maxChoice)
					checkText(where, choice.Value, maxChoice)
				}
				checkOptions(where, o.Options)
			}
		}
		names := map[string]string{}
		for _, c := range all {
			where := locale + " " + c.Name
			shown := in(c.Name, c.Names)
			if other := names[shown]; other != "" {
				t.Errorf("%s: %s is named %q too", where, other, shown)
			}
			names[shown] = c.Name
			if c.Type == commandMessage {
				checkText(where, shown, maxOptionName)
				continue
			}
			checkName(where, shown)
			checkText(where, in(c.Description, c.Descriptions), maxDescription)
			if locale != "" && (c.Descriptions[locale] == "" || c.Names[locale] == "") {
				t.Errorf("%s is in English", where)
			}
			checkOptions(where, c.Options)
		}
	}
}

func TestTheNameOfTheOptionThatEveryCommandHas(t *testing.T) {
	router := bottest.Router(t)
	if got := router.Phrases(content.English).T(phrasePrivateName); got != optionPrivate {
		t.Errorf("its English name is %q, not %q", got, optionPrivate)
	}
	for _, c := range router.Commands() {
		if slices.ContainsFunc(c.Params, func(p bot.Param) bool { return p.Name == optionPrivate }) {
			t.Errorf("%s has a parameter of the same name", c.Name)
		}
	}
}
