package discord

import (
	"net/url"
	"testing"
)

func TestInvitationsAskForNoMoreThanIsUsed(t *testing.T) {
	got, err := Invite("197038439483310086")
	if err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string]url.Values{
		got.Server: {
			"client_id": {"197038439483310086"}, "scope": {"bot applications.commands"}, "integration_type": {"0"},
			// View Channel, Send Messages, Read Message History, Create Public Threads, Send Messages in Threads
			"permissions": {"309237713920"},
		},
		got.User: {"client_id": {"197038439483310086"}, "scope": {"applications.commands"}, "integration_type": {"1"}},
	} {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		if u.Scheme+"://"+u.Host+u.Path != "https://discord.com/oauth2/authorize" || u.RawQuery != want.Encode() {
			t.Errorf("got %s, want the parameters %s", address, want.Encode())
		}
	}
}

func TestOnlyAnApplicationIsInvited(t *testing.T) {
	for _, id := range []string{"", "x", "1&permissions=8", "-1", "99999999999999999999"} {
		if got, err := Invite(id); err == nil {
			t.Errorf("%q is invited by %s", id, got.Server)
		}
	}
}
