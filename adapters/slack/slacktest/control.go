package slacktest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// Control returns a handler by which another process works the fake: it adds
// workspaces, channels and users, lets users use the app's command, arms
// faults and reads what was counted and posted. Bodies and answers are JSON.
// Serve it beside the fake, on an address of its own.
//
//	GET    /state                                         State
//	POST   /workspaces                {"name","without"}  adds a workspace with the app, whose token lacks scopes: Joined
//	POST   /workspaces/{id}/uninstall                     takes the app from it
//	POST   /workspaces/{id}/channels  {"name"}            adds a channel with the app in it: {"id"}
//	POST   /workspaces/{id}/channels  {"name","count"}    adds many: {"ids"}
//	POST   /workspaces/{id}/users     {"name","locale"}   adds a user: {"id"}
//	POST   /channels/{id}/archive
//	DELETE /channels/{id}                                 deletes the channel
//	GET    /channels/{id}/messages                        what stands there: [Posted]
//	GET    /received?from=N&limit=N                       what the app posted: [Received]
//	POST   /slash   {"user","channel","command","text"}   uses a command: {"text","failed","ephemeral"}
//	POST   /faults                    Remote              arms a fault: {"id"}
//	GET    /faults/{id}                                   {"hits","host"}
//	GET    /faults/{id}/struck                            the same once it has struck
//	POST   /faults/{id}/release                           lets go what is held
//	DELETE /faults/{id}                                   disarms it
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
			write(w, answer{status: http.StatusOK, body: result})
		})
	}
	handle("GET /state", func(*http.Request, order) (any, error) {
		return State{
			Counts: s.Counts(), Violations: s.Violations(), AppID: s.AppID(), AppToken: s.AppToken(), SigningSecret: s.SigningSecret(),
			ClientID: s.ClientID(), ClientSecret: s.ClientSecret(), API: s.URL(), Authorize: s.AuthorizeURL(),
		}, nil
	})
	handle("GET /received", func(r *http.Request, _ order) (any, error) {
		from, err := strconv.Atoi(r.FormValue("from"))
		limit, err2 := strconv.Atoi(r.FormValue("limit"))
		if err := errors.Join(err, err2); err != nil {
			return nil, err
		}
		return s.Received(from, limit), nil
	})
	s.controlWorkspaces(handle)
	s.controlChannels(handle)
	s.controlFaults(handle)
	return mux
}

// State is what GET /state of Control answers.
type State struct {
	Counts        Counts      `json:"counts"`
	Violations    []Violation `json:"violations"`
	AppID         string      `json:"app_id"`
	AppToken      string      `json:"app_token"`
	SigningSecret string      `json:"signing_secret"`
	ClientID      string      `json:"client_id"`
	ClientSecret  string      `json:"client_secret"`
	API           string      `json:"api"`
	Authorize     string      `json:"authorize"`
}

// Joined is a workspace that Control added.
type Joined struct {
	ID     string   `json:"id"`
	Token  string   `json:"token"`
	Bot    string   `json:"bot"` // id of the app's user
	Scopes []string `json:"scopes"`
}

// Posted is a message as Control tells it.
type Posted struct {
	TS     string `json:"ts"`
	Thread string `json:"thread,omitempty"`
	Author string `json:"author"` // id of the user
	Bot    bool   `json:"bot"`
	Text   string `json:"text"`
	Key    string `json:"key,omitempty"` // the id in its metadata
	Edits  int    `json:"edits"`
}

// Remote is a fault that another process arms.
type Remote struct {
	On      string  `json:"on"`
	Channel string  `json:"channel"` // empty: any
	Skip    int     `json:"skip"`
	Every   int     `json:"every"`
	Chance  float64 `json:"chance"`
	Times   int     `json:"times"`
	Effect  string  `json:"effect"` // refuse, fail_after, reset_before, reset_after, delay, hold, hold_lose, hold_after, limit
	Status  int     `json:"status"` // with refuse and fail_after
	Code    string  `json:"code"`   // with refuse and fail_after: an error of Slack's instead
	Millis  int     `json:"millis"` // with delay and limit
}

// order is the body of any request to Control. The channel of a fault is the
// channel of a command too.
type order struct {
	Remote
	Name    string   `json:"name"`
	Locale  string   `json:"locale"`
	Count   int      `json:"count"`
	Without []string `json:"without"`
	User    string   `json:"user"`
	Command string   `json:"command"`
	Text    string   `json:"text"`
}

func (s *Server) controlWorkspaces(handle func(string, func(*http.Request, order) (any, error))) {
	handle("POST /workspaces", func(_ *http.Request, body order) (any, error) {
		ws := s.AddWorkspace(body.Name)
		ws.Without(body.Without...)
		token := ws.Token()
		s.mu.Lock()
		defer s.mu.Unlock()
		return Joined{ID: ws.ID, Token: token, Bot: ws.bot.ID, Scopes: s.tokens[token].scopes}, nil
	})
	handle("POST /workspaces/{id}/uninstall", func(r *http.Request, _ order) (any, error) {
		ws, err := s.workspaceOf(r.PathValue("id"))
		if err != nil {
			return nil, err
		}
		ws.Uninstall()
		return object{}, nil
	})
	handle("POST /workspaces/{id}/channels", func(r *http.Request, body order) (any, error) {
		ws, err := s.workspaceOf(r.PathValue("id"))
		if err != nil {
			return nil, err
		}
		if body.Count == 0 {
			return object{"id": ws.AddChannel(body.Name).ID}, nil
		}
		ids := make([]string, 0, body.Count)
		for n := range body.Count {
			ids = append(ids, ws.AddChannel(fmt.Sprintf("%s-%d", body.Name, n+1)).ID)
		}
		return object{"ids": ids}, nil
	})
	handle("POST /workspaces/{id}/users", func(r *http.Request, body order) (any, error) {
		ws, err := s.workspaceOf(r.PathValue("id"))
		if err != nil {
			return nil, err
		}
		return object{"id": ws.AddUser(body.Name, body.Locale).ID}, nil
	})
}

func (s *Server) controlChannels(handle func(string, func(*http.Request, order) (any, error))) {
	handle("POST /channels/{id}/archive", func(r *http.Request, _ order) (any, error) {
		c, err := s.channelOf(r.PathValue("id"))
		if err != nil {
			return nil, err
		}
		c.Archive()
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
			key := asString(asObject(m.Metadata["event_payload"])["id"])
			list = append(list, Posted{TS: m.TS, Thread: m.ThreadTS, Author: m.Author.ID, Bot: m.Author.own, Text: m.Text(), Key: key, Edits: m.Edits})
		}
		return list, nil
	})
	handle("POST /slash", func(_ *http.Request, body order) (any, error) {
		c, err := s.channelOf(body.Channel)
		if err != nil {
			return nil, err
		}
		u, err := c.userOf(body.User)
		if err != nil {
			return nil, err
		}
		shown := u.In(c).MayFail().Slash(body.Command, body.Text)
		if shown.Nothing() {
			return object{"failed": shown.Failed}, nil
		}
		return object{"text": shown.Text(), "failed": shown.Failed, "ephemeral": shown.Ephemeral}, nil
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
		armed := s.Fail(Fault{On: body.On, Channel: body.Channel, Skip: body.Skip, Every: body.Every, Chance: body.Chance, Times: body.Times, Do: effect})
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
		if f.Code != "" {
			return RefuseError(f.Code), nil
		}
		return Refuse(f.Status), nil
	case "fail_after":
		if f.Code != "" {
			return FailErrorAfter(f.Code), nil
		}
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
	case "limit":
		return Limit(d), nil
	}
	return Effect{}, fmt.Errorf("there is no effect %q", f.Effect)
}

func (s *Server) workspaceOf(id string) (*Workspace, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, ws := range s.workspaces {
		if ws.ID == id {
			return ws, nil
		}
	}
	return nil, fmt.Errorf("there is no workspace %q", id)
}

// channelOf finds a channel in any workspace: no two share an id.
func (s *Server) channelOf(id string) (*Channel, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, ws := range s.workspaces {
		if c := ws.channel(id); c != nil {
			return c, nil
		}
	}
	return nil, fmt.Errorf("there is no channel %q", id)
}

// userOf finds a user in the channel's workspace.
func (c *Channel) userOf(id string) (*User, error) {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	if u := c.Workspace.user(id); u != nil {
		return u, nil
	}
	return nil, fmt.Errorf("there is no user %q in the channel's workspace", id)
}
