package slacktest

import "time"

// Received is a message that the app posted by chat.postMessage.
type Received struct {
	TS        string    `json:"ts"`
	Workspace string    `json:"workspace"` // id
	Channel   string    `json:"channel"`
	Thread    string    `json:"thread,omitempty"` // ts of the parent
	Type      string    `json:"type,omitempty"`   // of its metadata
	Key       string    `json:"key,omitempty"`    // the id in its metadata
	At        time.Time `json:"at"`
	Edits     int       `json:"edits,omitempty"`
	Host      string    `json:"host"`              // at which the call came in
	Unknown   bool      `json:"unknown,omitempty"` // the answer was a 5xx, or none, or nobody was there for it
}

// Received returns what the app posted in the order in which it came, from the
// so-manieth on, limit messages at most.
func (s *Server) Received(from, limit int) []Received {
	s.mu.Lock()
	defer s.mu.Unlock()
	from = min(max(from, 0), len(s.received))
	list := []Received{}
	for _, m := range s.received[from:min(from+max(limit, 0), len(s.received))] {
		list = append(list, m.asReceived())
	}
	return list
}

func (m *post) asReceived() Received {
	micros, _ := parseTS(m.ts)
	r := Received{
		TS: m.ts, Workspace: m.channel.Workspace.ID, Channel: m.channel.ID, Type: asString(m.metadata["event_type"]),
		Key: asString(asObject(m.metadata["event_payload"])["id"]), At: time.UnixMicro(micros).UTC(), Edits: m.edits,
		Host: m.host, Unknown: m.unknown,
	}
	if m.thread != m.ts {
		r.Thread = m.thread
	}
	return r
}
