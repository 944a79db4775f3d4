package eval

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"briefbot/bot"
)

// Expect is what a case expects of the bot.
type Expect string

// What can be expected.
const (
	ExpectAnswer  Expect = "answer"  // the answer is in the briefings
	ExpectUnknown Expect = "unknown" // it is not: the bot says so or offers candidates, and states nothing
)

// Case is a question with what its answer must hold: one line of a file.
// Keys that are not named here are ignored.
type Case struct {
	bot.Case
	Kind   string     `json:"kind"`
	Expect Expect     `json:"expect"`
	AllOf  [][]string `json:"all_of"`  // the text holds at least one string of every group
	NoneOf []string   `json:"none_of"` // and none of these
}

// maxLine bounds a line of a file, in bytes; a case is far shorter.
const maxLine = 1 << 20

// Read reads cases, a JSON object a line; empty lines are skipped. An error
// names the file and the line of the first fault.
func Read(name string, r io.Reader) ([]Case, error) {
	var cases []Case
	seen := map[string]int{}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLine)
	number := 0
	for lines.Scan() {
		number++
		line := bytes.TrimSpace(lines.Bytes())
		if number == 1 {
			line = bytes.TrimPrefix(line, []byte("\ufeff"))
		}
		if len(line) == 0 {
			continue
		}
		c, err := parseCase(line)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, number, err)
		}
		if first, taken := seen[c.ID]; taken {
			return nil, fmt.Errorf("%s:%d: the id %q stands on line %d already", name, number, c.ID, first)
		}
		seen[c.ID] = number
		cases = append(cases, c)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%s:%d: %w", name, number+1, err)
	}
	if len(cases) == 0 {
		return nil, fmt.Errorf("%s: no cases", name)
	}
	return cases, nil
}

func parseCase(line []byte) (Case, error) {
	var c Case
	if err := json.Unmarshal(line, &c); err != nil {
		return Case{}, err
	}
	switch {
	case c.ID == "":
		return Case{}, errors.New(`"id" is missing`)
	case c.Question == "":
		return Case{}, errors.New(`"question" is missing`)
	case c.Expect != ExpectAnswer && c.Expect != ExpectUnknown:
		return Case{}, fmt.Errorf(`"expect" must be %q or %q, not %q`, ExpectAnswer, ExpectUnknown, c.Expect)
	case c.Expect == ExpectAnswer && len(c.AllOf) == 0:
		return Case{}, errors.New(`"all_of" is missing: without it every answer would be right`)
	}
	for _, group := range slices.Concat(c.AllOf, [][]string{c.NoneOf}) {
		for _, s := range group {
			if fold(s) == "" {
				return Case{}, errors.New(`"all_of" and "none_of" must not hold empty strings`)
			}
		}
	}
	for _, group := range c.AllOf {
		if len(group) == 0 {
			return Case{}, errors.New(`a group of "all_of" is empty: nothing could be right`)
		}
	}
	return c, nil
}
