//go:build soak && linux

package main_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var (
	soakFor  = flag.Duration("soak", 2*time.Minute, "how long to soak")
	soakSeed = flag.Uint64("soak.seed", 20265, "seed of the moments of kills and of what clients ask for")
	soakLog  = flag.String("soak.log", "", "file for a line per minute; without it the lines are in the log of the test")
)

// goroutinesFile names the variable of the environment with the file into which a process writes its number of goroutines.
const goroutinesFile = "TEST_GOROUTINES_FILE"

func init() {
	beforeProgram = func() {
		file := os.Getenv(goroutinesFile)
		if file == "" {
			return
		}
		os.Unsetenv(goroutinesFile) // the processes that this one starts have other numbers
		go func() {
			for range time.Tick(time.Second) {
				var memory runtime.MemStats
				runtime.ReadMemStats(&memory)
				text := fmt.Sprintf("%d %d", runtime.NumGoroutine()-1, memory.HeapAlloc>>10)
				if os.WriteFile(file+".new", []byte(text), 0o644) == nil {
					_ = os.Rename(file+".new", file)
				}
			}
		}()
	}
}

// gauge is what one process uses.
type gauge struct {
	RSS, heap              int // KiB
	goroutines, open, tids int
}

// measure reads what a process uses from the system and from its own file.
func measure(pid int, file string) (g gauge, err error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return g, err
	}
	number := func(pattern string) int {
		found := regexp.MustCompile(pattern).FindSubmatch(status)
		if found == nil {
			return 0
		}
		n, _ := strconv.Atoi(string(found[1]))
		return n
	}
	g.RSS, g.tids = number(`VmRSS:\s+(\d+) kB`), number(`Threads:\s+(\d+)`)
	entries, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	if err != nil {
		return g, err
	}
	g.open = len(entries)
	if text, err := os.ReadFile(file); err == nil {
		_, _ = fmt.Sscan(string(text), &g.goroutines, &g.heap)
	}
	return g, nil
}

// separately runs the program in a separate process, which must succeed.
func separately(t *testing.T, args ...string) outcome {
	t.Helper()
	o := finish(t, command(t, args...))
	if o.code != 0 {
		t.Fatalf("gruexp %v: found exit code %d, expected 0; stderr:\n%s", args, o.code, o.stderr)
	}
	return o
}

// soak is the state that the parts of TestSoak share.
type soak struct {
	folder string // of runs and studies, which is watched
	whole  string // of those that are not disturbed
	until  time.Time
	watch  *watching

	rounds, kills, studies, requests, streams atomic.Int64
}

func (s *soak) over() bool { return time.Now().After(s.until) }

// TestSoak keeps the program busy for a long time: one training without an end, short ones that are killed and resumed, studies whose
// processes are killed, and a server of pages with clients that come and go. Its memory, goroutines and open files must not
// grow, and what was killed must end as what was not, to the bit. Run it with
//
//	go test -tags soak -run TestSoak -timeout 0 ./cmd/gruexp -args -soak 2h -soak.log soak.log
func TestSoak(t *testing.T) {
	s := &soak{folder: t.TempDir(), whole: t.TempDir(), until: time.Now().Add(*soakFor)}
	log := t.Logf
	if *soakLog != "" {
		file, err := os.OpenFile(*soakLog, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		var mutex sync.Mutex
		log = func(format string, args ...any) {
			mutex.Lock()
			defer mutex.Unlock()
			fmt.Fprintf(file, format+"\n", args...)
		}
	}
	measured := func(name string, args ...string) (*started, string) {
		c := command(t, args...)
		file := filepath.Join(t.TempDir(), name)
		c.Env = append(c.Env, goroutinesFile+"="+file)
		return start(t, c), file
	}

	server, serverFile := measured("watch", "watch", s.folder)
	line, err := server.lines.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	s.watch = &watching{server, regexp.MustCompile(`http://127\.0\.0\.1:\d+/`).FindString(line)}
	go func() { _, _ = io.Copy(io.Discard, server.lines) }()

	// The long training: epochs of about a second, so that its history does not grow by much.
	long, longFile := measured("train", "train", experiment(t, classifySwings), "--out", filepath.Join(s.folder, "long"), "--threads", "1", "--quiet",
		"--set", "trainer.max_epochs=1000000", "--set", "trainer.early_stopping.patience=1000000", "--set", "model.layers.0.gru.units=160", "--set", "data.batch_size=1")

	for idle := false; !idle; time.Sleep(time.Second) { // until both have said what they use
		_, before := os.Stat(serverFile)
		_, after := os.Stat(longFile)
		idle = before == nil && after == nil
	}
	atRest, err := measure(server.Process.Pid, serverFile)
	if err != nil {
		t.Fatal(err)
	}

	var series []map[string]gauge
	ended := make(chan struct{})
	var recorder sync.WaitGroup
	recorder.Go(func() {
		interval := min(time.Minute, *soakFor/40)
		for minute := 0; ; minute++ {
			now := map[string]gauge{}
			for name, of := range map[string]struct {
				pid  int
				file string
			}{"watch": {server.Process.Pid, serverFile}, "train": {long.Process.Pid, longFile}} {
				g, err := measure(of.pid, of.file)
				if err != nil {
					t.Errorf("%s: %v", name, err)
					return
				}
				now[name] = g
			}
			series = append(series, now)
			w, l := now["watch"], now["train"]
			log("%s %3d watch: %6d KiB, heap %6d, %2d goroutines, %2d threads, %2d files; train: %6d KiB, heap %6d, %2d goroutines, %2d threads, %2d files; %d runs, %d studies, %d kills, %d requests, %d streams",
				time.Now().Format(time.TimeOnly), minute, w.RSS, w.heap, w.goroutines, w.tids, w.open, l.RSS, l.heap, l.goroutines, l.tids, l.open,
				s.rounds.Load(), s.studies.Load(), s.kills.Load(), s.requests.Load(), s.streams.Load())
			select {
			case <-ended:
				return
			case <-time.After(interval):
			}
		}
	})

	var busy sync.WaitGroup // at once, whatever -parallel is
	for name, part := range map[string]func(*testing.T){"runs": s.runs, "studies": s.compare, "searches": s.tune} {
		busy.Go(func() { t.Run(name, part) })
	}
	for number := range 4 {
		busy.Go(func() {
			t.Run(fmt.Sprintf("client %d", number), func(t *testing.T) { s.client(t, uint64(number)) })
		})
	}
	busy.Wait()
	close(ended)
	recorder.Wait()

	// Nothing is left of the clients.
	http.DefaultClient.CloseIdleConnections()
	var rest gauge
	for range 180 { // connections are closed after two minutes at the latest
		if rest, err = measure(server.Process.Pid, serverFile); err != nil {
			t.Fatal(err)
		}
		if rest.goroutines <= atRest.goroutines && rest.open <= atRest.open {
			break
		}
		time.Sleep(time.Second)
	}
	log("at rest: before %+v, after %+v", atRest, rest)
	if rest.goroutines > atRest.goroutines || rest.open > atRest.open {
		t.Errorf("watch at rest: found %+v, expected the goroutines and files of the start, %+v", rest, atRest)
	}
	for _, name := range []string{"watch", "train"} {
		flat(t, name, series, log)
	}
	if o := server.stop(t, syscall.SIGTERM); o.code != 0 {
		t.Errorf("watch: found %+v", o)
	}
	long.stop(t, syscall.SIGTERM).mustFail(t, 1, "interrupted by a signal after …a checkpoint is written")
	log("%d runs and %d studies ended as those that were not killed, %d kills; %d requests and %d streams; failed: %v",
		s.rounds.Load(), s.studies.Load(), s.kills.Load(), s.requests.Load(), s.streams.Load(), t.Failed())
}

// flat compares the second quarter of a soak with its last: a process that leaks grows in both. What the garbage collector has not
// given back yet moves by some MiB.
func flat(t *testing.T, name string, series []map[string]gauge, log func(string, ...any)) {
	t.Helper()
	middle := func(from, to int, of func(gauge) int) int {
		var values []int
		for _, g := range series[from:to] {
			values = append(values, of(g[name]))
		}
		slices.Sort(values)
		return values[len(values)/2]
	}
	n := len(series)
	if n < 8 {
		t.Logf("%s: found %d measurements, too few to compare", name, n)
		return
	}
	for what, of := range map[string]func(gauge) int{
		"KiB":        func(g gauge) int { return g.RSS },
		"goroutines": func(g gauge) int { return g.goroutines },
		"files":      func(g gauge) int { return g.open },
	} {
		early, late := middle(n/4, n/2, of), middle(3*n/4, n, of)
		log("%s: %d %s in the second quarter, %d in the last", name, early, what, late)
		allowed := early + early/10
		if what == "KiB" {
			allowed += 8 << 10
		} else {
			allowed += 4 // clients come and go
		}
		if late > allowed {
			t.Errorf("%s: found %d %s in the last quarter, expected about the %d of the second", name, late, what, early)
		}
	}
}

// runs trains, kills, resumes and compares.
func (s *soak) runs(t *testing.T) {
	strategies := []struct {
		config string
		sets   []string
	}{
		{classifySwings, []string{"trainer.weight_noise=0.05", "trainer.accumulate=3"}},
		{classifySwings, []string{"solver.average={kind: ema, decay: 0.9}", "trainer.curriculum={epochs: 6}", "trainer.checkpoint_every=3"}},
		{regressSwings, []string{"loss=quantile", "trainer.early_stopping={patience: 100}"}},
		{nextTemperature, []string{"trainer.truncate={steps: 8}", "model.layers.0.gru.stateful=true", "model.layers.0.gru.zoneout=0.1"}},
		{forecastTemperature, []string{"loss=huber", "trainer.metrics=[mase]", "trainer.keep_best=2"}},
	}
	r := rand.New(rand.NewPCG(*soakSeed, 1))
	length := make([]time.Duration, len(strategies))
	files := make([]string, len(strategies))
	args := func(i int) []string {
		all := []string{"--set", "trainer.max_epochs=15", "--threads", strconv.Itoa(1 + r.IntN(2))}
		for _, set := range strategies[i].sets {
			all = append(all, "--set", set)
		}
		return all
	}
	whole := func(i int) string { return filepath.Join(s.whole, "run-"+strconv.Itoa(i)) }
	for i, strategy := range strategies {
		files[i] = experiment(t, strategy.config)
		began := time.Now()
		separately(t, append([]string{"train", files[i], "--out", whole(i)}, args(i)...)...)
		length[i] = time.Since(began)
	}
	for round := 0; !s.over(); round++ {
		i := round % len(strategies)
		out := filepath.Join(s.folder, fmt.Sprintf("run-%d", round%8)) // the folder keeps its size
		ok := t.Run(fmt.Sprintf("%d", round), func(t *testing.T) {
			if err := os.RemoveAll(out); err != nil {
				t.Fatal(err)
			}
			next := func() []string {
				if _, err := os.Stat(filepath.Join(out, "config.yaml")); err == nil {
					return []string{"resume", out, "--threads", strconv.Itoa(1 + r.IntN(2))}
				}
				return append([]string{"train", files[i], "--out", out}, args(i)...)
			}
			for range r.IntN(4) {
				c := start(t, command(t, next()...))
				time.Sleep(time.Duration(r.Float64() * float64(length[i])))
				o := c.stop(t, syscall.SIGKILL)
				if o.code == 2 {
					t.Fatalf("found %+v", o)
				}
				if o.code == -1 {
					s.kills.Add(1)
				}
			}
			separately(t, next()...)
			sameRun(t, out, whole(i))
		})
		if ok {
			s.rounds.Add(1)
		}
	}
}

// disturbed carries out a study with kills of its process, of its group, of a worker and of single trials.
func (s *soak) disturbed(t *testing.T, r *rand.Rand, out string, length time.Duration, workers bool, args ...string) {
	t.Helper()
	if err := os.RemoveAll(out); err != nil {
		t.Fatal(err)
	}
	for range 1 + r.IntN(4) {
		main := startGroup(t, command(t, args...))
		var other *started
		if _, err := os.Stat(filepath.Join(out, "study.db")); workers && err == nil && r.IntN(2) == 0 {
			other = startGroup(t, command(t, "worker", out, "--jobs", "1"))
		}
		time.Sleep(time.Duration(r.Float64() * float64(length)))
		for _, one := range []*started{main, other} {
			if one == nil {
				continue
			}
			group := r.IntN(2) == 0
			if group {
				_ = syscall.Kill(-one.Process.Pid, syscall.SIGKILL) // it may have ended
			} else {
				_ = one.Process.Kill()
			}
			if o := one.rest(t); o.code == -1 {
				s.kills.Add(1)
			} else if o.code == 2 && !strings.Contains(o.stderr, "is in use") {
				t.Fatalf("found %+v", o)
			}
		}
	}
}

// compare carries out comparisons with kills.
func (s *soak) compare(t *testing.T) {
	file := studyFile(t, strings.Replace(manySwings, "max_epochs: 2", "max_epochs: 10", 1))
	whole := filepath.Join(s.whole, "compare")
	began := time.Now()
	separately(t, "compare", file, "--out", whole, "--jobs", "1")
	length := time.Since(began)
	r := rand.New(rand.NewPCG(*soakSeed, 2))
	for round := 0; !s.over(); round++ {
		out := filepath.Join(s.folder, fmt.Sprintf("compare-%d", round%2))
		if t.Run(fmt.Sprintf("%d", round), func(t *testing.T) {
			args := []string{"compare", file, "--out", out, "--jobs", "1", "--retry"}
			s.disturbed(t, r, out, length/2, true, args...)
			separately(t, args...)
			separately(t, args...) // a trial may have failed by a kill of the last round
			sameStudy(t, out, whole)
		}) {
			s.studies.Add(1)
		}
	}
}

// tune carries out searches with kills.
func (s *soak) tune(t *testing.T) {
	file := studyFile(t, strings.Replace(tuneSwings, "max_epochs: 2", "max_epochs: 6", 1))
	began := time.Now()
	whole := separately(t, "tune", file, "--out", filepath.Join(s.whole, "tune"), "--jobs", "1", "--json").tuned(t)
	length := time.Since(began)
	r := rand.New(rand.NewPCG(*soakSeed, 3))
	for round := 0; !s.over(); round++ {
		out := filepath.Join(s.folder, fmt.Sprintf("tune-%d", round%2))
		if t.Run(fmt.Sprintf("%d", round), func(t *testing.T) {
			args := []string{"tune", file, "--out", out, "--jobs", "1", "--json"}
			s.disturbed(t, r, out, length/2, false, args...)
			found := separately(t, args...).tuned(t)
			if diff := cmp.Diff(whole.values(), found.values()); diff != "" || whole.Best.Value != found.Best.Value {
				t.Errorf("best %v, expected %v; %s", found.Best.Value, whole.Best.Value, diff)
			}
		}) {
			s.studies.Add(1)
		}
	}
}

// client asks for pages as browsers and as others do, and follows events for a while.
func (s *soak) client(t *testing.T, number uint64) {
	r := rand.New(rand.NewPCG(*soakSeed, 10+number))
	items := []string{"long", "run-0", "run-3", "run-7", "compare-0", "compare-1", "tune-0", "tune-1", "missing", "../..", "."}
	for !s.over() {
		transport := &http.Transport{DisableKeepAlives: r.IntN(2) == 0}
		client := &http.Client{Transport: transport, Timeout: time.Minute}
		for range 1 + r.IntN(20) {
			run := "run=" + url.QueryEscape(items[r.IntN(len(items))])
			path := []string{"", "?" + run, "list", "list?" + run, "head?" + run, "body?" + run, "log?" + run, "assets/watch.js", "nothing", "stop"}[r.IntN(10)]
			answer, err := client.Get(s.watch.address + path)
			if err != nil {
				t.Errorf("GET %s: %v", path, err)
				continue
			}
			content, err := io.ReadAll(answer.Body)
			answer.Body.Close()
			if err != nil || answer.StatusCode >= 500 || bytes.Contains(content, []byte("goroutine ")) {
				t.Errorf("GET %s: found %s %.300q (%v)", path, answer.Status, content, err)
			}
			s.requests.Add(1)
			time.Sleep(time.Duration(r.IntN(1500)) * time.Millisecond)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(r.IntN(20_000))*time.Millisecond)
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.watch.address+"events?run="+items[r.IntN(len(items))], nil)
		if err != nil {
			t.Fatal(err)
		}
		if answer, err := client.Do(request); err == nil {
			if answer.StatusCode != http.StatusOK {
				t.Errorf("events: found %s", answer.Status)
			}
			_, _ = io.Copy(io.Discard, answer.Body) // until the client breaks off
			answer.Body.Close()
			s.streams.Add(1)
		}
		cancel()
		transport.CloseIdleConnections()
	}
}
