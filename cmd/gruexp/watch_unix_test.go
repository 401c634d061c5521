//go:build unix

package main_test

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// watching is gruexp watch under way.
type watching struct {
	*started
	address string
}

func watch(t *testing.T, dir string, flags ...string) *watching {
	t.Helper()
	s := start(t, command(t, append([]string{"watch", dir}, flags...)...))
	line, err := s.lines.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	address := regexp.MustCompile(`http://127\.0\.0\.1:\d+/`).FindString(line)
	if address == "" {
		t.Fatalf("found %q, expected an address", line)
	}
	s.stderr.WriteString(line)
	return &watching{s, address}
}

func (w *watching) get(t *testing.T, path string) string {
	t.Helper()
	answer, err := http.Get(w.address + path)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("GET %s: found %s %s (%v)", path, answer.Status, text, err)
	}
	return string(text)
}

// follow reads events of a run until so many have come, each of which says another thing.
func (w *watching) follow(t *testing.T, run string, until func(head string) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute) // so that a state that never comes is said with what came instead
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, w.address+"events?run="+url.QueryEscape(run), nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	last := ""
	for events := bufio.NewScanner(answer.Body); events.Scan(); {
		text, ok := strings.CutPrefix(events.Text(), "data: ")
		if !ok {
			continue
		}
		if text == last {
			t.Errorf("found the event %s twice", text)
		}
		last = text
		var versions map[string]string
		if err := json.Unmarshal([]byte(text), &versions); err != nil {
			t.Fatal(err)
		}
		if versions["head"] != "" && until(w.get(t, "head?run="+url.QueryEscape(run))) {
			return
		}
	}
	t.Fatalf("found the end of the events of %s, expected more; its head is\n%s", run, w.get(t, "head?run="+url.QueryEscape(run)))
}

// stopByPage does what the button does.
func (w *watching) stopByPage(t *testing.T, run string) (status int, text string) {
	t.Helper()
	token := regexp.MustCompile(`name="token" value="(\w+)"`).FindStringSubmatch(w.get(t, "head?run="+url.QueryEscape(run)))
	if token == nil {
		t.Fatalf("found no button to stop %s", run)
	}
	r, err := http.NewRequest("POST", w.address+"stop", strings.NewReader(url.Values{"run": {run}, "token": {token[1]}}.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", strings.TrimSuffix(w.address, "/"))
	r.Header.Set("Accept", "text/plain")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	content, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(content)
}

// A run that is stopped through the page ends as by Ctrl-C, and goes on to the run that nobody has stopped, to the bit.
func TestWatchAndStop(t *testing.T) {
	notShort(t)
	t.Parallel()
	file := experiment(t, classifySwings)
	runs := t.TempDir()
	out := filepath.Join(runs, "mine")
	long := []string{"--set", "trainer.max_epochs=120", "--set", "data.batch_size=1", "--set", "model.layers.0.gru.units=48"} // a second or more
	training := start(t, command(t, append([]string{"train", file, "--out", out}, long...)...))
	if training.waitForEpochs(1) {
		t.Fatal(training.stderr.String())
	}
	training.pause(t, func() bool { _, err := os.Stat(filepath.Join(out, "progress.json")); return err == nil })
	w := watch(t, runs, "--json")
	w.follow(t, "mine", func(head string) bool {
		return strings.Contains(head, ">running<") && strings.Contains(head, " of 120")
	})
	if page := w.get(t, "?run=mine"); !strings.Contains(page, "<h1>mine</h1>") {
		t.Errorf("found\n%s\nexpected the report of the run", page)
	}
	if log := w.get(t, "log?run=mine"); !strings.Contains(log, " 1 of ") {
		t.Errorf("found the log %s", log)
	}
	if status, text := w.stopByPage(t, "mine"); status != http.StatusNoContent {
		t.Fatalf("found %d %s", status, text)
	}
	training.proceed(t)
	training.rest(t).mustFail(t, 1, out+": interrupted by the request to stop "+filepath.Join(out, "stop")+" after …; a checkpoint is written; 'gruexp resume "+out+"' continues")
	w.follow(t, "mine", func(head string) bool { return strings.Contains(head, ">interrupted<") })
	if log := read(t, filepath.Join(out, "train.log")); !strings.Contains(log, "gruexp: "+out+": interrupted by the request to stop ") {
		t.Errorf("found the log\n%s\nexpected how the run has ended", log)
	}

	// It goes on, and is watched again; what was asked for once is not asked for twice.
	resumed := start(t, command(t, "resume", out))
	if resumed.waitForEpochs(1) {
		t.Fatal(resumed.stderr.String())
	}
	resumed.pause(t, nil)
	w.follow(t, "mine", func(head string) bool { return strings.Contains(head, ">running<") })
	resumed.proceed(t)
	w.follow(t, "mine", func(head string) bool { return strings.Contains(head, ">finished<") })
	if o := resumed.rest(t); o.code != 0 || strings.Contains(o.stderr, "gruexp: ") {
		t.Errorf("found %+v", o)
	}
	if log := w.get(t, "log?run=mine"); !strings.Contains(log, "continuing: ") && !strings.Contains(log, `"cut":true`) {
		t.Errorf("found the log %s, expected that of both calls", log)
	}
	whole := filepath.Join(t.TempDir(), "whole")
	mustRun(t, append([]string{"train", file, "--out", whole, "--quiet"}, long...)...)
	sameRun(t, out, whole)

	o := w.stop(t, syscall.SIGINT)
	var said struct {
		Dir, Address string
		Stopped      []string
	}
	o.decode(t, &said)
	if o.code != 0 || said.Dir != runs || said.Address != w.address || len(said.Stopped) != 1 || said.Stopped[0] != "mine" {
		t.Errorf("found %+v", o)
	}
}

// A study that is stopped through the page, with a worker beside it, stops as a whole; and goes on to the same table.
func TestWatchAndStopStudy(t *testing.T) {
	notShort(t)
	t.Parallel()
	file := studyFile(t, strings.Replace(manySwings, "max_epochs: 2", "max_epochs: 12", 1))
	studies := t.TempDir()
	out := filepath.Join(studies, "which")
	comparing := start(t, command(t, "compare", file, "--out", out, "--jobs", "1"))
	if comparing.waitForTrials(1) {
		t.Fatal(comparing.stderr.String())
	}
	worker := start(t, command(t, "worker", out, "--jobs", "1"))
	if worker.waitForTrials(1) {
		t.Fatal(worker.stderr.String())
	}
	for comparing.pause(t, nil); !recordIsFree(t, out); comparing.pause(t, nil) {
		comparing.proceed(t)
	}
	for worker.pause(t, nil); !recordIsFree(t, out); worker.pause(t, nil) {
		worker.proceed(t)
	}
	w := watch(t, studies)
	w.follow(t, "which", func(head string) bool {
		return strings.Contains(head, ">running<") && strings.Contains(head, "of 15 trials")
	})
	if log := w.get(t, "log?run=which&trial=large-1"); !strings.Contains(log, "epoch 12 of 12 ") {
		t.Errorf("found the log %s, expected that of the first trial", log)
	}
	if status, text := w.stopByPage(t, "which"); status != http.StatusNoContent {
		t.Fatalf("found %d %s", status, text)
	}
	comparing.proceed(t)
	worker.proceed(t)
	for _, one := range []*started{comparing, worker} {
		one.rest(t).mustFail(t, 1, out+": interrupted by the request to stop "+filepath.Join(out, "stop")+" after …of 15 trials; the same command continues")
	}
	w.follow(t, "which", func(head string) bool { return strings.Contains(head, ">interrupted<") })
	last := mustRun(t, "compare", file, "--out", out, "--json").comparison(t)
	w.follow(t, "which", func(head string) bool {
		return strings.Contains(head, ">finished<") && strings.Contains(head, "15 of 15 trials")
	})
	whole := mustRun(t, "compare", file, "--out", filepath.Join(t.TempDir(), "which"), "--json").comparison(t)
	last.Dir, whole.Dir = "", ""
	if diff := cmp.Diff(whole, last); diff != "" {
		t.Error(diff)
	}
	if o := w.stop(t, syscall.SIGTERM); o.code != 0 || o.stdout != "" {
		t.Errorf("found %+v", o)
	}
}

// recordIsFree says whether no process was halted while it held the lock of the record of a study: then nobody could read it.
func recordIsFree(t *testing.T, study string) bool {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(study, "study.db")+"?_txlock=immediate&_pragma=busy_timeout(200)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		return false
	}
	return tx.Rollback() == nil
}

func TestWatchRefuses(t *testing.T) {
	t.Parallel()
	gruexp(t, "watch", "nowhere").mustFail(t, 2, "nowhere: cannot be watched (found no such file or directory, expected the directory of a run or a study, or one with some below it)")
	gruexp(t, "watch").mustFail(t, 2, "runs: cannot be watched (found no such file or directory, ")
	gruexp(t, "watch", t.TempDir(), "--port", "70000").mustFail(t, 2, "watch: wrong value of --port (found 70000, expected 1 to 65535, or 0 for any that is free)")
	gruexp(t, "watch", "a", "b").mustFail(t, 2, "watch: wrong arguments (found a b, expected at most one directory)")
}

// A log that cannot be written is told once and ends nothing.
func TestLogThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	file := experiment(t, classifySwings)
	out := interrupted(t, file)
	log := filepath.Join(out, "train.log")
	if err := os.Remove(log); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(log, 0o755); err != nil {
		t.Fatal(err)
	}
	o := mustRun(t, "resume", out, "--quiet")
	if want := "gruexp: warning: " + log + ": the log ends here: something that is not a regular file\n"; o.stderr != want {
		t.Errorf("found %q, expected %q", o.stderr, want)
	}
	sameRun(t, out, uninterrupted(t, file))
}
