package load

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"briefbot/content"
)

// Words whose meaning depends on the day of reading, and quotations, in which
// a source may use them.
var (
	relativeChinese = regexp.MustCompile(`^(?:大前年|前年|去年|今年|明年|后年|後年|本年度|上个?月|上個月|本月|这个?月|這個月|下个?月|下個月|上个?星期|上個星期|下个?星期|下個星期|这个?星期|這個星期|上周|上週|本周|本週|下周|下週|这周|這週|昨天|昨日|昨晚|今天|今日|今晚|明天|明日|明晚|前天|后天|後天|近日|日前|近期|最近|目前|当前|當前|眼下|现在|現在|如今|即将|即將|不久前|刚刚|剛剛)`)
	relativeEnglish = regexp.MustCompile(`(?i)^(?:(?:next|last|this) (?:year|month|week|weekend|quarter|decade|century|spring|summer|autumn|winter|monday|tuesday|wednesday|thursday|friday|saturday|sunday)|(?:in the )?coming (?:days|weeks|months|years)|(?:days?|weeks?|months?|years?) ago|today|tomorrow|yesterday|tonight|recently|currently|at present|presently|nowadays|right now|upcoming|soon|shortly|lately)\b`)
	quoted          = regexp.MustCompile(`“[^”]*”|「[^」]*」|『[^』]*』|"[^"]*"|‘[^’]*’`)
)

// checkRelative reports words that are true only on the day of writing, and
// whether there are any.
func checkRelative(f *file, n *node, text string, lang content.Lang) bool {
	pattern, begins := relativeEnglish, beginsRelativeEnglish
	if lang.Chinese() {
		pattern, begins = relativeChinese, beginsRelativeChinese
	}
	text = quoted.ReplaceAllStringFunc(text, func(q string) string { return strings.Repeat("\n", utf8.RuneCountInString(q)) })
	var said []string
	for at := range matches(pattern, text, begins) {
		word := text[at[0]:at[1]]
		if slices.Contains(said, word) || innocent(word, text[:at[0]], text[at[1]:]) {
			continue
		}
		said = append(said, word)
		f.error(f.find(n, word), fmt.Sprintf("%q depends on the day of reading: name the date, as in %q", word, f.dateFor(word, lang)))
	}
	return len(said) > 0
}

func beginsRelativeChinese(_, rest string) bool {
	r, _ := utf8.DecodeRuneInString(rest)
	return strings.ContainsRune("大前去今明后後本上这這下昨近日最目当當眼现現如即不刚剛", r)
}

func beginsRelativeEnglish(before, rest string) bool {
	switch word(before, rest) {
	case "next", "last", "this", "in", "coming", "day", "days", "week", "weeks", "month", "months", "year", "years",
		"today", "tomorrow", "yesterday", "tonight", "recently", "currently", "at", "presently", "nowadays", "right", "upcoming", "soon", "shortly", "lately":
		return true
	}
	return false
}

// innocent reports a match that is part of another word or of a fixed time:
// 声明年度, 以上周期, 生日前, "the last week of October", "as soon as".
func innocent(word, before, after string) bool {
	last, _ := utf8.DecodeLastRuneInString(before)
	next, _ := utf8.DecodeRuneInString(after)
	switch strings.ToLower(word) {
	case "明年", "明天", "明日", "明晚":
		return strings.ContainsRune("光文说說证證声聲表发發清黎透", last)
	case "去年":
		return last == '过' || last == '過'
	case "今年", "今天", "今日":
		return last == '当' || last == '當' // 当今
	case "前年", "前天":
		return last == '以' || last == '之' || last == '日'
	case "后年", "後年", "后天", "後天":
		return last == '以' || last == '之' || last == '先' || last == '天' || next == '性'
	case "上周", "上週", "本周", "本週", "下周", "下週", "这周", "這週":
		return next == '期' || next == '边' || next == '邊' || next == '围' || next == '圍' || strings.ContainsRune("以基日根资資", last)
	case "上月", "下月", "本月":
		return strings.ContainsRune("以基日", last) || next == '球'
	case "近日":
		return next == '本' || last == '接' || last == '亲' || last == '親'
	case "日前":
		return next == '往' || next == '来' || next == '來' || next == '夕' || next == '后' || next == '後' ||
			!strings.ContainsRune("，。；：、\n ", last) && before != ""
	case "昨日", "现在", "現在":
		return next == '时' && word == "现在"
	case "soon":
		return strings.HasSuffix(strings.ToLower(before), "as ") && strings.HasPrefix(after, " as")
	case "this century", "this decade":
		return false
	}
	lower := strings.ToLower(word)
	if strings.HasPrefix(lower, "last ") || strings.HasPrefix(lower, "next ") {
		return strings.HasPrefix(after, " of ")
	}
	return false
}

// dateFor returns how a text would name the date that a relative word means
// when read on the day of the briefing.
func (f *file) dateFor(word string, lang content.Lang) string {
	day := f.briefing.AsOf
	if day.IsZero() {
		day = f.briefing.Published
	}
	if day.IsZero() {
		day = content.Date{Year: 2026, Month: time.November, Day: 18}
	}
	t := day.First(time.UTC)
	word = strings.ToLower(word)
	unit, n := offset(word)
	if unit != "year" && day.Month == 0 || unit == "day" && day.Day == 0 || unit == "" {
		unit, n = "as of", 0
	}
	switch unit {
	case "year":
		t = time.Date(t.Year()+n, 1, 1, 0, 0, 0, 0, time.UTC)
	case "month":
		t = time.Date(t.Year(), t.Month()+time.Month(n), 1, 0, 0, 0, 0, time.UTC)
	case "day":
		t = t.AddDate(0, 0, n)
	}
	if lang.Chinese() {
		switch unit {
		case "year":
			return t.Format("2006年")
		case "month":
			return t.Format("2006年1月")
		case "day":
			return t.Format("2006年1月2日")
		}
		return "截至" + t.Format(layout(day, "2006年1月2日", "2006年1月", "2006年"))
	}
	switch unit {
	case "year":
		return t.Format("in 2006")
	case "month":
		return t.Format("in January 2006")
	case "day":
		return t.Format("on 2 January 2006")
	}
	return "as of " + t.Format(layout(day, "2 January 2006", "January 2006", "2006"))
}

func layout(d content.Date, day, month, year string) string {
	switch {
	case d.Month == 0:
		return year
	case d.Day == 0:
		return month
	}
	return day
}

// offset returns how far a relative word is from the day of writing; no unit
// where it does not tell.
func offset(word string) (unit string, n int) {
	switch word {
	case "大前年":
		return "year", -3
	case "前年":
		return "year", -2
	case "去年", "last year":
		return "year", -1
	case "今年", "本年度", "this year":
		return "year", 0
	case "明年", "next year":
		return "year", 1
	case "后年", "後年":
		return "year", 2
	case "上月", "上个月", "上個月", "last month":
		return "month", -1
	case "本月", "这月", "这个月", "這個月", "this month":
		return "month", 0
	case "下月", "下个月", "下個月", "next month":
		return "month", 1
	case "前天":
		return "day", -2
	case "昨天", "昨日", "昨晚", "yesterday":
		return "day", -1
	case "今天", "今日", "今晚", "today", "tonight":
		return "day", 0
	case "明天", "明日", "明晚", "tomorrow":
		return "day", 1
	case "后天", "後天":
		return "day", 2
	}
	return "", 0
}
