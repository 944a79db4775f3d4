package slacktest

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// many repeats a value.
func many(n int, v any) []any {
	list := make([]any, n)
	for i := range list {
		list[i] = v
	}
	return list
}

// numbered makes values that differ.
func numbered(n int, v func(string) object) []any {
	list := make([]any, n)
	for i := range list {
		list[i] = v(fmt.Sprint(i))
	}
	return list
}

func blocks(all ...any) object { return object{"text": "t", "blocks": all} }

func long(n int) string { return strings.Repeat("字", n) }

func menu(more object) object {
	return with(object{"type": "static_select", "action_id": "menu", "placeholder": plain("Pick")}, more)
}

func TestMessagesAreHeldAgainstShapesAndLimits(t *testing.T) {
	specs := shapes(t)
	header := func(words string) object { return object{"type": "header", "text": plain(words)} }
	contextOf := func(all ...any) object { return object{"type": "context", "elements": append([]any{}, all...)} }
	fields := func(all ...any) object { return object{"type": "section", "fields": all} }
	withButton := func(changes object) object { return blocks(actions(with(button("B"), changes))) }
	withMenu := func(more object) object { return blocks(actions(menu(more))) }
	group := func(label string, options ...any) object {
		return object{"label": plain(label), "options": options}
	}
	for _, test := range []struct {
		name string
		body object
		code string // empty: accepted
		says string // a part of the violation
	}{
		{name: "a text alone", body: object{"text": "four points"}},
		{name: "a text with blocks", body: card("four points", "Sources")},
		{name: "no text", body: object{}, code: "no_text", says: "is empty"},
		{name: "spaces for text", body: object{"text": " \n"}, code: "no_text", says: "is empty"},
		{name: "blocks without text", body: with(card("x"), object{"text": nil}), code: "no_text", says: "beside blocks"},
		{name: "the longest text", body: object{"text": long(4000)}},
		{name: "a text too long", body: object{"text": long(4001)}, code: "msg_too_long", says: "4001 characters"},
		{name: "characters beyond the first plane count twice", body: object{"text": strings.Repeat("𠮷", 2001)}, code: "msg_too_long", says: "4002 characters"},
		{name: "blocks that are no list", body: object{"text": "t", "blocks": object{}}, code: "invalid_blocks_format", says: "no array"},
		{name: "50 blocks", body: blocks(many(50, object{"type": "divider"})...)},
		{name: "51 blocks", body: blocks(many(51, object{"type": "divider"})...), code: "invalid_blocks", says: "no more than 50"},
		{name: "an unknown block", body: blocks(object{"type": "carpet"}), code: "invalid_blocks", says: "unsupported type: carpet"},
		{name: "an unknown key", body: blocks(with(section("x"), object{"colour": "red"})), code: "invalid_blocks", says: "colour"},
		{name: "a section of 3000", body: blocks(section(long(3000)))},
		{name: "a section of 3001", body: blocks(section(long(3001))), code: "invalid_blocks", says: "must be less than 3001 characters [json-pointer:/blocks/0/text/text]"},
		{name: "an empty section", body: blocks(section("")), code: "invalid_blocks", says: "must be more than 0"},
		{name: "a section of nothing", body: blocks(object{"type": "section"}), code: "invalid_blocks", says: "text or fields"},
		{name: "a header of 150", body: blocks(header(long(150)))},
		{name: "a header of 151", body: blocks(header(long(151))), code: "invalid_blocks", says: "less than 151"},
		{name: "a header in mrkdwn", body: blocks(object{"type": "header", "text": mrkdwn("x")}), code: "invalid_blocks", says: "/blocks/0/text"},
		{name: "10 fields", body: blocks(fields(many(10, mrkdwn("x"))...))},
		{name: "11 fields", body: blocks(fields(many(11, mrkdwn("x"))...)), code: "invalid_blocks", says: "no more than 10"},
		{name: "a field of 2001", body: blocks(fields(mrkdwn(long(2001)))), code: "invalid_blocks", says: "less than 2001"},
		{name: "10 elements of context", body: blocks(contextOf(many(10, mrkdwn("x"))...))},
		{name: "11 elements of context", body: blocks(contextOf(many(11, mrkdwn("x"))...)), code: "invalid_blocks", says: "no more than 10"},
		{name: "no elements of context", body: blocks(contextOf()), code: "invalid_blocks", says: "at least 1"},
		{name: "25 actions", body: blocks(actions(numbered(25, button)...))},
		{name: "26 actions", body: blocks(actions(numbered(26, button)...)), code: "invalid_blocks", says: "no more than 25"},
		{name: "a label of 75", body: withButton(object{"text": plain(long(75))})},
		{name: "a label of 76", body: withButton(object{"text": plain(long(76))}), code: "invalid_blocks", says: "less than 76"},
		{name: "a label in mrkdwn", body: withButton(object{"text": mrkdwn("x")}), code: "invalid_blocks", says: "/elements/0/text/type"},
		{name: "a link to a file", body: withButton(object{"url": "ftp://example.org/x"}), code: "invalid_blocks", says: "invalid url"},
		{name: "an action_id of 255", body: withButton(object{"action_id": long(255)})},
		{name: "an action_id of 256", body: withButton(object{"action_id": long(256)}), code: "invalid_blocks", says: "less than 256"},
		{name: "no action_id", body: withButton(object{"action_id": nil}), code: "invalid_blocks", says: "action_id is missing"},
		{name: "an action_id twice", body: blocks(actions(button("B")), actions(button("B"))), code: "invalid_blocks", says: "already exists"},
		{name: "a block_id twice", body: blocks(with(section("x"), object{"block_id": "a"}), with(section("y"), object{"block_id": "a"})), code: "invalid_blocks", says: "already exists"},
		{name: "a value of 2000", body: withButton(object{"value": long(2000)})},
		{name: "a value of 2001", body: withButton(object{"value": long(2001)}), code: "invalid_blocks", says: "less than 2001"},
		{name: "a link", body: withButton(object{"url": "https://example.org", "action_id": nil})},
		{name: "a link to a script", body: withButton(object{"url": "javascript:alert(1)"}), code: "invalid_blocks", says: "invalid url"},
		{name: "an unknown style", body: withButton(object{"style": "pink"}), code: "invalid_blocks", says: "/elements/0"},
		{name: "a menu of 100", body: withMenu(object{"options": numbered(100, option)})},
		{name: "a menu of 101", body: withMenu(object{"options": numbered(101, option)}), code: "invalid_blocks", says: "no more than 100"},
		{name: "a menu of nothing", body: withMenu(object{"options": []any{}}), code: "invalid_blocks", says: "at least 1"},
		{name: "a menu without options", body: withMenu(nil), code: "invalid_blocks", says: "either options or option_groups"},
		{name: "an option of 75", body: withMenu(object{"options": []any{option(long(75))}})},
		{name: "an option of 76", body: withMenu(object{"options": []any{option(long(76))}}), code: "invalid_blocks", says: "less than 76"},
		{name: "a description of 76", body: withMenu(object{"options": []any{with(option("x"), object{"description": plain(long(76))})}}), code: "invalid_blocks", says: "description"},
		{name: "an option without value", body: withMenu(object{"options": []any{with(option("x"), object{"value": nil})}}), code: "invalid_blocks", says: "value"},
		{name: "an option in mrkdwn", body: withMenu(object{"options": []any{with(option("x"), object{"text": mrkdwn("x")})}}), code: "invalid_blocks", says: "/elements/0/options/0/text/type"},
		{name: "a value twice", body: withMenu(object{"options": many(2, option("x"))}), code: "invalid_blocks", says: "already exists"},
		{name: "groups", body: withMenu(object{"option_groups": []any{group("G", option("x"))}})},
		{name: "a group's label of 76", body: withMenu(object{"option_groups": []any{group(long(76), option("x"))}}), code: "invalid_blocks", says: "label"},
		{name: "groups and options", body: withMenu(object{"options": []any{option("x")}, "option_groups": []any{group("G", option("x"))}}), code: "invalid_blocks", says: "either"},
		{name: "an initial option of others", body: withMenu(object{"options": []any{option("x")}, "initial_option": option("y")}), code: "invalid_blocks", says: "one of the provided"},
		{name: "an external select", body: blocks(section("x"), actions(object{"type": "external_select", "action_id": "find", "min_query_length": 1}))},
		{name: "6 in an overflow", body: blocks(actions(object{"type": "overflow", "action_id": "more", "options": numbered(6, option)})), code: "invalid_blocks", says: "no more than 5"},
		{name: "an input in a message", body: blocks(object{"type": "input", "label": plain("x"), "element": object{"type": "plain_text_input", "action_id": "a"}}), code: "invalid_blocks", says: "into views"},
		{name: "12,000 characters", body: blocks(many(4, section(long(3000)))...)},
		{name: "more than 12,000 characters", body: blocks(append(many(4, section(long(3000))), header("x"))...), code: "msg_blocks_too_long", says: "12001 characters"},
		{name: "escaped text", body: blocks(section("a &lt; b &amp; c &gt; d <https://example.org/?a=1|link> <#C0123> <!date^1^{date}|then>"))},
		{name: "a quote", body: blocks(section("> one\n>two\n&gt; three"))},
		{name: "a bare ampersand", body: blocks(section("R&D")), code: "invalid_blocks", says: "ampersand"},
		{name: "a bare less-than", body: blocks(section("a < b")), code: "invalid_blocks", says: "a < at byte 2"},
		{name: "a bare greater-than", body: blocks(section("a > b")), code: "invalid_blocks", says: "a > at byte 2"},
		{name: "a link to a script in text", body: blocks(section("<javascript:alert(1)|x>")), code: "invalid_blocks", says: "not escaped"},
		{name: "plain text needs no escapes", body: blocks(header("R&D <3 > 2"))},
		{name: "everyone", body: blocks(section("hello <!everyone>")), code: "invalid_blocks", says: "mentions !everyone"},
		{name: "everyone in a field", body: blocks(fields(mrkdwn("<!here|here>"))), code: "invalid_blocks", says: "mentions !here"},
		{name: "the channel in the text", body: object{"text": "<!channel>"}, code: "invalid_arguments", says: "mentions !channel"},
		{name: "a user", body: object{"text": "for <@U0123ABC>"}, code: "invalid_arguments", says: "mentions @U0123ABC"},
		{name: "a user in text without mrkdwn", body: object{"text": "for <@U0123ABC>", "mrkdwn": false}, code: "invalid_arguments", says: "mentions @U0123ABC"},
		{name: "a group of users", body: object{"text": "<!subteam^S01|all>"}, code: "invalid_arguments", says: "mentions"},
		{name: "a user in rich text", body: blocks(object{"type": "rich_text", "elements": []any{object{"type": "rich_text_section", "elements": []any{object{"type": "user", "user_id": "U1"}}}}}), code: "invalid_blocks", says: "mentions user"},
		{name: "names as links", body: object{"text": "x", "link_names": true}, code: "invalid_arguments", says: "link_names"},
		{name: "metadata", body: object{"text": "x", "metadata": object{"event_type": "digest_v1", "event_payload": object{"occurrence": "1"}}}},
		{name: "metadata without payload", body: object{"text": "x", "metadata": object{"event_type": "digest"}}, code: "invalid_metadata_format", says: "event_payload"},
		{name: "metadata of no type", body: object{"text": "x", "metadata": object{"event_type": "a b", "event_payload": object{}}}, code: "invalid_metadata_format", says: "event_type"},
		{name: "metadata with more", body: object{"text": "x", "metadata": object{"event_type": "a", "event_payload": object{}, "id": 1}}, code: "invalid_metadata_format", says: "unknown key"},
		{name: "metadata that is a list", body: object{"text": "x", "metadata": []any{}}, code: "invalid_metadata_format", says: "no object"},
		{name: "metadata too large", body: object{"text": "x", "metadata": object{"event_type": "a", "event_payload": object{"x": strings.Repeat("x", 8000)}}}, code: "metadata_too_large", says: "at most 8000"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := collecting(t, Options{Specs: specs})
			ws := s.AddWorkspace("W")
			channel := ws.AddChannel("general")
			b := newWeb(t, s, ws.Token())
			for name, call := range map[string]func(string, object) reply{"json": b.call, "form": b.form} {
				before := len(s.Violations())
				r := call("chat.postMessage", with(test.body, object{"channel": channel.ID}))
				if r.code() != test.code {
					t.Errorf("%s: answered %s, not %q", name, r.text, test.code)
				}
				broken := s.Violations()[before:]
				if test.code == "" && len(broken) > 0 {
					t.Errorf("%s: violations %v", name, broken)
				}
				if test.code != "" && (len(broken) == 0 || !strings.Contains(broken[0].What, test.says)) {
					t.Errorf("%s: violations are %v, not %q", name, broken, test.says)
				}
			}
			if posted := len(s.Messages(channel)); posted != 0 == (test.code != "") {
				t.Errorf("%d messages stand", posted)
			}
		})
	}
}

func TestMentionsFireOnlyWhereTheyWereAllowed(t *testing.T) {
	s := collecting(t, Options{})
	ws := s.AddWorkspace("W")
	channel := ws.AddChannel("general")
	b := newWeb(t, s, ws.Token())
	body := object{"channel": channel.ID, "text": "hello <!here>"}
	s.AllowMentions(1)
	b.must("chat.postMessage", body)
	if r := b.call("chat.postMessage", body); r.code() != "invalid_arguments" || len(s.Violations()) != 1 {
		t.Errorf("the second mention: %s, %v", r.text, s.Violations())
	}
}

func TestViewsAreHeldAgainstShapesAndLimits(t *testing.T) {
	specs := shapes(t)
	home := func(more object) object { return with(object{"type": "home", "blocks": []any{section("x")}}, more) }
	modal := func(more object) object {
		return with(object{"type": "modal", "title": plain("T"), "blocks": []any{section("x")}}, more)
	}
	for _, test := range []struct {
		name   string
		method string
		view   object
		says   string // a part of the violation; empty: accepted
	}{
		{name: "a home", method: "views.publish", view: home(nil)},
		{name: "a home of 100 blocks", method: "views.publish", view: home(object{"blocks": many(100, object{"type": "divider"})})},
		{name: "a home of 101 blocks", method: "views.publish", view: home(object{"blocks": many(101, object{"type": "divider"})}), says: "no more than 100"},
		{name: "a home with a title", method: "views.publish", view: home(object{"title": plain("T")}), says: "unknown key"},
		{name: "a modal as home", method: "views.publish", view: modal(nil), says: "is not home"},
		{name: "a view of no type", method: "views.publish", view: home(object{"type": nil}), says: "neither home nor modal"},
		{name: "too much private metadata", method: "views.publish", view: home(object{"private_metadata": long(3001)}), says: "less than 3001"},
		{name: "a home with a bad block", method: "views.publish", view: home(object{"blocks": []any{section("a < b")}}), says: "not escaped"},
		{name: "a modal", method: "views.open", view: modal(nil)},
		{name: "a modal without title", method: "views.open", view: modal(object{"title": nil}), says: "title"},
		{name: "a title of 25", method: "views.open", view: modal(object{"title": plain(long(25))}), says: "less than 25"},
		{name: "a title in mrkdwn", method: "views.open", view: modal(object{"title": mrkdwn("T")}), says: "no plain_text"},
		{name: "a home as modal", method: "views.open", view: home(nil), says: "not modal"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := collecting(t, Options{Specs: specs})
			ws := s.AddWorkspace("W")
			u := ws.AddUser("Ann", "en-US")
			b := newWeb(t, s, ws.Token())
			args := object{"view": test.view, "user_id": u.ID}
			if test.method == "views.open" {
				in := u.In(ws.AddChannel("general")).slash("/brief", "")
				args = object{"view": test.view, "trigger_id": in.trigger}
			}
			r := b.call(test.method, args)
			if (r.body["ok"] == true) != (test.says == "") {
				t.Errorf("answered %s", r.text)
			}
			if all := said(s); !strings.Contains(all, test.says) || test.says == "" && all != "" {
				t.Errorf("violations are %q, not %q", all, test.says)
			}
		})
	}
}

// Whatever blocks are sent, they are judged and nothing breaks.
func FuzzBlocks(f *testing.F) {
	s := collecting(f, Options{})
	for _, seed := range []object{card("x", "a", "b"), blocks(actions(menu(object{"options": []any{option("x")}}))), blocks(object{"type": "table", "rows": []any{[]any{object{"type": "raw_text", "text": "x"}}}})} {
		f.Add(string(raw(seed["blocks"])), "text <@U1> & >")
	}
	f.Fuzz(func(t *testing.T, text, words string) {
		var decoded any
		if json.Unmarshal([]byte(text), &decoded) != nil {
			return
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		code, problems := s.checkBlocks("/blocks", decoded, inMessage, false)
		if (code == "") != (len(problems) == 0) {
			t.Errorf("%q with %v", code, problems)
		}
		_ = s.checkView(object{"type": "home", "blocks": decoded})
		k := &checker{s: s}
		k.mrkdwn("/text", words)
		if len(k.problems) == 0 && mentionOf.MatchString(words) {
			t.Errorf("%q mentions somebody", words)
		}
		k = &checker{s: s}
		if k.mrkdwn("/text", escape(words)); len(k.problems) > 0 {
			t.Errorf("escaped text is refused: %v", k.problems)
		}
	})
}
