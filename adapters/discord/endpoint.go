package discord

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// EndpointPath is where Discord sends interactions.
const EndpointPath = "/discord/interactions"

// The bounds of a request to the endpoint.
const (
	maxInteraction = 512 << 10 // bytes; one with a long message in it has some 30,000
	maxClockOffset = 5 * time.Minute
)

// The headers of a signature.
// https://discord.com/developers/docs/interactions/overview#setting-up-an-endpoint-validating-security-request-headers
const (
	headerSignature = "X-Signature-Ed25519"
	headerTimestamp = "X-Signature-Timestamp"
)

// endpoint answers interactions that Discord sends over HTTP. Nothing of a
// request is looked at before its signature is good.
type endpoint struct {
	*Adapter
	buffers sync.Pool   // of *bytes.Buffer: requests and replies
	settled atomic.Bool // a signature was good, or it was told that none is
}

// Endpoint returns the handler of EndpointPath; nil where interactions come
// through the gateway.
func (a *Adapter) Endpoint() http.Handler {
	if a.Transport != HTTP {
		return nil
	}
	return &endpoint{Adapter: a, buffers: sync.Pool{New: func() any { return new(bytes.Buffer) }}}
}

// ServeHTTP implements http.Handler.
func (e *endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	received := e.Now()
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "Discord sends interactions here by POST", http.StatusMethodNotAllowed)
		return
	}
	if !e.underWay.Enter() {
		http.Error(w, "this replica is stopping", http.StatusServiceUnavailable)
		return
	}
	defer e.underWay.Leave()
	signed := e.buffer()
	defer e.buffers.Put(signed)
	body, status := readSigned(signed, r, e.PublicKey, received)
	e.judge(r, status)
	if status != http.StatusOK {
		http.Error(w, http.StatusText(status), status)
		return
	}
	in, err := decodeInteraction(body)
	if err != nil {
		e.Log.WarnContext(r.Context(), "an interaction was not understood", "err", err)
		http.Error(w, "this interaction is not understood", http.StatusBadRequest)
		return
	}
	if in.Type != interactionPing && !e.first(r.Context(), in.ID) {
		http.Error(w, "this interaction was answered before", http.StatusUnauthorized)
		return
	}
	e.reply(w, r, in, received)
}

// judge tells once of signatures that are refused before any was good: the
// key may be another application's, or the clock wrong. Discord itself tries
// forged ones, but good ones too.
func (e *endpoint) judge(r *http.Request, status int) {
	_, signed := parseSignature(r.Header.Get(headerSignature))
	refused := status == http.StatusUnauthorized && signed
	if (status == http.StatusOK || refused) && !e.settled.Swap(true) && refused {
		e.Log.WarnContext(r.Context(), "a signature was refused; is discord.public_key that of the application, and the clock right?")
	}
}

func (e *endpoint) reply(w http.ResponseWriter, r *http.Request, in interaction, received time.Time) {
	done, err := e.interact(r.Context(), in, received)
	if err != nil {
		e.Log.InfoContext(r.Context(), "an interaction was not answered", "err", err)
		http.Error(w, "interactions of this type are not answered here", http.StatusBadRequest)
		return
	}
	encoded := e.buffer()
	defer e.buffers.Put(encoded)
	if err := json.NewEncoder(encoded).Encode(done.response); err != nil {
		e.Log.ErrorContext(r.Context(), "a response cannot be written", "err", err)
		http.Error(w, "the answer cannot be written", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(encoded.Len()))
	if _, err := w.Write(encoded.Bytes()); err != nil {
		return // whoever asked is gone
	}
	// What follows must find the response arrived.
	_ = http.NewResponseController(w).Flush()
	e.finish(done, "")
}

func (e *endpoint) buffer() *bytes.Buffer {
	b, ok := e.buffers.Get().(*bytes.Buffer)
	if !ok {
		return new(bytes.Buffer)
	}
	b.Reset()
	return b
}

// readSigned reads a request's body into b, behind the time stamp with which
// it was signed. The status is 200 where the signature is that of key.
func readSigned(b *bytes.Buffer, r *http.Request, key ed25519.PublicKey, now time.Time) (body []byte, status int) {
	timestamp := r.Header.Get(headerTimestamp)
	signature, ok := parseSignature(r.Header.Get(headerSignature))
	if !ok || !isRecent(timestamp, now) {
		return nil, http.StatusUnauthorized
	}
	b.WriteString(timestamp)
	if _, err := io.Copy(b, io.LimitReader(r.Body, maxInteraction+1)); err != nil {
		if _, large := errors.AsType[*http.MaxBytesError](err); large {
			return nil, http.StatusRequestEntityTooLarge
		}
		return nil, http.StatusBadRequest
	}
	if b.Len()-len(timestamp) > maxInteraction {
		return nil, http.StatusRequestEntityTooLarge
	}
	if !ed25519.Verify(key, b.Bytes(), signature[:]) {
		return nil, http.StatusUnauthorized
	}
	return b.Bytes()[len(timestamp):], http.StatusOK
}

// parseSignature reads 64 bytes in hexadecimal digits.
func parseSignature(s string) (signature [ed25519.SignatureSize]byte, ok bool) {
	if len(s) != hex.EncodedLen(len(signature)) {
		return signature, false
	}
	_, err := hex.Decode(signature[:], []byte(s))
	return signature, err == nil
}

// isRecent reports whether a time stamp, in seconds since 1970, is that of a
// request made now.
func isRecent(timestamp string, now time.Time) bool {
	const digits = 12 // until the year 33658
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	return err == nil && len(timestamp) <= digits && now.Sub(time.Unix(seconds, 0)).Abs() <= maxClockOffset
}

// ParsePublicKey reads an application's public key as the Developer Portal
// shows it: 64 hexadecimal digits.
func ParsePublicKey(s string) (ed25519.PublicKey, error) {
	key, err := hex.DecodeString(s)
	if err != nil || len(key) != ed25519.PublicKeySize {
		return nil, errors.New("a public key of Discord has 64 hexadecimal digits; copy it from General Information in the Developer Portal")
	}
	return key, nil
}
