package discordtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// Control returns a handler by which another process works the fake: it adds
// guilds, channels and users, lets users use commands, arms faults and reads
// what was counted and posted. Bodies and answers are JSON. Serve it beside
// the fake, on an address of its own.
//
//	GET    /state                                     counts and violations
//	POST   /guilds                {"name"}            adds a guild: {"id"}
//	POST   /guilds/{id}/channels  {"name"}            adds a channel: {"id"}
//	POST   /guilds/{id}/channels  {"name","count"}    adds many: {"ids"}
//	POST   /channels/{id}/deny    {"permissions"}     takes permissions from the bot
//	DELETE /channels/{id}                             deletes the channel
//	GET    /channels/{id}/messages                    what stands there
//	GET    /received?from=N&limit=N                   what the bot posted: [Received]
//	POST   /users                 {"name","locale"}   adds a user: {"id"}
//	POST   /grant                 {"guild","user","permissions"}
//	POST   /slash                 {"user","channel","command","options"}
//	POST   /faults                Remote              arms a fault: {"id"}
//	GET    /faults/{id}                               {"hits","host"}
//	GET    /faults/{id}/struck                        the same once it has struck
//	POST   /faults/{id}/release                       lets go what is held
//	DELETE /faults/{id}                               disarms it
func (s *Server) Control() http.Handler {
	mux := http.NewServeMux()
	handle := func(pattern string, do func(r *http.Request, body order) (any, error)) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			var body order
			if r.ContentLength != 0 {
				if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody)).Decode(&body); err != nil {
					http.Error(w, err.Error(), http.StatusBadRequest)
					return
				}
			}
			result, err := do(r, body)
			if err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
			write(w, ok(result))
		})
	}
	handle("GET /state", func(*http.Request, order) (any, error) {
		return State{Counts: s.Counts(), Violations: s.Violations(), ApplicationID: s.ApplicationID(), PublicKey: s.PublicKey(), API: s.URL(), Gateway: s.GatewayURL()}, nil
	})
	handle("POST /guilds", func(_ *http.Request, body order) (any, error) {
		return object{"id": s.AddGuild(body.Name).ID}, nil
	})
	handle("POST /guilds/{id}/channels", func(r *http.Request, body order) (any, error) {
		g, err := s.guildOf(r.PathValue("id"))
		if err != nil {
			return nil, err
		}
		if body.Count == 0 {
			return object{"id": g.AddChannel(body.Name).ID}, nil
		}
		ids := make([]string, 0, body.Count)
		for n := range body.Count {
			ids = append(ids, g.AddChannel(fmt.Sprintf("%s-%d", body.Name, n+1)).ID)
		}
		return object{"ids": ids}, nil
	})
	handle("POST /users", func(_ *http.Request, body order) (any, error) {
		return object{"id": s.AddUser(body.Name, body.Locale).ID}, nil
	})
	handle("POST /grant", func(_ *http.Request, body order) (any, error) {
		g, err := s.guildOf(body.Guild)
		if err != nil {
			return nil, err
		}
		u, err := s.userOf(body.User)
		if err != nil {
			return nil, err
		}
		g.Grant(u, body.Permissions)
		return object{}, nil
	})
	s.controlChannels(handle)
	s.controlFaults(handle)
	return mux
}

// State is what GET /state of Control answers.
type State struct {
	Counts        Counts      `json:"counts"`
	Violations    []Violation `json:"violations"`
	ApplicationID string      `json:"application_id"`
	PublicKey     string      `json:"public_key"`
	API           string      `json:"api"`
	Gateway       string      `json:"gateway"`
}

// Posted is a message as Control tells it.
type Posted struct {
	ID      string    `json:"id"`
	Author  string    `json:"author"` // id of the user
	Bot     bool      `json:"bot"`
	Text    string    `json:"text"`
	Nonce   string    `json:"nonce,omitempty"`
	Edits   int       `json:"edits"`
	Created time.Time `json:"created"`
}

// Remote is a fault that another process arms.
type Remote struct {
	On     string  `json:"on"`
	Skip   int     `json:"skip"`
	Chance float64 `json:"chance"`
	Times  int     `json:"times"`
	Effect string  `json:"effect"` // refuse, fail_after, reset_before, reset_after, delay, hold, hold_lose, hold_after, limit_html, limit_global, limit_shared, limit_route
	Status int     `json:"status"` // with refuse and fail_after
	Code   int     `json:"code"`   // with refuse: an error of Discord's
	Millis int     `json:"millis"` // with delay and the limits
}

// order is the body of any request to Control.
type order struct {
	Remote
	Name        string         `json:"name"`
	Count       int            `json:"count"`
	Locale      string         `json:"locale"`
	Guild       string         `json:"guild"`
	User        string         `json:"user"`
	Channel     string         `json:"channel"`
	Command     string         `json:"command"`
	Options     map[string]any `json:"options"`
	Permissions Permissions    `json:"permissions"`
}

func (s *Server) controlChannels(handle func(string, func(*http.Request, order) (any, error))) {
	handle("POST /channels/{id}/deny", func(r *http.Request, body order) (any, error) {
		c, err := s.channelOf(r.PathValue("id"))
		if err != nil {
			return nil, err
		}
		c.Deny(body.Permissions)
		return object{}, nil
	})
	handle("DELETE /channels/{id}", func(r *http.Request, _ order) (any, error) {
		c, err := s.channelOf(r.PathValue("id"))
		if err != nil {
			return nil, err
		}
		c.Delete()
		return object{}, nil
	})
	handle("GET /channels/{id}/messages", func(r *http.Request, _ order) (any, error) {
		c, err := s.channelOf(r.PathValue("id"))
		if err != nil {
			return nil, err
		}
		list := []Posted{}
		for _, m := range s.Messages(c) {
			list = append(list, Posted{ID: m.ID, Author: m.Author.ID, Bot: m.Author.bot, Text: m.Text(), Nonce: m.Nonce, Edits: m.Edits, Created: m.Created})
		}
		return list, nil
	})
	handle("GET /received", func(r *http.Request, _ order) (any, error) {
		from, err := strconv.Atoi(r.FormValue("from"))
		limit, err2 := strconv.Atoi(r.FormValue("limit"))
		if err := errors.Join(err, err2); err != nil {
			return nil, err
		}
		return s.Received(from, limit), nil
	})
	handle("POST /slash", func(_ *http.Request, body order) (any, error) {
		u, err := s.userOf(body.User)
		if err != nil {
			return nil, err
		}
		c, err := s.channelOf(body.Channel)
		if err != nil {
			return nil, err
		}
		for name, value := range body.Options {
			if n, isNumber := value.(float64); isNumber && n == float64(int(n)) {
				body.Options[name] = int(n)
			}
		}
		shown := u.In(c).MayFail().Slash(body.Command, body.Options)
		return object{"id": shown.ID, "text": shown.Text(), "failed": shown.Failed, "ephemeral": shown.Ephemeral}, nil
	})
}

func (s *Server) controlFaults(handle func(string, func(*http.Request, order) (any, error))) {
	of := func(r *http.Request) (*Armed, error) {
		n, err := strconv.Atoi(r.PathValue("id"))
		s.mu.Lock()
		defer s.mu.Unlock()
		if err != nil || n < 0 || n >= len(s.remote) {
			return nil, fmt.Errorf("there is no fault %q", r.PathValue("id"))
		}
		return s.remote[n], nil
	}
	handle("POST /faults", func(_ *http.Request, body order) (any, error) {
		effect, err := body.effect()
		if err != nil {
			return nil, err
		}
		armed := s.Fail(Fault{On: body.On, Skip: body.Skip, Chance: body.Chance, Times: body.Times, Do: effect})
		s.mu.Lock()
		defer s.mu.Unlock()
		s.remote = append(s.remote, armed)
		return object{"id": strconv.Itoa(len(s.remote) - 1)}, nil
	})
	handle("GET /faults/{id}", func(r *http.Request, _ order) (any, error) {
		armed, err := of(r)
		if err != nil {
			return nil, err
		}
		return armed.told(), nil
	})
	handle("GET /faults/{id}/struck", func(r *http.Request, _ order) (any, error) {
		armed, err := of(r)
		if err != nil {
			return nil, err
		}
		select {
		case <-armed.Struck():
		case <-r.Context().Done():
		case <-s.done:
		}
		return armed.told(), nil
	})
	handle("POST /faults/{id}/release", func(r *http.Request, _ order) (any, error) {
		armed, err := of(r)
		if err != nil {
			return nil, err
		}
		armed.Release()
		return object{}, nil
	})
	handle("DELETE /faults/{id}", func(r *http.Request, _ order) (any, error) {
		armed, err := of(r)
		if err != nil {
			return nil, err
		}
		armed.Disarm()
		return object{}, nil
	})
}

// told is what Control tells of a fault.
func (a *Armed) told() object {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	return object{"hits": a.hits, "host": a.host}
}

func (f Remote) effect() (Effect, error) {
	d := time.Duration(f.Millis) * time.Millisecond
	switch f.Effect {
	case "refuse":
		if f.Code != 0 {
			return RefuseCode(f.Status, f.Code), nil
		}
		return Refuse(f.Status), nil
	case "fail_after":
		return FailAfter(f.Status), nil
	case "reset_before":
		return ResetBefore(), nil
	case "reset_after":
		return ResetAfter(), nil
	case "delay":
		return Delay(d), nil
	case "hold":
		return Hold(), nil
	case "hold_lose":
		return HoldAndLose(), nil
	case "hold_after":
		return HoldAfter(), nil
	case "limit_html":
		return LimitHTML(d), nil
	case "limit_global":
		return LimitGlobal(d), nil
	case "limit_shared":
		return LimitShared(d), nil
	case "limit_route":
		return LimitRoute(d), nil
	}
	return Effect{}, fmt.Errorf("there is no effect %q", f.Effect)
}

func (s *Server) guildOf(id string) (*Guild, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if g := s.guild(id); g != nil {
		return g, nil
	}
	return nil, fmt.Errorf("there is no guild %q", id)
}

func (s *Server) channelOf(id string) (*Channel, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.channels[id]; c != nil {
		return c, nil
	}
	return nil, fmt.Errorf("there is no channel %q", id)
}

func (s *Server) userOf(id string) (*User, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if u := s.users[id]; u != nil {
		return u, nil
	}
	return nil, fmt.Errorf("there is no user %q", id)
}

// spent forgets faults that strike no more. The lock must be held.
func (s *Server) spent() {
	s.faults = slices.DeleteFunc(s.faults, func(a *Armed) bool { return a.left == 0 })
}
