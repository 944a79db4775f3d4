package load

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"briefbot/content"
)

// Two languages of one text must tell the same numbers. Each language is read
// into the numbers it tells, and the two are compared by how strictly each
// number was told:
//
//   - strict: digits, dates and long numerals (第三十二次, thirty-two, 11月,
//     November). Each must stand in the other language.
//   - counted: a short numeral that counts something (四点, five points). It
//     must stand in the other language unless that tells no other number in its
//     place: "四点建议" may be "several proposals", but not "five proposals".
//   - mentioned: numerals inside words (一体化, 两国, one, first, both). They
//     may answer for a number of the other language and need no answer.
type strictness int

const (
	mentioned strictness = iota
	counted
	strict
)

// number is one number that a text tells.
type number struct {
	values []float64 // more than one where it may be read in several ways: 3 p.m. is 3 or 15
	month  bool
	how    strictness
	said   string // as the text has it
}

func (a number) same(b number) bool {
	if a.month != b.month {
		return false
	}
	return slices.ContainsFunc(a.values, func(v float64) bool {
		return slices.ContainsFunc(b.values, func(w float64) bool { return math.Abs(v-w) <= 1e-9*math.Max(1, math.Abs(v)) })
	})
}

// checkNumbers reports numbers, dates and lengths of lists in which the
// languages of a text differ.
func checkNumbers(f *file, n *node, t content.Text) {
	hans := chineseNumbers(t.Hans)
	if t.English != "" && t.Hans != "" {
		compare(f, n, t, content.Hans, content.English, hans, englishNumbers(t.English))
	}
	if t.Hant != "" && t.Hans != "" {
		compare(f, n, t, content.Hans, content.Hant, hans, chineseNumbers(t.Hant))
	}
}

func compare(f *file, n *node, t content.Text, a, b content.Lang, as, bs []number) {
	if x, y := listLines(written(t, a)), listLines(written(t, b)); x != y {
		f.error(n.key(string(b)).position, fmt.Sprintf("the list has %d points in %s and %d in %s", x, a, y, b))
	}
	onlyA, onlyB := unmatched(as, bs), unmatched(bs, as)
	both := len(onlyA) > 0 && len(onlyB) > 0
	saidA, firstA := told(onlyA, both)
	saidB, firstB := told(onlyB, both)
	switch {
	case saidA != "" && saidB != "":
		f.error(f.find(n.key(string(a)), firstA), fmt.Sprintf("the languages differ: %s has %s, %s has %s", a, saidA, b, saidB))
	case saidA != "":
		f.error(f.find(n.key(string(a)), firstA), fmt.Sprintf("the languages differ: %s has %s, %s does not", a, saidA, b))
	case saidB != "":
		f.error(f.find(n.key(string(b)), firstB), fmt.Sprintf("the languages differ: %s has %s, %s does not", b, saidB, a))
	}
}

// told lists the numbers that a fault is to name, quoted, and the first of them
// as the text has it: those told strictly, and all where the other language
// tells others.
func told(numbers []number, all bool) (list, first string) {
	var said []string
	for _, x := range numbers {
		if q := strconv.Quote(x.said); (x.how == strict || all) && !slices.Contains(said, q) {
			if first == "" {
				first = x.said
			}
			said = append(said, q)
		}
	}
	return strings.Join(said, ", "), first
}

// unmatched returns the numbers of a that count and that b does not tell.
func unmatched(a, b []number) []number {
	var out []number
	for _, x := range a {
		if x.how != mentioned && !slices.ContainsFunc(b, x.same) {
			out = append(out, x)
		}
	}
	return out
}

var listLine = regexp.MustCompile(`(?m)^\s*(?:[-*•·]\s|\d{1,2}[.)、．]\s?\D|[（(][一二三四五六七八九十\d]{1,3}[)）]|[一二三四五六七八九十]{1,3}、)`)

// listLines returns how many lines of a text are points of a list.
func listLines(s string) int { return len(listLine.FindAllStringIndex(s, -1)) }

// What numbers look like; web addresses tell none.
const (
	arabic       = `(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?`
	chineseDigit = `零〇一二三四五六七八九两兩`
	chineseUnit  = `十百千万萬亿億`
	englishUnit  = `thousand|million|billion|trillion`
	englishWords = `zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen` +
		`|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|` + englishUnit +
		`|first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth|thirteenth|fourteenth|fifteenth|sixteenth|seventeenth|eighteenth|nineteenth` +
		`|twentieth|thirtieth|fortieth|fiftieth|sixtieth|seventieth|eightieth|ninetieth|hundredth`
)

var (
	chineseNumber = regexp.MustCompile(`^(?:(?P<iso>\d{4}-\d{2}(?:-\d{2})?)` +
		`|(?P<named>[A-Za-z]+-?\d+[A-Za-z0-9]*|\d+[A-Za-z]+)` +
		`|(?:下午|晚上|傍晚|晚|夜里|夜裡)(?P<clock>\d{1,2}|[一二三四五六七八九十两兩]{1,2})(?:时|時|点|點|:)` +
		`|(?P<month>(?:\d{1,2}|十?[一二三四五六七八九十])月)` +
		`|(?P<decade>(?:\d{2,4}|[一二三四五六七八九十]{2,3})年代)` +
		`|百分之(?P<percent>[` + chineseDigit + chineseUnit + `]+)` +
		`|(?P<digits>` + arabic + `)(?:多|余|餘)?(?P<unit>[十百千]?[万萬]?[亿億]?)` +
		`|(?P<numeral>第?[` + chineseDigit + chineseUnit + `]+)` +
		`|(?P<pair>[双雙]))`)

	englishNumber = regexp.MustCompile(`(?i)^(?:(?P<iso>\b\d{4}-\d{2}(?:-\d{2})?\b)` +
		`|(?P<clock>\b\d{1,2})(?:[:.](?P<minute>\d{2}))? ?p\.?m\b` +
		`|(?P<ordinal>\b\d+)(?:st|nd|rd|th)\b` +
		`|(?P<decade>\b\d{3}0s\b)` +
		`|(?P<digits>` + arabic + `)(?:[ -](?P<unit>hundred|` + englishUnit + `)\b)?` +
		`|(?P<month>\b(?:january|february|march|april|may|june|july|august|september|october|november|december|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\b)` +
		`|(?P<multiple>\b(?:once|twice|thrice|both|pair|couple|dual|double|bilateral|trilateral|quadrilateral|single)\b)` +
		`|(?P<word>\b(?:` + englishWords + `)(?:[ -](?:and )?(?:` + englishWords + `))*\b))`)

	webAddress = regexp.MustCompile(`https?://\S+`)

	// attached are digits in a name or before a unit: G20, 5G, COVID-19, 10km.
	attached = regexp.MustCompile(`\d+`)

	// counters are what a short Chinese numeral counts with.
	counters = regexp.MustCompile(`^(?:[点點项項条條个個次届屆天年周週场場位名家份种種轮輪件类類倍页頁支座层層级級步国國人大句章票席省市县縣]|小时|小時|分钟|分鐘|方面|阶段|階段)`)
	spans    = regexp.MustCompile(`^(?:[天周週]|年|小时|小時|分钟|分鐘|个月|個月)`)
	oneSpan  = regexp.MustCompile(`(?i)^[ -](?:day|week|month|year|hour|minute)`)
)

// groups calls visit for every match with the named group that matched, its
// text and what stands before and behind the match.
func groups(p *regexp.Regexp, s string, begins func(before, rest string) bool, visit func(group string, get func(string) string, before, after string)) {
	s = webAddress.ReplaceAllString(norm.NFKC.String(s), " ")
	for m := range matches(p, s, begins) {
		get := func(name string) string {
			i := p.SubexpIndex(name)
			if i < 0 || m[2*i] < 0 {
				return ""
			}
			return s[m[2*i]:m[2*i+1]]
		}
		for _, name := range p.SubexpNames()[1:] {
			if name != "" && get(name) != "" {
				visit(name, get, s[:m[0]], s[m[1]:])
				break
			}
		}
	}
}

// chineseNumbers returns the numbers that a Chinese text tells.
func chineseNumbers(s string) []number {
	var out []number
	groups(chineseNumber, s, beginsChinese, func(group string, get func(string) string, before, after string) {
		said := get(group)
		switch group {
		case "iso":
			out = append(out, isoNumbers(said)...)
		case "named":
			out = append(out, attachedNumbers(said)...)
		case "clock":
			out = append(out, afternoon(said, value(said)))
		case "month":
			out = append(out, number{values: []float64{value(strings.TrimSuffix(said, "月"))}, month: true, how: strict, said: said})
		case "decade":
			out = append(out, decade(said, value(strings.TrimSuffix(said, "年代"))))
		case "percent":
			out = append(out, number{values: []float64{value(said)}, how: strict, said: said})
		case "digits":
			if n := value(said); n != 0 || said == "0" {
				unit, next := get("unit"), nextRune(after)
				if kilo(next) {
					unit = strings.TrimSuffix(unit, "千")
				}
				if unit == "" && strings.ContainsRune("年月日号號%", next) {
					said += string(next)
				}
				out = append(out, number{values: []float64{n * unitValue(unit)}, how: strict, said: said + unit})
			}
		case "numeral":
			out = append(out, numerals(said, before, after)...)
		case "pair":
			out = append(out, number{values: []float64{2}, said: said})
		}
	})
	return out
}

// beginsChinese reports whether a number of a Chinese text may begin at rest.
func beginsChinese(before, rest string) bool {
	if rest[0] < utf8.RuneSelf {
		return beginsDigits(before, rest) || word(before, rest) != ""
	}
	r, _ := utf8.DecodeRuneInString(rest)
	return strings.ContainsRune("第双雙下晚傍夜"+chineseDigit+chineseUnit, r)
}

// beginsEnglish reports whether a number of an English text may begin at rest.
func beginsEnglish(before, rest string) bool {
	if beginsDigits(before, rest) {
		return true
	}
	w := word(before, rest)
	if len(w) < 3 {
		return false
	}
	if n, _ := englishNumeral(w); n != 1 || w == "one" || w == "first" {
		return true
	}
	switch w {
	case "once", "twice", "thrice", "both", "pair", "couple", "dual", "double", "bilateral", "trilateral", "quadrilateral", "single":
		return true
	}
	return strings.Contains("jan feb mar apr may jun jul aug sep oct nov dec", w[:3])
}

// value reads digits or one Chinese numeral.
func value(s string) float64 {
	if n, err := strconv.ParseFloat(strings.ReplaceAll(s, ",", ""), 64); err == nil {
		return n
	}
	if parts := readChinese(s); len(parts) == 1 {
		return parts[0]
	}
	return 0
}

func isoNumbers(said string) []number {
	var out []number
	for i, part := range strings.Split(said, "-") {
		out = append(out, number{values: []float64{value(part)}, month: i == 1, how: strict, said: said})
	}
	return out
}

func attachedNumbers(said string) []number {
	var out []number
	for _, d := range attached.FindAllString(said, -1) {
		out = append(out, number{values: []float64{value(d)}, how: counted, said: said})
	}
	return out
}

func afternoon(said string, hour float64) number {
	return number{values: []float64{hour, math.Mod(hour, 12) + 12}, how: strict, said: said}
}

func decade(said string, n float64) number {
	return number{values: []float64{math.Mod(n, 100), 1900 + math.Mod(n, 100), n}, how: counted, said: said}
}

// numerals returns the numbers of a run of Chinese numerals.
func numerals(said, before, after string) []number {
	run, ordinal := strings.CutPrefix(said, "第")
	parts := readChinese(run)
	if len(parts) != 1 { // 十四五, 三四, 千万: no single number
		var out []number
		for _, n := range parts {
			out = append(out, number{values: []float64{n}, said: said})
		}
		return out
	}
	out := number{values: parts, said: said}
	first, _ := utf8.DecodeRuneInString(run)
	last, _ := utf8.DecodeLastRuneInString(before)
	next := nextRune(after)
	if strings.HasSuffix(run, "千") && kilo(next) { // 三千米 are 3,000 metres or 3 kilometres
		out.values = append(out.values, parts[0]/1000)
	}
	switch length := utf8.RuneCountInString(run); {
	case strings.ContainsRune("百千万萬亿億", first): // 百年, 万一, 千方百计
	case length > 1:
		out.how = strict
	case strings.ContainsRune("周週期拜其初", last): // 周三, 星期三, 其二, 初三
	case parts[0] == 1:
		if !ordinal && spans.MatchString(after) {
			out.how = counted
		}
	case parts[0] == 0:
	case ordinal:
		if !strings.ContainsRune("，、：,: ", next) && after != "" {
			out.how = counted
		}
	case parts[0] == 2 && (next == '国' || next == '國'): // 两国
	case counters.MatchString(after):
		out.how = counted
	}
	return []number{out}
}

func nextRune(s string) rune {
	r, _ := utf8.DecodeRuneInString(s)
	return r
}

// kilo reports whether a 千 before the character belongs to a unit: 千米.
func kilo(next rune) bool { return strings.ContainsRune("米克瓦卡", next) }

// readChinese reads a run of Chinese numerals as the numbers that it is made
// of: 三十二 as 32, 二〇二六 as 2026, 十四五 as 14 and 5.
func readChinese(s string) []float64 {
	var out []float64
	runes := []rune(s)
	if n, ok := positional(runes); ok {
		return []float64{n}
	}
	total, section, digit, small := 0.0, 0.0, -1.0, math.Inf(1)
	flush := func() {
		if digit > 0 {
			section += digit
		}
		if n := total + section; n > 0 || digit == 0 {
			out = append(out, n)
		}
		total, section, digit, small = 0, 0, -1, math.Inf(1)
	}
	for _, r := range runes {
		if d := digitOf(r); d >= 0 {
			if digit > 0 {
				flush()
			}
			digit = float64(d)
			continue
		}
		switch u := unitOf(r); {
		case u >= 1e4: // 万 and 亿 multiply all before them
			if digit > 0 {
				section += digit
			}
			if section == 0 && total == 0 {
				section = 1
			}
			total, section = (total+section)*u, 0
			digit, small = -1, math.Inf(1)
		case u >= small: // 百千 does not go on
			flush()
			digit, small = -1, u
			section = u
		default:
			section += math.Max(1, digit) * u
			digit, small = -1, u
		}
	}
	flush()
	return out
}

// digitOf returns the value of a Chinese digit, -1 for any other character.
func digitOf(r rune) int {
	switch r {
	case '〇':
		return 0
	case '两', '兩':
		return 2
	}
	return slices.Index([]rune("零一二三四五六七八九"), r)
}

// positional reads digits that stand for themselves: 二〇二六.
func positional(runes []rune) (float64, bool) {
	n, zero := 0.0, false
	for _, r := range runes {
		i := digitOf(r)
		if i < 0 {
			return 0, false
		}
		zero = zero || i == 0
		n = 10*n + float64(i)
	}
	return n, len(runes) > 3 || len(runes) > 1 && zero
}

func unitOf(r rune) float64 {
	switch r {
	case '十':
		return 10
	case '百':
		return 100
	case '千':
		return 1000
	case '万', '萬':
		return 1e4
	case '亿', '億':
		return 1e8
	}
	return 1
}

// unitValue returns what the units behind digits multiply them by: 1e12 for
// 万亿.
func unitValue(s string) float64 {
	n := 1.0
	for _, r := range s {
		n *= unitOf(r)
	}
	return n
}

// englishNumbers returns the numbers that an English text tells.
func englishNumbers(s string) []number {
	var out []number
	groups(englishNumber, s, beginsEnglish, func(group string, get func(string) string, before, after string) {
		said := get(group)
		switch group {
		case "iso":
			out = append(out, isoNumbers(said)...)
		case "clock":
			out = append(out, afternoon(said, value(said)))
			if m := value(get("minute")); m != 0 {
				out = append(out, number{values: []float64{m}, how: strict, said: get("minute")})
			}
		case "ordinal":
			out = append(out, number{values: []float64{value(said)}, how: strict, said: said})
		case "decade":
			out = append(out, decade(said, value(strings.TrimSuffix(said, "s"))))
		case "digits":
			out = append(out, englishDigits(said, get("unit"), before, after)...)
		case "month":
			out = append(out, englishMonth(said, before, after))
		case "multiple":
			out = append(out, number{values: []float64{multiple(said)}, said: said})
		case "word":
			out = append(out, englishNumerals(said, after)...)
		}
	})
	return out
}

func englishDigits(said, unit, before, after string) []number {
	n := value(said)
	if n == 0 && said != "0" {
		return nil // the minutes of 15:00
	}
	out := number{values: []float64{n * englishValue(unit)}, how: strict, said: said}
	if unit != "" {
		out.said += " " + unit
	}
	before = strings.TrimSuffix(before, "-")
	if before != "" && letter(before[len(before)-1]) || unit == "" && after != "" && letter(after[0]) { // G20, COVID-19, 5G, 10km
		out.how = counted
	}
	return []number{out}
}

// englishMonth returns a month. Those that are also other words count beside a
// number only.
func englishMonth(said, before, after string) number {
	const threeLetters = "janfebmaraprmayjunjulaugsepoctnovdec"
	n := strings.Index(threeLetters, strings.ToLower(said[:3]))/3 + 1
	out := number{values: []float64{float64(n)}, month: true, how: strict, said: said}
	digit := func(r rune) bool { return unicode.IsDigit(r) }
	last, _ := utf8.DecodeLastRuneInString(strings.TrimRight(before, " "))
	next, _ := utf8.DecodeRuneInString(strings.TrimLeft(after, " ."))
	if (len(said) < 5 && n != 6 && n != 7 || n == 3) && !digit(last) && !digit(next) {
		out.how = mentioned
	}
	return out
}

func multiple(word string) float64 {
	switch strings.ToLower(word) {
	case "once", "single":
		return 1
	case "thrice", "trilateral":
		return 3
	case "quadrilateral":
		return 4
	}
	return 2
}

// englishNumerals returns the numbers of a run of English numerals.
func englishNumerals(said, after string) []number {
	var out []number
	var parts []string
	total, section, last := 0.0, 0.0, 0.0
	flush := func(ordinal bool, rest string) {
		if len(parts) == 0 {
			return
		}
		n := number{values: []float64{total + section}, how: counted, said: strings.Join(parts, " ")}
		switch v := n.values[0]; {
		case v > 10 && v != 100 && v != 1000 || len(parts) > 1:
			n.how = strict
		case v == 0, v == 1 && (ordinal || !oneSpan.MatchString(rest)), ordinal && strings.HasPrefix(rest, ","):
			n.how = mentioned
		}
		out = append(out, n)
		parts, total, section, last = nil, 0, 0, 0
	}
	for _, w := range strings.FieldsFunc(said, func(r rune) bool { return r == ' ' || r == '-' }) {
		if strings.EqualFold(w, "and") {
			continue
		}
		v, ordinal := englishNumeral(strings.ToLower(w))
		switch {
		case v >= 1000:
			total, section = total+math.Max(1, section)*v, 0
		case v == 100:
			section = math.Max(1, section) * 100
		case last == 0 || last >= 100 || last >= 20 && v < 10:
			section += v
		default: // "five six": no single number
			flush(false, "")
			section = v
		}
		parts, last = append(parts, w), v
		if ordinal {
			flush(true, after)
		}
	}
	flush(false, after)
	return out
}

// englishNumeral returns the value of one word of a numeral.
func englishNumeral(w string) (n float64, ordinal bool) {
	cardinals := []string{"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"}
	ordinals := []string{"", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh", "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth", "eighteenth", "nineteenth"}
	tens := []string{"twent", "thirt", "fort", "fift", "sixt", "sevent", "eight", "ninet"}
	if i := slices.Index(cardinals, w); i >= 0 {
		return float64(i), false
	}
	if i := slices.Index(ordinals, w); i >= 0 {
		return float64(i), true
	}
	for i, stem := range tens {
		if w == stem+"y" || w == stem+"ieth" {
			return float64(10 * (i + 2)), w == stem+"ieth"
		}
	}
	return englishValue(strings.TrimSuffix(w, "th")), strings.HasSuffix(w, "th")
}

func englishValue(unit string) float64 {
	switch strings.ToLower(unit) {
	case "hundred":
		return 100
	case "thousand":
		return 1e3
	case "million":
		return 1e6
	case "billion":
		return 1e9
	case "trillion":
		return 1e12
	}
	return 1
}
