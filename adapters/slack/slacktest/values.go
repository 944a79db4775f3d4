package slacktest

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
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
	case string:
		n, _ := strconv.Atoi(v)
		return n
	}
	return 0
}

// length counts characters by the stricter of two readings of Slack's
// limits: UTF-16 code units, of which no text has fewer than code points.
func length(s string) int { return len(utf16.Encode([]rune(s))) }

// remarshal turns any value into decoded JSON.
func remarshal(v any) any {
	text, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("slacktest: %v", err)) // only values made here come here
	}
	var decoded any
	if err := json.Unmarshal(text, &decoded); err != nil {
		panic(fmt.Sprintf("slacktest: %v", err))
	}
	return decoded
}

// escape writes text as Slack hands it on:
// https://docs.slack.dev/messaging/formatting-message-text#escaping
func escape(text string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(text)
}

// unescape turns what Slack was sent into what a person reads.
func unescape(text string) string {
	return strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&").Replace(text)
}

// newest drops all but so many of the newest where there are twice as many.
func newest[T any](list []T, keep int) []T {
	if keep <= 0 || len(list) < 2*keep {
		return list
	}
	return append(make([]T, 0, 2*keep), list[len(list)-keep:]...)
}

func or[T comparable](value, otherwise T) T {
	var zero T
	if value == zero {
		return otherwise
	}
	return value
}
