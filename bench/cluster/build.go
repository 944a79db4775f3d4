package cluster

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// Binaries are the programs of a cluster.
type Binaries struct {
	Program string
	Fakes   string
}

// Build builds the program, as a release is built, and the fakes.
func Build(ctx context.Context, folder string) (Binaries, error) {
	b := Binaries{Program: filepath.Join(folder, "briefbot"), Fakes: filepath.Join(folder, "fakes")}
	for pkg, binary := range map[string]string{"briefbot/cmd/briefbot": b.Program, "briefbot/bench/fakes": b.Fakes} {
		cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", binary, pkg)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			return Binaries{}, fmt.Errorf("building %s: %w\n%s", pkg, err, out)
		}
	}
	return b, nil
}
