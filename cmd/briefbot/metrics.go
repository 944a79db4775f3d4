package main

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strconv"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"briefbot/adapters/discord/gateway"
	"briefbot/adapters/discord/rest"
	"briefbot/adapters/slack/socket"
	"briefbot/adapters/slack/webapi"
	"briefbot/bot"
	"briefbot/bot/delivery"
	"briefbot/bot/digest"
	"briefbot/bot/shelf"
)

// metrics are the figures of one running program.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	took     *prometheus.HistogramVec

	discordRequests *prometheus.CounterVec
	discordRetries  *prometheus.CounterVec
	discordLimited  *prometheus.CounterVec
	discordWait     *prometheus.CounterVec
	discordEvents   *prometheus.CounterVec

	slackRequests *prometheus.CounterVec
	slackRetries  *prometheus.CounterVec
	slackLimited  *prometheus.CounterVec
	slackWait     *prometheus.CounterVec
	slackEvents   *prometheus.CounterVec

	digests digestCounters
}

// digestCounters are the figures of what delivery has done.
type digestCounters struct {
	claimed     prometheus.Counter
	sent        *prometheus.CounterVec
	retried     *prometheus.CounterVec
	skipped     *prometheus.CounterVec
	failed      *prometheus.CounterVec
	stopped     *prometheus.CounterVec
	suppressed  *prometheus.CounterVec
	possible    *prometheus.CounterVec
	corrections *prometheus.CounterVec
	lateness    *prometheus.HistogramVec
	lanesLost   prometheus.Counter
}

func newDigestCounters() digestCounters {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "briefbot", Subsystem: "digest", Name: name, Help: help}, labels)
	}
	return digestCounters{
		claimed:     prometheus.NewCounter(prometheus.CounterOpts{Name: "briefbot_digest_claimed_total", Help: "Digests that this replica queued because they were due."}),
		sent:        counter("sent_total", "Digests delivered, by platform; corrections are not counted.", "platform"),
		retried:     counter("retried_total", "Attempts to deliver that came to nothing and are made again, by platform and reason.", "platform", "reason"),
		skipped:     counter("skipped_total", "Digests that were not sent, by reason.", "reason"),
		failed:      counter("failed_total", "Digests that could not be sent, by reason.", "reason"),
		stopped:     counter("stopped_total", "Subscriptions that stopped because nothing arrives any more, by reason.", "reason"),
		suppressed:  counter("duplicates_suppressed_total", "Pages that an earlier attempt had posted and that were not posted again, by platform.", "platform"),
		possible:    counter("duplicates_possible_total", "Pages that may stand twice because nobody could tell whether an earlier attempt had posted them, by platform.", "platform"),
		corrections: counter("corrections_total", "Corrections of delivered digests posted, by platform.", "platform"),
		lateness: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "briefbot_digest_lateness_seconds",
			Help: "Time from when a digest was due until its first page stood, by platform.",
			// Within two seconds where a lane is below its limit; after six
			// hours it is skipped unless digest.late says otherwise.
			Buckets: []float64{.5, 1, 2, 5, 10, 30, 60, 300, 1800, 3600, 21600},
		}, []string{"platform"}),
		lanesLost: prometheus.NewCounter(prometheus.CounterOpts{Name: "briefbot_digest_lanes_lost_total", Help: "Lanes that this replica lost: their leases ran out, or another one has them."}),
	}
}

// digest counts what happened to deliveries. Its labels are bounded: platforms
// and reasons are those of the program.
func (m *metrics) digest(o delivery.Observation) {
	d, n := m.digests, float64(o.Count)
	switch o.What {
	case delivery.Claimed:
		d.claimed.Add(n)
	case delivery.Sent:
		m.digestSent(o)
	case delivery.Retried:
		d.retried.WithLabelValues(o.Platform, string(o.Reason)).Add(n)
	case delivery.Skipped:
		d.skipped.WithLabelValues(string(o.Reason)).Add(n)
	case delivery.Failed:
		d.failed.WithLabelValues(string(o.Reason)).Add(n)
	case delivery.Stopped:
		d.stopped.WithLabelValues(string(o.Reason)).Add(n)
	case delivery.Found:
		d.suppressed.WithLabelValues(o.Platform).Add(n)
	case delivery.Again:
		d.possible.WithLabelValues(o.Platform).Add(n)
	case delivery.LaneLost:
		d.lanesLost.Add(n)
	}
}

func (m *metrics) digestSent(o delivery.Observation) {
	if o.Kind == digest.Correction {
		m.digests.corrections.WithLabelValues(o.Platform).Inc()
		return
	}
	m.digests.sent.WithLabelValues(o.Platform).Inc()
	if o.Kind == digest.Scheduled {
		m.digests.lateness.WithLabelValues(o.Platform).Observe(o.Late.Seconds())
	}
}

// delivers adds figures of deliveries, where the program makes them.
func (m *metrics) delivers(state func() delivery.State) {
	d := m.digests
	m.registry.MustRegister(
		d.claimed, d.sent, d.retried, d.skipped, d.failed, d.stopped, d.suppressed, d.possible, d.corrections, d.lateness, d.lanesLost,
		deliveryFigures{
			state:    state,
			due:      prometheus.NewDesc("briefbot_digest_due", "Digests that are queued or under way, of all replicas.", nil, nil),
			waiting:  prometheus.NewDesc("briefbot_digest_lanes_waiting", "Lanes that have work, of all replicas.", nil, nil),
			held:     prometheus.NewDesc("briefbot_digest_lanes_held", "Lanes that this replica holds.", nil, nil),
			replicas: prometheus.NewDesc("briefbot_digest_replicas", "Replicas that are there.", nil, nil),
			storeUp:  prometheus.NewDesc("briefbot_digest_store_up", "1 where the store answered when delivery last asked it, 0 otherwise.", nil, nil),
		})
}

// deliveryFigures reads the state when it is asked.
type deliveryFigures struct {
	state                                 func() delivery.State
	due, waiting, held, replicas, storeUp *prometheus.Desc
}

func (f deliveryFigures) Describe(out chan<- *prometheus.Desc) { prometheus.DescribeByCollect(f, out) }

func (f deliveryFigures) Collect(out chan<- prometheus.Metric) {
	s := f.state()
	up := 0
	if s.StoreUp {
		up = 1
	}
	for _, gauge := range []struct {
		desc  *prometheus.Desc
		value int
	}{{f.due, s.Due}, {f.waiting, s.Waiting}, {f.held, s.Held}, {f.replicas, s.Replicas}, {f.storeUp, up}} {
		out <- prometheus.MustNewConstMetric(gauge.desc, prometheus.GaugeValue, float64(gauge.value))
	}
}

func newMetrics() *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "briefbot_requests_total",
			Help: "Requests by platform, command, status of the answer and kind of error; empty where there is none.",
		}, []string{"platform", "command", "status", "error"}),
		took: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "briefbot_request_seconds",
			Help: "Time from a request to its reply, without the platform.",
			// An answer takes well under a millisecond; what comes near a
			// second is a fault.
			Buckets: []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5},
		}, []string{"platform", "command"}),
		discordRequests: discordCounter("requests_total", "Requests to Discord's API by route and status of the last answer; none where there was no answer.", "route", "status"),
		discordRetries:  discordCounter("request_retries_total", "Times that requests to Discord's API were sent again, by route.", "route"),
		discordLimited:  discordCounter("request_limited_total", "Answers of Discord's API that a rate limit was hit, by route.", "route"),
		discordWait:     discordCounter("request_wait_seconds_total", "Time that requests to Discord's API waited for rate limits, by route.", "route"),
		discordEvents:   discordCounter("gateway_events_total", "What happened to the connections to Discord's gateway.", "event"),

		slackRequests: slackCounter("requests_total", "Calls of Slack's API by method, status of the last answer and Slack's error; none where there was no answer.", "method", "status", "error"),
		slackRetries:  slackCounter("request_retries_total", "Times that calls of Slack's API were sent again, by method.", "method"),
		slackLimited:  slackCounter("request_limited_total", "Answers of Slack's API that a rate limit was hit, by method.", "method"),
		slackWait:     slackCounter("request_wait_seconds_total", "Time that calls of Slack's API waited for rate limits, by method.", "method"),
		slackEvents:   slackCounter("socket_events_total", "What happened to the connections of Slack's Socket Mode.", "event"),

		digests: newDigestCounters(),
	}
	m.registry.MustRegister(
		m.requests, m.took,
		m.discordRequests, m.discordRetries, m.discordLimited, m.discordWait, m.discordEvents,
		m.slackRequests, m.slackRetries, m.slackLimited, m.slackWait, m.slackEvents,
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	return m
}

func discordCounter(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "briefbot", Subsystem: "discord", Name: name, Help: help}, labels)
}

func slackCounter(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "briefbot", Subsystem: "slack", Name: name, Help: help}, labels)
}

// observe counts one request. Its labels are bounded: commands and platforms
// are those of the program, never words of a user.
func (m *metrics) observe(o bot.Observation) {
	m.requests.WithLabelValues(o.Platform, o.Command, string(o.Status), string(o.Error)).Inc()
	m.took.WithLabelValues(o.Platform, o.Command).Observe(o.Took.Seconds())
}

// discordRequest counts one request to Discord. Its labels are bounded: a
// route names no channel and no token.
func (m *metrics) discordRequest(o rest.Observation) {
	route, status := o.Method+" "+o.Route, "none"
	if o.Status != 0 {
		status = strconv.Itoa(o.Status)
	}
	m.discordRequests.WithLabelValues(route, status).Inc()
	m.discordRetries.WithLabelValues(route).Add(float64(max(o.Attempts-1, 0)))
	m.discordLimited.WithLabelValues(route).Add(float64(o.Refusals))
	m.discordWait.WithLabelValues(route).Add(o.Waited.Seconds())
}

// discordEvent counts what happened to a connection to the gateway.
func (m *metrics) discordEvent(o gateway.Observation) {
	m.discordEvents.WithLabelValues(string(o.What)).Inc()
}

// discordReady adds whether the bot is connected to Discord.
func (m *metrics) discordReady(ready func() bool) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "briefbot_discord_ready", Help: "1 where every connection to Discord is up, 0 otherwise.",
	}, func() float64 {
		if ready() {
			return 1
		}
		return 0
	}))
}

// slackRequest counts one call of Slack's API. Its labels are bounded: methods
// are those that the program uses, and errors those of Slack.
func (m *metrics) slackRequest(o webapi.Observation) {
	status := "none"
	if o.Status != 0 {
		status = strconv.Itoa(o.Status)
	}
	m.slackRequests.WithLabelValues(o.Method, status, slackError(o.Code)).Inc()
	m.slackRetries.WithLabelValues(o.Method).Add(float64(max(o.Attempts-1, 0)))
	m.slackLimited.WithLabelValues(o.Method).Add(float64(o.Refusals))
	m.slackWait.WithLabelValues(o.Method).Add(o.Waited.Seconds())
}

// slackError returns a code of Slack's as a label. What does not look like one
// is not told apart: it comes from outside.
func slackError(code string) string {
	const longest = 48
	if len(code) > longest || strings.Trim(code, "abcdefghijklmnopqrstuvwxyz_0123456789") != "" {
		return "other"
	}
	return code
}

// slackEvent counts what happened to a connection of Socket Mode.
func (m *metrics) slackEvent(o socket.Observation) {
	m.slackEvents.WithLabelValues(string(o.What)).Inc()
}

// slackReady adds whether the bot is connected to Slack.
func (m *metrics) slackReady(ready func() bool) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "briefbot_slack_ready", Help: "1 where a connection to Slack is up, or Slack sends requests; 0 otherwise.",
	}, func() float64 {
		if ready() {
			return 1
		}
		return 0
	}))
}

// handler serves the figures; with a token, to those who bring it only.
func (m *metrics) handler(token string) http.Handler {
	figures := promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{Registry: m.registry})
	if token == "" {
		return figures
	}
	want := sha256.Sum256([]byte(token))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		scheme, given, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		got := sha256.Sum256([]byte(strings.TrimSpace(given)))
		// Sums of equal length: the time taken tells nothing of the token.
		if !strings.EqualFold(scheme, "Bearer") || subtle.ConstantTimeCompare(got[:], want[:]) != 1 {
			w.Header().Set("WWW-Authenticate", `Bearer realm="metrics"`)
			http.Error(w, `send the header "Authorization: Bearer …" with the token of web.metrics_token`, http.StatusUnauthorized)
			return
		}
		figures.ServeHTTP(w, r)
	})
}

// content adds figures of the content being served.
func (m *metrics) content(state func() shelf.State) {
	m.registry.MustRegister(contentFigures{
		state: state,
		info: prometheus.NewDesc("briefbot_content_info",
			"1, with the fingerprint of the content being served.", []string{"fingerprint"}, nil),
		briefings: prometheus.NewDesc("briefbot_content_briefings", "Briefings that can be read now.", nil, nil),
		entries:   prometheus.NewDesc("briefbot_content_entries", "Entries that can be read now.", nil, nil),
		loaded: prometheus.NewDesc("briefbot_content_last_success_timestamp_seconds",
			"When the content being served was loaded.", nil, nil),
		faults: prometheus.NewDesc("briefbot_content_faults",
			"Faults that keep the newest change of content out; 0 where it was taken over.", nil, nil),
	})
}

// contentFigures reads the state when it is asked: the figures are always of
// one moment.
type contentFigures struct {
	state                                    func() shelf.State
	info, briefings, entries, loaded, faults *prometheus.Desc
}

func (f contentFigures) Describe(out chan<- *prometheus.Desc) { prometheus.DescribeByCollect(f, out) }

func (f contentFigures) Collect(out chan<- prometheus.Metric) {
	s := f.state()
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	gauge(f.info, 1, s.Fingerprint)
	gauge(f.briefings, float64(s.Briefings))
	gauge(f.entries, float64(s.Entries))
	gauge(f.loaded, float64(s.LoadedAt.UnixNano())/1e9)
	gauge(f.faults, float64(len(s.Faults)))
}
