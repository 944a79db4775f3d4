package briefbot_test

import (
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"briefbot/bot"
	"briefbot/bot/commands"
	"briefbot/bot/i18n"
	"briefbot/content"
)

var update = flag.Bool("update", false, "write docs/commands.md anew")

const commandsDoc = "docs/commands.md"

func TestDocsLinkToWhatExists(t *testing.T) {
	for name, text := range documents(t) {
		for _, m := range regexp.MustCompile(`\]\(([^)\s]+)\)|(?:src|srcset)="([^"]+)"`).FindAllStringSubmatch(text, -1) {
			link := m[1] + m[2]
			if strings.Contains(link, "://") {
				continue // no address outside is asked while testing
			}
			file, anchor, _ := strings.Cut(link, "#")
			target := name
			if file != "" {
				target = path.Join(path.Dir(name), file)
			}
			b, err := os.ReadFile(target)
			if info, statErr := os.Stat(target); statErr == nil && info.IsDir() {
				err = nil
			}
			if err != nil {
				t.Errorf("%s links to %s, which does not exist", name, link)
				continue
			}
			if anchor != "" && !slices.Contains(anchors(string(b)), anchor) {
				t.Errorf("%s links to %s, but %s has no such heading", name, link, target)
			}
		}
	}
}

func TestDocsNameFilesThatExist(t *testing.T) {
	top := map[string]bool{}
	for _, entry := range readDir(t, ".") {
		top[entry.Name()] = true
	}
	for name, text := range documents(t) {
		for _, span := range codeSpans(text) {
			file := strings.TrimPrefix(strings.TrimSuffix(span, "/"), "./")
			first, _, nested := strings.Cut(file, "/")
			switch {
			case strings.ContainsAny(file, " …<>{}()*"):
				continue // a command or a pattern, not a path
			case nested && top[first], !nested && path.Ext(file) == ".go":
			default:
				continue
			}
			if _, err := os.Stat(file); err != nil {
				t.Errorf("%s names %s, which does not exist", name, span)
			}
		}
	}
}

func TestDocsNameMakeTargetsThatExist(t *testing.T) {
	makefile, err := os.ReadFile("Makefile")
	if err != nil {
		t.Fatal(err)
	}
	targets := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^([a-z-]+):`).FindAllStringSubmatch(string(makefile), -1) {
		targets[m[1]] = true
	}
	for name, text := range documents(t) {
		for _, code := range append(codeSpans(text), codeLines(text)...) {
			for _, m := range regexp.MustCompile(`(?:^|[\s;&])make ([a-z][a-z-]*)`).FindAllStringSubmatch(code, -1) {
				if !targets[m[1]] {
					t.Errorf("%s says `make %s`, which the Makefile does not have", name, m[1])
				}
			}
		}
	}
}

// TestDocsAgreeWithTheProgram builds the program once for all that is asked
// of it.
func TestDocsAgreeWithTheProgram(t *testing.T) {
	program := buildProgram(t)
	t.Run("commands that are named exist", func(t *testing.T) { nameCommandsThatExist(t, program) })
	t.Run("the briefing of the README is valid", func(t *testing.T) { showAValidBriefing(t, program) })
	t.Run("the list of commands is current", func(t *testing.T) { listEveryCommand(t, program) })
}

func nameCommandsThatExist(t *testing.T, program string) {
	t.Helper()
	known := subcommands(t, program)
	help := map[string]string{}
	for _, command := range known {
		help[command] = runProgram(t, program, command, "--help")
	}
	for name, text := range documents(t) {
		for _, code := range append(codeSpans(text), codeLines(text)...) {
			code, _, _ = strings.Cut(code, " # ")
			for _, m := range regexp.MustCompile(`\bbriefbot ([a-z]+)\b(.*)`).FindAllStringSubmatch(code, -1) {
				if !slices.Contains(known, m[1]) {
					t.Errorf("%s says `briefbot %s`, which is no command; there are %s", name, m[1], strings.Join(known, ", "))
					continue
				}
				for _, option := range regexp.MustCompile(`--[a-z][a-z-]+`).FindAllString(m[2], -1) {
					if !strings.Contains(help[m[1]], option+" ") && !strings.Contains(help[m[1]], option+"\n") {
						t.Errorf("%s says `briefbot %s %s`, which `briefbot %s --help` does not know", name, m[1], option, m[1])
					}
				}
			}
		}
	}
}

// showAValidBriefing follows the README: the briefing that it
// has people write passes the check and answers the question that it names.
func showAValidBriefing(t *testing.T, program string) {
	t.Helper()
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, block, ok := strings.Cut(string(readme), "```yaml\n")
	if !ok {
		t.Fatal("the README shows no briefing")
	}
	block, _, _ = strings.Cut(block, "```")
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "city-library.yaml"), []byte(block), 0o600); err != nil {
		t.Fatal(err)
	}
	runProgram(t, program, "check", "--warnings-as-errors", folder)
	question := regexp.MustCompile(`ask --content my-briefings "([^"]+)"`).FindStringSubmatch(string(readme))
	if question == nil {
		t.Fatal("the README does not ask the briefing that it has people write")
	}
	if answer := runProgram(t, program, "ask", "--content", folder, question[1]); !strings.Contains(answer, "9 to 20") {
		t.Errorf("%q is answered with %q", question[1], answer)
	}
}

// listEveryCommand keeps docs/commands.md what the registry and
// the program say.
func listEveryCommand(t *testing.T, program string) {
	t.Helper()
	var b strings.Builder
	b.WriteString("# Commands\n\n<!-- Made by `go test . -run Docs -update`; changes by hand are lost. -->\n")
	writeBotCommands(t, &b)
	writeProgramCommands(t, &b, program)
	if *update {
		if err := os.WriteFile(commandsDoc, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	have, err := os.ReadFile(commandsDoc)
	if err != nil {
		t.Fatal(err)
	}
	if string(have) != b.String() {
		t.Errorf("%s is not what the registry and the program say; run `go test . -run Docs -update`", commandsDoc)
	}
}

func writeBotCommands(t *testing.T, b *strings.Builder) {
	t.Helper()
	phrases, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	english := phrases.In(content.English)
	b.WriteString(`
## In a conversation

These work on every surface: typed on the page or in ` + "`briefbot chat`" + `, and behind the buttons of an answer. A line that is no command is a question. ` + "`/name`" + ` is a command whatever stands behind it. Values are given in order, or as ` + "`name:value`" + `.

| command | what it does | also |
| --- | --- | --- |
`)
	for _, c := range commands.All(commands.Options{}) {
		if c.Hidden {
			continue
		}
		fmt.Fprintf(b, "| `%s` | %s | %s |\n", usage(c), english.T(c.Summary), strings.Join(c.Aliases, ", "))
	}
	b.WriteString("\n| value | what it is |\n| --- | --- |\n")
	var told []string
	for _, c := range commands.All(commands.Options{}) {
		for _, p := range c.Params {
			if row := fmt.Sprintf("| `%s` | %s |\n", p.Name, english.T(p.Summary)); !slices.Contains(told, row) {
				told = append(told, row)
				b.WriteString(row)
			}
		}
	}
}

// usage writes a command with its parameters, those that may be left out in
// brackets.
func usage(c bot.Command) string {
	words := []string{c.Name}
	for _, p := range c.Params {
		if p.Required {
			words = append(words, p.Name)
		} else {
			words = append(words, "["+p.Name+"]")
		}
	}
	return strings.Join(words, " ")
}

func writeProgramCommands(t *testing.T, b *strings.Builder, program string) {
	t.Helper()
	b.WriteString("\n## On the command line\n")
	for _, command := range subcommands(t, program) {
		if command == "help" || command == "completion" {
			continue // cobra's own
		}
		help := runProgram(t, program, command, "--help")
		fmt.Fprintf(b, "\n### briefbot %s\n\n```text\n%s```\n", command, help)
		for _, below := range commandsIn(help) {
			fmt.Fprintf(b, "\n#### briefbot %s %s\n\n```text\n%s```\n", command, below, runProgram(t, program, command, below, "--help"))
		}
	}
}

// buildProgram builds the program for a test.
func buildProgram(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("builds the program")
	}
	program := filepath.Join(t.TempDir(), "briefbot")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-o", program, "./cmd/briefbot")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0") // as the image is built, so that nothing is compiled twice
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("building the program: %v\n%s", err, out)
	}
	return program
}

func runProgram(t *testing.T, program string, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), program, args...).Output()
	if err != nil {
		t.Fatalf("briefbot %s: %v", strings.Join(args, " "), err)
	}
	return string(out)
}

// subcommands reads the names of the program's commands out of its help.
func subcommands(t *testing.T, program string) []string {
	t.Helper()
	names := commandsIn(runProgram(t, program, "--help"))
	if len(names) == 0 {
		t.Fatal("the help of the program lists no commands")
	}
	return names
}

// commandsIn returns the commands that a help lists.
func commandsIn(help string) []string {
	_, list, ok := strings.Cut(help, "Available Commands:\n")
	if !ok {
		return nil
	}
	list, _, _ = strings.Cut(list, "\n\n")
	var names []string
	for line := range strings.Lines(list) {
		names = append(names, strings.Fields(line)[0])
	}
	return names
}

// documents returns the text of every document by its path.
func documents(t *testing.T) map[string]string {
	t.Helper()
	texts := map[string]string{}
	read := func(name string) {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		texts[name] = string(b)
	}
	for _, entry := range readDir(t, ".") {
		if path.Ext(entry.Name()) == ".md" {
			read(entry.Name())
		}
	}
	if err := filepath.WalkDir("docs", func(name string, _ fs.DirEntry, err error) error {
		if err == nil && path.Ext(name) == ".md" {
			read(filepath.ToSlash(name))
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return texts
}

func readDir(t *testing.T, name string) []os.DirEntry {
	t.Helper()
	entries, err := os.ReadDir(name)
	if err != nil {
		t.Fatal(err)
	}
	return entries
}

// codeSpans returns what stands between backquotes in running text.
func codeSpans(text string) []string {
	var spans []string
	for i, part := range strings.Split(text, "```") {
		if i%2 == 1 {
			continue // a block
		}
		for _, m := range regexp.MustCompile("`([^`\n]+)`").FindAllStringSubmatch(part, -1) {
			spans = append(spans, m[1])
		}
	}
	return spans
}

// codeLines returns the lines of fenced blocks, continued lines joined.
func codeLines(text string) []string {
	var lines []string
	for i, part := range strings.Split(text, "```") {
		if i%2 == 0 {
			continue
		}
		for line := range strings.Lines(strings.ReplaceAll(part, "\\\n", " ")) {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return lines
}

// anchors returns what headings can be linked by, as code forges make it.
func anchors(markdown string) []string {
	var all []string
	for _, m := range regexp.MustCompile(`(?m)^#+ (.+)$`).FindAllStringSubmatch(markdown, -1) {
		all = append(all, strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case unicode.IsLetter(r), unicode.IsDigit(r), r == '-', r == '_':
				return unicode.ToLower(r)
			}
			return -1
		}, m[1]))
	}
	return all
}
