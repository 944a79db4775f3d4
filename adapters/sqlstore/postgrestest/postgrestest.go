// Package postgrestest runs a PostgreSQL for tests: a cluster of its own in a
// temporary folder on a free port of this machine. What the system runs is
// not touched.
package postgrestest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// ErrNotInstalled is the error of Start where PostgreSQL is not installed.
var ErrNotInstalled = errors.New("PostgreSQL is not installed: the tests look for initdb and postgres on PATH and in /usr/lib/postgresql")

// Password is that of every user of a Server; no log and no error may hold
// it.
const Password = "hunter2-of-postgres"

const superuser = "briefbot"

// Server is a running PostgreSQL.
type Server struct {
	folder     string // holds everything
	bin        string
	settings   []string
	port       int
	credential *syscall.Credential // nil for this process's own
	databases  atomic.Int64

	run *process
}

type process struct {
	stdin  io.Closer
	exited chan error
}

// New starts a server that ends with the test, with settings such as
// "fsync=on". Where PostgreSQL is not installed the test is skipped; where CI
// is true that is a failure.
func New(tb testing.TB, settings ...string) *Server {
	tb.Helper()
	s, err := Start(tb.Context(), settings...)
	switch {
	case errors.Is(err, ErrNotInstalled) && os.Getenv("CI") != "true":
		tb.Skip(err)
	case err != nil:
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Stop(); err != nil {
			tb.Error(err)
		}
	})
	return s
}

// Start makes a cluster and starts its server. It is ready when Start
// returns; who calls has to Stop it. If this process is killed the server
// ends too, and only its folder is left. Unless a setting says otherwise the
// server does not wait for the disk.
func Start(ctx context.Context, settings ...string) (*Server, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	s := &Server{bin: bin, settings: settings}
	if s.credential, err = unprivileged(); err != nil {
		return nil, err
	}
	if s.folder, err = os.MkdirTemp("", "briefbot-postgres-"); err != nil {
		return nil, err
	}
	if err := s.start(ctx); err != nil {
		return nil, errors.Join(err, os.RemoveAll(s.folder))
	}
	return s, nil
}

func (s *Server) start(ctx context.Context) error {
	password := filepath.Join(s.folder, "password")
	if err := os.WriteFile(password, []byte(Password), 0o600); err != nil {
		return err
	}
	if s.credential != nil {
		for _, name := range []string{s.folder, password} {
			if err := os.Chown(name, int(s.credential.Uid), int(s.credential.Gid)); err != nil {
				return err
			}
		}
	}
	cmd := s.command(ctx, "initdb", "--pgdata", s.data(), "--username", superuser, "--pwfile", password,
		"--auth", "scram-sha-256", "--encoding", "UTF8", "--no-locale", "--no-sync")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	// Another process may take the port before the server does.
	var err error
	for range 3 {
		if s.port, err = freePort(ctx); err != nil {
			return err
		}
		if err = s.Launch(ctx); err == nil {
			return nil
		}
	}
	return err
}

func (s *Server) data() string { return filepath.Join(s.folder, "data") }

func (s *Server) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, filepath.Join(s.bin, name), args...)
	cmd.Dir = s.folder
	cmd.Env = append(os.Environ(), "LC_ALL=C", "HOME="+s.folder)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.credential}
	return cmd
}

// watchdog runs the server until its own input ends, as it does when the
// process is killed that started it. SIGINT has PostgreSQL disconnect
// everybody and write all down.
const watchdog = `"$0" "$@" & server=$!; { read -r _; kill -INT $server; } <&3 3<&- & wait $server`

// Launch starts the server again after Halt, with the same data at the same
// address.
func (s *Server) Launch(ctx context.Context) error {
	cmd := s.command(context.WithoutCancel(ctx), "postgres")
	cmd.Path = "/bin/sh"
	cmd.Args = []string{
		"sh", "-c", "exec 3<&0; " + watchdog, filepath.Join(s.bin, "postgres"), "-D", s.data(),
		"-c", "listen_addresses=127.0.0.1", "-c", "port=" + strconv.Itoa(s.port), "-c", "unix_socket_directories=",
		"-c", "fsync=off", "-c", "max_connections=200",
	}
	for _, setting := range s.settings {
		cmd.Args = append(cmd.Args, "-c", setting)
	}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	log, err := os.OpenFile(filepath.Join(s.folder, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		return err
	}
	run := &process{stdin: stdin, exited: make(chan error, 1)}
	go func() { run.exited <- cmd.Wait() }()
	s.run = run
	return s.untilReady(ctx)
}

func (s *Server) untilReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, s.address("postgres"))
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case exit := <-s.run.exited:
			s.run = nil
			text, _ := os.ReadFile(filepath.Join(s.folder, "log"))
			return fmt.Errorf("PostgreSQL ended before it was ready: %w\n%s", errors.Join(exit, err), text)
		case <-ctx.Done():
			return errors.Join(fmt.Errorf("PostgreSQL is not ready: %w", err), s.Halt())
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// Halt stops the server as a restart does: connections are cut.
func (s *Server) Halt() error {
	if s.run == nil {
		return nil
	}
	run := s.run
	s.run = nil
	if err := run.stdin.Close(); err != nil {
		return err
	}
	if err := <-run.exited; err != nil {
		text, _ := os.ReadFile(filepath.Join(s.folder, "log"))
		return fmt.Errorf("stopping PostgreSQL: %w\n%s", err, text)
	}
	return nil
}

// Stop stops the server and deletes all that it held.
func (s *Server) Stop() error { return errors.Join(s.Halt(), os.RemoveAll(s.folder)) }

// Database makes an empty database and returns its address.
func (s *Server) Database(ctx context.Context) (address string, err error) {
	conn, err := pgx.Connect(ctx, s.address("postgres"))
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, conn.Close(ctx)) }()
	name := fmt.Sprintf("test_%d", s.databases.Add(1))
	if _, err := conn.Exec(ctx, "CREATE DATABASE "+name); err != nil {
		return "", err
	}
	return s.address(name), nil
}

func (s *Server) address(database string) string {
	return (&url.URL{
		Scheme: "postgres", User: url.UserPassword(superuser, Password),
		Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)), Path: "/" + database, RawQuery: "sslmode=disable",
	}).String()
}

// binaries finds the folder of the server's programs, the newest version
// where there are several. Debian keeps them off PATH.
func binaries() (string, error) {
	folders, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	if err != nil {
		return "", err
	}
	version := func(folder string) int {
		n, _ := strconv.Atoi(filepath.Base(filepath.Dir(folder)))
		return n
	}
	slices.SortFunc(folders, func(a, b string) int { return version(b) - version(a) })
	if path, err := exec.LookPath("initdb"); err == nil {
		folders = append(folders, filepath.Dir(path))
	}
	for _, folder := range folders {
		if exists(filepath.Join(folder, "initdb")) && exists(filepath.Join(folder, "postgres")) {
			return folder, nil
		}
	}
	return "", ErrNotInstalled
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// unprivileged returns whom to run the server as: PostgreSQL refuses root.
func unprivileged() (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	var tried []string
	for _, name := range []string{"postgres", "nobody"} {
		found, err := user.Lookup(name)
		if err != nil {
			tried = append(tried, name)
			continue
		}
		uid, uidErr := strconv.ParseUint(found.Uid, 10, 32)
		gid, gidErr := strconv.ParseUint(found.Gid, 10, 32)
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, errors.Join(uidErr, gidErr)
	}
	return nil, fmt.Errorf("PostgreSQL cannot run as root, and there is no user %s", strings.Join(tried, " or "))
}

func freePort(ctx context.Context) (int, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	return listener.Addr().(*net.TCPAddr).Port, listener.Close()
}
