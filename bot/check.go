package bot

// Check is what was found where one condition for a surface to work was
// looked at.
type Check struct {
	Name   string     `json:"name"` // such as "token"
	State  CheckState `json:"state"`
	Found  string     `json:"found"`            // a sentence
	Advice string     `json:"advice,omitempty"` // a sentence that says what to do; "" where nothing is to be done
}

// CheckState is how a condition stands.
type CheckState string

// The states of a Check.
const (
	CheckOK      CheckState = "ok"
	CheckWarn    CheckState = "warn"    // it works, with something missing or about to fail
	CheckFail    CheckState = "fail"    // it does not work
	CheckSkipped CheckState = "skipped" // it does not apply, or cannot be looked at before another is put right
)

// Passed is a Check, still without a name, of what is as it should be.
func Passed(found string) Check { return Check{State: CheckOK, Found: found} }

// Warned is one of what works, and says what to do about it.
func Warned(found, advice string) Check { return Check{State: CheckWarn, Found: found, Advice: advice} }

// Failed is one of what does not work, and says what to do about it.
func Failed(found, advice string) Check { return Check{State: CheckFail, Found: found, Advice: advice} }

// Skipped is one that was not made, and says why.
func Skipped(found string) Check { return Check{State: CheckSkipped, Found: found} }
