package discordtest

import (
	"encoding/json"
	"fmt"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// object is a JSON object.
type object = map[string]any

func asObject(v any) object { o, _ := v.(object); return o }

func asArray(v any) []any { a, _ := v.([]any); return a }

func asString(v any) string { s, _ := v.(string); return s }

// asInt returns a number of JSON, 0 where v is none.
func asInt(v any) int {
	switch v := v.(type) {
	case json.Number:
		n, _ := v.Int64()
		return int(n)
	case float64:
		return int(v)
	case int:
		return v
	case string: // Discord takes numbers as strings where it names them integers
		n, _ := strconv.Atoi(v)
		return n
	}
	return 0
}

// length counts characters as Discord's limits do by the stricter of two
// readings: code points for what the documentation calls characters.
func length(s string) int { return utf8.RuneCountInString(s) }

// units counts UTF-16 code units, by which Discord's clients count.
func units(s string) int { return len(utf16.Encode([]rune(s))) }

// remarshal turns any value into decoded JSON.
func remarshal(v any) any {
	text, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("discordtest: %v", err)) // only values made here come here
	}
	var decoded any
	if err := json.Unmarshal(text, &decoded); err != nil {
		panic(fmt.Sprintf("discordtest: %v", err))
	}
	return decoded
}
