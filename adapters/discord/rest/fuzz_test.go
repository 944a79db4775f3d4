package rest

import (
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestSecondsAreTakenOnlyWhereTheyMakeSense(t *testing.T) {
	for s, want := range map[string]time.Duration{
		"0": 0, "1": time.Second, "1.336": 1336 * time.Millisecond, "0.0000000001": 1, "86400": maxDelay, "1e300": maxDelay, "9999999999": maxDelay,
		"": -1, "-1": -1, "NaN": -1, "Inf": -1, "-Inf": -1, "+Inf": -1, "1s": -1, " 1": -1, "Wed, 21 Oct 2026 07:28:00 GMT": -1,
	} {
		d, ok := seconds(s)
		if ok != (want >= 0) || ok && d != want {
			t.Errorf("%q: %s, %t", s, d, ok)
		}
	}
}

func TestVerdictOfA429(t *testing.T) {
	for name, c := range map[string]struct {
		header map[string]string
		body   string
		want   verdict
	}{
		"JSON":                   {nil, `{"retry_after": 1.5, "global": false}`, verdict{retryAfter: 1500 * time.Millisecond}},
		"in a string":            {nil, `{"retry_after": "1.5"}`, verdict{retryAfter: 1500 * time.Millisecond}},
		"global":                 {nil, `{"retry_after": 1, "global": true}`, verdict{retryAfter: time.Second, global: true}},
		"global by scope":        {map[string]string{"X-RateLimit-Scope": "global"}, `{"retry_after": 1}`, verdict{retryAfter: time.Second, global: true}},
		"shared":                 {map[string]string{"X-RateLimit-Scope": "shared"}, `{"retry_after": 1}`, verdict{retryAfter: time.Second, shared: true}},
		"body before header":     {map[string]string{"Retry-After": "65"}, `{"retry_after": 64.57}`, verdict{retryAfter: 64570 * time.Millisecond}},
		"header alone":           {map[string]string{"Retry-After": "65"}, `{}`, verdict{retryAfter: 65 * time.Second}},
		"negative":               {map[string]string{"Retry-After": "2"}, `{"retry_after": -1}`, verdict{retryAfter: 2 * time.Second}},
		"huge":                   {nil, `{"retry_after": 1e18}`, verdict{retryAfter: maxDelay}},
		"beyond numbers":         {nil, `{"retry_after": 1e999}`, verdict{retryAfter: jsonDelay}},
		"nothing":                {nil, `{}`, verdict{retryAfter: jsonDelay}},
		"HTML":                   {map[string]string{"Retry-After": "30"}, `<html>`, verdict{retryAfter: 30 * time.Second, global: true, edge: true}},
		"HTML without a header":  {nil, `<html>`, verdict{retryAfter: edgeDelay, global: true, edge: true}},
		"HTML with a bad header": {map[string]string{"Retry-After": "NaN"}, ``, verdict{retryAfter: edgeDelay, global: true, edge: true}},
	} {
		h := http.Header{}
		for name, value := range c.header {
			h.Set(name, value)
		}
		c.want.status = http.StatusTooManyRequests
		if v := judge(http.StatusTooManyRequests, h, []byte(c.body)); *v != c.want {
			t.Errorf("%s: %+v", name, *v)
		}
	}
}

func TestHeadersThatMakeNoSenseAreAbsent(t *testing.T) {
	good := map[string]string{"X-RateLimit-Limit": "5", "X-RateLimit-Remaining": "4", "X-RateLimit-Reset-After": "1.5", "X-RateLimit-Bucket": "abc"}
	for name, bad := range map[string][]string{
		"X-RateLimit-Limit":       {"", "0", "-5", "5.5", "many", "99999999999999999999"},
		"X-RateLimit-Remaining":   {"", "-1", "NaN"},
		"X-RateLimit-Reset-After": {"", "-1", "NaN", "Inf", "soon"},
	} {
		for _, value := range bad {
			h := http.Header{}
			for n, v := range good {
				h.Set(n, v)
			}
			h.Set(name, value)
			if v := judge(200, h, nil); v.limited || v.bucket != "abc" {
				t.Errorf("%s %q: %+v", name, value, *v)
			}
		}
	}
	h := http.Header{}
	for n, v := range good {
		h.Set(n, v)
	}
	h.Set("X-RateLimit-Remaining", "9")
	if v := judge(200, h, nil); !v.limited || v.left != 5 {
		t.Errorf("more left than there are: %+v", *v)
	}
	h.Set("X-RateLimit-Bucket", strings.Repeat("b", 1000))
	if v := judge(200, h, nil); v.bucket != "" {
		t.Errorf("a name of %d bytes is kept", len(v.bucket))
	}
}

func FuzzVerdict(f *testing.F) {
	f.Add(429, "5", "4", "1.5", "abc", "1", "user", "true", `{"retry_after": 1.5, "global": false}`)
	f.Add(429, "", "", "", "", "NaN", "", "", `<html>`)
	f.Add(200, "-1", "99999999999999999999", "-Inf", strings.Repeat("x", 300), "", "global", "", `{"retry_after": 1e999}`)
	f.Fuzz(func(t *testing.T, status int, limit, left, reset, bucket, retry, scope, global, body string) {
		h := http.Header{}
		h.Set("X-RateLimit-Limit", limit)
		h.Set("X-RateLimit-Remaining", left)
		h.Set("X-RateLimit-Reset-After", reset)
		h.Set("X-RateLimit-Bucket", bucket)
		h.Set("Retry-After", retry)
		h.Set("X-RateLimit-Scope", scope)
		h.Set("X-RateLimit-Global", global)
		v := judge(status, h, []byte(body))
		if v.retryAfter < 0 || v.retryAfter > maxDelay || v.resetAfter < 0 || v.resetAfter > maxDelay ||
			v.left < 0 || v.left > v.limit || v.limit > maxLimit || len(v.bucket) > maxBucketLen || v.limited != (v.limit > 0) {
			t.Errorf("%+v", *v)
		}
		if status != 429 && (v.global || v.shared || v.edge || v.retryAfter != 0) {
			t.Errorf("what only a 429 says: %+v", *v)
		}

		// Whatever it says, requests go out again in the end.
		l, now := newLimits(50, 10), time.Unix(1_800_000_000, 0)
		k := &call{endpoint: "GET /x"}
		for range 3 {
			b := l.bucketOf(k.endpoint, "")
			if !l.open(b, false, now) {
				t.Fatalf("still shut after %+v", *v)
			}
			l.settle(k, b.take(), v, now)
			now = now.Add(maxDelay)
		}
	})
}

func FuzzErrorBody(f *testing.F) {
	f.Add(`{"code": 50035, "message": "Invalid Form Body", "errors": {"a": {"0": {"_errors": [{"code": "X", "message": "y"}]}}}}`)
	f.Add(`{"code": "50013", "message": 5, "errors": []}`)
	f.Add(`{"code": -1, "errors": {"_errors": {"_errors": [null, 1, {"code": 1}]}}}`)
	f.Add(strings.Repeat(`{"errors":`, 200) + `{}` + strings.Repeat(`}`, 200))
	f.Add(`<html>`)
	f.Fuzz(func(t *testing.T, body string) {
		code, message, faults := readFailure([]byte(body))
		if code < 0 || len(faults) > maxFaults {
			t.Errorf("%d, %d faults", code, len(faults))
		}
		for _, line := range append(faults, message) {
			if utf8.RuneCountInString(line) > maxMessageRunes+1 || strings.ContainsAny(line, "\n\r\x00\x1b") || !utf8.ValidString(line) {
				t.Errorf("%q", line)
			}
		}
	})
}
