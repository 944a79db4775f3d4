package web

import (
	"cmp"
	"crypto/rand"
	"net/http"
	"regexp"
	"strings"

	"golang.org/x/text/language"

	"briefbot/bot"
	"briefbot/bot/i18n"
	"briefbot/content"
)

// The cookies. Neither says who the visitor is, and no script can read them.
const (
	langCookie   = "briefbot_lang"   // the language chosen, for a year
	threadCookie = "briefbot_thread" // what follow-ups refer to, until the browser closes
)

const yearSeconds = 365 * 24 * 60 * 60

// maxAcceptLanguage bounds what is parsed; browsers send less than 100 bytes.
const maxAcceptLanguage = 256

var threadPattern = regexp.MustCompile(`^[A-Z2-7]{26}$`) // what rand.Text writes

// lang returns the language of the interface: the one named in the query or
// chosen before, or else what the browser prefers.
func (s *site) lang(r *http.Request) content.Lang {
	if lang, ok := s.chosenLang(r); ok {
		return lang
	}
	if c, err := r.Cookie(langCookie); err == nil && content.Lang(c.Value).Valid() {
		return content.Lang(c.Value)
	}
	return preferredLang(r.Header.Get("Accept-Language"), s.Lang)
}

// chosenLang returns the language that the query names for the interface.
// On the page of a command that takes a language itself, it is the command's.
func (s *site) chosenLang(r *http.Request) (content.Lang, bool) {
	if s.langIsArgument(r) {
		return "", false
	}
	lang := content.Lang(r.URL.Query().Get("lang"))
	return lang, lang.Valid()
}

func (s *site) langIsArgument(r *http.Request) bool {
	command, ok := s.find(r.PathValue("command"))
	return ok && takes(command, "lang")
}

// preferredLang matches an Accept-Language header; fallback where it names no
// language of the interface.
func preferredLang(header string, fallback content.Lang) content.Lang {
	langs := []content.Lang{cmp.Or(fallback, content.English), content.English, content.Hans, content.Hant}
	if header == "" || len(header) > maxAcceptLanguage {
		return langs[0]
	}
	wanted, _, err := language.ParseAcceptLanguage(header)
	if err != nil {
		return langs[0]
	}
	var tags []language.Tag
	for _, l := range langs {
		tags = append(tags, language.Make(string(l)))
	}
	_, i, confidence := language.NewMatcher(tags).Match(wanted...)
	if confidence == language.No {
		return langs[0]
	}
	return langs[i]
}

func (s *site) phrases(r *http.Request) i18n.Printer { return s.Router.Phrases(s.lang(r)) }

func (s *site) rememberLang(w http.ResponseWriter, lang content.Lang) {
	s.setCookie(w, &http.Cookie{Name: langCookie, Value: string(lang), MaxAge: yearSeconds})
}

// thread returns the conversation of a browser. It starts one where there is
// none.
func (s *site) thread(w http.ResponseWriter, r *http.Request) bot.Place {
	place := knownThread(r)
	if place.Thread == "" {
		place.Thread = rand.Text()
		s.setCookie(w, &http.Cookie{Name: threadCookie, Value: place.Thread})
	}
	return place
}

// knownThread returns the conversation of a browser that has one. Readers
// and crawlers, who only follow links, get none.
func knownThread(r *http.Request) bot.Place {
	place := bot.Place{Platform: "web"}
	if c, err := r.Cookie(threadCookie); err == nil && threadPattern.MatchString(c.Value) {
		place.Thread = c.Value
	}
	return place
}

func (s *site) setCookie(w http.ResponseWriter, c *http.Cookie) {
	c.Path = "/"
	c.HttpOnly = true
	c.SameSite = http.SameSiteLaxMode
	c.Secure = strings.HasPrefix(s.PublicURL, "https://")
	http.SetCookie(w, c)
}
