package watch_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/rundir"
	"github.com/gruexp/gruexp/cmd/gruexp/internal/watch"
)

// put writes a file and the folders it is in.
func put(t *testing.T, text string, path ...string) string {
	t.Helper()
	file := filepath.Join(path...)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

func link(t *testing.T, target string, path ...string) {
	t.Helper()
	if err := os.Symlink(target, filepath.Join(path...)); err != nil {
		t.Skip(err) // not on every system for everybody
	}
}

// served is a server of a folder.
type served struct {
	*watch.Server
	t    *testing.T
	end  context.CancelFunc
	done chan error
}

func serve(t *testing.T, dir string) *served {
	t.Helper()
	folder, err := watch.Open(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	server, err := watch.Listen(folder, 0)
	if err != nil {
		t.Fatal(err)
	}
	ctx, end := context.WithCancel(t.Context())
	s := &served{server, t, end, make(chan error, 1)}
	go func() { s.done <- server.Serve(ctx) }()
	t.Cleanup(func() {
		end()
		if err := <-s.done; err != nil {
			t.Error(err)
		}
		folder.Close()
	})
	return s
}

// ask sends a request; change may alter it.
func (s *served) ask(method, path string, body url.Values, change func(*http.Request)) (status int, text string) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, strings.TrimSuffix(s.Address(), "/")+path, strings.NewReader(body.Encode()))
	if err != nil {
		s.t.Fatal(err)
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if change != nil {
		change(r)
	}
	answer, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	content, err := io.ReadAll(answer.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, header := range []string{"Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy"} {
		if answer.Header.Get(header) == "" {
			s.t.Errorf("%s %s: found no %s", method, path, header)
		}
	}
	if allowed := answer.Header.Get("Access-Control-Allow-Origin"); allowed != "" {
		s.t.Errorf("%s %s: found that others may read it: %s", method, path, allowed)
	}
	return answer.StatusCode, string(content)
}

func (s *served) get(path string) string {
	s.t.Helper()
	status, text := s.ask("GET", path, nil, nil)
	if status != http.StatusOK {
		s.t.Fatalf("GET %s: found %d %s", path, status, text)
	}
	return text
}

var tokenField = regexp.MustCompile(`name="token" value="([^"]+)"`)

// atWork makes a directory that of a run with this process at work.
func atWork(t *testing.T, dir string) context.Context {
	t.Helper()
	put(t, "task: classify\n", dir, rundir.ConfigFile)
	ctx, presence := rundir.Announce(t.Context(), dir)
	t.Cleanup(func() { presence.Close(nil) })
	return ctx
}

// Whoever is not the page gets nothing and changes nothing.
func TestGuard(t *testing.T) {
	dir := t.TempDir()
	atWork(t, filepath.Join(dir, "mine"))
	s := serve(t, dir)
	own := strings.TrimSuffix(s.Address(), "/")
	token := tokenField.FindStringSubmatch(s.get("/?run=mine"))
	if token == nil {
		t.Fatal("found no token in the page")
	}
	port := own[strings.LastIndexByte(own, ':'):]
	header := func(pairs ...string) func(*http.Request) {
		return func(r *http.Request) {
			for i := 0; i < len(pairs); i += 2 {
				if pairs[i] == "Host" {
					r.Host = pairs[i+1]
				} else {
					r.Header.Set(pairs[i], pairs[i+1])
				}
			}
		}
	}
	form := url.Values{"run": {"mine"}, "token": {token[1]}}
	for name, c := range map[string]struct {
		method, path string
		form         url.Values
		change       func(*http.Request)
		status       int
	}{
		"its own page":                    {"GET", "/", nil, nil, 200},
		"by name":                         {"GET", "/", nil, header("Host", "localhost"+port), 200},
		"own origin":                      {"GET", "/list", nil, header("Origin", own), 200},
		"a link from elsewhere":           {"GET", "/", nil, header("Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate"), 200},
		"another host":                    {"GET", "/", nil, header("Host", "evil.example"+port), 421},
		"another host with this name":     {"GET", "/", nil, header("Host", "127.0.0.1.evil.example"+port), 421},
		"another port":                    {"GET", "/", nil, header("Host", "127.0.0.1:1"), 421},
		"no port":                         {"GET", "/", nil, header("Host", "127.0.0.1"), 421},
		"another host for events":         {"GET", "/events", nil, header("Host", "evil.example"), 421},
		"another origin":                  {"GET", "/list", nil, header("Origin", "http://evil.example"), 403},
		"no origin of a page in a frame":  {"GET", "/list", nil, header("Origin", "null"), 403},
		"an image or script of elsewhere": {"GET", "/log?run=mine", nil, header("Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "no-cors"), 403},
		"another port of the machine":     {"GET", "/list", nil, header("Sec-Fetch-Site", "same-site", "Sec-Fetch-Mode", "cors"), 403},
		"an empty origin":                 {"GET", "/list", nil, header("Origin", ""), 403},
		"stop by GET":                     {"GET", "/stop?run=mine&token=" + token[1], nil, nil, 405},
		"stop by PUT":                     {"PUT", "/stop", form, header("Origin", own), 405},
		"stop without origin":             {"POST", "/stop", form, nil, 403},
		"stop of another origin":          {"POST", "/stop", form, header("Origin", "http://evil.example"), 403},
		"stop of another site":            {"POST", "/stop", form, header("Origin", own, "Sec-Fetch-Site", "cross-site"), 403},
		"stop of another host":            {"POST", "/stop", form, header("Host", "evil.example", "Origin", "http://evil.example"), 421},
		"stop without a token":            {"POST", "/stop", url.Values{"run": {"mine"}}, header("Origin", own), 403},
		"stop with another token":         {"POST", "/stop", url.Values{"run": {"mine"}, "token": {"x"}}, header("Origin", own), 403},
		"the token in the address":        {"POST", "/stop?run=mine&token=" + token[1], url.Values{"run": {"mine"}}, header("Origin", own), 403},
		"a large form":                    {"POST", "/stop", url.Values{"run": {strings.Repeat("x", 1<<20)}}, header("Origin", own), 400},
		"post to the page":                {"POST", "/", form, header("Origin", own), 404},
		"no such page":                    {"GET", "/nothing", nil, nil, 404},
		"no such script":                  {"GET", "/assets/page.html", nil, nil, 404},
		"a file of the server":            {"GET", "/assets/..%2f..%2fwatch.go", nil, nil, 404},
	} {
		status, text := s.ask(c.method, c.path, c.form, c.change)
		if status != c.status {
			t.Errorf("%s: found %d %s, expected %d", name, status, strings.SplitN(text, "\n", 2)[0], c.status)
		}
	}
	if _, err := os.Lstat(filepath.Join(dir, "mine", rundir.StopFile)); err == nil {
		t.Error("found that a run was asked to stop by somebody else")
	}
	if status, text := s.ask("POST", "/stop", form, header("Origin", own, "Accept", "text/plain")); status != http.StatusNoContent {
		t.Errorf("found %d %s, expected that the page stops a run", status, text)
	}
	if _, err := os.Lstat(filepath.Join(dir, "mine", rundir.StopFile)); err != nil {
		t.Error(err)
	}
	if found := s.Stopped(); len(found) != 1 || found[0] != "mine" {
		t.Errorf("found %v, expected mine", found)
	}
}

// The request reaches the process, and one that is not at work cannot be stopped.
func TestStop(t *testing.T) {
	dir := t.TempDir()
	ctx := atWork(t, filepath.Join(dir, "live"))
	put(t, "task: classify\n", dir, "over", rundir.ConfigFile)
	s := serve(t, dir)
	own := func(r *http.Request) { r.Header.Set("Origin", strings.TrimSuffix(s.Address(), "/")) }
	token := tokenField.FindStringSubmatch(s.get("/?run=live"))[1]
	if status, text := s.ask("POST", "/stop", url.Values{"run": {"over"}, "token": {token}}, own); status != http.StatusConflict || !strings.Contains(text, "over is not running") {
		t.Errorf("found %d %s, expected a word about a run that is not running", status, text)
	}
	if strings.Contains(s.get("/head?run=over"), "Stop") {
		t.Error("found a button to stop what is not running")
	}
	if status, _ := s.ask("POST", "/stop", url.Values{"run": {"live"}, "token": {token}}, own); status != http.StatusSeeOther {
		t.Errorf("found %d, expected the way back for a browser without scripts", status)
	}
	<-ctx.Done()
	if err := context.Cause(ctx); !strings.Contains(err.Error(), filepath.Join("live", rundir.StopFile)) {
		t.Errorf("found the cause %v", err)
	}
	if head := s.get("/head?run=live"); !strings.Contains(head, "asked to stop") {
		t.Errorf("found %s", head)
	}
}

// Nothing outside the folder is read, whatever a link or an address says.
func TestNothingOutside(t *testing.T) {
	const secret = "accuracy 0.1234 of somebody else"
	base := t.TempDir()
	dir := filepath.Join(base, "runs")
	outside := filepath.Join(base, "outside")
	put(t, "task: classify\nname: "+secret+"\n", outside, "run", rundir.ConfigFile)
	put(t, secret, outside, "run", rundir.LogFile)
	file := put(t, secret, outside, "file")
	put(t, "task: classify\n", dir, "log", rundir.ConfigFile)
	link(t, file, dir, "log", rundir.LogFile)
	put(t, "task: classify\n", dir, "metrics", rundir.ConfigFile)
	link(t, file, dir, "metrics", rundir.MetricsFile)
	link(t, "../../outside/file", dir, "metrics", rundir.ResultFile)
	link(t, filepath.Join(outside, "run"), dir, "linked")
	link(t, base, dir, "up")
	put(t, "", dir, "study", "study.db")
	put(t, "fine", dir, "study", "trials", "a.log")
	link(t, file, dir, "study", "trials", "b.log")
	link(t, file, dir, "study", "study.db-wal")
	if err := os.Mkdir(filepath.Join(dir, "config"), 0o755); err != nil {
		t.Fatal(err)
	}
	link(t, filepath.Join(outside, "run", rundir.ConfigFile), dir, "config", rundir.ConfigFile)
	s := serve(t, dir)
	page := s.get("/")
	for _, id := range []string{"log", "metrics", "study"} {
		if !strings.Contains(page, `data-run="`+id+`"`) {
			t.Errorf("found no %s in the list", id)
		}
	}
	for _, id := range []string{"linked", "up", "config"} {
		if strings.Contains(page, `data-run="`+id) {
			t.Errorf("found %s in the list, which is a link", id)
		}
	}
	if found := s.get("/body?run=metrics"); !strings.Contains(found, "link that leads out of the folder") {
		t.Errorf("found %s, expected that a run with links to elsewhere is not read", found)
	}
	if found := s.get("/log?run=study&trial=a"); !strings.Contains(found, "fine") {
		t.Errorf("found %s, expected the log of a trial", found)
	}
	var all strings.Builder
	for _, id := range []string{
		"log", "metrics", "study", "linked", "config", "up/outside/run", "..", "../outside/run", "../outside", filepath.Join(outside, "run"), "/etc",
		"log/../../outside/run", `..\outside\run`, "study/trials", ".", "", "log\x00", "%2e%2e/outside/run",
	} {
		for _, path := range []string{"/?run=", "/head?run=", "/body?run=", "/list?run=", "/log?run="} {
			_, text := s.ask("GET", path+url.QueryEscape(id), nil, nil)
			all.WriteString(text)
		}
	}
	for _, trial := range []string{"b", "../../log/train", "../../../outside/run/train", "/etc/passwd", "../../study/trials/b"} {
		_, text := s.ask("GET", "/log?run=study&trial="+url.QueryEscape(trial), nil, nil)
		all.WriteString(text)
	}
	if strings.Contains(all.String(), secret) || strings.Contains(all.String(), "root:") {
		t.Error("found what is outside the folder")
	}
}

// Other people's text is text.
func TestEscaping(t *testing.T) {
	dir := t.TempDir()
	bad := `<script>alert(1)</script>"'&`
	if err := os.Mkdir(filepath.Join(dir, "<img src=x onerror=alert(1)>"), 0o755); err != nil {
		t.Skip(err)
	}
	put(t, "task: classify\nname: '"+bad+"'\n", dir, "<img src=x onerror=alert(1)>", rundir.ConfigFile)
	put(t, `{"epoch":1,"max_epochs":2,"ended":"failed","error":`+fmt.Sprintf("%q", bad)+`}`, dir, "<img src=x onerror=alert(1)>", rundir.ProgressFile)
	s := serve(t, dir)
	page := s.get("/")
	if strings.Contains(page, "<script>alert") || strings.Contains(page, "<img") {
		t.Errorf("found markup of others in\n%s", page)
	}
	if !strings.Contains(page, "&lt;script&gt;alert(1)") || !strings.Contains(page, "failed") {
		t.Errorf("found\n%s\nexpected why the run has failed", page)
	}
	if status, text := s.ask("GET", "/head?run="+url.QueryEscape(bad), nil, nil); status != 404 || strings.HasPrefix(text, "<") {
		t.Errorf("found %d %s", status, text)
	}
}

// A log of any size is shown by its end, whole lines and no control characters.
func TestLog(t *testing.T) {
	dir := t.TempDir()
	put(t, "task: classify\n", dir, rundir.ConfigFile)
	s := serve(t, dir)
	type part struct {
		Text, Fault string
		Size        int64
		Cut         bool
	}
	read := func() (p part) {
		if err := json.Unmarshal([]byte(s.get("/log?run=.")), &p); err != nil {
			t.Fatal(err)
		}
		return p
	}
	if p := read(); p.Fault == "" || p.Text != "" {
		t.Errorf("found %+v, expected a word about a log that there is not", p)
	}
	line := strings.Repeat("é", 40) + " \x1b[31m\x00\xff end\n"
	put(t, strings.Repeat(line, 100_000), dir, rundir.LogFile)
	p := read()
	if !p.Cut || p.Size != int64(100_000*len(line)) || len(p.Text) > 80<<10 || len(p.Text) < 32<<10 {
		t.Errorf("found %d bytes of %d, expected a part", len(p.Text), p.Size)
	}
	for one := range strings.Lines(p.Text) {
		if one != strings.Repeat("é", 40)+" [31m� end\n" {
			t.Fatalf("found the line %q", one)
		}
	}
}

// stream reads events until one is as wanted.
type stream struct {
	t      *testing.T
	body   io.ReadCloser
	reader *bufio.Reader
}

func (s *served) listen(id string) *stream {
	s.t.Helper()
	answer, err := http.Get(s.Address() + "events?run=" + url.QueryEscape(id))
	if err != nil {
		s.t.Fatal(err)
	}
	if answer.StatusCode != http.StatusOK || answer.Header.Get("Content-Type") != "text/event-stream" {
		s.t.Fatalf("found %s %v", answer.Status, answer.Header)
	}
	s.t.Cleanup(func() { answer.Body.Close() })
	return &stream{s.t, answer.Body, bufio.NewReader(answer.Body)}
}

type versions struct{ Server, List, Head, Body, Log string }

// next is the next event; ok is false at the end of the stream.
func (s *stream) next() (v versions, ok bool) {
	s.t.Helper()
	for {
		line, err := s.reader.ReadString('\n')
		if err != nil {
			return v, false
		}
		if text, ok := strings.CutPrefix(line, "data: "); ok {
			if err := json.Unmarshal([]byte(text), &v); err != nil {
				s.t.Fatal(err)
			}
			return v, true
		}
	}
}

// Each part of the page has a version of its own, which changes with what it shows and not otherwise.
func TestEvents(t *testing.T) {
	dir := t.TempDir()
	run := filepath.Join(dir, "mine")
	put(t, "task: classify\n", run, rundir.ConfigFile)
	s := serve(t, dir)
	events := s.listen("mine")
	first, ok := events.next()
	if !ok || first.Head == "" || first.Body == "" || first.Server == "" {
		t.Fatalf("found %+v", first)
	}
	put(t, "epoch 1\n", run, rundir.LogFile)
	logged, _ := events.next()
	if logged.Log == first.Log || logged.Body != first.Body || logged.Head != first.Head {
		t.Errorf("found %+v after %+v, expected another log alone", logged, first)
	}
	put(t, `{"epoch":2,"max_epochs":4}`, run, rundir.ProgressFile)
	further, _ := events.next()
	if further.Head == logged.Head || further.List == logged.List || further.Body != logged.Body {
		t.Errorf("found %+v after %+v, expected another head", further, logged)
	}
	put(t, `{"epoch":1,"train":{"loss":1}}`+"\n", run, rundir.MetricsFile)
	metrics, _ := events.next()
	if metrics.Body == further.Body || metrics.Head != further.Head {
		t.Errorf("found %+v after %+v, expected another report", metrics, further)
	}
	put(t, "task: classify\n", dir, "second", rundir.ConfigFile)
	more, _ := events.next()
	if more.List == metrics.List || more.Head != metrics.Head {
		t.Errorf("found %+v after %+v, expected another list", more, metrics)
	}
	if !strings.Contains(s.get("/list?run=mine"), `data-run="second"`) {
		t.Error("found no second run in the list")
	}
	if err := os.RemoveAll(run); err != nil {
		t.Fatal(err)
	}
	if gone, _ := events.next(); gone.Head != "" || gone.List == more.List {
		t.Errorf("found %+v, expected that the run is gone", gone)
	}
	if page := s.get("/?run=mine"); !strings.Contains(page, "There is no run and no study mine here any more") {
		t.Errorf("found\n%s", page)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	for v, ok := events.next(); ok && !strings.Contains(s.get("/list"), "The folder is gone"); v, ok = events.next() {
		_ = v
	}
	put(t, "task: classify\n", dir, "third", rundir.ConfigFile)
	for v, ok := events.next(); ok && !strings.Contains(s.get("/list"), `data-run="third"`); v, ok = events.next() {
		_ = v
	}
	s.end()
	if _, ok := events.next(); ok {
		t.Error("found an event after the end")
	}
}

// So many pages listen and no more; one that goes away leaves its place.
func TestStreamsAreBounded(t *testing.T) {
	s := serve(t, t.TempDir())
	var open []*stream
	for range 32 {
		open = append(open, s.listen(""))
	}
	if status, text := s.ask("GET", "/events", nil, nil); status != http.StatusServiceUnavailable || !strings.Contains(text, "too many pages") {
		t.Errorf("found %d %s", status, text)
	}
	for _, one := range open {
		one.body.Close()
	}
	for status := 0; status != http.StatusOK; { // the server notices within a second
		answer, err := http.Get(s.Address() + "events")
		if err != nil {
			t.Fatal(err)
		}
		status = answer.StatusCode
		answer.Body.Close()
	}
}

func TestOpen(t *testing.T) {
	dir := t.TempDir()
	file := put(t, "", dir, "file")
	for path, want := range map[string]string{
		filepath.Join(dir, "none"): "none: cannot be watched (found no such file or directory, expected the directory of a run or a study, or one with some below it)",
		file:                       "file: cannot be watched (found a file, expected",
	} {
		if _, err := watch.Open(path, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("found %v, expected %s", err, want)
		}
	}
	folder, err := watch.Open(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Close()
	s := serve(t, dir)
	var port int
	if _, err := fmt.Sscanf(s.Address(), "http://127.0.0.1:%d/", &port); err != nil {
		t.Fatal(err)
	}
	if _, err := watch.Listen(folder, port); err == nil || !strings.Contains(err.Error(), "cannot be used (found ") {
		t.Errorf("found %v, expected that the port is taken", err)
	}
	if page := s.get("/"); !strings.Contains(page, "There is no run and no study here yet") {
		t.Errorf("found\n%s", page)
	}
}
