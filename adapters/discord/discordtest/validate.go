package discordtest

import (
	"fmt"
	"net/url"
	"strings"
	"unicode/utf8"
)

// The limits of messages. Lengths are in code points.
const (
	maxContent     = 2000 // https://discord.com/developers/docs/resources/message#create-message
	maxNonce       = 25
	maxEmbeds      = 10 // https://discord.com/developers/docs/resources/message#embed-object-embed-limits
	maxEmbedTitle  = 256
	maxEmbedText   = 4096
	maxEmbedFields = 25
	maxFieldName   = 256
	maxFieldValue  = 1024
	maxFooter      = 2048
	maxAuthor      = 256
	maxEmbedsText  = 6000 // over all embeds of a message
)

// messageRules say what kind of message a body makes.
type messageRules struct {
	create   bool  // a message of its own, with a nonce
	edits    *post // the message that is edited
	response bool  // to an interaction, which may be ephemeral
}

// problems collects what is wrong with a body.
type problems struct{ list []problem }

func (p *problems) add(path []string, code, format string, args ...any) {
	p.list = append(p.list, problem{path: path, code: code, text: fmt.Sprintf(format, args...)})
}

func (p *problems) tooLong(path []string, text string, most int) {
	if n := length(text); n > most {
		p.add(path, "BASE_TYPE_MAX_LENGTH", "%d characters, at most %d", n, most)
	}
	if !utf8.ValidString(text) || strings.ContainsRune(text, utf8.RuneError) {
		p.add(path, "FAKE", "holds U+FFFD, which is what is left of broken text")
	}
}

// checkMessage holds the body of a message against the rules that Discord's
// description leaves out. The lock must be held.
func (s *Server) checkMessage(body object, rules messageRules) []problem {
	p := &problems{}
	flags, v2 := checkFlags(p, body, rules)
	s.checkMentions(p, body)
	checkNonce(p, body)
	content, embeds, components := asString(body["content"]), asArray(body["embeds"]), asArray(body["components"])
	if v2 {
		for _, key := range []string{"content", "embeds", "poll", "sticker_ids"} {
			if !empty(body[key]) {
				p.add([]string{key}, "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2", "The '%s' field cannot be used when using MessageFlags.IS_COMPONENTS_V2", key)
			}
		}
		if rules.edits != nil && rules.edits.flags&flagComponentsV2 == 0 && rules.edits.content != "" && body["content"] != any(nil) {
			p.add([]string{"content"}, "FAKE", "an edit to Components V2 must set content to null")
		}
	}
	p.tooLong([]string{"content"}, content, maxContent)
	checkEmbeds(p, embeds)
	_, given := body["components"]
	if given {
		checkComponents(p, components, v2)
	}
	if rules.edits == nil && content == "" && len(embeds) == 0 && len(components) == 0 {
		p.add(nil, "50006", "Cannot send an empty message")
	}
	if v2 && len(components) == 0 && (rules.edits == nil || given) {
		p.add([]string{"components"}, "BASE_TYPE_REQUIRED", "a message of components has none")
	}
	if rules.edits != nil && flags&flagEphemeral != 0 {
		p.add([]string{"flags"}, "FAKE", "an edit cannot change who sees a message")
	}
	return p.list
}

// empty says whether a key of a body holds nothing.
func empty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case []any:
		return len(v) == 0
	}
	return false
}

// checkFlags returns the flags of a body, and whether the message is made of
// Components V2.
func checkFlags(p *problems, body object, rules messageRules) (flags int, v2 bool) {
	flags = asInt(body["flags"])
	allowed := flagSuppressEmbeds | flagComponentsV2
	if rules.edits == nil {
		allowed |= flagSuppressNotifications
	}
	if rules.response {
		allowed |= flagEphemeral
	}
	if extra := flags &^ allowed; extra != 0 {
		p.add([]string{"flags"}, "FAKE", "%d cannot be set here", extra)
	}
	v2 = flags&flagComponentsV2 != 0
	if rules.edits != nil && rules.edits.flags&flagComponentsV2 != 0 {
		if given, set := body["flags"]; set && given != nil && !v2 {
			p.add([]string{"flags"}, "FAKE", "Components V2 cannot be taken from a message")
		}
		v2 = true
	}
	return flags, v2
}

// checkMentions holds to this project's own rule that nothing that the bot
// posts may mention anybody: allowed_mentions must be there and empty.
func (s *Server) checkMentions(p *problems, body object) {
	if s.o.AnyMentions {
		return
	}
	path := []string{"allowed_mentions"}
	mentions := asObject(body["allowed_mentions"])
	if mentions == nil {
		p.add(path, "PROJECT", "missing; every message must carry it with an empty parse")
		return
	}
	if parse, isList := mentions["parse"].([]any); !isList || len(parse) > 0 {
		p.add(at(path, "parse"), "PROJECT", "must be an empty array")
	}
	for _, key := range []string{"users", "roles"} {
		if !empty(mentions[key]) {
			p.add(at(path, key), "PROJECT", "nobody may be mentioned")
		}
	}
}

func checkNonce(p *problems, body object) {
	nonce := body["nonce"]
	if nonce != nil && length(fmt.Sprint(nonce)) > maxNonce {
		p.add([]string{"nonce"}, "NONCE_TYPE_TOO_LONG", "at most %d characters", maxNonce)
	}
	if body["enforce_nonce"] == true && empty(nonce) {
		p.add([]string{"enforce_nonce"}, "FAKE", "there is no nonce to enforce")
	}
}

func checkEmbeds(p *problems, embeds []any) {
	if len(embeds) > maxEmbeds {
		p.add([]string{"embeds"}, "BASE_TYPE_MAX_LENGTH", "at most %d", maxEmbeds)
	}
	total := 0
	for i, e := range embeds {
		e, path := asObject(e), at(nil, "embeds", i)
		part := func(path []string, value any, most int) {
			text := asString(value)
			total += length(strings.TrimSpace(text))
			p.tooLong(path, text, most)
		}
		part(at(path, "title"), e["title"], maxEmbedTitle)
		part(at(path, "description"), e["description"], maxEmbedText)
		part(at(path, "footer", "text"), asObject(e["footer"])["text"], maxFooter)
		part(at(path, "author", "name"), asObject(e["author"])["name"], maxAuthor)
		fields := asArray(e["fields"])
		if len(fields) > maxEmbedFields {
			p.add(at(path, "fields"), "BASE_TYPE_MAX_LENGTH", "%d fields, at most %d", len(fields), maxEmbedFields)
		}
		for j, f := range fields {
			f := asObject(f)
			part(at(path, "fields", j, "name"), f["name"], maxFieldName)
			part(at(path, "fields", j, "value"), f["value"], maxFieldValue)
			for _, key := range []string{"name", "value"} {
				if strings.TrimSpace(asString(f[key])) == "" {
					p.add(at(path, "fields", j, key), "BASE_TYPE_REQUIRED", "This field is required")
				}
			}
		}
		if address := e["url"]; address != nil && !isWebURL(asString(address)) {
			p.add(at(path, "url"), "URL_TYPE_INVALID_URL", "not a web address")
		}
		shown := false
		for _, key := range []string{"title", "description", "footer", "author", "fields", "image", "thumbnail"} {
			shown = shown || !empty(e[key])
		}
		if !shown {
			p.add(path, "BASE_TYPE_REQUIRED", "the embed shows nothing")
		}
	}
	if total > maxEmbedsText {
		p.add([]string{"embeds"}, "MAX_EMBED_SIZE_EXCEEDED", "%d characters over all embeds, at most %d", total, maxEmbedsText)
	}
}

func isWebURL(address string) bool {
	u, err := url.Parse(address)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}
