package rest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"briefbot/adapters/discord/rest"
	"briefbot/bot"
)

func TestErrorsHaveAKindAndSayWhatToDo(t *testing.T) {
	for _, c := range []struct {
		status, code int
		kind         bot.Kind
		permanent    bool
	}{
		{400, 50035, bot.Invalid, false},
		{400, rest.CodeAlreadyAcknowledged, bot.Invalid, false},
		{403, rest.CodeMissingAccess, bot.Denied, true},
		{403, rest.CodeCannotMessageUser, bot.Denied, true},
		{403, rest.CodeMissingPermissions, bot.Denied, true},
		{400, rest.CodeMissingPermissions, bot.Denied, true},
		{403, rest.CodeNoMutualServer, bot.Denied, true},
		{400, rest.CodeNoMessagesHere, bot.Denied, false},
		{400, rest.CodeThreadArchived, bot.Denied, false},
		{400, rest.CodeThreadLocked, bot.Denied, false},
		{400, rest.CodeInvalidRecipient, bot.NotFound, false},
		{403, 0, bot.Denied, false},
		{404, rest.CodeUnknownChannel, bot.NotFound, true},
		{404, rest.CodeUnknownGuild, bot.NotFound, true},
		{404, rest.CodeUnknownMessage, bot.NotFound, false},
		{404, rest.CodeUnknownInteraction, bot.NotFound, false},
		{404, 0, bot.NotFound, false},
		{401, 0, bot.Unavailable, true},
		{405, 0, bot.Invalid, false},
		{413, 40005, bot.Invalid, false},
		{400, rest.CodeReplyNeedsHistory, bot.Denied, false},
		{302, 0, bot.Unavailable, false},
		{500, 0, bot.Unavailable, false},
		{501, 0, bot.Unavailable, false},
	} {
		d := talk(t, rest.Options{Attempts: 1}, failing(c.status, c.code))
		err := d.create(t.Context(), channel, 1)
		e := asBotError(t, err)
		if e.Kind != c.kind || rest.Permanent(err) != c.permanent {
			t.Errorf("%d %d: %s, permanent %t", c.status, c.code, e.Kind, rest.Permanent(err))
		}
		if !strings.HasSuffix(e.Message, ".") || !strings.Contains(e.Message, ";") && !strings.Contains(e.Message, ",") {
			t.Errorf("%d %d: %q does not say what to do", c.status, c.code, e.Message)
		}
		cause, _ := errors.AsType[*rest.Error](err)
		if cause.Status != c.status || cause.Code != c.code || cause.Message != "Something" ||
			cause.Method != "POST" || cause.Route != "/channels/{channel}/messages" {
			t.Errorf("%#v", cause)
		}
	}
	if rest.Permanent(nil) || rest.Permanent(errors.New("other")) {
		t.Error("what is not Discord's is not permanent")
	}
}

func TestErrorSaysWhichPartsWereNotAcceptedWithoutTheirText(t *testing.T) {
	d := talk(t, rest.Options{}, says(400, `{"code": 50035, "message": "Invalid Form Body\nsecond line", "errors": {
		"components": {"0": {"content": {"_errors": [{"code": "BASE_TYPE_BAD_LENGTH", "message": "what the user wrote"}]}}},
		"nonce": {"_errors": [{"code": "BASE_TYPE_MAX_LENGTH", "message": "x"}]}}}`))
	err := d.create(t.Context(), channel, 1)
	const want = "discord: POST /channels/{channel}/messages: 400 (50035): Invalid Form Body second line " +
		"[components.0.content BASE_TYPE_BAD_LENGTH, nonce BASE_TYPE_MAX_LENGTH]"
	if cause, _ := errors.AsType[*rest.Error](err); cause.Error() != want {
		t.Errorf("%s", cause)
	}
}

func TestLongErrorsAreCut(t *testing.T) {
	fields := map[string]any{}
	for i := range 30 {
		fields[strings.Repeat("f", 100)+fmt.Sprint(i)] = map[string]any{"_errors": []any{map[string]any{"code": strings.Repeat("C", 1000)}}}
	}
	body, err := json.Marshal(map[string]any{"code": 1, "message": strings.Repeat("界", 2000), "errors": fields})
	if err != nil {
		t.Fatal(err)
	}
	d := talk(t, rest.Options{}, says(400, string(body)))
	if n := len(d.create(t.Context(), channel, 1).Error()); n > 4000 || n < 1000 {
		t.Errorf("%d bytes", n)
	}
	d = talk(t, rest.Options{}, says(400, `{"code": 50013`+strings.Repeat(" ", 1<<20)+`}`))
	if cause, _ := errors.AsType[*rest.Error](d.create(t.Context(), channel, 1)); cause.Code != 0 {
		t.Error("a megabyte was read as an error")
	}
}

// What every version of the API has is missing where the address is not that
// of the API; what has a name may be gone.
func TestAnAddressThatIsNotThatOfTheAPIIsNamed(t *testing.T) {
	application := func(ctx context.Context, c *rest.Client) error { _, err := c.Application(ctx); return err }
	commands := func(ctx context.Context, c *rest.Client) error { _, err := c.Commands(ctx, "1", ""); return err }
	for name, c := range map[string]struct {
		base         string
		do           func(context.Context, *rest.Client) error
		status, code int
		named        bool
	}{
		"the application, 404":            {"http://localhost", application, 404, 0, true},
		"the application, 400":            {"http://localhost/api", application, 400, 0, true},
		"the application, 405":            {"http://localhost/api/v10", application, 405, 0, true},
		"the application, a code":         {"http://localhost", application, 404, 10002, false},
		"the application, a refusal":      {"http://localhost", application, 403, 0, false},
		"commands at a strange address":   {"http://localhost/api", commands, 404, 0, true},
		"commands at the usual address":   {"http://localhost/api/v10", commands, 404, 0, false},
		"an unknown application's":        {"http://localhost/api", commands, 404, 10002, false},
		"what changes something, nowhere": {"http://localhost/api", func(ctx context.Context, c *rest.Client) error { return c.DeleteResponse(ctx, "1", "t") }, 400, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			d := talk(t, rest.Options{BaseURL: c.base, Attempts: 1}, failing(c.status, c.code))
			e := asBotError(t, c.do(t.Context(), d.Client))
			if named := strings.Contains(e.Message, "discord.api_url ("+c.base+") is not the address of Discord's API"); named != c.named {
				t.Errorf("it says %q", e.Message)
			}
		})
	}
}

func TestWhatCannotBeReachedIsNamed(t *testing.T) {
	o := rest.Options{BaseURL: "http://localhost:81/api/v10", Attempts: 1, HTTP: &http.Client{Transport: gossip{}}}
	d := talk(t, o, status(200))
	_, err := d.Application(t.Context())
	if e := asBotError(t, err); !strings.HasPrefix(e.Message, "Discord cannot be reached at localhost:81; check the network, the proxy and discord.api_url") {
		t.Errorf("it says %q", e.Message)
	}
}

// Of a fault without a code Discord says "401: Unauthorized".
func TestAStatusIsSaidOnce(t *testing.T) {
	d := talk(t, rest.Options{}, says(401, `{"message": "401: Unauthorized", "code": 0}`))
	_, err := d.Application(t.Context())
	const want = "discord: GET /applications/@me: 401: Unauthorized"
	if cause, _ := errors.AsType[*rest.Error](err); cause == nil || cause.Error() != want {
		t.Errorf("%v", err)
	}
	if got := err.Error(); strings.Contains(got, ".:") {
		t.Errorf("%s", got)
	}
}

// TestNoTokenIsSeen looks at all that can be printed, of every way to fail.
func TestNoTokenIsSeen(t *testing.T) {
	echo := func(w http.ResponseWriter, r *http.Request) { // a server that tells all it knows
		all := r.URL.Path + " " + r.Header.Get("Authorization")
		w.WriteHeader(http.StatusBadRequest)
		_ = json.NewEncoder(w).Encode(map[string]any{
			"code": 1, "message": all, "errors": map[string]any{all: map[string]any{"_errors": []any{map[string]any{"code": all}}}},
		})
	}
	redirect := func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://elsewhere.invalid"+r.URL.Path, http.StatusTemporaryRedirect)
	}
	for fault, c := range map[string]struct {
		answer  http.HandlerFunc
		carrier http.RoundTripper
		ended   bool
	}{
		"echo": {answer: echo}, "redirect": {answer: redirect}, "401": {answer: failing(401, 0)}, "403": {answer: failing(403, 50013)},
		"404": {answer: failing(404, 10003)}, "500": {answer: status(500)}, "429": {answer: limited(1, "user")}, "HTML": {answer: cloudflare("90")},
		"reset": {answer: reset}, "halved": {answer: halved}, "no JSON": {answer: says(200, "{")},
		"gossip":  {carrier: gossip{}, answer: status(200)},
		"no host": {carrier: &http.Transport{DialContext: (&pipes{closed: closed()}).dial}, answer: status(200)},
		"ended":   {answer: status(200), ended: true},
	} {
		t.Run(fault, inBubble(func(t *testing.T) {
			o := rest.Options{Attempts: 2, Refusals: 1, InvalidMost: 6}
			if c.carrier != nil {
				o.HTTP = &http.Client{Transport: c.carrier}
			}
			d := talk(t, o, c.answer)
			printed := &bytes.Buffer{}
			ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
			defer cancel()
			if c.ended {
				cancel()
			}
			for range 3 {
				for _, do := range does() {
					for err := do(ctx, d); err != nil; err = errors.Unwrap(err) {
						everyVerb(printed, err)
					}
				}
			}
			everyVerb(printed, d.observations())
			everyVerb(printed, d.Client)
			printed.WriteString(d.log.String())
			if fault != "no JSON" && !strings.Contains(printed.String(), "/channels/{channel}/messages") {
				t.Errorf("nothing failed: %s", printed)
			}
			for _, secret := range []string{botToken, interactionToken, "elsewhere.invalid", "http://localhost/api/v10/"} {
				if strings.HasPrefix(secret, "http:") && fault == "gossip" {
					continue // its own words, without the token
				}
				if at := strings.Index(printed.String(), secret); at >= 0 {
					t.Errorf("%s", printed.String()[max(0, at-200):at+len(secret)])
				}
			}
		}))
	}
}

// gossip repeats in its errors what it was to carry.
type gossip struct{}

func (gossip) RoundTrip(r *http.Request) (*http.Response, error) {
	return nil, fmt.Errorf("cannot carry %s with %q", r.URL, r.Header.Get("Authorization"))
}

func everyVerb(w io.Writer, v any) {
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		_, _ = fmt.Fprintf(w, verb+"\n", v)
	}
	slog.New(slog.NewTextHandler(w, nil)).Error("text", "value", v)
	slog.New(slog.NewJSONHandler(w, nil)).Error("json", "value", v)
	b, _ := json.Marshal(v)
	_, _ = w.Write(b)
}

func TestOptionsDoNotShowTheirToken(t *testing.T) {
	var printed bytes.Buffer
	o := rest.Options{Token: botToken}
	for _, v := range []any{o, &o, struct{ O rest.Options }{o}, []rest.Options{o}, map[string]any{"o": o}} {
		everyVerb(&printed, v)
		_, _ = fmt.Fprintf(&printed, "%d %x %X", v, v, v)
	}
	if strings.Contains(printed.String(), botToken) || strings.Contains(printed.String(), fmt.Sprintf("%x", botToken)) {
		t.Error(printed.String())
	}
	_, err := rest.New(rest.Options{Token: botToken + " \n"})
	if err == nil || strings.Contains(err.Error(), botToken) {
		t.Error(err)
	}
}

func TestAnswerThatCannotBeReadIsAnError(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"no JSON": says(200, "<html>"), "empty": says(200, ""), "other JSON": says(200, `"text"`), "too long": says(200, `{"id": "1"}`+strings.Repeat(" ", 4<<20)),
	} {
		d := talk(t, rest.Options{}, answer)
		_, err := d.Channel(t.Context(), channel)
		if e := asBotError(t, err); e.Kind != bot.Unavailable || errors.Is(err, rest.ErrUnknownOutcome) || len(d.requests()) != 1 {
			t.Errorf("%s: %v", name, e)
		}
		if err := d.create(t.Context(), channel, 1); !errors.Is(err, rest.ErrUnknownOutcome) {
			t.Errorf("%s: the message may stand there: %v", name, err)
		}
	}
}

func TestUnknownFieldsAreIgnored(t *testing.T) {
	d := talk(t, rest.Options{}, says(200, `{"id": "1", "new": {"a": [1]}, "components": [{"type": 999}], "flags": null, "author": null}`))
	m, err := d.Message(t.Context(), channel, message)
	if err != nil || m.ID != "1" {
		t.Errorf("%+v, %v", m, err)
	}
}
