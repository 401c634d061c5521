//go:build slow && linux && amd64

package main_test

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Failing writes: a supervisor of the system calls of a process, its threads and its children lets the n-th call that changes a file in
// a folder fail. It uses the notifications of seccomp: strace counts the calls of each thread separately, and the threads of a Go
// program are not the same each time.

// superviseVariable makes a process of this test hand its system calls over to a supervisor, through the socket that is its file 3.
const superviseVariable = "TEST_SUPERVISED"

func init() {
	before := beforeProgram
	beforeProgram = func() {
		before()
		if os.Getenv(superviseVariable) == "" {
			return
		}
		fmt.Fprintln(os.Stderr, "supervision:", beSupervised()) // it does not return where it succeeds
		os.Exit(99)
	}
}

// supervised are the system calls that the supervisor is asked about.
var supervised = []uint32{
	unix.SYS_WRITE, unix.SYS_PWRITE64, unix.SYS_WRITEV, unix.SYS_PWRITEV, unix.SYS_FTRUNCATE, unix.SYS_FALLOCATE, unix.SYS_FSYNC, unix.SYS_FDATASYNC,
	unix.SYS_RENAME, unix.SYS_RENAMEAT, unix.SYS_RENAMEAT2, unix.SYS_OPEN, unix.SYS_OPENAT, unix.SYS_MKDIR, unix.SYS_MKDIRAT,
}

// beSupervised begins this program again with a filter for its system calls.
func beSupervised() error {
	runtime.LockOSThread() // the filter is that of one thread, which becomes the program
	program, err := os.Executable()
	if err != nil {
		return err
	}
	const socket = 3
	unix.CloseOnExec(socket)
	filter := []unix.SockFilter{{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: 0}} // the number of the call
	for _, call := range supervised {
		filter = append(filter,
			unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jf: 1, K: call},
			unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_USER_NOTIF})
	}
	filter = append(filter, unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW})
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	p := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	const flags = unix.SECCOMP_FILTER_FLAG_NEW_LISTENER | unix.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV // no call twice because of a signal
	listener, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, flags, uintptr(unsafe.Pointer(&p)))
	if errno != 0 {
		return errno
	}
	if err := unix.Sendmsg(socket, []byte{1}, unix.UnixRights(int(listener)), nil, 0); err != nil {
		return err
	}
	os.Unsetenv(superviseVariable)
	return unix.Exec(program, os.Args, os.Environ())
}

// A failure is what happens to a call.
type failure struct {
	errno syscall.Errno
	stays bool // the calls after it fail too
	torn  bool // half of what a failing call writes is written
}

func (f failure) String() string {
	s := unix.ErrnoName(f.errno)
	if f.torn {
		s += ", half written"
	}
	if f.stays {
		s += ", for good"
	}
	return s
}

// A supervisor lets calls of a process fail.
type supervisor struct {
	root  string // where the files are whose calls are counted
	at    int    // the first call that fails, from 1
	how   failure
	count int
	hits  []string // calls that failed
}

// notification is struct seccomp_notif.
type notification struct {
	ID        uint64
	PID       uint32
	Flags     uint32
	Number    int32
	Arch      uint32
	IP        uint64
	Arguments [6]uint64
}

// answer is struct seccomp_notif_resp.
type answer struct {
	ID    uint64
	Value int64
	Error int32
	Flags uint32
}

func ioctl(fd int, request uintptr, argument unsafe.Pointer) error {
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), request, uintptr(argument)); errno != 0 {
		return errno
	}
	return nil
}

// supervise answers until all processes have ended.
func (s *supervisor) supervise(socket int) error {
	buffer, rights := make([]byte, 1), make([]byte, unix.CmsgSpace(4))
	n, oob, _, _, err := unix.Recvmsg(socket, buffer, rights, unix.MSG_CMSG_CLOEXEC)
	if err != nil {
		return err
	}
	if n == 0 {
		return errors.New("the process gave no notifications")
	}
	messages, err := unix.ParseSocketControlMessage(rights[:oob])
	if err != nil {
		return err
	}
	fds, err := unix.ParseUnixRights(&messages[0])
	if err != nil {
		return err
	}
	listener := fds[0]
	defer unix.Close(listener)
	for {
		poll := []unix.PollFd{{Fd: int32(listener), Events: unix.POLLIN}}
		if _, err := unix.Poll(poll, -1); err != nil && err != unix.EINTR {
			return err
		}
		if poll[0].Revents&unix.POLLIN == 0 {
			if poll[0].Revents&(unix.POLLHUP|unix.POLLERR) != 0 {
				return nil
			}
			continue
		}
		var asked notification
		if err := ioctl(listener, unix.SECCOMP_IOCTL_NOTIF_RECV, unsafe.Pointer(&asked)); err != nil {
			if err == unix.ENOENT || err == unix.EINTR {
				continue
			}
			return err
		}
		a := answer{ID: asked.ID, Flags: unix.SECCOMP_USER_NOTIF_FLAG_CONTINUE}
		if what, counts := s.changes(asked); counts {
			if s.count++; s.count == s.at || s.how.stays && s.at > 0 && s.count > s.at {
				s.hits = append(s.hits, what)
				a = answer{ID: asked.ID, Error: -int32(s.how.errno)}
				if s.how.torn {
					tear(asked)
				}
			}
		}
		if err := ioctl(listener, unix.SECCOMP_IOCTL_NOTIF_SEND, unsafe.Pointer(&a)); err != nil && err != unix.ENOENT {
			return err
		}
	}
}

// changes says whether a call changes a file in the folder, and which.
func (s *supervisor) changes(n notification) (what string, yes bool) {
	of := func(fd uint64) string {
		path, _ := os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", n.PID, int32(fd)))
		return path
	}
	named := func(fd, address uint64) string {
		path := text(n.PID, address)
		switch {
		case filepath.IsAbs(path):
			return path
		case int32(fd) == unix.AT_FDCWD:
			folder, _ := os.Readlink(fmt.Sprintf("/proc/%d/cwd", n.PID))
			return filepath.Join(folder, path)
		default:
			return filepath.Join(of(fd), path)
		}
	}
	const here = 1<<64 + unix.AT_FDCWD
	var call, path string
	switch n.Number {
	case unix.SYS_WRITE, unix.SYS_PWRITE64, unix.SYS_WRITEV, unix.SYS_PWRITEV, unix.SYS_FTRUNCATE, unix.SYS_FALLOCATE:
		call, path = "write", of(n.Arguments[0])
	case unix.SYS_FSYNC, unix.SYS_FDATASYNC:
		call, path = "fsync", of(n.Arguments[0])
	case unix.SYS_RENAME:
		call, path = "rename", named(here, n.Arguments[1])
	case unix.SYS_RENAMEAT, unix.SYS_RENAMEAT2:
		call, path = "rename", named(n.Arguments[2], n.Arguments[3])
	case unix.SYS_MKDIR:
		call, path = "create", named(here, n.Arguments[0])
	case unix.SYS_MKDIRAT:
		call, path = "create", named(n.Arguments[0], n.Arguments[1])
	case unix.SYS_OPEN:
		if n.Arguments[1]&unix.O_CREAT != 0 {
			call, path = "create", named(here, n.Arguments[0])
		}
	case unix.SYS_OPENAT:
		if n.Arguments[2]&unix.O_CREAT != 0 {
			call, path = "create", named(n.Arguments[0], n.Arguments[1])
		}
	}
	if call == "create" {
		if _, err := os.Lstat(path); err == nil {
			return "", false // it is there already
		}
	}
	if path != s.root && !strings.HasPrefix(path, s.root+"/") {
		return "", false
	}
	relative, _ := filepath.Rel(filepath.Dir(s.root), path)
	return call + " " + relative, true
}

// text is a string in the memory of a process.
func text(pid uint32, address uint64) string {
	memory, err := os.Open(fmt.Sprintf("/proc/%d/mem", pid))
	if err != nil {
		return ""
	}
	defer memory.Close()
	var b [1]byte
	var s []byte
	for len(s) < 4096 {
		if _, err := memory.ReadAt(b[:], int64(address)); err != nil || b[0] == 0 {
			break
		}
		s = append(s, b[0])
		address++
	}
	return string(s)
}

// tear writes half of what a call would have written.
func tear(n notification) {
	if n.Number != unix.SYS_WRITE && n.Number != unix.SYS_PWRITE64 {
		return
	}
	memory, err := os.Open(fmt.Sprintf("/proc/%d/mem", n.PID))
	if err != nil {
		return
	}
	defer memory.Close()
	half := make([]byte, n.Arguments[2]/2)
	if _, err := memory.ReadAt(half, int64(n.Arguments[1])); err != nil {
		return
	}
	at := int64(n.Arguments[3])
	if n.Number == unix.SYS_WRITE {
		info, _ := os.ReadFile(fmt.Sprintf("/proc/%d/fdinfo/%d", n.PID, n.Arguments[0]))
		var position, flags int64
		if _, err := fmt.Sscanf(string(info), "pos: %d\nflags: %o\n", &position, &flags); err != nil {
			return
		}
		at = position
		if flags&unix.O_APPEND != 0 {
			if status, err := os.Stat(fmt.Sprintf("/proc/%d/fd/%d", n.PID, n.Arguments[0])); err == nil {
				at = status.Size()
			}
		}
	}
	file, err := os.OpenFile(fmt.Sprintf("/proc/%d/fd/%d", n.PID, n.Arguments[0]), os.O_WRONLY, 0)
	if err != nil {
		return
	}
	defer file.Close()
	_, _ = file.WriteAt(half, at)
}

// failing runs a command of which the calls in root fail from the n-th on, as how says; 0: none. It says which did.
func failing(t *testing.T, root string, at int, how failure, args ...string) (o outcome, s *supervisor) {
	t.Helper()
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(pair[0])
	theirs := os.NewFile(uintptr(pair[1]), "socket")
	c := command(t, args...)
	c.Env = append(c.Env, superviseVariable+"=1")
	c.ExtraFiles = []*os.File{theirs}
	var stdout, stderr strings.Builder
	c.Stdout, c.Stderr = &stdout, &stderr
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	theirs.Close()
	s = &supervisor{root: root, at: at, how: how}
	if err := s.supervise(pair[0]); err != nil {
		_ = c.Process.Kill()
		_ = c.Wait()
		t.Skipf("system calls cannot be supervised here: %v %s", err, stderr.String())
	}
	err = c.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return checked(t, outcome{c.Args[1:], c.ProcessState.ExitCode(), stdout.String(), stderr.String()}), s
}

var failures = []failure{{errno: syscall.ENOSPC, stays: true}, {errno: syscall.ENOSPC, torn: true}, {errno: syscall.EIO}}

// campaign tries all calls of a command: each fails in a folder that prepare makes, and then check looks at what is there.
func campaign(t *testing.T, verb string, args func(out string) []string, prepare func(t *testing.T, out string), check func(t *testing.T, out string, o outcome)) {
	t.Helper()
	var mu sync.Mutex
	counts := map[string]int{}
	codes := map[int]int{}
	for _, how := range failures {
		for at := 1; ; at++ {
			var none bool
			t.Run(fmt.Sprintf("%v/%d", how, at), func(t *testing.T) {
				out := filepath.Join(t.TempDir(), "out")
				if prepare != nil {
					prepare(t, out)
				}
				o, s := failing(t, out, at, how, args(out)...)
				if none = len(s.hits) == 0; none {
					if o.code != 0 {
						t.Errorf("nothing failed: found %+v", o)
					}
					return
				}
				call, _, _ := strings.Cut(s.hits[0], " ")
				mu.Lock()
				counts[call+" × "+how.String()]++
				codes[o.code]++
				mu.Unlock()
				t.Logf("%s (of %d): exit code %d: %s", s.hits[0], s.count, o.code, strings.Join(o.errorLines(), " | "))
				mustFailOnce(t, o, how)
				check(t, out, o)
			})
			if none || at > 5000 {
				break
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		t.Logf("%s: %s: %d", verb, name, counts[name])
	}
	t.Logf("%s: exit codes %v", verb, codes)
}

// mustFailOnce checks how a command ended of which calls failed: done, or with one line that says why.
func mustFailOnce(t *testing.T, o outcome, how failure) {
	t.Helper()
	if o.code == 0 {
		return
	}
	if o.code != 1 {
		t.Errorf("found exit code %d, expected 0 or 1", o.code)
	}
	lines := o.errorLines()
	if len(lines) != 1 || !errorForm.MatchString(lines[0]) {
		t.Errorf("found %q, expected one line", o.stderr)
		return
	}
	words := []string{"no space left on device", "disk is full", "free space on a disk that works"} // SQLite does not always say which
	if how.errno == syscall.EIO {
		words = []string{"input/output error", "disk I/O error", "free space on a disk that works"}
	}
	if !slices.ContainsFunc(words, func(w string) bool { return strings.Contains(o.stderr, w) }) {
		t.Errorf("found %q, expected one of %q", o.stderr, words)
	}
	if strings.Contains(lines[0], ".db") && !strings.Contains(lines[0], "the same command continues") {
		t.Errorf("found %q, expected how to continue", lines[0])
	}
	if o.stdout != "" {
		t.Errorf("found %q on stdout of a failure", o.stdout)
	}
}

// noLeftovers checks that no temporary file is in a folder.
func noLeftovers(t *testing.T, folder string) {
	t.Helper()
	for path := range snapshot(t, folder) {
		if strings.HasPrefix(filepath.Base(path), ".gruexp-") {
			t.Errorf("found %s, expected no temporary file", path)
		}
	}
}

func has(parts ...string) bool {
	_, err := os.Stat(filepath.Join(parts...))
	return err == nil
}

// readable checks that a directory is read without an error after any failure.
func readable(t *testing.T, out string) {
	t.Helper()
	if has(out, "config.yaml") || has(out, "study.db") {
		if o := gruexp(t, "report", out, "--output", filepath.Join(t.TempDir(), "r.html")); o.code != 0 && !strings.Contains(o.stderr, "the command that began it continues it") {
			t.Errorf("report: found %+v", o)
		}
		mustRun(t, "list", "runs", filepath.Dir(out))
	}
	if has(out, "model.safetensors") {
		mustRun(t, "eval", out)
	}
}

const brief = "trainer.max_epochs=2"

func checkRun(file, whole string) func(t *testing.T, out string, o outcome) {
	return func(t *testing.T, out string, o outcome) {
		t.Helper()
		expected := mustRun(t, "resume", whole, "--json").result(t)
		same := func() {
			t.Helper()
			sameRun(t, out, whole)
			r := mustRun(t, "resume", out, "--json").result(t)
			r.Run, r.Seconds, expected.Run, expected.Seconds = "", 0, "", 0
			if found, expected := fmt.Sprint(r), fmt.Sprint(expected); found != expected {
				t.Errorf("found the result\n%s\nexpected\n%s", found, expected)
			}
		}
		readable(t, out)
		if o.code == 0 {
			same()
		} else if has(out, "result.json") {
			same() // only the sync of its folder has failed
		} else if has(out, "config.yaml") && !strings.Contains(o.stderr, "'gruexp resume "+out+"' continues") {
			t.Errorf("found %q, expected how to continue", o.stderr)
		}
		if has(out, "config.yaml") {
			mustRun(t, "resume", out)
		} else {
			mustRun(t, "train", file, "--out", out, "--set", brief)
		}
		same()
		noLeftovers(t, out)
		if !has(out, "report.html") {
			t.Errorf("found no report")
		}
	}
}

func TestFailingWritesOfTrain(t *testing.T) {
	t.Parallel()
	file := experiment(t, classifySwings)
	whole := filepath.Join(t.TempDir(), "whole")
	mustRun(t, "train", file, "--out", whole, "--set", brief)
	campaign(t, "train", func(out string) []string {
		return []string{"train", file, "--out", out, "--set", brief, "--threads", "1"}
	}, nil, checkRun(file, whole))
}

func TestFailingWritesOfResume(t *testing.T) {
	t.Parallel()
	file := experiment(t, classifySwings)
	whole, half := filepath.Join(t.TempDir(), "whole"), filepath.Join(t.TempDir(), "half")
	mustRun(t, "train", file, "--out", whole, "--set", brief)
	for at := 1; ; at++ { // interrupted after the first epoch
		if at > 500 {
			t.Fatal("found no run with one epoch")
		}
		os.RemoveAll(half)
		failing(t, half, at, failures[0], "train", file, "--out", half, "--set", brief, "--threads", "1")
		if has(half, "metrics.jsonl") && len(epochs(t, half)) == 1 && has(half, "checkpoints") {
			break
		}
	}
	prepare := func(t *testing.T, out string) {
		t.Helper()
		if err := os.CopyFS(out, os.DirFS(half)); err != nil {
			t.Fatal(err)
		}
	}
	campaign(t, "resume", func(out string) []string { return []string{"resume", out, "--threads", "1"} }, prepare, checkRun(file, whole))
}

// checkStudy continues a study after a failure, and compares it with a whole one.
func checkStudy(whole string, again func(out string) []string, same func(t *testing.T, out string, last outcome)) func(t *testing.T, out string, o outcome) {
	trials, _ := filepath.Glob(filepath.Join(whole, "trials", "*", "config.yaml"))
	return func(t *testing.T, out string, o outcome) {
		t.Helper()
		readable(t, out)
		for _, config := range trials {
			trial, _ := filepath.Rel(whole, filepath.Dir(config))
			if has(out, trial, "config.yaml") {
				readable(t, filepath.Join(out, trial))
			}
		}
		last := mustRun(t, again(out)...)
		same(t, out, last)
		for _, config := range trials {
			trial, _ := filepath.Rel(whole, filepath.Dir(config))
			sameRun(t, filepath.Join(out, trial), filepath.Join(whole, trial))
		}
		noLeftovers(t, out)
	}
}

const fewSwings = `base: mine.yaml
metric: valid.accuracy
seeds: [1, 2]
reference: small
set: {trainer: {max_epochs: 1}}
arms:
  small: {model.layers.0.gru.units: 2}
  large:
`

func TestFailingWritesOfCompare(t *testing.T) {
	t.Parallel()
	file := studyFile(t, fewSwings)
	whole := filepath.Join(t.TempDir(), "whole")
	mustRun(t, "compare", file, "--out", whole)
	args := func(out string) []string {
		return []string{"compare", file, "--out", out, "--jobs", "1", "--threads", "1", "--json"}
	}
	campaign(t, "compare", args, nil, checkStudy(whole, args, func(t *testing.T, out string, _ outcome) {
		for name, table := range tables(t, whole) {
			if found := tables(t, out)[name]; found != table {
				t.Errorf("%s: found\n%s\nexpected\n%s", name, found, table)
			}
		}
	}))
}

const fewTrials = `base: mine.yaml
metric: valid.loss
trials: 2
set: {trainer.max_epochs: 1}
space:
  solver.learning_rate: {log: [1.0e-4, 0.1]}
`

func TestFailingWritesOfTune(t *testing.T) {
	t.Parallel()
	file := studyFile(t, fewTrials)
	whole := filepath.Join(t.TempDir(), "whole")
	args := func(out string) []string {
		return []string{"tune", file, "--out", out, "--jobs", "1", "--threads", "1", "--json"}
	}
	expected := mustRun(t, args(whole)...).tuned(t)
	campaign(t, "tune", args, nil, checkStudy(whole, args, func(t *testing.T, out string, last outcome) {
		if found, expected := fmt.Sprint(last.tuned(t).values()), fmt.Sprint(expected.values()); found != expected {
			t.Errorf("found\n%s\nexpected\n%s", found, expected)
		}
		if read(t, filepath.Join(out, "best.yaml")) != read(t, filepath.Join(whole, "best.yaml")) {
			t.Error("found another best.yaml")
		}
	}))
}
