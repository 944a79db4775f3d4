package discord

import (
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/bwmarrin/discordgo"

	"briefbot/adapters/discord/discordtest"
	"briefbot/adapters/discord/rest"
	"briefbot/bot"
	"briefbot/bot/bottest"
)

func (p *portal) sync(t *testing.T, change func(*Sync)) []string {
	t.Helper()
	s := Sync{REST: p.client, Router: p.router}
	if change != nil {
		change(&s)
	}
	difference, err := s.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return difference
}

func TestSyncSendsOnlyWhatDiffers(t *testing.T) {
	for name, guild := range map[string]bool{"everywhere": false, "in one server": true} {
		t.Run(name, func(t *testing.T) {
			p := openPortal(t, discordtest.Options{})
			where, puts := func(s *Sync) {}, "PUT /applications/{application_id}/commands"
			if guild {
				where, puts = func(s *Sync) { s.Guild = p.guild.ID }, "PUT /applications/{application_id}/guilds/{guild_id}/commands"
			}
			dry := p.sync(t, func(s *Sync) { where(s); s.DryRun = true })
			if len(dry) != registered(p.router) || dry[0] != "+ ask" {
				t.Errorf("the difference is %q", dry)
			}
			if n := len(p.CallsTo(puts)); n != 0 {
				t.Errorf("a dry run changed something %d times", n)
			}
			if first := p.sync(t, where); !reflect.DeepEqual(first, dry) {
				t.Errorf("the difference was %q, now it is %q", dry, first)
			}
			if again := p.sync(t, where); len(again) != 0 {
				t.Errorf("after a sync there is a difference: %q", again)
			}
			if n := len(p.CallsTo(puts)); n != 1 {
				t.Errorf("%d times something was sent", n)
			}
		})
	}
}

// A trial in one server ends without traces, and leaves what is known
// everywhere.
func TestCommandsCanBeRemoved(t *testing.T) {
	p := openPortal(t, discordtest.Options{})
	trial := func(s *Sync) { s.Guild = p.guild.ID }
	p.sync(t, nil)
	p.sync(t, trial)
	removed := p.sync(t, func(s *Sync) { trial(s); s.Remove = true })
	if len(removed) != registered(p.router) || removed[0] != "- ask" {
		t.Errorf("the difference is %q", removed)
	}
	if again := p.sync(t, func(s *Sync) { trial(s); s.Remove = true }); len(again) != 0 {
		t.Errorf("left over: %q", again)
	}
	if global := p.sync(t, nil); len(global) != 0 {
		t.Errorf("everywhere there is a difference now: %q", global)
	}
}

func TestAConfiguredApplicationIsNotAskedFor(t *testing.T) {
	p := openPortal(t, discordtest.Options{})
	p.sync(t, func(s *Sync) { s.Application = p.ApplicationID() })
	if n := len(p.CallsTo("GET /applications/@me")); n != 0 {
		t.Errorf("it was asked for %d times", n)
	}
}

// Each case changes what Discord has of the right commands.
func TestDifferencesAreReadable(t *testing.T) {
	everyone := int64(32)
	restricted := true
	command := func(list []*discordgo.ApplicationCommand, name string) *discordgo.ApplicationCommand {
		for _, c := range list {
			if c.Name == name {
				return c
			}
		}
		t.Fatalf("there is no command %s", name)
		return nil
	}
	tests := map[string]struct {
		change func([]*discordgo.ApplicationCommand) []*discordgo.ApplicationCommand
		want   string
	}{
		"nothing": {func(l []*discordgo.ApplicationCommand) []*discordgo.ApplicationCommand { return l }, ""},
		"one is missing": {
			func(l []*discordgo.ApplicationCommand) []*discordgo.ApplicationCommand { return l[1:] }, "+ ask",
		},
		"one is too many": {func(l []*discordgo.ApplicationCommand) []*discordgo.ApplicationCommand {
			return append(l, &discordgo.ApplicationCommand{Type: 1, Name: "old"})
		}, "- old"},
		"one of another type": {func(l []*discordgo.ApplicationCommand) []*discordgo.ApplicationCommand {
			return append([]*discordgo.ApplicationCommand{{Type: 2, Name: "ask"}}, l...)
		}, `- "ask" (in the menu)`},
		"a name that steers a terminal": {func(l []*discordgo.ApplicationCommand) []*discordgo.ApplicationCommand {
			return append(l, &discordgo.ApplicationCommand{Type: 1, Name: "o\x1b[2Jld"})
		}, "- o[2Jld"},
		"a description": {func(l []*discordgo.ApplicationCommand) []*discordgo.ApplicationCommand {
			command(l, "about").Description = "Old\nwords"
			return l
		}, `~ about: description "See what this is and how current it is", not "Old\nwords"`},
		"translations": {func(l []*discordgo.ApplicationCommand) []*discordgo.ApplicationCommand {
			c := command(l, "about")
			delete(*c.NameLocalizations, "zh-CN")
			(*c.DescriptionLocalizations)["fr"] = "À propos"
			return l
		}, "~ about: name in zh-CN \"关于\", not \"\"\n~ about: description in fr \"\", not \"À propos\""},
		"options": {func(l []*discordgo.ApplicationCommand) []*discordgo.ApplicationCommand {
			c := command(l, "ask")
			c.Options = append(c.Options[1:], &discordgo.ApplicationCommandOption{Type: 3, Name: "gone", Description: "x"})
			return l
		}, "~ ask: new option question\n~ ask: no option gone"},
		"the order of options": {func(l []*discordgo.ApplicationCommand) []*discordgo.ApplicationCommand {
			o := command(l, "ask").Options
			o[1], o[2] = o[2], o[1]
			return l
		}, "~ ask: options in another order"},
		"what an option may hold": {func(l []*discordgo.ApplicationCommand) []*discordgo.ApplicationCommand {
			o := command(l, "ask").Options
			o[0].MaxLength, o[0].Autocomplete, o[0].Required = 10, false, false
			o[1].Choices = o[1].Choices[1:]
			least := 5.0
			command(l, "show").Options[1].MinValue = &least
			return l
		}, "~ ask: option question: required changed\n~ ask: option question: completion changed\n~ ask: option question: longest text changed\n" +
			"~ ask: option lang: choices changed\n~ show: option item: least value changed"},
		"an option's texts": {func(l []*discordgo.ApplicationCommand) []*discordgo.ApplicationCommand {
			o := command(l, "ask").Options[0]
			o.Description, o.NameLocalizations["zh-TW"] = "x", "提問"
			return l
		}, "~ ask: option question: description \"your question\", not \"x\"\n~ ask: option question: name in zh-TW \"問題\", not \"提問\""},
		"subcommands": {func(l []*discordgo.ApplicationCommand) []*discordgo.ApplicationCommand {
			o := command(l, "digest").Options
			o[0].Options[0].Required, o[1].Description = false, "x"
			command(l, "digest").Options = append(o[:8], &discordgo.ApplicationCommandOption{Type: 1, Name: "gone", Description: "x"}, o[9])
			return l
		}, "~ digest: option subscribe: option times: required changed\n~ digest: option list: description \"List the digests of this channel\", not \"x\"\n" +
			"~ digest: new option now\n~ digest: no option gone"},
		"where it can be used": {func(l []*discordgo.ApplicationCommand) []*discordgo.ApplicationCommand {
			c := command(l, "ask")
			c.Contexts, c.IntegrationTypes = nil, &[]discordgo.ApplicationIntegrationType{0}
			return l
		}, "~ ask: contexts [0 1 2], not []\n~ ask: integration types [0 1], not [0]"},
		"the order of where it can be used": {func(l []*discordgo.ApplicationCommand) []*discordgo.ApplicationCommand {
			command(l, "ask").Contexts = &[]discordgo.InteractionContextType{2, 0, 1}
			return l
		}, ""},
		"who may use it": {func(l []*discordgo.ApplicationCommand) []*discordgo.ApplicationCommand {
			command(l, "ask").DefaultMemberPermissions, command(l, "more").NSFW = &everyone, &restricted
			return l
		}, "~ ask: for everyone, not for members with the permissions 32\n~ more: not for age-restricted channels only"},
	}
	want := Commands(bottest.Router(t), true)
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			b, err := json.Marshal(want)
			if err != nil {
				t.Fatal(err)
			}
			var known []*discordgo.ApplicationCommand
			if err := json.Unmarshal(b, &known); err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(compare(test.change(known), want, true), "\n"); got != test.want {
				t.Errorf("got\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}

// What Discord says of a server's commands beside what it was told.
func TestWhatDiscordAddsIsNoDifference(t *testing.T) {
	want := Commands(bottest.Router(t), false)
	b, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var known []*discordgo.ApplicationCommand
	if err := json.Unmarshal(b, &known); err != nil {
		t.Fatal(err)
	}
	no, yes := false, true
	for i, c := range known {
		c.ID, c.ApplicationID, c.Version, c.GuildID = "1", "2", "3", "4"
		c.NSFW, c.DMPermission, c.DefaultPermission = &no, &yes, &yes //nolint:staticcheck // Discord still sends what is deprecated
		c.IntegrationTypes = &[]discordgo.ApplicationIntegrationType{0}
		if i%2 == 0 {
			c.Contexts = &[]discordgo.InteractionContextType{}
		}
	}
	slices.Reverse(known)
	if got := compare(known, want, false); len(got) != 0 {
		t.Errorf("got %q", got)
	}
}

func TestASyncThatFailsSaysWhatToDo(t *testing.T) {
	tests := map[string]struct {
		change func(*portal, *Sync)
		kind   bot.Kind
		want   string
	}{
		"a refused token": {
			func(p *portal, s *Sync) { s.REST = p.clientWith(t, rest.Options{Token: "another.token"}) },
			bot.Unavailable, "Discord refuses the token",
		},
		"another application": {
			func(_ *portal, s *Sync) { s.Application = "424242" },
			bot.Denied, "unset discord.application_id",
		},
		"a server without the bot": {
			func(p *portal, s *Sync) { p.guild.Kick(); s.Guild = p.guild.ID },
			bot.Denied, `invite it by the address that "briefbot discord invite" prints`,
		},
		"an unknown server": {
			func(_ *portal, s *Sync) { s.Guild = "424242" },
			bot.Denied, "The bot is not in the server 424242",
		},
		"no id": {
			func(_ *portal, s *Sync) { s.Guild = "Harbour" },
			bot.Invalid, "check the guild id",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			p := openPortal(t, discordtest.Options{})
			s := Sync{REST: p.client, Router: p.router}
			test.change(p, &s)
			_, err := s.Run(t.Context())
			e, ok := errors.AsType[*bot.Error](err)
			if !ok || e.Kind != test.kind || !strings.Contains(e.Message, test.want) {
				t.Errorf("got %v, want a %s error with %q", err, test.kind, test.want)
			}
		})
	}
}

// What could not be told is still known to differ.
func TestADifferenceThatIsNotTakenIsReturned(t *testing.T) {
	p := openPortal(t, discordtest.Options{})
	p.Fail(discordtest.Fault{On: "PUT /applications/{application_id}/commands", Do: discordtest.Refuse(500), Times: -1})
	difference, err := Sync{REST: p.client, Router: p.router}.Run(t.Context())
	if err == nil || len(difference) == 0 {
		t.Errorf("%d differences, %v", len(difference), err)
	}
}
