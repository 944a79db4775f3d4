package digest

import (
	"slices"
	"strings"
)

// ReadNumber reads a message that is nothing but the number of an entry in a
// digest: "3", "#3", "number three", "the third one", 第三条, 三. ok is false for
// anything else, and a number is at least 1.
func ReadNumber(s string) (n int, ok bool) {
	s = strings.TrimRight(typed(s), " ?!.。？！、,")
	if n, ok := chineseOrdinal(s); ok {
		return n, n > 0
	}
	words := strings.Fields(s)
	words = slices.DeleteFunc(words, func(w string) bool {
		return slices.Contains([]string{"the", "no", "no.", "number", "item", "entry", "please", "show", "point", "news"}, w)
	})
	if len(words) == 2 && (words[1] == "one" || words[1] == "entry") {
		n, ok = englishOrdinal(words[0])
		return n, ok
	}
	if len(words) != 1 {
		return 0, false
	}
	word, _ := cutAny(words[0], "#")
	if rest, value, n := cutDigits(word, 4); n > 0 && (rest == "" || slices.Contains([]string{"st", "nd", "rd", "th"}, rest)) {
		return value, value > 0
	}
	if n, ok := englishOrdinal(word); ok {
		return n, true
	}
	cardinals := strings.Fields("one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty")
	n = slices.Index(cardinals, word) + 1
	return n, n > 0
}

func englishOrdinal(word string) (int, bool) {
	ordinals := strings.Fields("first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth")
	n := slices.Index(ordinals, word) + 1
	if rest, value, digits := cutDigits(word, 4); digits > 0 && slices.Contains([]string{"st", "nd", "rd", "th"}, rest) {
		n = value
	}
	return n, n > 0
}

// chineseOrdinal reads 第三条, 第3个, 3号 and 三.
func chineseOrdinal(s string) (int, bool) {
	s, _ = cutAny(s, "请看", "看看", "看", "编号", "編號")
	s, _ = cutAny(strings.TrimLeft(s, " "), "第")
	rest, n, ok := cutNumeral(strings.TrimLeft(s, " "))
	rest, _ = cutAny(strings.TrimLeft(rest, " "), "条", "个", "项", "号", "则", "則", "篇", "点")
	rest, _ = cutAny(rest, "呢", "新闻", "吧")
	return n, ok && rest == ""
}
