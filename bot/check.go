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
