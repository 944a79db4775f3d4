package discordtest

import "time"

// Received is a message that the bot posted of its own accord: no response to
// an interaction.
type Received struct {
	ID      string    `json:"id"`
	Guild   string    `json:"guild,omitempty"` // id; empty in a direct conversation
	Channel string    `json:"channel"`         // id, of a message in a thread that of the channel it hangs below
	Thread  string    `json:"thread,omitempty"`
	Nonce   string    `json:"nonce,omitempty"`
	At      time.Time `json:"at"`
	Edits   int       `json:"edits,omitempty"`
	Host    string    `json:"host"`              // at which the request came in
	Unknown bool      `json:"unknown,omitempty"` // the answer was a 5xx, or none, or nobody was there for it
}

// Received returns what the bot posted in the order in which it came, from the
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
	r := Received{ID: m.id, Channel: m.channel.ID, At: m.created, Edits: m.edits, Host: m.host, Unknown: m.unknown}
	if m.channel.kind == kindThread {
		r.Channel, r.Thread = m.channel.parent.ID, m.channel.ID
	}
	if g := m.channel.Guild; g != nil {
		r.Guild = g.ID
	}
	r.Nonce, _ = m.nonce.(string)
	return r
}
