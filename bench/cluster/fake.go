package cluster

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"time"

	"briefbot/adapters/discord/discordtest"
	"briefbot/adapters/slack/slacktest"
)

// Fake is a fake platform that runs as a process of its own.
type Fake struct {
	Platform string
	Doors    []string // http://host:port; one for each replica

	control string
	client  *http.Client
	cmd     *exec.Cmd
	stdin   io.Closer
}

// StartFake starts the fake of a platform, "discord" or "slack". The seed
// decides which requests its faults strike. What it logs, violations of the
// platform's rules included, goes into a file.
func StartFake(ctx context.Context, binary, platform string, doors int, seed uint64, log string) (*Fake, error) {
	cmd := exec.CommandContext(ctx, binary, "-doors", strconv.Itoa(doors), "-seed", strconv.FormatUint(seed, 10), platform)
	file, err := os.Create(log)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	cmd.Stderr = file
	stdin, err := cmd.StdinPipe() // whose end is the fake's
	if err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	f := &Fake{Platform: platform, cmd: cmd, stdin: stdin, client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 16}}}
	var said struct {
		Control string
		Doors   []string
	}
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &said)
	}
	if err != nil {
		text, _ := os.ReadFile(log)
		return nil, errors.Join(fmt.Errorf("the fake %s does not start: %w\n%s", platform, err, text), f.Stop())
	}
	f.control, f.Doors = said.Control, said.Doors
	return f, nil
}

// Stop ends the process.
func (f *Fake) Stop() error {
	f.client.CloseIdleConnections()
	return errors.Join(f.stdin.Close(), f.cmd.Wait())
}

// Do works the fake by a request such as "POST /faults" of its control. body
// and into may be nil.
func (f *Fake) Do(ctx context.Context, what string, body, into any) error {
	var method, path string
	if _, err := fmt.Sscan(what, &method, &path); err != nil {
		return fmt.Errorf("%q is no request: %w", what, err)
	}
	var reader io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return err
		}
		reader = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, f.control+path, reader)
	if err != nil {
		return err
	}
	res, err := f.client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s of the fake %s: %s", what, f.Platform, bytes.TrimSpace(text))
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(text, into)
}

// Posted is the request by which the program posts, as faults name it.
func (f *Fake) Posted() string {
	if f.Platform == "discord" {
		return "POST /channels/{channel_id}/messages"
	}
	return "chat.postMessage"
}

// Fault is a fault of either fake: discordtest.Remote and slacktest.Remote
// have these in common.
type Fault struct {
	On     string  `json:"on"`
	Chance float64 `json:"chance,omitempty"`
	Times  int     `json:"times,omitempty"`
	Effect string  `json:"effect"`
	Status int     `json:"status,omitempty"`
	Millis int     `json:"millis,omitempty"`
}

// Armed is a fault that waits for its requests.
type Armed struct {
	fake *Fake
	id   string
}

// Struck says how often a fault has struck, and the door of the last request.
type Struck struct {
	Hits int    `json:"hits"`
	Host string `json:"host"`
}

// Arm arms a fault.
func (f *Fake) Arm(ctx context.Context, fault Fault) (*Armed, error) {
	var made struct{ ID string }
	if err := f.Do(ctx, "POST /faults", fault, &made); err != nil {
		return nil, err
	}
	return &Armed{fake: f, id: made.ID}, nil
}

// Struck waits until the fault has struck, or for so long.
func (a *Armed) Struck(ctx context.Context, within time.Duration) (Struck, error) {
	waiting, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	var s Struck
	err := a.fake.Do(waiting, "GET /faults/"+a.id+"/struck", nil, &s)
	if err != nil && ctx.Err() == nil && waiting.Err() != nil {
		err = a.fake.Do(ctx, "GET /faults/"+a.id, nil, &s)
	}
	return s, err
}

// Release lets go what it holds.
func (a *Armed) Release(ctx context.Context) error {
	return a.fake.Do(ctx, "POST /faults/"+a.id+"/release", nil, nil)
}

// Disarm makes it strike no more, lets go what it holds and returns how often
// it has struck.
func (a *Armed) Disarm(ctx context.Context) (int, error) {
	if err := a.fake.Do(ctx, "DELETE /faults/"+a.id, nil, nil); err != nil {
		return 0, err
	}
	var s Struck
	err := a.fake.Do(ctx, "GET /faults/"+a.id, nil, &s)
	return s.Hits, err
}

// Post is a message that a fake received.
type Post struct {
	Platform  string
	Workspace string // the guild on Discord
	Channel   string
	Thread    string // empty outside a thread
	ID        string
	Key       string // by which two attempts at one message are known
	At        time.Time
	Door      string // host:port at which it came in
	Unknown   bool   // whoever sent it cannot know from the answer that it stands
}

// page is how many messages are asked for at once.
const page = 5000

// Received returns what the fake received from the so-manieth message on.
func (f *Fake) Received(ctx context.Context, from int) ([]Post, error) {
	var all []Post
	for {
		what := fmt.Sprintf("GET /received?from=%d&limit=%d", from+len(all), page)
		var some []Post
		if f.Platform == "discord" {
			var list []discordtest.Received
			if err := f.Do(ctx, what, nil, &list); err != nil {
				return nil, err
			}
			for _, m := range list {
				some = append(some, Post{
					Platform: f.Platform, Workspace: m.Guild, Channel: m.Channel, Thread: m.Thread, ID: m.ID, Key: m.Nonce,
					At: m.At, Door: m.Host, Unknown: m.Unknown,
				})
			}
		} else {
			var list []slacktest.Received
			if err := f.Do(ctx, what, nil, &list); err != nil {
				return nil, err
			}
			for _, m := range list {
				some = append(some, Post{
					Platform: f.Platform, Workspace: m.Workspace, Channel: m.Channel, Thread: m.Thread, ID: m.TS, Key: m.Key,
					At: m.At, Door: m.Host, Unknown: m.Unknown,
				})
			}
		}
		all = append(all, some...)
		if len(some) < page {
			return all, nil
		}
	}
}

// Counts are what both fakes counted.
type Counts struct {
	Requests   int
	Posts      int // that the bot posted
	Limited    int // answers 429
	OverLimit  int // of those, because a limit was exceeded and not because of a fault
	Early      int // requests before a 429 allowed them
	Broken     int // rules of the platform
	Violations []string
}

// Counts asks the fake what it counted.
func (f *Fake) Counts(ctx context.Context) (Counts, error) {
	var c Counts
	if f.Platform == "discord" {
		var s discordtest.State
		if err := f.Do(ctx, "GET /state", nil, &s); err != nil {
			return c, err
		}
		for _, n := range s.Counts.RateLimited {
			c.Limited += n
		}
		c.Requests, c.Posts, c.OverLimit, c.Early, c.Broken = s.Counts.Requests, s.Counts.Messages, s.Counts.OverLimit, s.Counts.Early, len(s.Violations)
		for _, v := range s.Violations {
			c.Violations = append(c.Violations, v.String())
		}
		return c, nil
	}
	var s slacktest.State
	if err := f.Do(ctx, "GET /state", nil, &s); err != nil {
		return c, err
	}
	c.Requests, c.Posts, c.Limited, c.OverLimit = s.Counts.Requests, s.Counts.Posted, s.Counts.RateLimited, s.Counts.OverLimit
	c.Early, c.Broken = s.Counts.Early, len(s.Violations)
	for _, v := range s.Violations {
		c.Violations = append(c.Violations, v.String())
	}
	return c, nil
}
