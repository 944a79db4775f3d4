package cluster

import (
	"os/exec"
	"syscall"
)

// endWithUs has a process killed when this one is, which can then do nothing
// about it any more.
func endWithUs(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
