package load

import (
	"strings"
	"testing"

	"briefbot/content"
)

// inText returns the messages of the checks of one answer.
func inText(hans, english string) []string {
	report := &Report{}
	f := &file{report: report, briefing: &content.Briefing{AsOf: content.Date{Year: 2025, Month: 11, Day: 1}}}
	checkText(f, answer, &node{}, content.Text{Hans: hans, English: english})
	var out []string
	for _, fault := range report.Faults {
		out = append(out, fault.Message)
	}
	return out
}

func TestTextsThatTellTheSame(t *testing.T) {
	for _, c := range [][2]string{
		{"四点建议", "a four-point proposal"},
		{"四点建议", "4 proposals"},
		{"四点建议", "several proposals"},
		{"就此提出建议", "three proposals on this"},
		{"两国元首会晤", "the two presidents met"},
		{"双方同意", "both sides agreed"},
		{"双边关系", "relations between the two countries"},
		{"两次通话", "spoke twice"},
		{"二〇二六年十一月", "November 2026"},
		{"2025年10月30日至11月1日", "30 October–1 November 2025"},
		{"2025年10月30日至11月1日", "from 30 October 2025 to 1 November 2025"},
		{"第三十二次会议", "the 32nd meeting"},
		{"第三十二次会议", "the thirty-second meeting"},
		{"第33次会议", "the thirty-third meeting"},
		{"二十国集团", "the G20"},
		{"七国集团", "the Group of Seven"},
		{"二十国集团", "the Group of Twenty"},
		{"一体化、统一、第一、一次、万一、十分重要", "integration"},
		{"首先，加强沟通；其次，深化合作", "first, communication; second, cooperation"},
		{"第一，沟通；第二，合作；第三，人文", "communication, cooperation and people"},
		{"沟通、合作、人文", "First, talk; second, cooperate; third, people."},
		{"五个共同", "the five commons"},
		{"1.5亿美元", "150 million dollars"},
		{"3000万吨", "30 million tonnes"},
		{"12万亿元", "12 trillion yuan"},
		{"三千五百人", "3,500 people"},
		{"一百二十天", "one hundred and twenty days"},
		{"两千零二十六年", "the year two thousand twenty-six"},
		{"百分之五十", "50 per cent"},
		{"50%", "fifty per cent"},
		{"三分之二", "two thirds"},
		{"下午3时30分", "3:30 p.m."},
		{"15:00开始", "starts at 3 p.m."},
		{"上世纪九十年代", "in the 1990s"},
		{"90年代", "in the 1990s"},
		{"21世纪", "the twenty-first century"},
		{"“十四五”规划", "the 14th Five-Year Plan"},
		{"百年变局", "changes unseen in a century"},
		{"周三举行", "on Wednesday"},
		{"三个月内", "within three months"},
		{"10千米", "10km"},
		{"5G网络", "5G networks"},
		{"2025-11-01", "1 November 2025"},
		{"20多个国家", "more than 20 countries"},
		{"５点", "five points"},
		{"可能在2026年5月", "it may be in May 2026"},
		{"进军", "a march"},
		{"见 https://www.apec.org/2025/32", "see https://www.apec.org/"},
		{"三天的国事访问", "a three-day state visit"},
		{"1月、2月和3月", "January, February and March"},
		{"三千米", "three kilometres"},
		{"三千米", "3,000 metres"},
	} {
		if got := inText(c[0], c[1]); len(got) > 0 {
			t.Errorf("%q / %q: %q", c[0], c[1], got)
		}
	}
}

func TestTextsThatTellDifferentThings(t *testing.T) {
	for _, c := range [][3]string{
		{"四点建议", "five points", `the languages differ: zh-Hans has "四", en has "five"`},
		{"四点建议", "5 points", `the languages differ: zh-Hans has "四", en has "5"`},
		{"4点建议", "proposals", `the languages differ: zh-Hans has "4", en does not`},
		{"2025年举行", "held in 2026", `the languages differ: zh-Hans has "2025年", en has "2026"`},
		{"2026年11月举行", "held in 2026", `the languages differ: zh-Hans has "11月", en does not`},
		{"十一月举行", "held in October", `the languages differ: zh-Hans has "十一月", en has "October"`},
		{"11月11日", "on 1 November", `the languages differ: zh-Hans has "11日", en has "1"`},
		{"第三十三次会议", "the thirty-second meeting", `the languages differ: zh-Hans has "第三十三", en has "thirty second"`},
		{"第三次访问", "the second visit", `the languages differ: zh-Hans has "第三", en has "second"`},
		{"三天的访问", "a one-day visit", `the languages differ: zh-Hans has "三", en has "one"`},
		{"1.5亿", "15 million", `the languages differ: zh-Hans has "1.5亿", en has "15 million"`},
		{"下午3时", "at 4 p.m.", `the languages differ: zh-Hans has "3", en has "4"`},
		{"出席会议", "attended the 32nd meeting", `the languages differ: en has "32", zh-Hans does not`},
		{"2026年5月", "2026", `the languages differ: zh-Hans has "5月", en does not`},
		{"议程：\n1. 贸易\n2. 投资", "Agenda:\n1. Trade\n2. Investment\n3. Energy", ""},
	} {
		got := strings.Join(inText(c[0], c[1]), " | ")
		if got == "" || c[2] != "" && got != c[2] {
			t.Errorf("%q / %q: %q, want %q", c[0], c[1], got, c[2])
		}
	}
}

func TestWordsThatDependOnTheDayOfReading(t *testing.T) {
	for text, date := range map[string]string{
		"明年举行":   "2026年",
		"大前年":    "2022年",
		"本月举行":   "2025年11月",
		"上个月举行":  "2025年10月",
		"下月举行":   "2025年12月",
		"昨天举行":   "2025年10月31日",
		"会议后天举行": "2025年11月3日",
		"日前举行":   "截至2025年11月1日",
		"即将举行":   "截至2025年11月1日",
		"目前尚无消息": "截至2025年11月1日",
		"當前的局勢":  "截至2025年11月1日",
	} {
		got := strings.Join(inText(text, "x"), " | ")
		if !strings.Contains(got, "name the date, as in \""+date+"\"") {
			t.Errorf("%q: %q, want %q", text, got, date)
		}
	}
	for text, date := range map[string]string{
		"Next year in China":           "in 2026",
		"held this year":               "in 2025",
		"last month":                   "in October 2025",
		"It is due tomorrow.":          "on 2 November 2025",
		"two years ago":                "as of 1 November 2025",
		"The upcoming meeting":         "as of 1 November 2025",
		"It is currently under review": "as of 1 November 2025",
		"next Monday":                  "as of 1 November 2025",
	} {
		got := strings.Join(inText("无", text), " | ")
		if !strings.Contains(got, "name the date, as in \""+date+"\"") {
			t.Errorf("%q: %q, want %q", text, got, date)
		}
	}
}

func TestWordsThatStayTrue(t *testing.T) {
	for _, hans := range []string{
		"他说：“明年见”", "他說：「明年見」", "发表声明年度报告", "过去年代", "三天以前天气", "以上周期", "日本周边", "当今世界",
		"10月30日前提交", "先天后天", "文明天下", "会议当日前往", "近日本海", "生日前夕", "2026年11月",
	} {
		if got := inText(hans, ""); len(got) > 0 && !strings.Contains(got[0], "languages differ") {
			t.Errorf("%q: %q", hans, got)
		}
	}
	for _, english := range []string{
		"He said: “Next year we meet.”", `He said: "see you tomorrow".`, "the last week of October", "as soon as possible", "sooner or later", "the following year", "a current member",
	} {
		if got := inText("", english); len(got) > 0 {
			t.Errorf("%q: %q", english, got)
		}
	}
}

func TestQuotesMaySpeakOfTheirDay(t *testing.T) {
	report := &Report{}
	f := &file{report: report, briefing: &content.Briefing{}}
	checkText(f, quotation, &node{}, content.Text{Hans: "中国明年主办会议。", English: "China hosts the meeting next year."})
	if len(report.Faults) > 0 {
		t.Error(report.Faults)
	}
}

func TestTraditionalCharacters(t *testing.T) {
	var c Converter
	for hans, want := range map[string]string{
		"中国发展":       "中國發展",
		"头发":         "頭髮",
		"战略合作伙伴关系":   "戰略合作夥伴關係",
		"后天在里面":      "後天在裡面",
		"皇后与以后":      "皇后與以後",
		"为了信息与软件":    "為了信息與軟件", // words stay those of the editor
		"提出“五个共同”倡议": "提出「五個共同」倡議",
		"Busan 2025": "Busan 2025",
	} {
		got, err := c.Traditional(hans)
		if err != nil || got != want {
			t.Errorf("%q became %q, %v, want %q", hans, got, err, want)
		}
	}
}

func TestNearestWord(t *testing.T) {
	keys := []string{"id", "kind", "title", "aliases", "answer", "sources", "as_of", "valid_until"}
	for word, want := range map[string]string{
		"alias": "aliases", "Title": "title", "tilte": "title", "asof": "as_of", "source": "sources", "valid_untill": "valid_until",
		"colour": "", "x": "", "": "",
	} {
		got := meant(word, keys)
		if want != "" {
			want = `: did you mean "` + want + `"?`
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", word, got, want)
		}
	}
}
