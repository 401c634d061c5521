// Package postgrestest starts PostgreSQL servers for tests: on a private port of 127.0.0.1, with a data directory that goes with the test.
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
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// Password is that of the user of every server, for PGPASSWORD. No file, log or message may hold it.
const Password = "quite-secret-5f2d"

// User may do everything.
const User = "tester"

// ErrMissing says that this machine has no PostgreSQL.
var ErrMissing = errors.New("found no PostgreSQL server on this machine (Debian package postgresql)")

// Server is a server that runs.
type Server struct {
	bin, dir string
	port     int
	process  *exec.Cmd
	stdin    io.Closer // its end ends the server, so that no server outlives its tests
}

// Start starts a server.
func Start(ctx context.Context) (*Server, error) {
	bin, err := programs()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "gruexp-postgres-")
	if err != nil {
		return nil, err
	}
	s := &Server{bin: bin, dir: dir}
	if s.port, err = freePort(ctx); err == nil {
		err = s.begin(ctx)
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// programs is the folder of initdb and postgres.
func programs() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil {
		return "", err
	}
	if len(found) > 0 {
		return filepath.Dir(found[len(found)-1]), nil
	}
	path, err := exec.LookPath("initdb")
	if err != nil {
		return "", ErrMissing
	}
	return filepath.Dir(path), nil
}

func freePort(ctx context.Context) (int, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

func (s *Server) begin(ctx context.Context) error {
	secret := filepath.Join(s.dir, "password")
	if err := os.WriteFile(secret, []byte(Password+"\n"), 0o600); err != nil {
		return err
	}
	if err := giveAway(s.dir, secret); err != nil {
		return err
	}
	initdb := unprivileged(exec.CommandContext(ctx, filepath.Join(s.bin, "initdb"), "-D", s.data(), "-U", User, "--pwfile", secret, "--auth", "scram-sha-256", "--no-sync", "--locale", "C", "-E", "UTF8"))
	initdb.Dir = s.dir
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, out)
	}
	if err := os.Remove(secret); err != nil {
		return err
	}
	return s.Run(ctx)
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

// Run starts the server again after [Server.Kill].
func (s *Server) Run(ctx context.Context) error {
	const script = `"$0" "$@" & server=$!; cat >/dev/null; kill -INT $server; wait $server`
	p := unprivileged(exec.Command("/bin/sh", "-c", script, filepath.Join(s.bin, "postgres"), "-D", s.data(), "-k", s.dir, "-p", strconv.Itoa(s.port),
		"-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-c", "max_connections=200", "-c", "shared_buffers=32MB", "-c", "logging_collector=off"))
	p.Dir = s.dir
	stdin, err := p.StdinPipe()
	if err != nil {
		return err
	}
	log, err := os.OpenFile(filepath.Join(s.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	p.Stdout, p.Stderr = log, log
	if err := p.Start(); err != nil {
		return err
	}
	s.process, s.stdin = p, stdin
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		c, err := pgx.Connect(ctx, s.secretURL("postgres"))
		if err == nil {
			return c.Close(ctx)
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("server does not start: %w: %s", err, s.Log())
		}
	}
}

// Kill ends the server at once, as a power cut would.
func (s *Server) Kill() {
	if s.process == nil {
		return
	}
	if pid := s.pid(); pid > 0 {
		if p, err := os.FindProcess(pid); err == nil {
			_ = p.Signal(immediate)
		}
	}
	s.stdin.Close()
	_ = s.process.Wait()
	s.process = nil
}

// pid is that of the server, which it writes in the first line of a file.
func (s *Server) pid() int {
	text, err := os.ReadFile(filepath.Join(s.data(), "postmaster.pid"))
	if err != nil {
		return 0
	}
	line, _, _ := strings.Cut(string(text), "\n")
	pid, _ := strconv.Atoi(strings.TrimSpace(line))
	return pid
}

// Close ends the server and removes its data.
func (s *Server) Close() {
	s.Kill()
	_ = os.RemoveAll(s.dir)
}

// Log is what the server has said.
func (s *Server) Log() string {
	text, _ := os.ReadFile(filepath.Join(s.dir, "log"))
	return string(text)
}

// Host is where the server listens.
func (s *Server) Host() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)) }

// Address is that of a database, without a password.
func (s *Server) Address(database string) string {
	return (&url.URL{Scheme: "postgres", User: url.User(User), Host: s.Host(), Path: database}).String()
}

func (s *Server) secretURL(database string) string {
	return (&url.URL{Scheme: "postgres", User: url.UserPassword(User, Password), Host: s.Host(), Path: database}).String()
}

// Exec carries out SQL as the user who may do everything.
func (s *Server) Exec(ctx context.Context, database, sql string) error {
	c, err := pgx.Connect(ctx, s.secretURL(database))
	if err != nil {
		return err
	}
	defer c.Close(ctx)
	_, err = c.Exec(ctx, sql)
	return err
}
