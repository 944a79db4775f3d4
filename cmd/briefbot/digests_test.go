package main

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"briefbot/adapters/discord"
	"briefbot/adapters/discord/discordtest"
	"briefbot/adapters/slack/slacktest"
	"briefbot/adapters/sqlstore"
	"briefbot/bot"
	"briefbot/bot/delivery"
	"briefbot/bot/digest"
	"briefbot/content"
)

// delivering is the built program on a Discord and on a Slack, with a store
// that the test looks into beside it.
type delivering struct {
	*binary
	slack   *slacktest.Server
	folder  string // of content
	store   digest.Store
	harbour *discordtest.Channel
	quay    *slacktest.Channel
	ann     *discordtest.User // who manages harbour
	bao     *slacktest.User   // who made quay
	places  []bot.Place       // of harbour and of quay
}

func newDelivering(t *testing.T) *delivering {
	t.Helper()
	d := &delivering{folder: t.TempDir(), slack: slacktest.New(t, slacktest.Options{Token: "xoxb-s3cret", AppToken: "xapp-s3cret", SigningSecret: "s3cret-signing"})}
	d.publish(t, "lantern", "灯")
	d.binary = newBinary(t, build(t), discord.HTTP)
	guild, workspace := d.AddGuild("Harbour"), d.slack.AddWorkspace("Quay")
	d.harbour, d.quay = guild.AddChannel("general"), workspace.AddChannel("general")
	d.ann, d.bao = d.AddUser("Ann", "en-GB"), workspace.AddUser("Bao", "en-US")
	guild.Grant(d.ann, discordtest.ManageChannels)
	d.quay.CreatedBy(d.bao)
	d.places = []bot.Place{
		{Platform: "discord", Workspace: guild.ID, Channel: d.harbour.ID},
		{Platform: "slack", Workspace: workspace.ID, Channel: d.quay.ID},
	}
	file := filepath.Join(t.TempDir(), "briefbot.db")
	d.env = append(
		d.env,
		"BRIEFBOT_CONTENT_PATHS="+d.folder, "BRIEFBOT_STORE_ADDRESS="+file, "BRIEFBOT_DIGEST_LEASE=5s",
		"BRIEFBOT_SLACK_BOT_TOKEN="+workspace.Token(), "BRIEFBOT_SLACK_SIGNING_SECRET=s3cret-signing",
		"BRIEFBOT_SLACK_TRANSPORT=http", "BRIEFBOT_SLACK_API_URL="+strings.TrimSuffix(d.slack.URL(), "/"),
	)
	store, err := sqlstore.Open(t.Context(), sqlstore.Options{Address: file, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	d.store = store.Digests()
	return d
}

// publish adds a briefing that differs from the others by a word, in English and
// in Chinese.
func (d *delivering) publish(t *testing.T, word, chinese string) {
	t.Helper()
	text := strings.NewReplacer("lantern", word, "灯", chinese).Replace(readFile(t, "testdata/content/lantern.yaml"))
	writeFile(t, filepath.Join(d.folder, word+".yaml"), text)
}

// correct has an entry of a briefing say something else.
func (d *delivering) correct(t *testing.T, word, chinese string) {
	t.Helper()
	file := filepath.Join(d.folder, word+".yaml")
	text := strings.ReplaceAll(readFile(t, file), "North Quay", "South Quay")
	corrected := strings.Replace(text, "    aliases: ["+word+" festival venue", `    corrections:
      - date: 2030-03-05
        was: {zh-Hans: `+chinese+`会在北码头举行。, en: It took place at the North Quay.}
    aliases: [`+word+" festival venue", 1)
	if corrected == text {
		t.Fatal("there is nothing to correct")
	}
	writeFile(t, file+".new", corrected)
	if err := os.Rename(file+".new", file); err != nil {
		t.Fatal(err)
	}
}

// wantCorrected waits until the last digest of each channel says something
// else, and one message below it says so.
func (d *delivering) wantCorrected(t *testing.T) {
	t.Helper()
	harbour, quay := d.Messages(d.harbour)[1], d.slack.Messages(d.quay)[1]
	below, under := d.Replies(harbour, patience), d.slack.Replies(quay, patience)
	if len(below) != 1 || !strings.Contains(below[0].Text(), "North Quay") || !strings.Contains(below[0].Text(), "South Quay") {
		t.Errorf("on Discord %d messages are below the digest: %s", len(below), d.log.String())
	}
	if len(under) != 1 || !strings.Contains(under[0].Text(), "North Quay") || !strings.Contains(under[0].Text(), "South Quay") {
		t.Errorf("on Slack %d messages are below the digest: %s", len(under), d.log.String())
	}
	harbour, quay = d.Messages(d.harbour)[1], d.slack.Messages(d.quay)[1]
	if harbour.Edits != 1 || quay.Edits != 1 || !strings.Contains(harbour.Text(), "(corrected)") || !strings.Contains(quay.Text(), "(corrected)") {
		t.Errorf("the digests were edited %d and %d times and say\n%s\n%s", harbour.Edits, quay.Edits, harbour.Text(), quay.Text())
	}
}

// subscribe has each channel subscribe by a command, and ask for a digest out
// of turn.
func (d *delivering) subscribe(t *testing.T) {
	t.Helper()
	if err := d.slack.UseEndpoint(d.url); err != nil {
		t.Fatal(err)
	}
	at := halfADayAway()
	there, here := d.ann.In(d.harbour), d.bao.In(d.quay)
	subscribed := there.Slash("digest subscribe", map[string]any{"times": at, "zone": "UTC", "style": "headlines", "empty": "say"})
	reads(t, subscribed.Message, at)
	there.Slash("digest now", nil)
	if text := here.Slash("/brief", "digest subscribe "+at+" zone:UTC headlines say").Text(); !strings.Contains(text, at) {
		t.Errorf("subscribing on Slack is answered with %q", text)
	}
	here.Slash("/brief", "digest now")
}

// again has subscriptions be due at once once more.
func (d *delivering) again(t *testing.T) {
	t.Helper()
	for _, place := range d.places {
		all, err := d.store.InChannel(t.Context(), place)
		if err != nil || len(all) != 1 {
			t.Fatal(all, err)
		}
		all[0].Next = dueNow()
		if ok, err := d.store.Change(t.Context(), all[0]); !ok || err != nil {
			t.Fatal(ok, err)
		}
	}
}

// dueNow is a slot of now, another one than at any other second.
func dueNow() digest.Slot {
	now := time.Now().UTC()
	return digest.Slot{
		Date:  content.Date{Year: 2000 + now.Minute(), Month: 1, Day: 1},
		Clock: digest.Clock(now.Second()), At: now.Truncate(time.Millisecond),
	}
}

// halfADayAway is a time of day at which nothing is due during a test.
func halfADayAway() string { return time.Now().UTC().Add(12 * time.Hour).Format("15:04") }

// told returns what was posted in both channels, outside of threads.
func (d *delivering) told() (harbour, quay []string) {
	for _, m := range d.Messages(d.harbour) {
		harbour = append(harbour, m.Text())
	}
	for _, m := range d.slack.Messages(d.quay) {
		if m.ThreadTS == "" || m.ThreadTS == m.TS {
			quay = append(quay, m.Text())
		}
	}
	return harbour, quay
}

// wantTold waits for so many messages in each channel, of which the last one
// says something.
func (d *delivering) wantTold(t *testing.T, messages int, says string) {
	t.Helper()
	poll(func() bool {
		harbour, quay := d.told()
		return len(harbour) >= messages && len(quay) >= messages
	}, func() { t.Fatalf("not all is told: %s", d.log.String()) })
	harbour, quay := d.told()
	for _, told := range [][]string{harbour, quay} {
		if len(told) != messages || !strings.Contains(told[len(told)-1], says) {
			t.Errorf("told is %q, want %d messages of which the last says %q", told, messages, says)
		}
	}
}

// settled waits until the program says that nothing waits any more.
func (d *delivering) settled(t *testing.T) {
	t.Helper()
	poll(func() bool {
		due, _, err := d.store.Waiting(t.Context())
		return err == nil && due == 0
	}, func() { t.Fatalf("digests wait: %s", d.log.String()) })
}

func TestTheProgramDeliversDigestsOnceThroughRestarts(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program")
	}
	d := newDelivering(t)
	d.sync(t)
	stop := d.serve(t, discord.HTTP)
	sees(t, d.url+"/metrics", "briefbot_digest_replicas 1")
	d.subscribe(t)
	d.wantTold(t, 1, "digest")
	d.settled(t)
	for _, want := range []string{`briefbot_digest_sent_total{platform="discord"} 1`, `briefbot_digest_sent_total{platform="slack"} 1`, "briefbot_digest_store_up 1"} {
		sees(t, d.url+"/metrics", want)
	}
	sees(t, d.url+"/readyz", `"digests":{"due":0`)

	_ = stop(os.Kill)
	d.publish(t, "kite", "筝")
	d.again(t) // while nobody is there
	stop = d.serve(t, discord.HTTP)
	d.wantTold(t, 2, "kite")
	d.settled(t)
	d.correct(t, "kite", "筝")
	d.wantCorrected(t)
	d.settled(t)
	if err := stop(syscall.SIGTERM); err != nil {
		t.Errorf("told to stop, it ends with %v", err)
	}

	stop = d.serve(t, discord.HTTP)
	sees(t, d.url+"/metrics", "briefbot_digest_replicas 1")
	d.wantTold(t, 2, "kite")
	if err := stop(syscall.SIGTERM); err != nil {
		t.Errorf("told to stop, it ends with %v", err)
	}
	if said := d.said + d.log.String(); strings.Contains(said, "s3cret") || strings.Contains(said, "kite") {
		t.Error("a secret, or what was told, is in the log")
	}
}

func TestDigestsAreCounted(t *testing.T) {
	m := newMetrics()
	m.delivers(func() delivery.State {
		return delivery.State{Due: 7, Waiting: 3, Held: 2, Replicas: 5, StoreUp: true}
	})
	for _, o := range []delivery.Observation{
		{What: delivery.Claimed, Count: 40},
		{What: delivery.Sent, Platform: "discord", Kind: digest.Scheduled, Count: 1, Late: 1500 * time.Millisecond},
		{What: delivery.Sent, Platform: "slack", Kind: digest.Now, Count: 1, Late: time.Hour},
		{What: delivery.Sent, Platform: "slack", Kind: digest.Correction, Count: 1},
		{What: delivery.Retried, Platform: "slack", Reason: digest.ReasonUnavailable, Count: 1},
		{What: delivery.Skipped, Platform: "slack", Reason: digest.ReasonLate, Count: 1},
		{What: delivery.Failed, Platform: "slack", Reason: digest.ReasonGone, Count: 1},
		{What: delivery.Stopped, Platform: "slack", Reason: digest.ReasonGone, Count: 1},
		{What: delivery.Found, Platform: "discord", Count: 1},
		{What: delivery.Again, Platform: "slack", Count: 1},
		{What: delivery.LaneLost, Platform: "slack", Count: 1},
	} {
		m.digest(o)
	}
	body := scrape(t, m.handler(""))
	for _, want := range []string{
		`briefbot_digest_claimed_total 40`,
		`briefbot_digest_sent_total{platform="discord"} 1`,
		`briefbot_digest_sent_total{platform="slack"} 1`,
		`briefbot_digest_corrections_total{platform="slack"} 1`,
		`briefbot_digest_lateness_seconds_bucket{platform="discord",le="1"} 0`,
		`briefbot_digest_lateness_seconds_bucket{platform="discord",le="2"} 1`,
		`briefbot_digest_retried_total{platform="slack",reason="unavailable"} 1`,
		`briefbot_digest_skipped_total{reason="late"} 1`,
		`briefbot_digest_failed_total{reason="gone"} 1`,
		`briefbot_digest_stopped_total{reason="gone"} 1`,
		`briefbot_digest_duplicates_suppressed_total{platform="discord"} 1`,
		`briefbot_digest_duplicates_possible_total{platform="slack"} 1`,
		`briefbot_digest_lanes_lost_total 1`,
		`briefbot_digest_due 7`,
		`briefbot_digest_lanes_waiting 3`,
		`briefbot_digest_lanes_held 2`,
		`briefbot_digest_replicas 5`,
		`briefbot_digest_store_up 1`,
	} {
		if !strings.Contains(body, want+"\n") {
			t.Errorf("it lacks %s:\n%s", want, body)
		}
	}
	if strings.Contains(body, `briefbot_digest_lateness_seconds_count{platform="slack"}`) {
		t.Error("what was asked for out of turn is late")
	}
}
