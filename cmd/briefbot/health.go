package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"time"

	"github.com/spf13/cobra"
)

// healthTimeout is below what a container's health check waits for.
const healthTimeout = 3 * time.Second

func (p *program) healthCommand() *cobra.Command {
	command := &cobra.Command{
		Use:   "health",
		Short: "Tell whether the server on this machine is up",
		Long: `Tell whether the server that runs on this machine with the same configuration
is up: for the health check of a container that holds nothing but this program.
The exit code is 0 where it is.`,
		Args: usage(cobra.NoArgs),
		RunE: func(command *cobra.Command, _ []string) error {
			c, err := readConfig(p.configPath, command.Flags())
			if err != nil {
				return err
			}
			ctx, cancel := context.WithTimeout(command.Context(), healthTimeout)
			defer cancel()
			if err := askHealth(ctx, c.Web.Address); err != nil {
				return err
			}
			_, err = fmt.Fprintln(p.out, "ok")
			return err
		},
	}
	addSettings(command, "address")
	return command
}

// askHealth returns nil where a server answers at address, the address that
// it listens on.
func askHealth(ctx context.Context, address string) error {
	target := reachable(address)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+target+"/healthz", nil)
	if err != nil {
		return err
	}
	// The server is on this machine: a proxy would only stand in the way.
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(request)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("the server at %s does not answer within %v", target, healthTimeout)
	case err != nil:
		return fmt.Errorf("no server answers at %s: start it with \"briefbot serve\"", target)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("the server at %s answers %s", target, response.Status)
	}
	return nil
}

// reachable turns an address to listen on into one to connect to: a server
// that listens everywhere is asked on the loopback interface.
func reachable(address string) string {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	ip, err := netip.ParseAddr(host)
	switch {
	case host == "", err == nil && ip == netip.IPv4Unspecified():
		host = "127.0.0.1"
	case err == nil && ip.IsUnspecified():
		host = "::1"
	}
	return net.JoinHostPort(host, port)
}
