package discordtest

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Names of the headers that carry a signature:
// https://discord.com/developers/docs/interactions/overview#setting-up-an-endpoint
const (
	HeaderSignature = "X-Signature-Ed25519"
	HeaderTimestamp = "X-Signature-Timestamp"
)

const callbackRoute = "POST /interactions/{interaction_id}/{interaction_token}/callback"

// SignedRequest is what Discord posts to an interactions endpoint. Change
// what you like before Post sends it.
type SignedRequest struct {
	s      *Server
	Header http.Header
	Body   []byte
}

// Sign returns a body with the headers that Discord sends with it at a time.
func (s *Server) Sign(body []byte, at time.Time) SignedRequest {
	timestamp := strconv.FormatInt(at.Unix(), 10)
	h := http.Header{}
	h.Set("Content-Type", "application/json")
	h.Set("User-Agent", "Discord-Interactions/1.0 (+https://discord.com)")
	h.Set(HeaderTimestamp, timestamp)
	h.Set(HeaderSignature, s.signature(timestamp, body))
	return SignedRequest{s: s, Header: h, Body: body}
}

func (s *Server) signature(timestamp string, body []byte) string {
	return hex.EncodeToString(ed25519.Sign(s.key, append([]byte(timestamp), body...)))
}

// Post sends the request to an address and returns what came back. It may be
// sent more than once.
func (r SignedRequest) Post(ctx context.Context, address string) (status int, header http.Header, body []byte, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(r.Body))
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

// Forged is a request that did not come from Discord.
type Forged struct {
	SignedRequest
	What string // what is wrong with it
}

// Forgeries are requests with a body that an endpoint must refuse with 401.
func (s *Server) Forgeries(body []byte) []Forged { return s.forgeries(body, s.o.Now()) }

func (s *Server) forgeries(body []byte, now time.Time) []Forged {
	var list []Forged
	forge := func(what string, change func(*SignedRequest)) {
		request := s.Sign(bytes.Clone(body), now)
		change(&request)
		list = append(list, Forged{SignedRequest: request, What: what})
	}
	signed := func(signature string) func(*SignedRequest) {
		return func(r *SignedRequest) { r.Header.Set(HeaderSignature, signature) }
	}
	timestamp := strconv.FormatInt(now.Unix(), 10)
	right := s.signature(timestamp, body)
	forge("a signature of something else", signed(s.signature(timestamp, []byte("{}"))))
	forge("a signature of zeros", signed(strings.Repeat("0", len(right))))
	forge("half a signature", signed(right[:len(right)/2]))
	forge("a signature with more behind it", signed(right+"00"))
	forge("a signature that is not hexadecimal", signed(strings.Repeat("zz", ed25519.SignatureSize)))
	forge("an empty signature", signed(""))
	forge("no signature", func(r *SignedRequest) { r.Header.Del(HeaderSignature) })
	forge("no timestamp", func(r *SignedRequest) { r.Header.Del(HeaderTimestamp) })
	forge("an altered timestamp", func(r *SignedRequest) { r.Header.Set(HeaderTimestamp, strconv.FormatInt(now.Unix()+1, 10)) })
	forge("an altered body", func(r *SignedRequest) { r.Body = append(r.Body, ' ') })
	forge("no body", func(r *SignedRequest) { r.Body = nil })
	return list
}

// UseEndpoint makes interactions go as signed requests to an address instead
// of over the gateway. It fails where the endpoint does not pass the probe
// that Discord makes: a PING must be answered, forged requests refused.
func (s *Server) UseEndpoint(address string) error {
	if err := s.probe(address); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.app.endpoint = address
	return nil
}

// UseGateway makes interactions go over the gateway.
func (s *Server) UseGateway() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.app.endpoint = ""
}

// probe asks an endpoint what Discord asks it before it takes it.
func (s *Server) probe(address string) error {
	ctx, cancel := context.WithTimeout(context.Background(), s.o.RespondWithin)
	defer cancel()
	s.mu.Lock()
	ping := func() []byte {
		text, _ := json.Marshal(object{
			"id": s.newID(), "application_id": s.app.id, "type": kindPing, "version": 1, "token": "ping" + s.newID(),
			"user": (&User{ID: "1", Name: "maintainer"}).payload(), "entitlements": []any{},
			"app_permissions": Everyone.String(), "authorizing_integration_owners": object{},
		})
		return text
	}
	good, forged := ping(), ping()
	s.mu.Unlock()
	now := s.o.Now()
	status, header, body, err := s.Sign(good, now).Post(ctx, address)
	if err != nil {
		return fmt.Errorf("the endpoint cannot be reached: %w", err)
	}
	var pong object
	if status != http.StatusOK || json.Unmarshal(body, &pong) != nil || asInt(pong["type"]) != respondPong || len(pong) != 1 {
		return fmt.Errorf("the endpoint answers a PING with %d and not with a PONG", status)
	}
	if !strings.HasPrefix(header.Get("Content-Type"), "application/json") {
		return fmt.Errorf("the endpoint answers a PING as %q and not as JSON", header.Get("Content-Type"))
	}
	for _, forged := range s.forgeries(forged, now) {
		status, _, _, err := forged.Post(ctx, address)
		if err != nil {
			return fmt.Errorf("the endpoint cannot be reached with %s: %w", forged.What, err)
		}
		if status != http.StatusUnauthorized {
			return fmt.Errorf("the endpoint answers %s with %d and not with 401", forged.What, status)
		}
	}
	return nil
}

// deliver brings an interaction to the bot and waits for its first response.
func (s *Server) deliver(in *interaction) {
	s.mu.Lock()
	endpoint := s.app.endpoint
	if endpoint == "" && !s.dispatchTo(in.channel.Guild, "INTERACTION_CREATE", func(Intents) any { return in.payload }) {
		in.failed = in.failure()
		s.o.Log.Info("no session listens for interactions")
	}
	in.posted = endpoint != ""
	s.mu.Unlock()
	start := time.Now()
	if endpoint != "" {
		if err := s.postInteraction(in, endpoint); err != nil {
			s.mu.Lock()
			if in.response == 0 {
				in.failed = in.failure()
				s.o.Log.Info("endpoint does not answer", "err", err)
			}
			s.mu.Unlock()
		}
	}
	answered := s.await(s.o.RespondWithin-time.Since(start), func() bool { return in.response != 0 || in.failed != "" })
	if !answered {
		s.mu.Lock()
		in.failed = in.failure()
		s.mu.Unlock()
	}
}

// postInteraction posts an interaction to the endpoint and takes the response
// from the reply.
func (s *Server) postInteraction(in *interaction, endpoint string) error {
	body, err := json.Marshal(in.payload)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), s.o.RespondWithin)
	defer cancel()
	status, header, reply, err := s.Sign(body, s.o.Now()).Post(ctx, endpoint)
	switch {
	case err != nil:
		return err
	case status == http.StatusAccepted && len(reply) == 0: // the response comes over REST
		return nil
	case status != http.StatusOK:
		return fmt.Errorf("status %d", status)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	where := "reply to interaction"
	if !strings.HasPrefix(header.Get("Content-Type"), "application/json") {
		s.violate(where, "the Content-Type is %q", header.Get("Content-Type"))
		return errors.New("no JSON")
	}
	decoded, err := jsonschema.UnmarshalJSON(bytes.NewReader(reply))
	if err != nil {
		s.violate(where, "the body is not JSON")
		return err
	}
	if problems := s.o.Description.checkBody(callbackRoute, decoded); len(problems) > 0 {
		for _, p := range problems {
			s.violate(where, "%s", p)
		}
		return errors.New("invalid response")
	}
	if a := s.respond(in, asObject(decoded), where); a.status != http.StatusNoContent {
		return fmt.Errorf("refused with %d", a.status)
	}
	return nil
}
