package digest

import (
	_ "embed"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"briefbot/bot"
	"briefbot/bot/i18n"
	"briefbot/content/spelling"
)

// zones.txt holds the names of the zone database that comes with Go
// (time/tzdata), one a line. A test holds it against that database and writes
// it anew with -update.
//
//go:embed zones.txt
var zoneList string

// Zones lists the names of all zones, sorted.
func Zones() []string { return strings.Fields(zoneList) }

var errZone = errors.New("the zone is not known")

// loadZone returns the zone with an IANA name. Rules come from the operating
// system's zone database where it has one and from the one that is embedded in
// the program otherwise (https://pkg.go.dev/time#LoadLocation).
func loadZone(name string) (*time.Location, error) {
	if name == "" || name == "Local" { // UTC and the machine's, to LoadLocation
		return nil, errZone
	}
	return time.LoadLocation(name)
}

// LoadedZones keeps zones that were loaded: to load one reads a file. It is
// safe for concurrent use and of use when zero.
type LoadedZones struct{ loaded sync.Map }

// Load returns the zone with an IANA name. The error tells that it is not
// known.
func (z *LoadedZones) Load(name string) (*time.Location, error) {
	if zone, ok := z.loaded.Load(name); ok {
		return zone.(*time.Location), nil
	}
	zone, err := loadZone(name)
	if err != nil {
		return nil, err
	}
	z.loaded.Store(name, zone)
	return zone, nil
}

// ReadZone reads a zone as people type it: an IANA name in any case, a city or
// a country in English or Chinese, or a distance from UTC. note says how it was
// read where that is not what was typed, "" otherwise. The error is for the
// user and names what may have been meant.
func ReadZone(p i18n.Printer, s string) (name, note string, err error) {
	given := typed(s)
	name, meant := readZone(given)
	args := i18n.Args{"Zone": bot.Excerpt(strings.TrimPrefix(strings.TrimSpace(s), "in ")), "Name": name, "Names": strings.Join(meant, p.T("label.list_comma"))}
	switch {
	case name == "" && given == "":
		err = &bot.Error{Kind: bot.Invalid, Message: p.T("digest.error.zone_example")}
	case name == "" && len(meant) == 0:
		err = &bot.Error{Kind: bot.Invalid, Message: p.T("digest.error.zone", args)}
	case name == "" && ambiguousZone(zoneKey(given)) == nil:
		err = &bot.Error{Kind: bot.Invalid, Message: p.T("digest.error.zone_near", args)}
	case name == "":
		err = &bot.Error{Kind: bot.Invalid, Message: p.T("digest.error.zone_meant", args)}
	case strings.HasPrefix(name, "Etc/GMT") && !strings.EqualFold(name, given):
		note = p.T("digest.zone.offset", i18n.Args{"Name": name, "Offset": offsetName(name)})
	case !strings.EqualFold(name, given):
		note = p.T("digest.zone.read", args)
	}
	return name, note, err
}

// SuggestZones returns up to limit names that begin with what was typed so far
// or hold it, for completion.
func SuggestZones(s string, limit int) []string {
	key := zoneKey(typed(s))
	var starts, holds []string
	if name, _ := readZone(typed(s)); name != "" {
		starts = append(starts, name)
	}
	for _, name := range Zones() {
		switch lower := strings.ToLower(name); {
		case slices.Contains(starts, name), ambiguousZone(lower) != nil: // which ReadZone asks about
		case strings.HasPrefix(lower, key), strings.HasPrefix(city(lower), key):
			starts = append(starts, name)
		case strings.Contains(lower, key):
			holds = append(holds, name)
		}
	}
	all := append(starts, holds...)
	return all[:min(len(all), limit)]
}

// readZone returns the name of a zone, or without one what may have been meant.
func readZone(s string) (name string, meant []string) {
	key := zoneKey(s)
	if key == "" {
		return "", nil
	}
	if meant := ambiguousZone(key); meant != nil {
		return "", meant
	}
	if name := commonZone(key); name != "" {
		return name, nil
	}
	if name, meant, ok := zoneByOffset(key); ok {
		return name, meant
	}
	all := Zones()
	if i := slices.IndexFunc(all, func(z string) bool { return strings.EqualFold(z, key) }); i >= 0 {
		return all[i], nil
	}
	if name := zoneByCity(all, key); name != "" {
		return name, nil
	}
	return "", similarZones(all, key)
}

// zoneKey writes what was typed as the database writes names, in small letters.
func zoneKey(s string) string {
	s = strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(s, "时间"), "时区"), "時區")
	s = strings.TrimPrefix(s, "in ") // Berlin
	return strings.Join(strings.Fields(strings.TrimSuffix(s, " time")), "_")
}

func city(name string) string { return name[strings.LastIndexByte(name, '/')+1:] }

// zoneByCity finds a zone by the last part of its name. Of several the longest
// is the one that the others are older names of.
func zoneByCity(all []string, key string) string {
	found := ""
	for _, name := range all {
		area, _, ok := strings.Cut(name, "/")
		named := ok && area != "Etc" && area != "US" && area != "Canada" && area != "Mexico" && area != "Brazil" && area != "Chile"
		if named && strings.EqualFold(city(name), key) && len(name) > len(found) {
			found = name
		}
	}
	return found
}

// similarZones returns up to three names that differ from what was typed by a
// letter or two.
func similarZones(all []string, key string) []string {
	const most, farthest = 3, 3
	type near struct {
		name     string
		distance int
	}
	if len(key) < 4 {
		return nil
	}
	var found []near
	for _, name := range all {
		if strings.HasPrefix(name, "Etc/") {
			continue
		}
		lower := strings.ToLower(name)
		d := min(spelling.Distance(key, lower, farthest), spelling.Distance(city(key), city(lower), farthest))
		if d < farthest && d*3 < len(city(key)) {
			found = append(found, near{name, d})
		}
	}
	slices.SortStableFunc(found, func(a, b near) int { return a.distance - b.distance })
	var names []string
	for _, n := range found[:min(len(found), most)] {
		names = append(names, n.name)
	}
	return names
}

// zoneByOffset reads "UTC+8" and "+08:00". The database has whole hours only,
// and writes east of Greenwich with a minus: Etc/GMT-8.
func zoneByOffset(key string) (name string, meant []string, ok bool) {
	rest, _ := cutAny(key, "utc", "gmt")
	rest = strings.TrimLeft(rest, "_")
	rest, sign := cutAny(rest, "+", "-")
	if sign == "" {
		return "", nil, false
	}
	rest, hours, n := cutDigits(rest, 2)
	rest, _ = cutAny(rest, ":")
	rest, minutes, m := cutDigits(rest, 2)
	if n == 0 || m == 1 || rest != "" {
		return "", nil, false
	}
	east := hours
	if sign == "-" {
		east = -hours
	}
	switch {
	case minutes != 0:
		return "", zonesBetweenHours(sign, hours, minutes), true
	case east == 0:
		return "UTC", nil, true
	case east > 14 || east < -12:
		return "", nil, true
	case east > 0:
		return "Etc/GMT-" + strconv.Itoa(hours), nil, true
	}
	return "Etc/GMT+" + strconv.Itoa(hours), nil, true
}

// offsetName writes Etc/GMT-8 as everybody else does: UTC+8.
func offsetName(name string) string {
	return "UTC" + strings.NewReplacer("+", "-", "-", "+").Replace(strings.TrimPrefix(name, "Etc/GMT"))
}

// zonesBetweenHours names zones that are parts of an hour away from others.
func zonesBetweenHours(sign string, hours, minutes int) []string {
	switch sign + strconv.Itoa(hours*100+minutes) {
	case "+330":
		return []string{"Asia/Tehran"}
	case "+430":
		return []string{"Asia/Kabul"}
	case "+530":
		return []string{"Asia/Kolkata", "Asia/Colombo"}
	case "+545":
		return []string{"Asia/Kathmandu"}
	case "+630":
		return []string{"Asia/Yangon"}
	case "+845":
		return []string{"Australia/Eucla"}
	case "+930":
		return []string{"Australia/Darwin", "Australia/Adelaide"}
	case "+1030":
		return []string{"Australia/Lord_Howe", "Australia/Adelaide"}
	case "+1245":
		return []string{"Pacific/Chatham"}
	case "-330":
		return []string{"America/St_Johns"}
	case "-930":
		return []string{"Pacific/Marquesas"}
	}
	return nil
}

// ambiguousZone returns what an abbreviation or a country of several zones may
// mean; nil for anything else. Some abbreviations are names in the database
// too, of zones without summer time that hardly anybody means.
func ambiguousZone(key string) []string {
	switch key {
	case "cst", "cst6cdt":
		return []string{"Asia/Shanghai", "America/Chicago", "America/Havana"}
	case "ist":
		return []string{"Asia/Kolkata", "Europe/Dublin", "Asia/Jerusalem"}
	case "est", "edt", "est5edt":
		return []string{"America/New_York", "America/Panama", "Australia/Sydney"}
	case "mst", "mdt", "mst7mdt":
		return []string{"America/Denver", "America/Phoenix", "Asia/Kuala_Lumpur"}
	case "pst", "pdt", "pst8pdt":
		return []string{"America/Los_Angeles", "Asia/Manila"}
	case "cdt":
		return []string{"America/Chicago", "America/Havana"}
	case "ast", "adt":
		return []string{"America/Halifax", "America/Puerto_Rico", "Asia/Riyadh"}
	case "bst":
		return []string{"Europe/London", "Asia/Dhaka"}
	case "gst":
		return []string{"Asia/Dubai", "Atlantic/South_Georgia"}
	case "sst":
		return []string{"Pacific/Pago_Pago", "Asia/Singapore"}
	case "eastern":
		return []string{"America/New_York", "America/Toronto", "Australia/Sydney"}
	case "central":
		return []string{"America/Chicago", "America/Winnipeg"}
	case "pacific":
		return []string{"America/Los_Angeles", "America/Vancouver"}
	case "mountain":
		return []string{"America/Denver", "America/Edmonton"}
	case "usa", "us", "america", "united_states", "美国", "美國":
		return []string{"America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles"}
	case "canada", "加拿大":
		return []string{"America/Toronto", "America/Winnipeg", "America/Vancouver"}
	case "australia", "澳大利亚", "澳大利亞", "澳洲":
		return []string{"Australia/Sydney", "Australia/Brisbane", "Australia/Perth"}
	case "russia", "俄罗斯", "俄羅斯":
		return []string{"Europe/Moscow", "Asia/Vladivostok"}
	case "brazil", "巴西":
		return []string{"America/Sao_Paulo", "America/Manaus"}
	case "indonesia", "印尼", "印度尼西亚", "印度尼西亞":
		return []string{"Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura"}
	case "mexico", "墨西哥":
		return []string{"America/Mexico_City", "America/Tijuana"}
	}
	return nil
}

// commonZone returns the zone of a name that many people type and the database
// does not have, "" for any other.
func commonZone(key string) string {
	for _, z := range []struct{ zone, names string }{
		{"Asia/Shanghai", "beijing peking china prc shenzhen guangzhou chengdu hangzhou nanjing wuhan tianjin xian xi'an 中国 中國 北京 上海 深圳 广州 廣州 成都 重庆 重慶 杭州 南京 武汉 武漢 天津 西安 苏州 蘇州 东八区 東八區"},
		{"Asia/Hong_Kong", "hongkong hkt 香港"},
		{"Asia/Macau", "澳门 澳門"},
		{"Asia/Taipei", "taiwan roc 台湾 台灣 臺灣 台北 臺北 高雄"},
		{"Asia/Tokyo", "japan jst osaka kyoto 日本 东京 東京 大阪 京都"},
		{"Asia/Seoul", "korea south_korea rok kst busan gyeongju incheon 韩国 韓國 首尔 首爾 汉城 漢城 釜山 庆州 慶州 仁川"},
		{"Asia/Pyongyang", "north_korea 朝鲜 朝鮮 平壤"},
		{"Asia/Singapore", "singapore sgt 新加坡 狮城 獅城"},
		{"Asia/Kuala_Lumpur", "malaysia 马来西亚 馬來西亞 吉隆坡"},
		{"Asia/Bangkok", "thailand 泰国 泰國 曼谷"},
		{"Asia/Jakarta", "雅加达 雅加達"},
		{"Asia/Manila", "philippines 菲律宾 菲律賓 马尼拉 馬尼拉"},
		{"Asia/Ho_Chi_Minh", "vietnam hanoi 越南 河内 河內 胡志明市"},
		{"Asia/Kolkata", "india delhi new_delhi mumbai bangalore bengaluru 印度 德里 新德里 孟买 孟買"},
		{"Asia/Dubai", "uae 迪拜 杜拜 阿联酋 阿聯酋"},
		{"Asia/Riyadh", "saudi_arabia 沙特 利雅得"},
		{"Europe/Istanbul", "turkey 土耳其 伊斯坦布尔 伊斯坦堡"},
		{"Europe/Moscow", "莫斯科"},
		{"Europe/London", "uk england britain great_britain united_kingdom 英国 英國 伦敦 倫敦"},
		{"Europe/Paris", "france 法国 法國 巴黎"},
		{"Europe/Berlin", "germany munich frankfurt hamburg 德国 德國 柏林 慕尼黑 法兰克福 法蘭克福"},
		{"Europe/Zurich", "switzerland geneva 瑞士 苏黎世 蘇黎世 日内瓦 日內瓦"},
		{"Europe/Rome", "italy milan 意大利 罗马 羅馬"},
		{"Europe/Madrid", "spain barcelona 西班牙 马德里 馬德里"},
		{"Europe/Amsterdam", "netherlands holland 荷兰 荷蘭 阿姆斯特丹"},
		{"Europe/Brussels", "belgium 比利时 比利時 布鲁塞尔 布魯塞爾"},
		{"Africa/Cairo", "egypt 埃及 开罗 開羅"},
		{"America/New_York", "nyc new_york_city washington washington_dc boston 纽约 紐約 华盛顿 華盛頓 波士顿 波士頓 美东 美東"},
		{"America/Chicago", "houston dallas 芝加哥 休斯敦 休士頓 美中"},
		{"America/Denver", "丹佛"},
		{"America/Los_Angeles", "la sf san_francisco seattle silicon_valley 洛杉矶 洛杉磯 旧金山 舊金山 西雅图 西雅圖 硅谷 美西"},
		{"America/Toronto", "ottawa montreal 多伦多 多倫多 渥太华 渥太華"},
		{"Pacific/Honolulu", "hawaii hst 夏威夷 檀香山"},
		{"America/Vancouver", "温哥华 溫哥華"},
		{"America/Sao_Paulo", "圣保罗 聖保羅"},
		{"America/Mexico_City", "墨西哥城"},
		{"Australia/Sydney", "canberra 悉尼 雪梨 堪培拉"},
		{"Australia/Melbourne", "墨尔本 墨爾本"},
		{"Pacific/Auckland", "new_zealand wellington 新西兰 新西蘭 紐西蘭 奥克兰 奧克蘭"},
		{"UTC", "utc gmt z zulu 世界协调 世界协调时 协调世界时 格林尼治 格林威治"},
	} {
		if slices.Contains(strings.Fields(z.names), key) {
			return z.zone
		}
	}
	return ""
}
