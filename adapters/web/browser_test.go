package web_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"briefbot/bot/bottest"
	"briefbot/content/briefings"
	"briefbot/content/load"
)

// screenshots names the folder that screenshots are written to; none are
// where it is not set.
const screenshots = "BRIEFBOT_SCREENSHOTS"

// chromium returns the browser, or skips the test where there is none. Where
// CI is true a test that did not run is a failure.
func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"headless_shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	const why = "no Chromium on PATH: the page is not tested in a browser"
	if os.Getenv("CI") == "true" {
		t.Fatal(why)
	}
	t.Skip(why)
	return ""
}

// browser is a running browser and a server with the briefings that ship.
type browser struct {
	ctx  context.Context //nolint:containedctx // chromedp keeps the browser in it
	site string
}

func launch(t *testing.T) *browser {
	t.Helper()
	program := chromium(t)
	library, report := load.FS(briefings.Files(), "briefings")
	if library == nil {
		t.Fatalf("the briefings do not load: %v", report)
	}
	o := options(t)
	o.Router, o.PublicURL, o.Log = bottest.RouterOver(t, library), "", textLog(discard{})
	addr, _, _ := serve(t, o, o.Router)

	flags := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(program), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("headless", "new"), chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.UserDataDir(t.TempDir()),
	)
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), flags...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	return &browser{ctx: ctx, site: "http://" + addr}
}

// visit is a window of a browser without any cookie, and what went wrong in
// it.
type visit struct {
	t    *testing.T
	ctx  context.Context //nolint:containedctx // chromedp keeps the window in it
	site string

	mu     sync.Mutex
	faults []string // errors of the console, violations of the policy
	asked  []string // the addresses of all requests
}

// visit opens a window of a reader of a language.
func (b *browser) visit(t *testing.T, lang string) *visit {
	t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 2*time.Minute)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	v := &visit{t: t, ctx: ctx, site: b.site}
	t.Cleanup(v.verify)
	if err := chromedp.Listen(ctx, v.listen); err != nil {
		t.Fatal(err)
	}
	call(v, network.Enable, network.EnableParams{})
	call(v, log.Enable, cdp.Empty{})
	call(v, runtime.Enable, cdp.Empty{})
	call(v, network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{Headers: network.Headers{"Accept-Language": lang}})
	v.size(1280, 900)
	return v
}

func (v *visit) listen(event any) {
	v.mu.Lock()
	defer v.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		v.asked = append(v.asked, e.Request.URL)
	case *runtime.EventExceptionThrown:
		v.faults = append(v.faults, fmt.Sprintf("%s %+v", e.ExceptionDetails.Text, e.ExceptionDetails.Exception))
	case *runtime.EventConsoleAPICalled:
		v.faults = append(v.faults, fmt.Sprintf("console.%s %v", e.Type, e.Args))
	case *log.EventEntryAdded:
		v.faults = append(v.faults, fmt.Sprintf("%s: %s (%s)", e.Entry.Source, e.Entry.Text, e.Entry.URL))
	}
}

// verify fails the test where the page complained or left the site.
func (v *visit) verify() {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, fault := range v.faults {
		v.t.Errorf("the browser says: %s", fault)
	}
	for _, address := range v.asked {
		if !strings.HasPrefix(address, v.site+"/") {
			v.t.Errorf("a request to another host: %s", address)
		}
	}
}

func (v *visit) run(steps ...chromedp.Action[chromedp.Void]) {
	v.t.Helper()
	if err := chromedp.Do(v.ctx, steps...); err != nil {
		v.t.Fatal(err)
	}
}

// call runs a command of the browser's protocol.
func call[P, R any](v *visit, command cdp.Command[P, R], params P) R {
	v.t.Helper()
	result, err := chromedp.Call(v.ctx, command, params)
	if err != nil {
		v.t.Fatal(err)
	}
	return result
}

func (v *visit) open(path string) {
	v.t.Helper()
	v.run(chromedp.Navigate(v.site + path))
}

func (v *visit) size(width, height int64) {
	v.t.Helper()
	call(v, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width: width, Height: height, DeviceScaleFactor: 1, Mobile: width < 600,
	})
}

func (v *visit) dark() {
	v.t.Helper()
	call(v, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}},
	})
}

// value evaluates a JavaScript expression.
func value[T any](v *visit, expression string) T {
	v.t.Helper()
	result, err := chromedp.Run(v.ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		v.t.Fatalf("%s: %v", expression, err)
	}
	return result
}

// until waits for a JavaScript expression to become true, across pages.
func (v *visit) until(expression string) {
	v.t.Helper()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	late := time.After(15 * time.Second)
	for {
		// An error is a page that is just being left.
		if ok, err := chromedp.Run(v.ctx, chromedp.Evaluate[bool]("Boolean("+expression+")")); err == nil && ok {
			return
		}
		select {
		case <-again.C:
		case <-late:
			v.t.Fatalf("never true: %s\n%s\n%s", expression, value[string](v, "location.href"), value[string](v, "document.body.innerText"))
		}
	}
}

// shows waits for a text in the card.
func (v *visit) shows(text string) {
	v.t.Helper()
	quoted, _ := json.Marshal(text) // a string always encodes
	v.until(fmt.Sprintf(`document.querySelector("[data-card]")?.innerText.includes(%s)`, quoted))
}

// photograph writes a screenshot of the whole page where they are wanted.
func (v *visit) photograph(name string) {
	v.t.Helper()
	dir := os.Getenv(screenshots)
	if dir == "" {
		return
	}
	png := call(v, page.CaptureScreenshot, page.CaptureScreenshotParams{CaptureBeyondViewport: new(true)}).Data
	if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o600); err != nil {
		v.t.Fatal(err)
	}
}

// fits fails where the page is wider than the window.
func (v *visit) fits() {
	v.t.Helper()
	if wider := value[float64](v, "document.documentElement.scrollWidth - document.documentElement.clientWidth"); wider > 0 {
		v.t.Errorf("%s is %v pixels wider than the window", value[string](v, "location.pathname"), wider)
	}
}

func (v *visit) ask(question string) {
	v.t.Helper()
	value[bool](v, `document.getElementById("q").focus(), document.getElementById("q").select(), true`)
	v.run(chromedp.KeyEvent(question + kb.Enter))
}

// press sends a key as a keyboard does: what a page refuses is not typed.
func (v *visit) press(key, code string) {
	v.t.Helper()
	for _, kind := range []input.DispatchKeyEventType{input.DispatchKeyEventTypeKeyDown, input.DispatchKeyEventTypeKeyUp} {
		p := input.DispatchKeyEventParams{Type: kind, Key: key, Code: code}
		if kind == input.DispatchKeyEventTypeKeyDown {
			p.Text = key
		}
		call(v, input.DispatchKeyEvent, p)
	}
}

func TestBrowser(t *testing.T) {
	b := launch(t)
	t.Run("asks in English", func(t *testing.T) { asksInEnglish(t, b.visit(t, "en")) })
	t.Run("asks in Chinese and follows up", func(t *testing.T) { asksInChinese(b.visit(t, "zh-CN")) })
	t.Run("follows actions and permalinks", func(t *testing.T) { followsLinks(b.visit(t, "en")) })
	t.Run("takes suggestions by keyboard", func(t *testing.T) { takesSuggestions(t, b.visit(t, "en")) })
	t.Run("skips to the content", func(t *testing.T) { skipsToContent(t, b.visit(t, "en")) })
	t.Run("works without JavaScript", func(t *testing.T) { worksWithoutJavaScript(t, b.visit(t, "en")) })
	t.Run("fits a phone", func(t *testing.T) { fitsPhone(t, b.visit(t, "zh-CN")) })
	t.Run("shows text with contrast", func(t *testing.T) { showsContrast(t, b.visit(t, "en")) })
}

func asksInEnglish(t *testing.T, v *visit) {
	v.open("/")
	v.photograph("home-en")
	v.run(chromedp.Evaluate[chromedp.Void]("window.stays = true"))
	v.ask("APEC 2026 host")
	v.shows("Shenzhen")
	v.photograph("answer-en")
	if got := value[string](v, "location.search"); got != "?q=APEC+2026+host" {
		t.Errorf("address %q", got)
	}
	if !value[bool](v, "window.stays === true") {
		t.Error("the page was loaded anew")
	}
	if got := value[string](v, "document.activeElement.className"); !strings.Contains(got, "card") {
		t.Errorf("the focus is on %q, want the answer", got)
	}
	v.ask("APEC 2027 host")
	v.until(`document.querySelector(".card-unknown, .card-suggest") !== null`)
	v.photograph("unknown-en")
	v.run(chromedp.NavigateBack())
	v.shows("Shenzhen")
	if got := value[string](v, `document.getElementById("q").value`); got != "APEC 2026 host" {
		t.Errorf("the ask box after going back: %q", got)
	}
}

func asksInChinese(v *visit) {
	v.open("/")
	v.until(`document.documentElement.lang === "zh-Hans"`)
	v.photograph("home-zh")
	v.ask("四点建议")
	v.until(`document.querySelectorAll("[data-card] ol.points li").length === 4`)
	v.photograph("answer-zh")
	v.ask("第二点")
	v.until(`document.querySelector("[data-card] ol.points")?.start === 2`)
	v.photograph("follow-up-zh")
	v.run(chromedp.Click(chromedp.CSS(`a[hreflang="zh-Hant"]`)))
	v.until(`document.documentElement.lang === "zh-Hant"`)
	v.open("/")
	v.until(`document.documentElement.lang === "zh-Hant"`)
	v.photograph("home-hant")
}

func followsLinks(v *visit) {
	v.open("/?q=" + url.QueryEscape("what are the four proposals"))
	v.until(`document.querySelectorAll("[data-card] .actions a").length > 0`)
	v.run(chromedp.Click(chromedp.CSS(`.card-foot a`)))
	v.until(`location.pathname.startsWith("/b/") && document.querySelector(".crumbs") !== null`)
	v.photograph("entry-en")
	v.run(chromedp.Click(chromedp.CSS(`.turn-on`)))
	v.until(`document.querySelector(".turn-back") !== null`)
	v.run(chromedp.Click(chromedp.CSS(`.crumbs a`)))
	v.until(`document.querySelectorAll("section.entry").length > 20`)
	v.photograph("briefing-en")
	v.run(chromedp.Click(chromedp.CSS(`.contents ol li:nth-child(5) a`)))
	v.until(`location.hash.startsWith("#e-") && document.querySelector(location.hash).getBoundingClientRect().top < 200`)
	v.open("/c/timeline")
	v.photograph("timeline-en")
	v.open("/c/show")
	v.photograph("form-en")
}

func takesSuggestions(t *testing.T, v *visit) {
	v.open("/")
	v.press("/", "Slash")
	if got := value[string](v, "document.activeElement.id"); got != "q" {
		t.Fatalf("the slash leads to %q", got)
	}
	v.run(chromedp.KeyEvent("four prop"))
	v.until(`document.getElementById("q").getAttribute("aria-expanded") === "true"`)
	v.photograph("suggestions-en")
	v.run(chromedp.KeyEvent(kb.ArrowDown))
	v.until(`document.getElementById(document.getElementById("q").getAttribute("aria-activedescendant"))?.getAttribute("aria-selected") === "true"`)
	chosen := value[string](v, `document.getElementById("q").value`)
	if chosen == "four prop" || chosen == "" {
		t.Errorf("the arrow chose %q", chosen)
	}
	v.run(chromedp.KeyEvent(kb.ArrowUp))
	if got := value[string](v, `document.getElementById("q").value`); got != "four prop" {
		t.Errorf("back in the box: %q", got)
	}
	v.run(chromedp.KeyEvent(kb.Escape))
	v.until(`document.getElementById("q").getAttribute("aria-expanded") === "false"`)
	v.run(chromedp.KeyEvent("o"))
	v.until(`document.getElementById("q").getAttribute("aria-expanded") === "true"`)
	v.run(chromedp.KeyEvent(kb.ArrowDown), chromedp.KeyEvent(kb.Enter))
	v.until(`document.querySelector(".card-answered") !== null && location.search.startsWith("?q=")`)
	if got := value[string](v, `document.getElementById("suggestions").hidden ? "closed" : "open"`); got != "closed" {
		t.Errorf("the suggestions are %s", got)
	}
}

func skipsToContent(t *testing.T, v *visit) {
	v.open("/b/korea-apec-2025")
	v.run(chromedp.KeyEvent(kb.Tab))
	if got := value[string](v, "document.activeElement.className"); got != "skip" {
		t.Fatalf("the first stop is %q", got)
	}
	if top := value[float64](v, "document.activeElement.getBoundingClientRect().top"); top < 0 {
		t.Errorf("the skip link stands at %v", top)
	}
	v.run(chromedp.KeyEvent(kb.Enter))
	if got := value[string](v, "document.activeElement.id"); got != "main" {
		t.Errorf("it leads to %q", got)
	}
	v.run(chromedp.KeyEvent(kb.Tab))
	if got := value[string](v, "getComputedStyle(document.activeElement.closest('.ask-box') || document.activeElement).boxShadow"); got == "none" {
		t.Error("the focus is not to be seen")
	}
}

func worksWithoutJavaScript(t *testing.T, v *visit) {
	call(v, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	v.open("/")
	v.run(chromedp.SendKeys(chromedp.CSS("#q"), "APEC 2026 host"+kb.Enter), chromedp.WaitVisible(chromedp.CSS(".card-answered")))
	text, err := chromedp.Run(v.ctx, chromedp.Text(chromedp.CSS(".card")))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(text, "Shenzhen") {
		t.Errorf("the answer:\n%s", text)
	}
	v.run(chromedp.Click(chromedp.CSS(".actions a")), chromedp.WaitVisible(chromedp.CSS(".sources, .points")))
	v.photograph("no-javascript-en")
	v.open("/search?q=Shenzhen")
	v.run(chromedp.WaitVisible(chromedp.CSS(".choices a")))
}

func fitsPhone(t *testing.T, v *visit) {
	v.size(390, 844)
	for name, path := range map[string]string{
		"home": "/", "answer": "/?q=" + url.QueryEscape("四点建议"), "briefing": "/b/korea-apec-2025", "entry": "/b/korea-apec-2025/apec-2026-host",
		"timeline": "/c/timeline", "help": "/c/help", "form": "/c/show", "missing": "/nowhere", "search": "/search?q=APEC",
	} {
		for _, lang := range []string{"zh-Hans", "en"} {
			sep := "?"
			if strings.Contains(path, "?") {
				sep = "&"
			}
			if name == "missing" {
				continue // its status is an entry in the browser's log
			}
			v.open(path + sep + "lang=" + lang)
			v.fits()
			v.photograph("phone-" + name + "-" + lang)
		}
	}
	v.size(320, 568)
	v.open("/?q=APEC+2026+host&lang=en")
	v.fits()
	// A finger needs some 24 CSS pixels (WCAG 2.2, 2.5.8).
	if small := value[[]string](v, `[...document.querySelectorAll("a.pill, button, .langs a, .menu a, .brand")]
		.filter((e) => e.offsetHeight > 0 && e.getBoundingClientRect().height < 24).map((e) => e.textContent)`); len(small) > 0 {
		t.Errorf("too small for a finger: %q", small)
	}
}

// contrasts computes the contrast of every text with what is behind it by
// the formula of WCAG 2.2.
const contrasts = `(() => {
  const parse = (s) => { const m = s.match(/[\d.]+/g).map(Number); return { rgb: m.slice(0, 3), a: m[3] ?? 1 }; };
  const luminance = ([r, g, b]) => [r, g, b].map((c) => { c /= 255; return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4; })
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (e) => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor); if (c.a === 1) return c.rgb; } return [255, 255, 255]; };
  const poor = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const e = walk.currentNode.parentElement;
    if (!walk.currentNode.textContent.trim() || e.offsetHeight === 0 || e.tagName === "SCRIPT") continue;
    const [a, b] = [luminance(parse(getComputedStyle(e).color).rgb), luminance(behind(e))].sort((x, y) => y - x);
    const contrast = (a + 0.05) / (b + 0.05);
    if (contrast < 4.5) poor.push(contrast.toFixed(2) + " " + e.className + " " + e.textContent.slice(0, 30));
  }
  return poor;
})()`

func showsContrast(t *testing.T, v *visit) {
	for _, scheme := range []string{"light", "dark"} {
		if scheme == "dark" {
			v.dark()
		}
		for _, path := range []string{"/", "/?q=APEC+2026+host", "/?q=APEC+2027+host", "/b/korea-apec-2025", "/c/help", "/c/show", "/?q=%E5%9B%9B%E7%82%B9%E5%BB%BA%E8%AE%AE"} {
			v.open(path)
			if poor := value[[]string](v, contrasts); len(poor) > 0 {
				t.Errorf("%s in %s: %q", path, scheme, poor)
			}
		}
	}
	dark := value[string](v, "getComputedStyle(document.body).backgroundColor")
	if dark != "rgb(20, 23, 26)" {
		t.Errorf("the dark page is %s", dark)
	}
	v.photograph("dark-answer-zh")
	v.open("/")
	v.photograph("dark-home-en")
	v.open("/b/korea-apec-2025")
	v.photograph("dark-briefing-en")
}
