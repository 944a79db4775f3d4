package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/VictoriaMetrics/metricsql"
	"github.com/goccy/go-yaml"
	"github.com/prometheus/client_golang/prometheus"

	"briefbot/bot/delivery"
	"briefbot/bot/shelf"
)

// The folder deploy and compose.yaml show how to run several replicas and how
// to watch them. These tests hold them against the program: its metrics and
// their labels, its settings, and the port of its image.

// rule is a rule of an alert, as Prometheus reads it.
type rule struct {
	Alert       string            `yaml:"alert"`
	Expr        string            `yaml:"expr"`
	For         string            `yaml:"for"`
	Labels      map[string]string `yaml:"labels"`
	Annotations map[string]string `yaml:"annotations"`
}

func TestAlertsAskForMetricsThatExist(t *testing.T) {
	var file struct {
		Groups []struct {
			Name  string `yaml:"name"`
			Rules []rule `yaml:"rules"`
		} `yaml:"groups"`
	}
	strictYAML(t, "../../deploy/alerts.yaml", &file)
	known := metricLabels(t)
	seen := map[string]bool{}
	documented := readFile(t, "../../docs/scale.md")
	for _, group := range file.Groups {
		for _, r := range group.Rules {
			t.Run(r.Alert, func(t *testing.T) {
				if seen[r.Alert] {
					t.Error("another rule has the same name")
				}
				seen[r.Alert] = true
				left := checkExpression(t, known, r.Expr)
				if severity := r.Labels["severity"]; !slices.Contains([]string{"info", "warning", "critical"}, severity) {
					t.Errorf("its severity is %q", severity)
				}
				for _, name := range []string{"summary", "description"} {
					text := r.Annotations[name]
					if text == "" {
						t.Errorf("it has no %s", name)
					}
					for _, m := range regexp.MustCompile(`\$labels\.(\w+)`).FindAllStringSubmatch(text, -1) {
						if !slices.Contains(left, m[1]) {
							t.Errorf("its %s names the label %s, the expression leaves %v", name, m[1], left)
						}
					}
				}
				if !strings.Contains(documented, "`"+r.Alert+"`") {
					t.Error("docs/scale.md does not say what to do about it")
				}
			})
		}
	}
	if len(seen) == 0 {
		t.Error("there are no rules")
	}
}

func TestDashboardAsksForMetricsThatExist(t *testing.T) {
	type target struct {
		RefID      string
		Datasource map[string]string
		Expr       string
	}
	type panel struct {
		ID         int
		Type       string
		Title      string
		Datasource map[string]string
		GridPos    struct{ X, Y, W, H int }
		Targets    []target
	}
	var dashboard struct {
		UID, Title    string
		SchemaVersion int
		Templating    struct{ List []struct{ Name string } }
		Panels        []panel
	}
	if err := json.Unmarshal([]byte(readFile(t, "../../deploy/grafana.json")), &dashboard); err != nil {
		t.Fatal(err)
	}
	known := metricLabels(t)
	ids, cells := map[int]string{}, map[string]string{}
	asked := map[string]bool{}
	for _, p := range dashboard.Panels {
		t.Run(p.Title, func(t *testing.T) {
			if other, taken := ids[p.ID]; taken {
				t.Errorf("it has the id of %q", other)
			}
			ids[p.ID] = p.Title
			for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
				for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
					cell := fmt.Sprint(x, " ", y)
					if other, taken := cells[cell]; taken || x >= 24 {
						t.Fatalf("it lies over %q or beside the page", other)
					}
					cells[cell] = p.Title
				}
			}
			if p.Type == "row" {
				return
			}
			if len(p.Targets) == 0 || p.Datasource["uid"] != "${datasource}" {
				t.Errorf("it asks %d times, of %v", len(p.Targets), p.Datasource)
			}
			for _, one := range p.Targets {
				expr := strings.NewReplacer("$__rate_interval", "5m", "$job", "briefbot").Replace(one.Expr)
				checkExpression(t, known, expr)
				for name := range known {
					if strings.Contains(one.Expr, name) {
						asked[name] = true
					}
				}
			}
		})
	}
	for _, v := range dashboard.Templating.List {
		if v.Name != "datasource" && v.Name != "job" {
			t.Errorf("nothing uses the variable %q", v.Name)
		}
	}
	// What is worth measuring is worth seeing.
	for name := range known {
		if strings.HasPrefix(name, "briefbot_") && !asked[name] && !asked[name+"_bucket"] && !derived(known, name) &&
			name != "briefbot_content_briefings" && name != "briefbot_content_entries" && name != "briefbot_content_last_success_timestamp_seconds" {
			t.Errorf("no panel shows %s", name)
		}
	}
}

// derived says whether a name is a part of a histogram.
func derived(known map[string][]string, name string) bool {
	for _, part := range []string{"_bucket", "_sum", "_count"} {
		if whole, ok := strings.CutSuffix(name, part); ok && known[whole+"_bucket"] != nil {
			return true
		}
	}
	return false
}

// metricLabels are the labels of every metric that the program can have, by
// its name, with those that Prometheus adds.
func metricLabels(t *testing.T) map[string][]string {
	t.Helper()
	described := make(chan *prometheus.Desc)
	go func() {
		defer close(described)
		everyMetric(t).Describe(described)
	}()
	known := map[string][]string{"up": {"job", "instance"}}
	shape := regexp.MustCompile(`fqName: "([^"]+)".*variableLabels: \{([^}]*)\}`)
	for d := range described {
		m := shape.FindStringSubmatch(d.String())
		if m == nil {
			t.Fatalf("%s is described in another way than this test reads", d)
		}
		labels := append(strings.FieldsFunc(m[2], func(r rune) bool { return r == ',' }), "job", "instance")
		known[m[1]] = labels
		if strings.HasSuffix(m[1], "_seconds") { // a histogram, perhaps
			known[m[1]+"_bucket"] = append(slices.Clone(labels), "le")
			known[m[1]+"_sum"], known[m[1]+"_count"] = labels, labels
		}
	}
	return known
}

// checkExpression holds the metrics and labels of an expression against those
// that there are, and returns the labels that its result has.
func checkExpression(t *testing.T, known map[string][]string, text string) []string {
	t.Helper()
	parsed, err := metricsql.Parse(text)
	if err != nil {
		t.Errorf("%s: %v", text, err)
		return nil
	}
	var labels func(e metricsql.Expr) []string
	labels = func(e metricsql.Expr) []string {
		switch e := e.(type) {
		case *metricsql.MetricExpr:
			return labelsOfMetric(t, known, e)
		case *metricsql.RollupExpr:
			return labels(e.Expr)
		case *metricsql.FuncExpr:
			var left []string
			for _, arg := range e.Args {
				left = append(left, labels(arg)...)
			}
			if e.Name == "histogram_quantile" {
				if !slices.Contains(left, "le") {
					t.Errorf("%s is no histogram by le", e.Args[1].AppendString(nil))
				}
				left = slices.DeleteFunc(left, func(l string) bool { return l == "le" })
			}
			return left
		case *metricsql.AggrFuncExpr:
			inner := labels(e.Args[len(e.Args)-1])
			for _, by := range e.Modifier.Args {
				if !slices.Contains(inner, by) {
					t.Errorf("%s: there is no label %s to aggregate by, only %v", e.AppendString(nil), by, inner)
				}
			}
			return e.Modifier.Args
		case *metricsql.BinaryOpExpr:
			left := labels(e.Left)
			labels(e.Right)
			return left
		case *metricsql.NumberExpr, *metricsql.DurationExpr, *metricsql.StringExpr:
			return nil
		}
		t.Errorf("%s is not known to this test: %T", e.AppendString(nil), e)
		return nil
	}
	return labels(parsed)
}

func labelsOfMetric(t *testing.T, known map[string][]string, e *metricsql.MetricExpr) []string {
	t.Helper()
	var name string
	for _, filters := range e.LabelFilterss {
		for _, f := range filters {
			if f.Label == "__name__" {
				name = f.Value
			}
		}
	}
	labels, ok := known[name]
	if !ok {
		t.Errorf("there is no metric %q; there are %v", name, slices.Sorted(maps.Keys(known)))
	}
	for _, filters := range e.LabelFilterss {
		for _, f := range filters {
			if f.Label != "__name__" && !slices.Contains(labels, f.Label) {
				t.Errorf("%s has no label %s, only %v", name, f.Label, labels)
			}
		}
	}
	return slices.Clone(labels)
}

// composition is what a test needs to know of compose.yaml.
type composition struct {
	Name     string             `yaml:"name"`
	Replica  service            `yaml:"x-replica"`
	Services map[string]service `yaml:"services"`
	Networks map[string]struct {
		IPAM struct {
			Config []struct {
				Subnet string `yaml:"subnet"`
			} `yaml:"config"`
		} `yaml:"ipam"`
	} `yaml:"networks"`
	Volumes map[string]any `yaml:"volumes"`
}

type service struct {
	Image       string            `yaml:"image"`
	Build       string            `yaml:"build"`
	EnvFile     string            `yaml:"env_file"`
	Environment map[string]string `yaml:"environment"`
	DependsOn   map[string]struct {
		Condition string `yaml:"condition"`
	} `yaml:"depends_on"`
	Networks    []string `yaml:"networks"`
	Volumes     []string `yaml:"volumes"`
	Ports       []string `yaml:"ports"`
	Restart     string   `yaml:"restart"`
	Grace       string   `yaml:"stop_grace_period"`
	ReadOnly    bool     `yaml:"read_only"`
	CapDrop     []string `yaml:"cap_drop"`
	SecurityOpt []string `yaml:"security_opt"`
	MemLimit    string   `yaml:"mem_limit"`
	SharedSize  string   `yaml:"shm_size"`
	Healthcheck struct {
		Test     []string `yaml:"test"`
		Interval string   `yaml:"interval"`
		Timeout  string   `yaml:"timeout"`
		Retries  int      `yaml:"retries"`
	} `yaml:"healthcheck"`
}

func TestCompositionHangsTogether(t *testing.T) {
	var c composition
	strictYAML(t, "../../compose.yaml", &c)
	image := readFile(t, "../../Dockerfile")
	balancer := readFile(t, "../../deploy/Caddyfile")
	replicas := 0
	for name, s := range c.Services {
		t.Run(name, func(t *testing.T) {
			for other := range s.DependsOn {
				if _, ok := c.Services[other]; !ok {
					t.Errorf("it waits for %q, which is no service", other)
				}
			}
			for _, network := range s.Networks {
				if _, ok := c.Networks[network]; !ok {
					t.Errorf("it is in the network %q, which does not exist", network)
				}
			}
			for _, volume := range s.Volumes {
				from, _, _ := strings.Cut(volume, ":")
				_, named := c.Volumes[from]
				if _, err := os.Stat(filepath.Join("../..", from)); !named && err != nil {
					t.Errorf("it mounts %q, which is neither a volume nor a file", from)
				}
			}
			if s.EnvFile != "" {
				readFile(t, filepath.Join("../..", s.EnvFile+".example")) // ends the test where there is none
			}
			if s.Restart == "" || len(s.Networks) == 0 {
				t.Error("it does not restart, or is in no network")
			}
			if !strings.HasPrefix(name, "briefbot-") {
				if len(s.Healthcheck.Test) == 0 {
					t.Error("nobody looks whether it is healthy")
				}
				return
			}
			replicas++
			port := regexp.MustCompile(`(?m)^EXPOSE (\d+)$`).FindStringSubmatch(image)
			if port == nil || !strings.Contains(balancer, name+":"+port[1]) {
				t.Errorf("the load balancer does not pass anything to its port %v", port)
			}
			if !s.ReadOnly || !slices.Equal(s.CapDrop, []string{"ALL"}) || len(s.Ports) > 0 {
				t.Error("it may write, has privileges, or can be reached past the load balancer")
			}
		})
	}
	if named := strings.Count(balancer, "briefbot-"); named != replicas || replicas < 2 {
		t.Errorf("there are %d replicas, and %d for the load balancer", replicas, named)
	}
	if !strings.Contains(image, "HEALTHCHECK") {
		t.Error("the image says nothing of its health")
	}
	if proxies := c.Replica.Environment[envPrefix+"WEB_TRUSTED_PROXIES"]; proxies != c.Networks["inside"].IPAM.Config[0].Subnet {
		t.Errorf("replicas believe %s, the load balancer is in %v", proxies, c.Networks["inside"])
	}
	for _, path := range []string{"respond /metrics 404", "health_uri /readyz"} {
		if !strings.Contains(balancer, path) {
			t.Errorf("the load balancer's file lacks %q", path)
		}
	}
}

// TestCompositionSetsWhatThereIs reads the settings that the composition gives
// a replica as the program does, once an operator has filled them in.
func TestCompositionSetsWhatThereIs(t *testing.T) {
	var c composition
	strictYAML(t, "../../compose.yaml", &c)
	env := map[string]string{}
	for line := range strings.Lines(readFile(t, "../../"+c.Replica.EnvFile+".example")) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, value, ok := strings.Cut(line, "=")
		if !ok {
			t.Errorf("%q is no setting", line)
		}
		env[name] = value
	}
	for name, value := range c.Replica.Environment {
		if _, twice := env[name]; twice {
			t.Errorf("%s stands in two places", name)
		}
		env[name] = regexp.MustCompile(`\$\{SITE:\?[^}]*\}`).ReplaceAllString(value, "briefings.example.org")
	}
	database := map[string]string{}
	for line := range strings.Lines(readFile(t, "../../"+c.Services["database"].EnvFile+".example")) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok && !strings.HasPrefix(line, "#") {
			database[name] = value
		}
	}
	want := fmt.Sprintf("postgres://%s:%s@database/%s?", database["POSTGRES_USER"], database["POSTGRES_PASSWORD"], database["POSTGRES_DB"])
	if got := env[envPrefix+"STORE_ADDRESS"]; !strings.HasPrefix(got, want) {
		t.Errorf("the replicas' database is at %s, the database's own settings make it %s…", got, want)
	}
	for name, value := range map[string]string{
		"DISCORD_TOKEN": "s3cret", "DISCORD_PUBLIC_KEY": strings.Repeat("ab", 32), "SLACK_SIGNING_SECRET": "s3cret", "SLACK_BOT_TOKEN": "xoxb-s3cret",
	} {
		if env[envPrefix+name] != "" {
			t.Errorf("%s comes with a value", name)
		}
		env[envPrefix+name] = value
	}
	clearEnv(t)
	for name, value := range env {
		t.Setenv(name, value)
	}
	got, err := readConfig("", nil)
	if err != nil {
		t.Fatal(err)
	}
	if !got.Discord.on() || !got.Slack.on() || got.Store.Address == "" || got.Web.PublicURL != "https://briefings.example.org" {
		t.Errorf("Discord is on: %v, Slack is on: %v, the store is %q, the page at %s", got.Discord.on(), got.Slack.on(), got.Store.Address, got.Web.PublicURL)
	}
}

// strictYAML reads a file that holds nothing which into does not know of.
func strictYAML(t *testing.T, path string, into any) {
	t.Helper()
	if err := yaml.UnmarshalWithOptions([]byte(readFile(t, path)), into, yaml.Strict()); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

// everyMetric is a registry with all that the program can measure.
func everyMetric(*testing.T) *prometheus.Registry {
	m := newMetrics()
	m.content(func() shelf.State { return shelf.State{} })
	yes := func() bool { return true }
	m.discordReady(yes)
	m.slackReady(yes)
	m.delivers(func() delivery.State { return delivery.State{} })
	return m.registry
}
