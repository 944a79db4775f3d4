package discord

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/bwmarrin/discordgo"

	"briefbot/adapters/discord/rest"
	"briefbot/bot"
)

// Sync brings the commands that Discord knows in line with the registry.
type Sync struct {
	REST        *rest.Client
	Router      *bot.Router
	Application string // id; Discord is asked where empty
	Guild       string // id of the only server that gets the commands; "" for everywhere
	Remove      bool   // leaves no command there, such as those that one server got for a trial
	DryRun      bool   // changes nothing
}

// Run returns what differs from the registry, a line each: "+ ask" for a
// command that Discord lacks, "- old" for one that the registry lacks, and
// "~ ask: description …" for one that changed. Unless it is a dry run,
// nothing of that differs afterwards; where nothing did, nothing is sent.
func (s Sync) Run(ctx context.Context) (difference []string, err error) {
	if s.Application, err = s.application(ctx); err != nil {
		return nil, err
	}
	known, err := s.REST.Commands(ctx, s.Application, s.Guild)
	if err != nil {
		return nil, s.explain(err)
	}
	want := []ApplicationCommand{} // which is not null
	if !s.Remove {
		want = Commands(s.Router, s.Guild == "")
	}
	difference = compare(known, want, s.Guild == "")
	if len(difference) == 0 || s.DryRun {
		return difference, nil
	}
	_, err = s.REST.OverwriteCommands(ctx, s.Application, s.Guild, want)
	return difference, s.explain(err)
}

// KnownEverywhere reports whether any commands are known everywhere: a server
// that has its own shows both.
func (s Sync) KnownEverywhere(ctx context.Context) (bool, error) {
	application, err := s.application(ctx)
	if err != nil {
		return false, err
	}
	known, err := s.REST.Commands(ctx, application, "")
	return len(known) > 0, err
}

func (s Sync) application(ctx context.Context) (id string, err error) {
	if s.Application != "" {
		return s.Application, nil
	}
	app, err := s.REST.Application(ctx)
	return app.ID, err
}

// explain says what a refusal means here.
func (s Sync) explain(err error) error {
	e, ok := errors.AsType[*bot.Error](err)
	switch {
	case !ok:
		return err
	case s.Guild != "" && (e.Kind == bot.Denied || e.Kind == bot.NotFound):
		return &bot.Error{Kind: e.Kind, Err: e.Err, Message: fmt.Sprintf(
			"The bot is not in the server %s, or was not allowed commands there; invite it by the address that \"briefbot discord invite\" prints, or check the id.", s.Guild)}
	case e.Kind == bot.Denied:
		return &bot.Error{Kind: e.Kind, Err: e.Err, Message: "Discord does not let this token change the commands of this application; unset discord.application_id, or set the id of the token's application."}
	}
	return err
}

// compare lists how the commands that Discord has differ from those that it
// should have.
func compare(known []*discordgo.ApplicationCommand, want []ApplicationCommand, everywhere bool) []string {
	var lines []string
	kept := map[int]bool{}
	for _, w := range want {
		i := slices.IndexFunc(known, func(k *discordgo.ApplicationCommand) bool {
			return int(k.Type) == w.Type && k.Name == w.Name
		})
		if i < 0 {
			lines = append(lines, "+ "+shownName(w.Type, w.Name))
			continue
		}
		kept[i] = true
		for _, change := range changes(known[i], w, everywhere) {
			lines = append(lines, "~ "+shownName(w.Type, w.Name)+": "+change)
		}
	}
	for i, k := range known {
		if !kept[i] {
			lines = append(lines, "- "+shownName(int(k.Type), k.Name))
		}
	}
	return lines
}

// shownName names a command in a line. What comes from Discord may be any
// text.
func shownName(kind int, name string) string {
	name = bot.Excerpt(name)
	if kind == commandChat {
		return name
	}
	return fmt.Sprintf("%q (in the menu)", name)
}

// changes compares one command field by field.
func changes(known *discordgo.ApplicationCommand, want ApplicationCommand, everywhere bool) []string {
	have := commandFrom(known, everywhere)
	var list []string
	list = append(list, changedText("description", have.Description, want.Description)...)
	list = append(list, changedTexts("name", have.Names, want.Names)...)
	list = append(list, changedTexts("description", have.Descriptions, want.Descriptions)...)
	list = append(list, changedOptions(have.Options, want.Options)...)
	if !slices.Equal(have.Contexts, want.Contexts) {
		list = append(list, fmt.Sprintf("contexts %v, not %v", want.Contexts, have.Contexts))
	}
	if !slices.Equal(have.IntegrationTypes, want.IntegrationTypes) {
		list = append(list, fmt.Sprintf("integration types %v, not %v", want.IntegrationTypes, have.IntegrationTypes))
	}
	if p := known.DefaultMemberPermissions; p != nil {
		list = append(list, fmt.Sprintf("for everyone, not for members with the permissions %d", *p))
	}
	if known.NSFW != nil && *known.NSFW {
		list = append(list, "not for age-restricted channels only")
	}
	return list
}

func changedText(what, have, want string) []string {
	if have == want {
		return nil
	}
	return []string{fmt.Sprintf("%s %q, not %q", what, want, have)}
}

// changedTexts compares texts by locale.
func changedTexts(what string, have, want map[string]string) []string {
	all := maps.Clone(have)
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, want)
	var list []string
	for _, locale := range slices.Sorted(maps.Keys(all)) {
		list = append(list, changedText(what+" in "+bot.Excerpt(locale), have[locale], want[locale])...)
	}
	return list
}

func changedOptions(have, want []ApplicationOption) []string {
	var list []string
	for _, w := range want {
		i := slices.IndexFunc(have, func(o ApplicationOption) bool { return o.Name == w.Name })
		if i < 0 {
			list = append(list, "new option "+w.Name)
			continue
		}
		for _, change := range changedOption(have[i], w) {
			list = append(list, "option "+w.Name+": "+change)
		}
	}
	for _, h := range have {
		if !slices.ContainsFunc(want, func(o ApplicationOption) bool { return o.Name == h.Name }) {
			list = append(list, "no option "+bot.Excerpt(h.Name))
		}
	}
	if len(list) == 0 && !slices.EqualFunc(have, want, func(a, b ApplicationOption) bool { return a.Name == b.Name }) {
		list = append(list, "options in another order")
	}
	return list
}

func changedOption(have, want ApplicationOption) []string {
	var list []string
	list = append(list, changedText("description", have.Description, want.Description)...)
	list = append(list, changedTexts("name", have.Names, want.Names)...)
	list = append(list, changedTexts("description", have.Descriptions, want.Descriptions)...)
	list = append(list, changedOptions(have.Options, want.Options)...)
	for _, field := range []struct {
		what       string
		have, want any
	}{
		{"type", have.Type, want.Type},
		{"required", have.Required, want.Required},
		{"completion", have.Autocomplete, want.Autocomplete},
		{"choices", have.Choices, want.Choices},
		{"least value", have.MinValue, want.MinValue},
		{"longest text", have.MaxLength, want.MaxLength},
	} {
		if !reflect.DeepEqual(field.have, field.want) {
			list = append(list, field.what+" changed")
		}
	}
	return list
}

// commandFrom makes what Discord tells of a command comparable: without what
// Discord adds, and with an empty value for what it leaves out.
func commandFrom(k *discordgo.ApplicationCommand, everywhere bool) ApplicationCommand {
	c := ApplicationCommand{Type: int(k.Type), Name: k.Name, Description: k.Description}
	if k.NameLocalizations != nil {
		c.Names = textsFrom(*k.NameLocalizations)
	}
	if k.DescriptionLocalizations != nil {
		c.Descriptions = textsFrom(*k.DescriptionLocalizations)
	}
	for _, o := range k.Options {
		c.Options = append(c.Options, optionFrom(o))
	}
	if everywhere { // of a server's commands they say nothing
		if k.Contexts != nil {
			c.Contexts = sorted(*k.Contexts)
		}
		if k.IntegrationTypes != nil {
			c.IntegrationTypes = sorted(*k.IntegrationTypes)
		}
	}
	return c
}

func optionFrom(k *discordgo.ApplicationCommandOption) ApplicationOption {
	o := ApplicationOption{
		Type: int(k.Type), Name: k.Name, Names: textsFrom(k.NameLocalizations),
		Description: k.Description, Descriptions: textsFrom(k.DescriptionLocalizations),
		Required: k.Required, Autocomplete: k.Autocomplete, MaxLength: k.MaxLength,
	}
	if k.MinValue != nil {
		least := int(*k.MinValue)
		o.MinValue = &least
	}
	for _, choice := range k.Choices {
		o.Choices = append(o.Choices, ApplicationChoice{
			Name: choice.Name, Names: textsFrom(choice.NameLocalizations), Value: fmt.Sprint(choice.Value),
		})
	}
	for _, below := range k.Options {
		o.Options = append(o.Options, optionFrom(below))
	}
	return o
}

func textsFrom(known map[discordgo.Locale]string) map[string]string {
	var texts map[string]string
	for locale, text := range known {
		texts = put(texts, string(locale), text)
	}
	return texts
}

func sorted[T ~uint](known []T) []int {
	var list []int
	for _, n := range known {
		list = append(list, int(n))
	}
	slices.Sort(list)
	return list
}
