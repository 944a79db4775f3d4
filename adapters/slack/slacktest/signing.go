package slacktest

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Names of the headers that carry a signature and tell of a retry:
// https://docs.slack.dev/authentication/verifying-requests-from-slack and
// https://docs.slack.dev/apis/events-api#retries
const (
	HeaderSignature   = "X-Slack-Signature"
	HeaderTimestamp   = "X-Slack-Request-Timestamp"
	HeaderRetryNum    = "X-Slack-Retry-Num"
	HeaderRetryReason = "X-Slack-Retry-Reason"
	headerNoRetry     = "X-Slack-No-Retry"
)

// The paths of the app's endpoints below its base address.
const (
	EventsPath        = "/slack/events"
	CommandsPath      = "/slack/commands"
	InteractivityPath = "/slack/interactivity"
	OptionsPath       = "/slack/options"
)

const (
	contentJSON = "application/json"
	contentForm = "application/x-www-form-urlencoded"
)

// SignedRequest is what Slack posts to an endpoint of the app. Change what
// you like before Post sends it.
type SignedRequest struct {
	s      *Server
	Header http.Header
	Body   []byte
	Path   string // below the base address, such as EventsPath
}

// Sign returns a body for a path with the headers that Slack sends with it at
// a time.
func (s *Server) Sign(path string, body []byte, at time.Time) SignedRequest {
	timestamp := strconv.FormatInt(at.Unix(), 10)
	h := http.Header{}
	h.Set("Content-Type", contentForm)
	if path == EventsPath {
		h.Set("Content-Type", contentJSON)
	}
	h.Set("User-Agent", "Slackbot 1.0 (+https://api.slack.com/robots)")
	h.Set(HeaderTimestamp, timestamp)
	h.Set(HeaderSignature, s.signature(timestamp, body))
	return SignedRequest{s: s, Header: h, Body: body, Path: path}
}

func (s *Server) signature(timestamp string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(s.o.SigningSecret))
	mac.Write([]byte("v0:" + timestamp + ":"))
	mac.Write(body)
	return "v0=" + hex.EncodeToString(mac.Sum(nil))
}

// Post sends the request to an address and returns what came back. It may be
// sent more than once.
func (r SignedRequest) Post(ctx context.Context, base string) (status int, header http.Header, body []byte, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(base, "/")+r.Path, bytes.NewReader(r.Body))
	if err != nil {
		return 0, nil, nil, err
	}
	req.Header = r.Header.Clone()
	res, err := r.s.out.Do(req)
	if err != nil {
		return 0, nil, nil, err
	}
	defer func() { _ = res.Body.Close() }()
	body, err = io.ReadAll(io.LimitReader(res.Body, maxBody))
	return res.StatusCode, res.Header, body, err
}

// UseEndpoint makes everything go as signed requests to endpoints below an
// address instead of over Socket Mode, in turn where there are more addresses,
// as a load balancer would have it. It fails where they do not pass the probe:
// the challenge must be answered, forged requests refused with 401.
func (s *Server) UseEndpoint(bases ...string) error {
	for _, base := range bases {
		if err := s.probe(base); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.endpoints = bases
	return nil
}

// replica is the address whose turn it is, empty over Socket Mode. The lock
// must be held.
func (s *Server) replica() string {
	if len(s.endpoints) == 0 {
		return ""
	}
	s.turn++
	return s.endpoints[s.turn%len(s.endpoints)]
}

// UseSocket makes everything go over Socket Mode.
func (s *Server) UseSocket() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.endpoints = nil
}

// probe asks endpoints what Slack asks of the address for events
// (https://docs.slack.dev/reference/events/url_verification), and whether
// they refuse what Slack did not sign.
func (s *Server) probe(base string) error {
	ctx, cancel := context.WithTimeout(context.Background(), s.o.RespondWithin)
	defer cancel()
	now := s.o.Now()
	const challenge = "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P"
	body := raw(object{"token": verificationToken, "challenge": challenge, "type": "url_verification"})
	status, header, reply, err := s.Sign(EventsPath, body, now).Post(ctx, base)
	if err != nil {
		return fmt.Errorf("the endpoint cannot be reached: %w", err)
	}
	answered := string(reply)
	if strings.HasPrefix(header.Get("Content-Type"), contentJSON) {
		var decoded object
		_ = json.Unmarshal(reply, &decoded)
		answered = asString(decoded["challenge"])
	}
	if status != http.StatusOK || strings.TrimSpace(answered) != challenge {
		return fmt.Errorf("the endpoint answers a challenge with %d and not with the challenge", status)
	}
	for _, path := range []string{EventsPath, CommandsPath, InteractivityPath, OptionsPath} {
		body := []byte("payload=%7B%7D")
		if path == EventsPath {
			body = raw(object{"type": "event_callback", "event": object{}})
		}
		for name, forge := range map[string]func(*SignedRequest){
			"a wrong signature":     func(r *SignedRequest) { r.Header.Set(HeaderSignature, s.signature("0", body)) },
			"a malformed signature": func(r *SignedRequest) { r.Header.Set(HeaderSignature, "v0=zz") },
			"no signature":          func(r *SignedRequest) { r.Header.Del(HeaderSignature) },
			"no timestamp":          func(r *SignedRequest) { r.Header.Del(HeaderTimestamp) },
			"an altered timestamp":  func(r *SignedRequest) { r.Header.Set(HeaderTimestamp, strconv.FormatInt(now.Unix()+1, 10)) },
			"an old timestamp":      func(r *SignedRequest) { *r = s.Sign(path, body, now.Add(-6*time.Minute)) },
			"an altered body":       func(r *SignedRequest) { r.Body = append(bytes.Clone(r.Body), ' ') },
			"another version":       func(r *SignedRequest) { r.Header.Set(HeaderSignature, "v1"+r.Header.Get(HeaderSignature)[2:]) },
		} {
			request := s.Sign(path, body, now)
			forge(&request)
			status, _, _, err := request.Post(ctx, base)
			if err != nil {
				return fmt.Errorf("%s cannot be reached with %s: %w", path, name, err)
			}
			if status != http.StatusUnauthorized {
				return fmt.Errorf("%s answers %s with %d and not with 401", path, name, status)
			}
		}
	}
	return nil
}
