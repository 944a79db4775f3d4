package slack

import (
	"flag"
	"os"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	flag.Parse()
	// The tests wait for limits and for the fake more than they work.
	if err := flag.Set("test.parallel", "8"); err != nil {
		os.Exit(1)
	}
	goleak.VerifyTestMain(m)
}
