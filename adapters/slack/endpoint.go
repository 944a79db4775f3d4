package slack

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Where Slack sends what happens.
const (
	EventsPath        = "/slack/events"
	CommandsPath      = "/slack/commands"
	InteractivityPath = "/slack/interactivity"
	OptionsPath       = "/slack/options"
)

// The bounds of a request to an endpoint.
const (
	maxRequest     = 512 << 10 // bytes; one with a long message in it has some 60,000
	maxClockOffset = 5 * time.Minute
)

// The headers of a signature.
// https://docs.slack.dev/authentication/verifying-requests-from-slack
const (
	headerSignature = "X-Slack-Signature"
	headerTimestamp = "X-Slack-Request-Timestamp"
	signatureScheme = "v0"
)

// endpoint answers what Slack sends to one path. Nothing of a request is
// looked at before its signature is good.
type endpoint struct {
	*Adapter
	take    func(ctx context.Context, body []byte, received time.Time) (answered, error)
	buffers *sync.Pool // of *bytes.Buffer: requests
}

// Endpoints returns the handlers of the paths that Slack sends to; none where
// Socket Mode is used.
func (a *Adapter) Endpoints() map[string]http.Handler {
	if a.Transport != HTTP {
		return nil
	}
	buffers := &sync.Pool{New: func() any { return new(bytes.Buffer) }}
	at := func(take func(context.Context, []byte, time.Time) (answered, error)) http.Handler {
		return &endpoint{Adapter: a, take: take, buffers: buffers}
	}
	return map[string]http.Handler{
		EventsPath: at(func(ctx context.Context, body []byte, _ time.Time) (answered, error) { return a.takeEvent(ctx, body) }),
		CommandsPath: at(func(_ context.Context, body []byte, received time.Time) (answered, error) {
			form, err := url.ParseQuery(string(body))
			if err != nil {
				return answered{}, errors.New("a command that is no form")
			}
			if form.Get("ssl_check") == "1" {
				return answered{}, nil // Slack looks whether somebody is there
			}
			c, err := commandOfForm(form)
			if err != nil {
				return answered{}, err
			}
			return a.use(c, received), nil
		}),
		InteractivityPath: at(a.takeInteraction),
		OptionsPath:       at(a.takeInteraction),
	}
}

func (a *Adapter) takeInteraction(ctx context.Context, body []byte, _ time.Time) (answered, error) {
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return answered{}, errors.New("an interaction that is no form")
	}
	in, err := decodeInteraction([]byte(form.Get("payload")))
	if err != nil {
		return answered{}, err
	}
	return a.interact(ctx, in), nil
}

// ServeHTTP implements http.Handler.
func (e *endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	received := e.Now()
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "Slack sends what happens here by POST", http.StatusMethodNotAllowed)
		return
	}
	if !e.underWay.Enter() {
		http.Error(w, "this replica is stopping", http.StatusServiceUnavailable)
		return
	}
	defer e.underWay.Leave()
	signed, ok := e.buffers.Get().(*bytes.Buffer)
	if !ok {
		signed = new(bytes.Buffer)
	}
	signed.Reset()
	defer e.buffers.Put(signed)
	body, status := readSigned(signed, r, e.SigningSecret, received)
	if status != http.StatusOK {
		http.Error(w, http.StatusText(status), status)
		return
	}
	done, err := e.take(r.Context(), body, received)
	switch {
	case errors.Is(err, errBusy):
		http.Error(w, "too much is under way; come again later", http.StatusServiceUnavailable)
		return
	case errors.Is(err, errUnknown):
		e.Log.InfoContext(r.Context(), "a request of slack's is of a type that is not used")
	case err != nil:
		e.Log.WarnContext(r.Context(), "a request of slack's was not understood", "err", err)
		http.Error(w, "this request is not understood", http.StatusBadRequest)
		return
	}
	e.reply(w, r, done)
}

// reply acknowledges a request; what remains goes on after it.
func (e *endpoint) reply(w http.ResponseWriter, r *http.Request, done answered) {
	if done.body == nil {
		w.Header().Set("Content-Length", "0")
		w.WriteHeader(http.StatusOK)
	} else {
		encoded, err := marshal(done.body)
		if err != nil {
			e.Log.ErrorContext(r.Context(), "a response cannot be written", "err", err)
			http.Error(w, "the answer cannot be written", http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.Header().Set("Content-Length", strconv.Itoa(len(encoded)))
		if _, err := w.Write(encoded); err != nil {
			e.Log.InfoContext(r.Context(), "an acknowledgement did not go out", "err", err)
			if done.instead != nil {
				e.start(r.Context(), done.instead)
			}
			return
		}
	}
	if done.after != nil {
		// What follows must find the acknowledgement arrived.
		_ = http.NewResponseController(w).Flush()
		e.start(r.Context(), done.after)
	}
}

// readSigned reads a request's body into b, behind what else was signed with
// it. The status is 200 where the signature was made with the secret.
func readSigned(b *bytes.Buffer, r *http.Request, secret string, now time.Time) (body []byte, status int) {
	timestamp := r.Header.Get(headerTimestamp)
	signature, ok := parseSignature(r.Header.Get(headerSignature))
	if !ok || !isRecent(timestamp, now) {
		return nil, http.StatusUnauthorized
	}
	b.WriteString(signatureScheme + ":" + timestamp + ":")
	before := b.Len()
	if _, err := io.Copy(b, io.LimitReader(r.Body, maxRequest+1)); err != nil {
		if _, large := errors.AsType[*http.MaxBytesError](err); large {
			return nil, http.StatusRequestEntityTooLarge
		}
		return nil, http.StatusBadRequest
	}
	if b.Len()-before > maxRequest {
		return nil, http.StatusRequestEntityTooLarge
	}
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(b.Bytes())
	if !hmac.Equal(mac.Sum(nil), signature[:]) {
		return nil, http.StatusUnauthorized
	}
	return b.Bytes()[before:], http.StatusOK
}

// parseSignature reads "v0=" and 32 bytes in hexadecimal digits.
func parseSignature(s string) (signature [sha256.Size]byte, ok bool) {
	digits, ok := strings.CutPrefix(s, signatureScheme+"=")
	if !ok || len(digits) != hex.EncodedLen(len(signature)) {
		return signature, false
	}
	_, err := hex.Decode(signature[:], []byte(digits))
	return signature, err == nil
}

// isRecent reports whether a time stamp, in seconds since 1970, is that of a
// request made now.
func isRecent(timestamp string, now time.Time) bool {
	const digits = 12 // until the year 33658
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	return err == nil && len(timestamp) <= digits && now.Sub(time.Unix(seconds, 0)).Abs() <= maxClockOffset
}
