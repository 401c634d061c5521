package watch

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// secret is in a file next to the folder that is watched.
const secret = "not-for-the-page"

// fuzzedFolder has a run, a damaged run, a study that is no database, and a link that leads out.
func fuzzedFolder(t testing.TB) string {
	t.Helper()
	parent := t.TempDir()
	dir := filepath.Join(parent, "runs")
	for name, text := range map[string]string{
		"secret.txt":                       secret,
		"secret/config.yaml":               "name: " + secret + "\n",
		"runs/mine/config.yaml":            "task: classify\ndata: {name: languages}\nmodel: {layers: [gru: {units: 2}, dense]}\n",
		"runs/mine/metrics.jsonl":          `{"epoch": 1, "train": {"loss": 1}, "valid": {"loss": null}}` + "\n{",
		"runs/mine/train.log":              "epoch   1 <script>\x1b[31m\n",
		"runs/mine/progress.json":          `{"epoch": 1, "max_epochs": 0, "ended": "diverged", "error": "<b>"}`,
		"runs/damaged & <old>/config.yaml": "task: [",
		"runs/which/study.db":              "SQLite format 3\x00 and no more",
		"runs/which/trials/0001.log":       "epoch   1\n",
	} {
		file := filepath.Join(parent, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for name, target := range map[string]string{"mine/linked.log": "../../secret.txt", "out": "../secret"} {
		if err := os.Symlink(target, filepath.Join(dir, filepath.FromSlash(name))); err != nil {
			t.Skip(err) // not on every system for everybody
		}
	}
	return dir
}

// FuzzRoutes: no request makes a panic, an answer of the kind 5xx, one with what is outside of the folder, or one
// without the headers that keep other pages out; and only a request with the token of the page changes anything.
func FuzzRoutes(f *testing.F) {
	dir := fuzzedFolder(f)
	folder, err := Open(dir, nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(folder.Close)
	server, err := Listen(folder, 0)
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { server.listener.Close() })
	server.ended = make(chan struct{})
	own := server.guard.hosts[0]
	for _, path := range []string{
		"/", "/list", "/head", "/body", "/log", "/stop", "/events", "/assets/watch.js", "/assets/../page.html", "//", "/%00", "/assets/%2e%2e/secret.txt", "/../secret.txt",
	} {
		f.Add("GET", path, "run=mine", own, "", "")
		f.Add("GET", path, "run=..%2Fsecret&trial=..%2f..%2fsecret", own, "", "")
	}
	f.Add("POST", "/stop", "run=mine&token=x", own, "http://"+own, "same-origin")
	f.Add("POST", "/stop", "run=which&token=%zz", own, "http://"+own, "")
	f.Add("HEAD", "/", "run=damaged+%26+%3Cold%3E", own, "null", "cross-site")
	f.Add("GET", "/log", "run=which&trial=0001;x", "localhost", "", "none")
	f.Fuzz(func(t *testing.T, method, path, query, host, origin, site string) {
		r, err := http.NewRequest(method, "http://127.0.0.1/", strings.NewReader(query))
		if err != nil {
			return // a method that no server is given
		}
		parsed, err := url.ParseRequestURI(path)
		if err != nil {
			return
		}
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		if parsed.Path == "/events" {
			ctx, cancel = context.WithTimeout(ctx, time.Millisecond) // it has no other end
			defer cancel()
		}
		r = r.WithContext(ctx)
		r.URL, r.Host, r.RequestURI = parsed, host, path
		if r.URL.RawQuery = query; method == http.MethodPost {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		for name, value := range map[string]string{"Origin": origin, "Sec-Fetch-Site": site} {
			if value != "" {
				r.Header.Set(name, value)
			}
		}
		w := httptest.NewRecorder()
		server.guard.ServeHTTP(w, r)
		body := w.Body.String()
		if w.Code >= 500 {
			t.Errorf("found %d %s", w.Code, body)
		}
		if strings.Contains(body, secret) {
			t.Errorf("found what is outside of the folder in\n%s", body)
		}
		if strings.Contains(body, "<script>\x1b") || strings.Contains(body, "\x1b") {
			t.Errorf("found text that is not escaped in\n%s", body)
		}
		if w.Header().Get("Content-Security-Policy") != policy || w.Header().Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("found the headers %v", w.Header())
		}
		if host != own && host != server.guard.hosts[1] && w.Code != http.StatusMisdirectedRequest {
			t.Errorf("found %d for the host %q", w.Code, host)
		}
		if len(server.Stopped()) > 0 {
			t.Error("found that a run was asked to stop")
		}
		if _, err := os.Lstat(filepath.Join(dir, "mine", "stop")); err == nil {
			t.Error("found a request to stop")
		}
	})
}
