package briefings_test

import (
	"testing"

	"briefbot/content/briefings"
	"briefbot/content/load"
)

// What ships has neither faults nor warnings, and every example question is
// answered as its file says.
func TestBriefingsHaveNoFaults(t *testing.T) {
	loader := load.Loader{Examples: true}
	_, report := loader.FS(briefings.Files(), "content/briefings")
	for _, fault := range report.Faults {
		t.Error(fault)
	}
}
