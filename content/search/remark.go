package search

import (
	"strconv"
	"strings"

	"briefbot/content"
)

// remark is a sentence of an explanation. It is put into words only where one is
// asked for.
type remark struct {
	form form
	what string       // a word of the question
	slot content.Slot // what was asked for
	n    int
}

// form is what a remark says.
type form uint8

const (
	saysNothingOf form = iota
	isAboutOtherYear
	isNotAboutYear
	tellsOfOtherYear
	doesNotSpeakOfYear
	isNotKnownToCome
	isOver
	isAboutOtherDate
	doesNotHoldDate
	doesNotHoldNumber
	countsOther
	doesNotCount
	hasNoPoint
	doesNotHoldOrdinal
	isNotAbout
	doesNotSpeakOf
	onlyMentions
	saysNothingOfPart
	countsInPassing
	hasNoSlotOfPoint
	isNotAskedSo
	isNotSureAlone
	namesNobody
	hasNoSlots
	hasNoSlot
	doesNotTellWhen
	isNotOfThatWeek
	isSomebodyElses
	doesNotTellWhose

	wasCorrected
	asksFor
	isPinyin
	weighs
	weighsInNone

	isCoverage
	isLikeness
	isDensity
	isWording
	isLearned
	isConstraints

	asksForEntry
	asksForSummary
	asksForTimeline
	asksForSources
	asksForTopics
	asksForHelp

	formsEnd
)

// texts returns a form in English, simplified and traditional Chinese. "{}"
// stands for a word, "{slot}" for a slot, "#" for a number.
func (f form) texts() [3]string {
	return [formsEnd][3]string{
		saysNothingOf:      {"says nothing on {}", "没有谈到“{}”", "沒有談到「{}」"},
		isAboutOtherYear:   {"is about another year than #", "讲的不是#年", "講的不是#年"},
		isNotAboutYear:     {"is not about #", "与#年无关", "與#年無關"},
		tellsOfOtherYear:   {"tells of another year than #", "说的是#年以外的年份", "說的是#年以外的年份"},
		doesNotSpeakOfYear: {"does not speak of #", "没有提到#年", "沒有提到#年"},
		isNotKnownToCome:   {"is not known to come", "不知道以后有没有", "不知道以後有沒有"},
		isOver:             {"is over", "已经结束", "已經結束"},
		isAboutOtherDate:   {"is about another date than {}", "日期不是{}", "日期不是{}"},
		doesNotHoldDate:    {"does not hold the date {}", "没有{}这个日期", "沒有{}這個日期"},
		doesNotHoldNumber:  {"does not hold the number #", "没有#这个数", "沒有#這個數"},
		countsOther:        {"counts another number than #", "数目不是#", "數目不是#"},
		doesNotCount:       {"does not count # of this", "没有说有#个", "沒有說有#個"},
		hasNoPoint:         {"has no number #", "没有第#点", "沒有第#點"},
		doesNotHoldOrdinal: {"does not hold number #", "没有提到第#", "沒有提到第#"},
		isNotAbout:         {"is not about {}", "与{}无关", "與{}無關"},
		doesNotSpeakOf:     {"does not speak of {}", "没有提到“{}”", "沒有提到「{}」"},
		onlyMentions:       {"only mentions {}", "只是顺带提到“{}”", "只是順帶提到「{}」"},
		saysNothingOfPart:  {"says nothing on a part of the question", "没有谈到问题的一部分", "沒有談到問題的一部分"},
		countsInPassing:    {"counts them in passing", "只是顺带说到数目", "只是順帶說到數目"},
		hasNoSlotOfPoint:   {"has no {slot} of point #", "没有说第#点{slot}", "沒有說第#點{slot}"},
		isNotAskedSo:       {"is not known to be asked so", "不像是这样问的", "不像是這樣問的"},
		isNotSureAlone:     {"its briefing alone would not answer so", "所在的简报单独不会这样回答", "所在的簡報單獨不會這樣回答"},
		namesNobody:        {"names nobody", "没有提到任何人", "沒有提到任何人"},
		hasNoSlots:         {"has no slots", "没有列出要点", "沒有列出要點"},
		hasNoSlot:          {"has no {slot}", "没有说{slot}", "沒有說{slot}"},
		doesNotTellWhen:    {"does not tell when", "没有说什么时候", "沒有說什麼時候"},
		isNotOfThatWeek:    {"is not of that week", "不在那一周", "不在那一週"},
		isSomebodyElses:    {"tells of somebody else's", "说的是别人的", "說的是別人的"},
		doesNotTellWhose:   {"does not tell whose it is", "没有说是谁的", "沒有說是誰的"},

		wasCorrected: {"spelling: {}", "改正：{}", "改正：{}"},
		asksFor:      {"asks for: {slot}", "问的是：{slot}", "問的是：{slot}"},
		isPinyin:     {"written in pinyin", "用拼音写的", "用拼音寫的"},
		weighs:       {"{}: weighs ", "{}：分量", "{}：分量"},
		weighsInNone: {", in no entry", "，没有条目提到", "，沒有條目提到"},

		isCoverage:    {"coverage", "覆盖", "覆蓋"},
		isLikeness:    {"likeness", "相似", "相似"},
		isDensity:     {"density", "集中", "集中"},
		isWording:     {"wording", "措辞", "措辭"},
		isLearned:     {"learned", "例句", "例句"},
		isConstraints: {"constraints", "条件", "條件"},

		asksForEntry:    {"an entry", "一个条目", "一個條目"},
		asksForSummary:  {"a summary", "摘要", "摘要"},
		asksForTimeline: {"a timeline", "时间线", "時間線"},
		asksForSources:  {"sources", "来源", "來源"},
		asksForTopics:   {"topics", "话题", "話題"},
		asksForHelp:     {"help", "帮助", "幫助"},
	}[f]
}

// in returns the remark in a language.
func (r remark) in(lang content.Lang) string {
	return strings.NewReplacer("{}", r.what, "{slot}", slotIn(r.slot, lang), "#", strconv.Itoa(r.n)).Replace(chosen(r.form.texts(), lang))
}

// in returns a form that speaks of nothing particular.
func (f form) in(lang content.Lang) string { return chosen(f.texts(), lang) }

func chosen(texts [3]string, lang content.Lang) string {
	switch lang {
	case content.Hans:
		return texts[1]
	case content.Hant:
		return texts[2]
	default:
		return texts[0]
	}
}

// slotIn returns what asks for a slot.
func slotIn(slot content.Slot, lang content.Lang) string {
	switch slot {
	case content.Who:
		return chosen([3]string{"who", "是谁", "是誰"}, lang)
	case content.What:
		return chosen([3]string{"what", "是什么", "是什麼"}, lang)
	case content.Where:
		return chosen([3]string{"where", "在哪里", "在哪裡"}, lang)
	case content.When:
		return chosen([3]string{"when", "什么时候", "什麼時候"}, lang)
	case content.Why:
		return chosen([3]string{"why", "为什么", "為什麼"}, lang)
	case content.How:
		return chosen([3]string{"how", "怎么样", "怎麼樣"}, lang)
	case content.HowMany:
		return chosen([3]string{"how many", "有多少", "有多少"}, lang)
	case content.HowMuch:
		return chosen([3]string{"how much", "多少钱或多大", "多少錢或多大"}, lang)
	case content.HowLong:
		return chosen([3]string{"how long", "多久", "多久"}, lang)
	case content.HowOften:
		return chosen([3]string{"how often", "多久一次", "多久一次"}, lang)
	case slotAge:
		return chosen([3]string{"how old", "多大年纪", "多大年紀"}, lang)
	case slotOrigin:
		return chosen([3]string{"where from", "哪里人", "哪裡人"}, lang)
	}
	return string(slot)
}

// form returns what an intent asks for.
func (i Intent) form() form {
	switch i {
	case IntentSummary:
		return asksForSummary
	case IntentTimeline:
		return asksForTimeline
	case IntentSources:
		return asksForSources
	case IntentTopics:
		return asksForTopics
	case IntentHelp:
		return asksForHelp
	case IntentEntry:
	}
	return asksForEntry
}
