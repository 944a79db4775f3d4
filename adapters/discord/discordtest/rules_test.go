package discordtest

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
)

const someChannel = "/channels/{channel}/messages"

// unlimited switches the limits off, where they are not what is tested.
func unlimited() Options { return Options{Limits: Limits{Off: true}} }

// desk is a fake with a bot in a channel.
type desk struct {
	s       *Server
	bot     *rest
	guild   *Guild
	channel *Channel
	user    *User
}

func newDesk(tb testing.TB, o Options) desk {
	tb.Helper()
	return newDeskOf(tb, collecting(tb, o))
}

func newDeskOf(tb testing.TB, s *Server) desk {
	tb.Helper()
	guild := s.AddGuild("Guild")
	return desk{s: s, bot: newRest(tb, s), guild: guild, channel: guild.AddChannel("general"), user: s.AddUser("Ann", "en-US")}
}

func (d desk) do(what string, body any) reply {
	return d.bot.do(strings.NewReplacer("{channel}", d.channel.ID, "{guild}", d.guild.ID, "{app}", d.s.ApplicationID()).Replace(what), body)
}

// refuses sends a body that must be refused as invalid, once, for one reason.
func (d desk) refuses(t *testing.T, what string, body any, want string) {
	t.Helper()
	before := len(d.s.Violations())
	r := d.do(what, body)
	if r.err != nil || r.status != http.StatusBadRequest || r.code(t) != 50035 {
		t.Fatalf("answered %d %v %s", r.status, r.err, r.text)
	}
	var all []string
	for _, v := range d.s.Violations()[before:] {
		all = append(all, v.String())
	}
	if !slices.ContainsFunc(all, func(v string) bool { return strings.Contains(v, want) }) {
		t.Errorf("violations are %q, want %q", all, want)
	}
}

// accepts sends a body that breaks no rule.
func (d desk) accepts(t *testing.T, what string, body any) reply {
	t.Helper()
	before := len(d.s.Violations())
	r := d.do(what, body)
	if r.err != nil || r.status >= 300 {
		t.Errorf("answered %d %v %s", r.status, r.err, r.text)
	}
	for _, v := range d.s.Violations()[before:] {
		t.Errorf("violated: %s", v)
	}
	return r
}

func plain(content string) object {
	return object{"content": content, "allowed_mentions": object{"parse": []any{}}}
}

func v2(components ...any) object {
	return object{"flags": flagComponentsV2, "allowed_mentions": object{"parse": []any{}}, "components": components}
}

func text(content string) object { return object{"type": typeText, "content": content} }

func row(inner ...any) object { return object{"type": typeRow, "components": inner} }

func button(label, id string) object {
	return object{"type": typeButton, "style": 2, "label": label, "custom_id": id}
}

func link(label, address string) object {
	return object{"type": typeButton, "style": styleLink, "label": label, "url": address}
}

func menu(options ...any) object {
	return object{"type": typeSelect, "custom_id": "menu", "options": options}
}

func option(label, value string) object { return object{"label": label, "value": value} }

func embedded(embed object) object {
	return object{"embeds": []any{embed}, "allowed_mentions": object{"parse": []any{}}}
}

// times makes n things.
func times(n int, what func(i int) any) []any {
	var all []any
	for i := range n {
		all = append(all, what(i))
	}
	return all
}

func TestMessagesThatBreakARuleAreRefused(t *testing.T) {
	long := func(n int) string { return strings.Repeat("四", n) }
	d := newDesk(t, unlimited())
	for _, test := range []struct {
		name string
		body any
		want string
	}{
		{"unknown key", with(plain("a"), object{"colour": 1}), "colour"},
		{"unknown key inside", v2(with(text("a"), object{"colour": 1})), "colour"},
		{"wrong type", with(plain("a"), object{"content": 5}), "content"},
		{"not JSON", `{"content":`, "invalid JSON"},
		{"no body", nil, "the body is missing"},
		{"empty", plain(""), "Cannot send an empty message"},
		{"content too long", plain(long(2001)), "2001 characters"},
		{"broken text", plain("a\ufffd"), "U+FFFD"},
		{"no allowed_mentions", object{"content": "a"}, "allowed_mentions: missing"},
		{"parse is null", with(plain("a"), object{"allowed_mentions": object{"parse": any(nil)}}), "allowed_mentions.parse"},
		{"parse is missing", with(plain("a"), object{"allowed_mentions": object{}}), "allowed_mentions.parse"},
		{"parse names somebody", with(plain("a"), object{"allowed_mentions": object{"parse": []any{"everyone"}}}), "allowed_mentions.parse"},
		{"users are named", with(plain("a"), object{"allowed_mentions": object{"parse": []any{}, "users": []any{"1"}}}), "allowed_mentions.users"},
		{"ephemeral without an interaction", with(plain("a"), object{"flags": 64}), "flags"},
		{"flag of another", with(plain("a"), object{"flags": 128}), "flags"},
		{"nonce too long", with(plain("a"), object{"nonce": strings.Repeat("n", 26)}), "nonce"},
		{"nonce missing", with(plain("a"), object{"enforce_nonce": true}), "enforce_nonce"},

		{"V2 with content", with(v2(text("a")), object{"content": "a"}), "content"},
		{"V2 with embeds", with(v2(text("a")), object{"embeds": []any{object{"title": "a"}}}), "embeds"},
		{"V2 with nothing", v2(), "components"},
		{"V2 without its flag", with(v2(text("a")), object{"flags": 0}), "type 10 cannot stand here"},
		{"no components in a container", v2(object{"type": typeContainer, "components": []any{}}), "components.0.components"},
		{"41 components, nested", v2(object{"type": typeContainer, "components": times(37, func(int) any { return text("a") })}, text("a"), row(button("a", "a"))), "41 components"},
		{"4001 characters over all texts", v2(text(long(2000)), object{"type": typeContainer, "components": []any{text(long(2001))}}), "4001 characters of text"},
		{"empty text", v2(text("")), "components.0.content"},
		{"blank text", v2(text(" \n")), "the text is empty"},
		{"a button outside a row", v2(button("a", "a")), "components.0"},
		{"a text in a row", v2(row(text("a"))), "components.0"},
		{"a container in a container", v2(object{"type": typeContainer, "components": []any{object{"type": typeContainer, "components": []any{text("a")}}}}), "components.0"},
		{"unknown type", v2(object{"type": 99}), "components.0"},
		{"6 buttons in a row", v2(row(times(6, func(i int) any { return button("a", fmt.Sprint(i)) })...)), "components.0.components"},
		{"an empty row", v2(row()), "components.0.components"},
		{"menu and button in a row", v2(row(menu(option("a", "a")), button("a", "a"))), "one menu"},
		{"two menus in a row", v2(row(menu(option("a", "a")), with(menu(option("a", "a")), object{"custom_id": "b"}))), "one menu"},
		{"custom id twice", v2(row(button("a", "x"), button("b", "x"))), "cannot be duplicated"},
		{"custom id missing", v2(row(object{"type": typeButton, "style": 1, "label": "a"})), "custom_id"},
		{"custom id too long", v2(row(button("a", long(101)))), "custom_id"},
		{"label too long", v2(row(button(long(81), "a"))), "label"},
		{"label missing", v2(row(object{"type": typeButton, "style": 1, "custom_id": "a"})), "label or an emoji"},
		{"label blank", v2(row(button(" ", "a"))), "label or an emoji"},
		{"link with a custom id", v2(row(with(link("a", "https://example.org"), object{"custom_id": "a"}))), "a link has no custom id"},
		{"link without address", v2(row(object{"type": typeButton, "style": styleLink, "label": "a"})), "not a web address"},
		{"link of another scheme", v2(row(link("a", "javascript:alert(1)"))), "not a web address"},
		{"link of no host", v2(row(link("a", "https:///a"))), "not a web address"},
		{"link too long", v2(row(link("a", "https://example.org/"+strings.Repeat("a", 500)))), "url"},
		{"address on a button", v2(row(with(button("a", "a"), object{"url": "https://example.org"}))), "only a link"},
		{"for sale", v2(row(object{"type": typeButton, "style": stylePremium, "sku_id": "1"})), "for sale"},
		{"no options", v2(row(menu())), "options"},
		{"26 options", v2(row(menu(times(26, func(i int) any { return option("a", fmt.Sprint(i)) })...))), "options"},
		{"option twice", v2(row(menu(option("a", "x"), option("b", "x")))), "already used"},
		{"option label too long", v2(row(menu(option(long(101), "x")))), "label"},
		{"option value too long", v2(row(menu(option("a", long(101))))), "value"},
		{"option description too long", v2(row(menu(with(option("a", "x"), object{"description": long(101)})))), "description"},
		{"option label empty", v2(row(menu(option("", "x")))), "label"},
		{"option value empty", v2(row(menu(option("a", "")))), "value"},
		{"placeholder too long", v2(row(with(menu(option("a", "x")), object{"placeholder": long(151)}))), "placeholder"},
		{"more to choose than there is", v2(row(with(menu(option("a", "x")), object{"max_values": 2}))), "do not fit"},
		{"more to choose than at most", v2(row(with(menu(option("a", "x"), option("b", "y")), object{"min_values": 2}))), "do not fit"},
		{"two chosen of one", v2(row(menu(with(option("a", "x"), object{"default": true}), with(option("b", "y"), object{"default": true})))), "chosen from the start"},
		{"id twice", v2(with(text("a"), object{"id": 7}), with(text("b"), object{"id": 7})), "used twice"},
		{"section without accessory", v2(object{"type": typeSection, "components": []any{text("a")}}), "accessory"},
		{"section with 4 texts", v2(object{"type": typeSection, "components": times(4, func(int) any { return text("a") }), "accessory": button("a", "a")}), "components.0.components"},
		{"6 rows without V2", with(plain("a"), object{"components": times(6, func(i int) any { return row(button("a", fmt.Sprint(i))) })}), "at most 5"},
		{"accent colour out of range", v2(object{"type": typeContainer, "accent_color": 0x1000000, "components": []any{text("a")}}), "accent_color"},

		{"embed with nothing", embedded(object{}), "shows nothing"},
		{"embed title too long", embedded(object{"title": long(257)}), "title"},
		{"embed description too long", embedded(object{"description": long(4097)}), "description"},
		{"embed footer too long", embedded(object{"footer": object{"text": long(2049)}}), "footer.text"},
		{"embed author too long", embedded(object{"author": object{"name": long(257)}}), "author.name"},
		{"26 fields", embedded(object{"fields": times(26, func(int) any { return object{"name": "a", "value": "a"} })}), "fields"},
		{"field name too long", embedded(object{"fields": []any{object{"name": long(257), "value": "a"}}}), "fields.0.name"},
		{"field value too long", embedded(object{"fields": []any{object{"name": "a", "value": long(1025)}}}), "fields.0.value"},
		{"field value blank", embedded(object{"fields": []any{object{"name": "a", "value": " "}}}), "fields.0.value"},
		{"embed url of another scheme", embedded(object{"title": "a", "url": "ftp://example.org"}), "url"},
		{"embed image without address", embedded(object{"title": "a", "image": object{"url": "x y"}}), "image.url"},
		{"6001 characters over all embeds", object{
			"allowed_mentions": object{"parse": []any{}}, "embeds": []any{object{"description": long(3000)}, object{"description": long(3001)}},
		}, "6001 characters over all embeds"},
		{"11 embeds", with(plain("a"), object{"embeds": times(11, func(int) any { return object{"title": "a"} })}), "embeds"},
		{"reply to nothing", with(plain("a"), object{"message_reference": object{"message_id": "1"}}), ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.name == "reply to nothing" { // refused, but a message may be deleted at any time
				if r := d.do("POST "+someChannel, test.body); r.status != http.StatusBadRequest {
					t.Errorf("answered %d", r.status)
				}
				return
			}
			d.refuses(t, "POST "+someChannel, test.body, test.want)
		})
	}
	if n := len(d.s.Messages(d.channel)); n > 0 {
		t.Errorf("%d messages were posted nevertheless", n)
	}
}

func TestMessagesAtTheLimitsAreTaken(t *testing.T) {
	long := func(n int) string { return strings.Repeat("四", n) }
	d := newDesk(t, unlimited())
	for name, body := range map[string]object{
		"content":      plain(long(2000)),
		"nonce":        with(plain("a"), object{"nonce": strings.Repeat("n", 25), "enforce_nonce": true}),
		"replied user": with(plain("a"), object{"allowed_mentions": object{"parse": []any{}, "replied_user": false}}),
		"embed": embedded(object{
			"title": long(256), "description": long(4096), "footer": object{"text": long(1000)}, "author": object{"name": long(256)},
			"fields": []any{object{"name": "a", "value": "b"}},
		}),
		"texts":      v2(text(long(2000)), object{"type": typeContainer, "components": []any{text(long(2000))}}),
		"components": v2(object{"type": typeContainer, "components": times(37, func(int) any { return text("a") })}, row(button("a", "a"))),
		"buttons":    v2(row(times(5, func(i int) any { return button(long(80), fmt.Sprint(i)+strings.Repeat("c", 99)) })...)),
		"emoji":      v2(row(object{"type": typeButton, "style": 1, "custom_id": "a", "emoji": object{"name": "🔥"}})),
		"link":       v2(row(link("a", "https://example.org/四点"))),
		"menu": v2(row(with(menu(times(25, func(i int) any {
			return object{"label": long(100), "value": fmt.Sprintf("%0100d", i), "description": long(100)}
		})...), object{"placeholder": long(150), "min_values": 0, "max_values": 25}))),
		"section":   v2(object{"type": typeSection, "components": []any{text("a")}, "accessory": link("a", "https://example.org")}),
		"separator": v2(text("a"), object{"type": typeSeparator, "divider": true, "spacing": 2}, text("b")),
		"silent":    with(plain("a"), object{"flags": flagSuppressEmbeds | flagSuppressNotifications}),
	} {
		t.Run(name, func(t *testing.T) { d.accepts(t, "POST "+someChannel, body) })
	}
}

func TestEditsThatBreakARuleAreRefused(t *testing.T) {
	d := newDesk(t, unlimited())
	old := asString(d.accepts(t, "POST "+someChannel, plain("a")).json(t)["id"])
	card := asString(d.accepts(t, "POST "+someChannel, v2(text("a"))).json(t)["id"])
	for _, test := range []struct {
		name, id string
		body     object
		want     string
	}{
		{"no allowed_mentions", old, object{"content": "b"}, "allowed_mentions: missing"},
		{"hidden afterwards", old, with(plain("b"), object{"flags": 64}), "flags"},
		{"silent afterwards", old, with(plain("b"), object{"flags": flagSuppressNotifications}), "flags"},
		{"V2 taken away", card, with(v2(text("b")), object{"flags": 0}), "cannot be taken"},
		{"content into V2", card, plain("b"), "content"},
		{"nothing in V2", card, v2(), "components"},
		{"nonce", old, with(plain("b"), object{"nonce": "1"}), "nonce"},
	} {
		t.Run(test.name, func(t *testing.T) { d.refuses(t, "PATCH "+someChannel+"/"+test.id, test.body, test.want) })
	}
	d.accepts(t, "PATCH "+someChannel+"/"+old, plain("b"))
	d.accepts(t, "PATCH "+someChannel+"/"+card, with(v2(text("b")), object{"flags": nil}))
	messages := d.s.Messages(d.channel)
	if len(messages) != 2 || messages[0].Text() != "b" || messages[1].Text() != "b" || messages[0].Edits != 1 {
		t.Errorf("messages are %+v", messages)
	}
}

func TestCommandsThatBreakARuleAreRefused(t *testing.T) {
	long := func(n int) string { return strings.Repeat("c", n) }
	d := newDesk(t, unlimited())
	one := func(changes object) []any {
		return []any{with(object{"name": "ask", "description": "Ask"}, changes)}
	}
	options := func(list ...any) []any { return one(object{"options": list}) }
	opt := func(name string, changes object) object {
		return with(object{"type": optionString, "name": name, "description": "d"}, changes)
	}
	const everywhere, inGuild = "PUT /applications/{app}/commands", "PUT /applications/{app}/guilds/{guild}/commands"
	for _, test := range []struct {
		name, where string
		body        []any
		want        string
	}{
		{"upper case", everywhere, one(object{"name": "Ask"}), "not in lower case"},
		{"upper case in a localisation", everywhere, one(object{"name_localizations": object{"fr": "Ask"}}), "0.name_localizations.fr"},
		{"a space", everywhere, one(object{"name": "ask me"}), "no name of a command"},
		{"a space in a localisation", everywhere, one(object{"name_localizations": object{"zh-CN": "问 题"}}), "no name of a command"},
		{"name too long", everywhere, one(object{"name": long(33)}), "0.name"},
		{"no name", everywhere, one(object{"name": ""}), "0.name"},
		{"unknown locale", everywhere, one(object{"name_localizations": object{"zh-Hans": "问"}}), "zh-Hans"},
		{"unknown locale of a description", everywhere, one(object{"description_localizations": object{"en": "Ask"}}), `"en" is no locale`},
		{"unknown locale of a choice", everywhere, options(opt("a", object{"choices": []any{object{"name": "n", "value": "v", "name_localizations": object{"zh": "n"}}}})), `"zh" is no locale`},
		{"no description", everywhere, one(object{"description": nil}), "0.description"},
		{"description too long", everywhere, one(object{"description": long(101)}), "0.description"},
		{"localised description too long", everywhere, one(object{"description_localizations": object{"fr": long(101)}}), "0.description_localizations.fr"},
		{"name twice", everywhere, append(one(nil), one(nil)...), "must be unique"},
		{"unknown key", everywhere, one(object{"permissions": 1}), "permissions"},
		{"26 options", everywhere, options(times(26, func(i int) any { return opt(fmt.Sprint("o", i), nil) })...), "0.options"},
		{"option twice", everywhere, options(opt("a", nil), opt("a", nil)), "names two options"},
		{"option upper case", everywhere, options(opt("A", nil)), "not in lower case"},
		{"option without description", everywhere, options(opt("a", object{"description": ""})), "0.options.0"},
		{"required after optional", everywhere, options(opt("a", nil), opt("b", object{"required": true})), "placed before"},
		{"26 choices", everywhere, options(opt("a", object{"choices": times(26, func(i int) any { return object{"name": fmt.Sprint(i), "value": fmt.Sprint(i)} })})), "choices"},
		{"choice too long", everywhere, options(opt("a", object{"choices": []any{object{"name": long(101), "value": "v"}}})), "choices"},
		{"choice value too long", everywhere, options(opt("a", object{"choices": []any{object{"name": "n", "value": long(101)}}})), "choices"},
		{"choice of another type", everywhere, options(opt("a", object{"type": optionInteger, "choices": []any{object{"name": "n", "value": "v"}}})), "choices"},
		{"choice twice", everywhere, options(opt("a", object{"choices": []any{object{"name": "n", "value": "v"}, object{"name": "n", "value": "w"}}})), "is there twice"},
		{"choices and autocomplete", everywhere, options(opt("a", object{"autocomplete": true, "choices": []any{object{"name": "n", "value": "v"}}})), "0.options.0"},
		{"subcommand beside an option", everywhere, options(opt("a", object{"type": optionSub}), opt("b", nil)), "mutually exclusive"},
		{"subcommand in a subcommand", everywhere, options(opt("a", object{"type": optionSub, "options": []any{opt("b", object{"type": optionSub})}})), "0.options.0"},
		{"over 8000 characters", everywhere, options(times(25, func(i int) any {
			return opt(fmt.Sprint("o", i), object{"choices": times(3, func(j int) any { return object{"name": long(99) + fmt.Sprint(j), "value": long(99) + fmt.Sprint(j)} })})
		})...), "at most 8000"},
		{"description of a menu", everywhere, one(object{"type": commandMessage}), "has no description"},
		{"16 of a menu", everywhere, times(16, func(i int) any { return object{"type": commandMessage, "name": fmt.Sprint("m", i)} }), "16 commands of type 3"},
		{"contexts in a guild", inGuild, one(object{"contexts": []any{0}}), "0.contexts"},
		{"integration types in a guild", inGuild, one(object{"integration_types": []any{0}}), "0.integration_types"},
	} {
		t.Run(test.name, func(t *testing.T) { d.refuses(t, test.where, test.body, test.want) })
	}
	d.accepts(t, everywhere, commandsOfTest())
	d.accepts(t, inGuild, one(object{"name": "问'题-ask_1"}))
}

func TestCommandsKeepTheirIDsByName(t *testing.T) {
	d := newDeskOf(t, held(t, unlimited()))
	byName := func(list []any) map[string]object {
		m := map[string]object{}
		for _, c := range list {
			m[asString(asObject(c)["name"])] = asObject(c)
		}
		return m
	}
	first := byName(d.accepts(t, "PUT /applications/{app}/commands", commandsOfTest()).list(t))
	changed := commandsOfTest()[:2]
	changed[1] = with(asObject(changed[1]), object{"description": "Another"})
	second := byName(d.accepts(t, "PUT /applications/{app}/commands", changed).list(t))
	if second["ask"]["id"] != first["ask"]["id"] || second["ask"]["version"] != first["ask"]["version"] {
		t.Error("a command that did not change has another id or version")
	}
	if second["digest"]["id"] != first["digest"]["id"] || second["digest"]["version"] == first["digest"]["version"] {
		t.Error("a changed command must keep its id and get another version")
	}
	without := byName(d.accepts(t, "GET /applications/{app}/commands", nil).list(t))
	if len(without) != 2 || without["ask"]["name_localizations"] != nil {
		t.Errorf("commands are %v", without)
	}
	full := byName(d.accepts(t, "GET /applications/{app}/commands?with_localizations=true", nil).list(t))
	if asObject(full["ask"]["name_localizations"])["zh-CN"] != "问" {
		t.Errorf("localisations are %v", full["ask"]["name_localizations"])
	}
	if list := d.accepts(t, "GET /applications/{app}/guilds/{guild}/commands", nil).list(t); len(list) != 0 {
		t.Errorf("the guild has %v", list)
	}
}

func TestRequestsThatDiscordDoesNotKnowAreViolations(t *testing.T) {
	d := newDesk(t, unlimited())
	for _, what := range []string{"GET /nowhere", "POST /gateway", "GET /channels/1/nothing"} {
		before := len(d.s.Violations())
		if r := d.do(what, nil); r.status < 400 {
			t.Errorf("%s is answered %d", what, r.status)
		}
		if len(d.s.Violations()) != before+1 {
			t.Errorf("%s is no violation", what)
		}
	}
	d.refuses(t, "GET "+someChannel+"?sort=asc", nil, "sort")
	d.refuses(t, "GET /gateway", "{}", "a body where none belongs")
	d.refuses(t, "GET "+someChannel+"?limit=101", nil, "limit")
	d.refuses(t, "GET "+someChannel+"?before=1&after=2", nil, "only one")

	d.bot.token = "Bot wrong"
	if r := d.do("GET /users/@me", nil); r.status != http.StatusUnauthorized {
		t.Errorf("a wrong token is answered %d", r.status)
	}
	d.bot.token = ""
	if r := d.do("GET /users/@me", nil); r.status != http.StatusUnauthorized {
		t.Errorf("no token is answered %d", r.status)
	}
	if r := d.do("GET /gateway", nil); r.status != http.StatusOK {
		t.Errorf("the gateway's address needs no token but is answered %d", r.status)
	}
	if n := d.s.Counts().Invalid; n != 2 {
		t.Errorf("%d invalid requests were counted, want 2", n)
	}
}
