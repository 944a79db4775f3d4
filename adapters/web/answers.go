package web

import (
	"cmp"
	"net/http"
	"strings"

	"briefbot/bot"
	"briefbot/content"
)

// answered is the body of answer.html.
type answered struct {
	Asked string // the question or line, "" for the page of a command
	Card  *card
}

// answer replies to a line of the ask box.
func (s *site) answer(w http.ResponseWriter, r *http.Request, line string) {
	v := s.view(r, "")
	reply := s.responder.Respond(r.Context(), bot.Request{Text: line, Lang: v.Lang(), Place: s.thread(w, r)})
	s.reply(w, r, v, line, reply)
}

// search lists the entries that have most to do with some words. It is the
// second button of the ask box.
func (s *site) search(w http.ResponseWriter, r *http.Request) {
	words := r.URL.Query().Get("q")
	command, ok := s.find("search")
	if !ok || len(command.Params) == 0 {
		s.fail(w, r, http.StatusNotFound)
		return
	}
	if strings.TrimSpace(words) == "" {
		s.form(w, r, command)
		return
	}
	v := s.view(r, "")
	reply := s.responder.Respond(r.Context(), bot.Request{
		Command: command.Name, Args: map[string]string{command.Params[0].Name: words}, Lang: v.Lang(), Place: s.thread(w, r),
	})
	s.reply(w, r, v, words, reply)
}

// command runs a command with the arguments of the query. A command that
// needs more than the query gives shows its form.
//
// It is a GET: links, crawlers and other sites can cause it. A command that
// changes more than what the reader is shown must not be reachable so: it is
// for managers, and nobody manages anything here, so that the router says
// where it works.
func (s *site) command(w http.ResponseWriter, r *http.Request) {
	command, ok := s.find(r.PathValue("command"))
	if !ok {
		s.fail(w, r, http.StatusNotFound)
		return
	}
	args := map[string]string{}
	for name, values := range r.URL.Query() {
		if (name == "lang" || name == replyLang) && !takes(command, name) {
			continue // the language of the page, and of the reply
		}
		if values[0] != "" { // an empty field of a form is one not given
			args[name] = values[0]
		}
	}
	for _, p := range command.Params {
		if p.Required && command.Access == bot.Anyone && strings.TrimSpace(args[p.Name]) == "" {
			s.form(w, r, command)
			return
		}
	}
	v := s.view(r, "")
	var asked string
	for _, p := range command.Params {
		if p.Kind == bot.KindQuestion {
			asked = args[p.Name]
		}
	}
	lang := content.Lang(r.URL.Query().Get(replyLang))
	if !lang.Valid() {
		lang = v.Lang()
	}
	reply := s.responder.Respond(r.Context(), bot.Request{Command: command.Name, Args: args, Lang: lang, Place: s.thread(w, r)})
	if reply.Err != nil && len(args) == 0 && len(command.Params) > 0 && command.Access == bot.Anyone {
		s.form(w, r, command) // it has nothing to go by
		return
	}
	s.reply(w, r, v, asked, reply)
}

// reply shows what the responder says to what was asked.
func (s *site) reply(w http.ResponseWriter, r *http.Request, v view, asked string, reply bot.Reply) {
	if reply.Prefer.Valid() {
		s.rememberLang(w, reply.Prefer)
		v.Words = s.Router.Phrases(reply.Prefer)
		for i := range v.Langs {
			v.Langs[i].Current = v.Langs[i].Lang == reply.Prefer
		}
	}
	c := newCard(reply.Message, s.Router.Phrases(reply.Lang))
	if c.Lang != v.Lang() {
		c.stayInLang()
	}
	if reply.Answer != nil {
		c.State = string(reply.Answer.Status)
	}
	if reply.Err != nil {
		c.State = "error"
		setRetryAfter(w, reply.Err.Delay)
	}
	v.Query = printable(asked)
	v.Title = cmp.Or(c.Title, printable(asked), v.T("web.answer"))
	v.AskHere = true
	v.Body = answered{Asked: printable(asked), Card: c}
	s.show(w, r, statusOf(reply.Err), "answer", v)
}

// formed is the body of form.html: a command with fields for its parameters.
type formed struct {
	Name, Summary string
	Fields        []field
}

type field struct {
	Name, Label string
	Kind        string // "text", "number" or "select"
	Required    bool
	Groups      []group
}

// group is a part of the values that a field offers; all of them are one
// group without a label where there is nothing to tell apart.
type group struct {
	Label   string
	Options []bot.Choice
}

// maxOptions bounds a field that offers every entry. Where there are more,
// it is typed.
const maxOptions = 500

// form shows the fields of a command.
func (s *site) form(w http.ResponseWriter, r *http.Request, command bot.Command) {
	v := s.view(r, "")
	library := s.Router.Shelf().Library
	body := formed{Name: command.Name, Summary: v.T(command.Summary)}
	for _, p := range command.Params {
		f := field{Name: p.Name, Label: v.T(p.Summary), Kind: "text", Required: p.Required}
		switch p.Kind {
		case bot.KindNumber:
			f.Kind = "number"
		case bot.KindLang:
			f.Kind, f.Groups = "select", langGroups()
		case bot.KindLangs, bot.KindChoice:
			f.Kind, f.Groups = "select", s.proposed(r, command, p, v.Lang())
		case bot.KindBriefing:
			f.Kind, f.Groups = "select", briefingGroups(library, v.Lang())
		case bot.KindEntry:
			if library.Len() <= maxOptions {
				f.Kind, f.Groups = "select", entryGroups(library, v.Lang())
			}
		case bot.KindTopic, bot.KindCommand, bot.KindTopics, bot.KindTimes, bot.KindDays, bot.KindZone, bot.KindDates:
			f.Groups = s.proposed(r, command, p, v.Lang())
		case bot.KindText, bot.KindQuestion:
		}
		body.Fields = append(body.Fields, f)
	}
	v.Title, v.Body = body.Summary, body
	s.show(w, r, http.StatusOK, "form", v)
}

// proposed are the values that a command proposes for a parameter.
func (s *site) proposed(r *http.Request, command bot.Command, p bot.Param, lang content.Lang) []group {
	request := bot.Request{Command: command.Name, Lang: lang, Place: bot.Place{Platform: "web"}}
	return []group{{Options: s.Router.Complete(r.Context(), request, p.Name, "")}}
}

func langGroups() []group {
	var g group
	for _, lang := range content.Langs() {
		g.Options = append(g.Options, bot.Choice{Label: langName(lang), Value: string(lang)})
	}
	return []group{g}
}

func briefingGroups(library *content.Library, lang content.Lang) []group {
	var g group
	for _, b := range library.Briefings() {
		g.Options = append(g.Options, bot.Choice{Label: b.Title.In(lang), Value: b.ID})
	}
	return []group{g}
}

func entryGroups(library *content.Library, lang content.Lang) []group {
	var groups []group
	for _, b := range library.Briefings() {
		g := group{Label: b.Title.In(lang)}
		for i := range b.Entries {
			e := &b.Entries[i]
			ref := content.Ref{Briefing: b.ID, Entry: e.ID}
			g.Options = append(g.Options, bot.Choice{Label: e.Title.In(lang), Value: ref.String()})
		}
		groups = append(groups, g)
	}
	return groups
}

func (s *site) find(name string) (bot.Command, bool) {
	for _, c := range s.Router.Commands() {
		if c.Name == name {
			return c, true
		}
	}
	return bot.Command{}, false
}

func takes(c bot.Command, param string) bool {
	for _, p := range c.Params {
		if p.Name == param {
			return true
		}
	}
	return false
}

// statusOf returns the HTTP status of an error; 200 for none.
func statusOf(err *bot.Error) int {
	if err == nil {
		return http.StatusOK
	}
	switch err.Kind {
	case bot.Invalid:
		return http.StatusBadRequest
	case bot.NotFound:
		return http.StatusNotFound
	case bot.Denied:
		return http.StatusForbidden
	case bot.RateLimited:
		return http.StatusTooManyRequests
	case bot.Unavailable:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

func briefingPath(id string) string { return bot.BriefingPath(id) }

func entryPath(briefing, entry string) string {
	return bot.EntryPath(content.Ref{Briefing: briefing, Entry: entry})
}
