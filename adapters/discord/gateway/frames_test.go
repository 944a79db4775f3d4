package gateway

import (
	"bufio"
	"bytes"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

const upgraded = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"

// frame makes a frame as a server sends it.
func frame(first byte, payload string) string {
	switch n := len(payload); {
	case n < 126:
		return string([]byte{first, byte(n)}) + payload
	case n < 1<<16:
		return string([]byte{first, 126, byte(n >> 8), byte(n)}) + payload
	default:
		return string([]byte{first, 127, 0, 0, 0, 0, byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}) + payload
	}
}

// follow gives a stream to frames in pieces and returns what they report, and
// how many bytes they hand on. end says when a message is the last.
func follow(stream string, end func(string) bool, pieces func(left int) int) (reports []string, passed int, ok bool) {
	f := &frames{
		message: func(p []byte) bool {
			reports = append(reports, fmt.Sprintf("message %t %q", p != nil, p))
			return !end(string(p))
		},
		closed: func(code int) bool {
			reports = append(reports, fmt.Sprintf("closed %d", code))
			return true
		},
	}
	for left := []byte(stream); len(left) > 0; {
		n := pieces(len(left))
		pass, ok := f.see(left[:n])
		passed += pass
		if !ok {
			return reports, passed, false
		}
		left = left[n:]
	}
	return reports, passed, true
}

func TestFramesAreSeenHoweverTheyAreSplit(t *testing.T) {
	long, tooLong := strings.Repeat("x", maxPeek), strings.Repeat("x", 1<<16+1)
	whole := func(string) bool { return false }
	for _, test := range []struct {
		name   string
		stream string
		end    func(string) bool
		want   []string
		ok     bool
		held   int // bytes that are not handed on
	}{
		{"nothing but the response", upgraded, whole, nil, true, 0},
		{"text", upgraded + frame(0x81, "one") + frame(0x81, "two"), whole, []string{`message true "one"`, `message true "two"`}, true, 0},
		{"empty text", upgraded + frame(0x81, ""), whole, []string{`message false ""`}, true, 0},
		{"as long as is looked into", upgraded + frame(0x81, long), whole, []string{fmt.Sprintf("message true %q", long)}, true, 0},
		{"longer", upgraded + frame(0x81, long+"x") + frame(0x81, tooLong), whole, []string{`message false ""`, `message false ""`}, true, 0},
		{"binary", upgraded + frame(0x82, "one"), whole, []string{`message false ""`}, true, 0},
		{"in parts with a ping between", upgraded + frame(0x01, "o") + frame(0x89, "?") + frame(0x00, "n") + frame(0x80, "e"), whole, []string{`message true "one"`}, true, 0},
		{"close with a code", upgraded + frame(0x88, "\x0f\xa4bad"), whole, []string{"closed 4004"}, true, 0},
		{"close without", upgraded + frame(0x88, ""), whole, []string{"closed 0"}, true, 0},
		{"the last message is held back by a byte", upgraded + frame(0x81, "a") + frame(0x81, "end") + frame(0x81, "b"), func(m string) bool { return m == "end" }, []string{`message true "a"`, `message true "end"`}, false, 1 + 3},
		{"masked", upgraded + "\x81\x83abcdxyz", whole, nil, false, 1 + 7},
		{"control frame that is too long", upgraded + frame(0x89, strings.Repeat("x", maxControl+1)), whole, nil, false, 1 + maxControl + 1},
		{"message beyond all", upgraded + "\x81\x7f\x7f\xff\xff\xff\xff\xff\xff\xff", whole, nil, false, 1},
		{"parts beyond all", upgraded + frame(0x01, "x") + "\x80\x7f\x00\x00\x00\x00\x04\x00\x00\x00", whole, nil, false, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			for name, pieces := range map[string]func(int) int{
				"at once":      func(left int) int { return left },
				"byte by byte": func(int) int { return 1 },
				"by seven":     func(left int) int { return min(7, left) },
			} {
				reports, passed, ok := follow(test.stream, test.end, pieces)
				if !slices.Equal(reports, test.want) || ok != test.ok || passed != len(test.stream)-test.held {
					t.Errorf("%s: got %q, ok %t, %d held back; want %q, %t, %d", name, reports, ok, len(test.stream)-passed, test.want, test.ok, test.held)
				}
			}
		})
	}
}

// replay is a connection over which a server accepts the upgrade and sends what
// it was given.
type replay struct {
	net.Conn // none
	asked    bytes.Buffer
	sent     []byte
	answer   io.Reader
}

func (r *replay) Write(p []byte) (int, error) { return r.asked.Write(p) }

func (r *replay) Read(p []byte) (int, error) {
	if r.answer == nil {
		request, err := http.ReadRequest(bufio.NewReader(&r.asked))
		if err != nil {
			return 0, err
		}
		// RFC 6455, section 4.2.2.
		sum := sha1.Sum([]byte(request.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
		head := "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
			base64.StdEncoding.EncodeToString(sum[:]) + "\r\n\r\n"
		r.answer = io.MultiReader(strings.NewReader(head), bytes.NewReader(r.sent))
	}
	return r.answer.Read(p)
}

func (*replay) Close() error                     { return nil }
func (*replay) SetDeadline(time.Time) error      { return nil }
func (*replay) SetWriteDeadline(time.Time) error { return nil }

// FuzzFrames looks for bytes that frames read otherwise than gorilla/websocket,
// which reads them after it, and for ways to split them that matter.
func FuzzFrames(f *testing.F) {
	for _, seed := range []string{
		frame(0x81, `{"op":10,"d":{"heartbeat_interval":41250}}`) + frame(0x88, "\x0f\xa4"),
		frame(0x01, "o") + frame(0x89, "?") + frame(0x80, "ne") + frame(0x82, "\x00"),
		frame(0x81, strings.Repeat("x", maxPeek+1)) + frame(0x81, ""),
		"\x81\x83abcdxyz", "\x81\x7f\xff\xff\xff\xff\xff\xff\xff\xff", "\x81\x7e\x00\x01x",
	} {
		f.Add([]byte(seed), uint8(3))
	}
	f.Fuzz(func(t *testing.T, sent []byte, piece uint8) {
		var seen []string
		look := &frames{
			part:    partHead,
			message: func(p []byte) bool { seen = append(seen, string(p)); return true },
			closed:  func(int) bool { return false },
		}
		pass, ok := look.see(sent)
		if pass < 0 || pass > len(sent) || (ok && pass != len(sent)) {
			t.Fatalf("%d of %d bytes handed on, ok %t", pass, len(sent), ok)
		}

		var again []string
		split := &frames{
			part:    partHead,
			message: func(p []byte) bool { again = append(again, string(p)); return true },
			closed:  func(int) bool { return false },
		}
		total, splitOK := 0, true
		for left := sent; len(left) > 0 && splitOK; {
			n := min(int(piece)+1, len(left))
			var p int
			p, splitOK = split.see(left[:n])
			total += p
			left = left[n:]
		}
		if !slices.Equal(seen, again) || total != pass || splitOK != ok {
			t.Fatalf("at once %q (%d, %t), in pieces %q (%d, %t)", seen, pass, ok, again, total, splitOK)
		}

		// Every message that gorilla reads was seen, in full or as one not looked into.
		dialer := websocket.Dialer{NetDial: func(string, string) (net.Conn, error) { return &replay{sent: sent}, nil }}
		ws, response, err := dialer.Dial("ws://discord.example", nil)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		for i := 0; ; i++ {
			kind, message, err := ws.ReadMessage()
			if err != nil {
				return
			}
			if i >= len(seen) {
				t.Fatalf("message %q was not seen", message)
			}
			if want := string(message); seen[i] != want && (kind == websocket.TextMessage && len(want) <= maxPeek || seen[i] != "") {
				t.Fatalf("saw %q, want %q", seen[i], want)
			}
		}
	})
}
