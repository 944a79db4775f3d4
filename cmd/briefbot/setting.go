package main

import (
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"briefbot/bot/digest"
)

// value reads and shows one field of the configuration.
type value interface {
	set(raw any) error // raw as YAML has it, or a string
	allowed() string   // what a value must be, after "it must be"
	get() any          // as YAML has it: string, bool, int or []string
}

var errValue = errors.New("not allowed")

// reason is why a value is not allowed, without the value: that may be a
// secret.
type reason string

func (r reason) Error() string { return string(r) }

type textValue struct {
	field *string
	want  string
	parse func(string) (string, error)
}

func text(field *string, want string, parse func(string) (string, error)) value {
	return textValue{field, want, parse}
}

func (v textValue) allowed() string { return v.want }
func (v textValue) get() any        { return *v.field }

func (v textValue) set(raw any) error {
	s, ok := raw.(string)
	if !ok {
		return errValue
	}
	s, err := v.parse(s)
	if err != nil {
		return err
	}
	*v.field = s
	return nil
}

type toggleValue struct{ field *bool }

func toggle(field *bool) value { return toggleValue{field} }

func (v toggleValue) allowed() string { return "true or false" }
func (v toggleValue) get() any        { return *v.field }

func (v toggleValue) set(raw any) error {
	switch raw := raw.(type) {
	case bool:
		*v.field = raw
		return nil
	case string:
		b, err := strconv.ParseBool(raw)
		if err == nil {
			*v.field = b
		}
		return err
	}
	return errValue
}

type numberValue struct {
	field    *int
	min, max int
}

func number(field *int, from, to int) value { return numberValue{field, from, to} }

func (v numberValue) allowed() string {
	return fmt.Sprintf("a whole number from %d to %d", v.min, v.max)
}
func (v numberValue) get() any { return *v.field }

func (v numberValue) set(raw any) error {
	var n int
	switch raw := raw.(type) {
	case int:
		n = raw
	case float64: // YAML has 1e3 for a number too
		if raw != math.Trunc(raw) || math.Abs(raw) > math.MaxInt32 {
			return errValue
		}
		n = int(raw)
	case string:
		var err error
		if n, err = strconv.Atoi(raw); err != nil {
			return err
		}
	default:
		return errValue
	}
	if n < v.min || n > v.max {
		return errValue
	}
	*v.field = n
	return nil
}

// autoValue is a number that may be left to the program: 0, written "auto".
type autoValue struct{ numberValue }

const auto = "auto"

func autoNumber(field *int, most int) value { return autoValue{numberValue{field, 1, most}} }

func (v autoValue) allowed() string { return auto + ", or " + v.numberValue.allowed() }

func (v autoValue) get() any {
	if *v.field == 0 {
		return auto
	}
	return *v.field
}

func (v autoValue) set(raw any) error {
	if s, ok := raw.(string); ok && strings.EqualFold(s, auto) {
		*v.field = 0
		return nil
	}
	return v.numberValue.set(raw)
}

// periodValue is a length of time as people write it: a number and a unit.
type periodValue struct {
	field    *time.Duration
	min, max time.Duration
	off      bool // 0 is allowed too
}

// period is a length of time that must not be 0.
func period(field *time.Duration, from, to time.Duration) value {
	return periodValue{field, from, to, false}
}

// periodOrOff is period, or 0.
func periodOrOff(field *time.Duration, from, to time.Duration) value {
	return periodValue{field, from, to, true}
}

func (v periodValue) allowed() string {
	s := fmt.Sprintf("a number with s, m, h or d from %s to %s", writePeriod(v.min), writePeriod(v.max))
	if v.off {
		return "0, or " + s
	}
	return s
}

func (v periodValue) get() any { return writePeriod(*v.field) }

func (v periodValue) set(raw any) error {
	s := fmt.Sprint(raw) // 0 is a number to YAML
	d, err := parsePeriod(s)
	switch {
	case err != nil:
		return err
	case d == 0 && v.off:
	case d < v.min || d > v.max:
		return errValue
	}
	*v.field = d
	return nil
}

const day = 24 * time.Hour

func parsePeriod(s string) (time.Duration, error) {
	if s == "0" {
		return 0, nil
	}
	const longest = 6 // digits: what is longer is out of every bound
	if s == "" || len(s) > longest+1 {
		return 0, errValue
	}
	number, unit := s[:len(s)-1], map[byte]time.Duration{'s': time.Second, 'm': time.Minute, 'h': time.Hour, 'd': day}[s[len(s)-1]]
	n, err := strconv.ParseUint(number, 10, 32)
	if err != nil || unit == 0 {
		return 0, errValue
	}
	return time.Duration(n) * unit, nil
}

// writePeriod writes a length of time in the longest unit that takes it whole.
func writePeriod(d time.Duration) string {
	for _, unit := range []struct {
		length time.Duration
		name   string
	}{{day, "d"}, {time.Hour, "h"}, {time.Minute, "m"}} {
		if d >= unit.length && d%unit.length == 0 {
			return fmt.Sprint(int64(d/unit.length), unit.name)
		}
	}
	if d == 0 {
		return "0"
	}
	return fmt.Sprint(int64(d/time.Second), "s")
}

// snowflakeValue is an id of Discord's. A file may hold it as a number.
type snowflakeValue struct{ field *string }

func snowflake(field *string) value { return snowflakeValue{field} }

func (v snowflakeValue) allowed() string { return "an id of Discord's, digits only" }
func (v snowflakeValue) get() any        { return *v.field }

func (v snowflakeValue) set(raw any) error {
	s := ""
	switch raw := raw.(type) {
	case string:
		s = raw
	case int, int64, uint64:
		s = fmt.Sprint(raw)
	default:
		return errValue
	}
	if s != "" && !isSnowflake(s) {
		return errValue
	}
	*v.field = s
	return nil
}

// isSnowflake reports whether s is a decimal number of 64 bits.
func isSnowflake(s string) bool {
	const longest = 20
	_, err := strconv.ParseUint(s, 10, 64)
	return err == nil && len(s) <= longest
}

type choiceValue[T ~string] struct {
	field   *T
	choices []T
}

func oneOf[T ~string](field *T, choices ...T) value { return choiceValue[T]{field, choices} }

func (v choiceValue[T]) get() any { return string(*v.field) }

func (v choiceValue[T]) allowed() string { return enumerate(v.options()) }

func (v choiceValue[T]) options() []string {
	var all []string
	for _, c := range v.choices {
		all = append(all, string(c))
	}
	return all
}

func (v choiceValue[T]) set(raw any) error {
	s, ok := raw.(string)
	if !ok {
		return errValue
	}
	for _, c := range v.choices {
		if strings.EqualFold(s, string(c)) {
			*v.field = c
			return nil
		}
	}
	return errValue
}

type listValue[T any] struct {
	field *[]T
	want  string
	parse func(string) (T, error)
}

// list is a setting of several values: a list in the file, separated by
// commas elsewhere.
func list[T any](field *[]T, want string, parse func(string) (T, error)) value {
	return listValue[T]{field, want, parse}
}

func (v listValue[T]) allowed() string { return "a list of " + v.want }

func (v listValue[T]) get() any {
	all := make([]string, 0, len(*v.field))
	for _, one := range *v.field {
		all = append(all, fmt.Sprint(one))
	}
	return all
}

func (v listValue[T]) set(raw any) error {
	var words []string
	switch raw := raw.(type) {
	case string:
		for word := range strings.SplitSeq(raw, ",") {
			words = append(words, strings.TrimSpace(word))
		}
	case []string:
		words = raw
	case []any:
		for _, one := range raw {
			word, ok := one.(string)
			if n, isNumber := one.(int); isNumber && v.numbers() {
				word, ok = strconv.Itoa(n), true
			}
			if !ok {
				return errValue
			}
			words = append(words, word)
		}
	default:
		return errValue
	}
	var all []T
	for _, word := range words {
		if word == "" {
			return errValue
		}
		one, err := v.parse(word)
		if err != nil {
			return err
		}
		all = append(all, one)
	}
	*v.field = all
	return nil
}

// numbers reports whether the list is one of numbers, which YAML has without
// quotes.
func (v listValue[T]) numbers() bool {
	var one T
	_, ok := any(one).(int)
	return ok
}

func parsePath(s string) (string, error) { return s, nil }

func parseAddress(s string) (string, error) {
	_, port, err := net.SplitHostPort(s)
	if err != nil {
		return "", err
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return "", err
	}
	return s, nil
}

func parsePublicURL(s string) (string, error) {
	if s == "" {
		return "", nil
	}
	u, err := url.Parse(s)
	if err != nil {
		return "", err
	}
	if (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.User != nil ||
		strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		return "", errValue
	}
	return strings.TrimRight(s, "/"), nil
}

func parsePrefix(s string) (netip.Prefix, error) {
	if addr, err := netip.ParseAddr(s); err == nil {
		return addr.Prefix(addr.BitLen())
	}
	p, err := netip.ParsePrefix(s)
	return p.Masked(), err
}

// parseToken takes what fits into an HTTP header. The mask that stands for a
// secret in what "briefbot config" prints is refused: it was copied.
func parseToken(s string) (string, error) {
	const maxToken = 512 // far below the bound of a request's headers
	if len(s) > maxToken || s == mask {
		return "", errValue
	}
	for _, c := range []byte(s) {
		if c <= ' ' || c >= 0x7f {
			return "", errValue
		}
	}
	return s, nil
}

// parseZone takes a zone that digests can have.
func parseZone(s string) (string, error) {
	if s != "" && !slices.Contains(digest.Zones(), s) {
		return "", errValue
	}
	return s, nil
}

func parseRole(s string) (string, error) {
	if !isSnowflake(s) {
		return "", errValue
	}
	return s, nil
}

// parseStoreAddress leaves the address to the store, which says what is wrong
// with it without repeating a password.
func parseStoreAddress(s string) (string, error) {
	if s == mask || strings.ContainsAny(s, "\r\n\x00") {
		return "", errValue
	}
	return s, nil
}

// parseDiscordToken takes what the Developer Portal shows, with or without
// the word that stands before it in a header.
func parseDiscordToken(s string) (string, error) {
	s = strings.TrimPrefix(s, "Bot ")
	switch {
	case strings.ContainsAny(s, " \t\r\n"):
		return "", reason("there is a space or a line break in it")
	case strings.Contains(s, "="):
		return "", reason(`there is a "=" in it; leave out the name that stands before`)
	}
	s, err := parseToken(s)
	if err != nil {
		return "", err
	}
	for _, c := range s {
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && !strings.ContainsRune("-_.", c) {
			return "", errValue
		}
	}
	return s, nil
}

// parseSlackToken takes a token that begins with one of some prefixes, by
// which Slack tells its tokens apart.
func parseSlackToken(prefixes ...string) func(string) (string, error) {
	return func(s string) (string, error) {
		s, err := parseToken(s)
		if err != nil || s == "" {
			return s, err
		}
		for _, prefix := range prefixes {
			if strings.HasPrefix(s, prefix) {
				return s, nil
			}
		}
		return "", errValue
	}
}

// parseClientID takes two numbers with a dot between them.
func parseClientID(s string) (string, error) {
	const longest = 64
	if len(s) > longest || strings.Trim(s, "0123456789.") != "" || s != "" && !strings.Contains(s, ".") {
		return "", errValue
	}
	return s, nil
}

func parseKeys(s string) (string, error) {
	if s = strings.TrimSpace(s); s != "" && !strings.HasPrefix(s, "{") {
		return "", errValue
	}
	return s, nil
}

func parseHexKey(s string) (string, error) {
	const digits = 64
	b, err := hex.DecodeString(s)
	if s != "" && (err != nil || len(b) != digits/2) {
		return "", errValue
	}
	return strings.ToLower(s), nil
}

const maxShards = 16384 // beyond what the largest bots run

func parseShard(s string) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 || n >= maxShards {
		return 0, errValue
	}
	return n, nil
}

func parseAPIURL(s string) (string, error) {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return "", errValue
	}
	ip, err := netip.ParseAddr(u.Hostname())
	here := u.Hostname() == "localhost" || err == nil && ip.IsLoopback()
	if u.Scheme != "https" && (u.Scheme != "http" || !here) {
		return "", errValue // the token would travel unencrypted
	}
	return strings.TrimRight(s, "/"), nil
}

// mask stands for a secret that is set.
const mask = "********"

// userinfo is the part of an address that may hold a password.
var userinfo = regexp.MustCompile(`://\S*@`)

// show quotes a raw value for a message, bounded, without the password of an
// address.
func show(raw any) string {
	const keep = 80
	s := fmt.Sprintf("%v", raw)
	if text, ok := raw.(string); ok {
		s = strconv.Quote(text)
	}
	s = userinfo.ReplaceAllLiteralString(s, "://…@")
	if r := []rune(s); len(r) > keep {
		s = string(r[:keep]) + "…"
	}
	return s
}

// enumerate writes words as a sentence does: "a, b or c".
func enumerate(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	n := len(words) - 1
	return strings.Join(words[:n], ", ") + " or " + words[n]
}
