package watch

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/run"
	"github.com/gruexp/gruexp/cmd/gruexp/internal/rundir"
)

// filesOfARun are files as gruexp writes them, in the order of the numbers of [FuzzRunFiles].
var filesOfARun = []struct{ name, content string }{
	{rundir.ConfigFile, "name: a\ntask: forecast\nseed: 1\ndata: {table: {path: a.csv, inputs: [x]}, forecast: {target: x, window: 4, horizons: [1, 3]}}\nmodel: {layers: [gru: {units: 3}, dense]}\nloss: quantile\n"},
	{rundir.MetricsFile, `{"epoch":1,"step":4,"seconds":0.01,"learning_rate":0.001,"train":{"gradient_norm":0.25,"loss":0.49,"mae":null},"valid":{"coverage":0.1,"loss":0.46,"mae":0.64}}` + "\n" +
		`{"epoch":2,"step":8,"seconds":0.01,"learning_rate":0.001,"train":{"gradient_norm":0.2,"loss":0.4},"valid":{"loss":0.45,"mae":0.6}}` + "\n"},
	{rundir.ResultFile, `{"run":"r","experiment":"a","model":"GRU","seed":1,"epochs":2,"best_epoch":2,"stop_reason":"max_epochs","train":{"loss":0.4,"mae":0.6},"valid":{"loss":0.4,"mae":0.6},"test":{"coverage":0.12,"loss":0.47,"mae":0.69},
"baselines":{"mean":{"mae":0.59},"ridge":{"mae":0.36,"mse":0.26}},"parts":{"test":{"sequences":39,"classes":[20,19]}},"verdict":{"model":"GRU","metric":"mae","own":0.69,"baseline":"ridge","bar":0.36,"better":false,
"pairs":{"count":39,"difference":0.3,"low":0.2,"high":0.4,"p":0.001},"count":39},"seconds":0.02,"parameters":177,"outputs":[{"name":"x +1","metrics":{"mae":0.5}}],"confusion_matrix":{"classes":["a","b"],"counts":[[1,2],[3,4]]}}`},
	{rundir.EnvironmentFile, `{"build":{"version":"v1","go":"go1.26","os":"linux","arch":"amd64"},"cpu":["avx"],"kernels":"avx2","cores":2,"threads":1,"data":[{"path":"/a.csv","size":1,"sha256":"00"}]}`},
	{rundir.InsideFile, `{"part":"test","recurrences":[{"name":"gru0","sequences":8,"gates":[{"name":"reset","mean":0.6,"low":0,"high":0.06}],"gradient":[0.18,0.09],"counts":[8,8]}],
"sequence":{"sequence":0,"steps":2,"loss":0.46,"first":0,"names":["a","b"],"layers":[{"name":"gru0","units":[0,1],"of":3,"values":[{"name":"reset","signed":false,"steps":[[0.3,0.2],[0.6,0.5]]}]}]},
"confusion_matrix":{"classes":["a","b"],"counts":[[1,2],[3,4]]},
"predictions":[{"name":"x +1","quantiles":[0.1,0.5],"point":1,"stretch":[{"at":0,"truth":1,"predicted":[1,2]},{"at":1,"truth":2,"predicted":[1,2]}],"spread":[{"at":7,"truth":1,"predicted":[1,2]}],"of":39,"steps":false}]}`},
	{rundir.ProgressFile, `{"epoch":1,"max_epochs":2,"step":3,"of":8,"seconds_left":1.5,"at_most":true,"ended":"diverged","error":"<b>"}`},
	{rundir.LogFile, "epoch   1  train 0.48  \x1b[31m<script>\n"},
}

// FuzzRunFiles: for any content of one of a run's files, its pages are made, without a panic, an answer of the kind 5xx or text that is not
// escaped, and so are the lists and the comparisons of runs.
func FuzzRunFiles(f *testing.F) {
	dir := f.TempDir()
	place := filepath.Join(dir, "mine")
	if err := os.Mkdir(place, 0o755); err != nil {
		f.Fatal(err)
	}
	for i, file := range filesOfARun {
		for _, other := range []string{file.content, file.content[:len(file.content)/2], "", "null", "[]", "{}", strings.ReplaceAll(file.content, "1", "null"), strings.ReplaceAll(file.content, "0.", "-1e308"), strings.ReplaceAll(file.content, "[", "[["),
			strings.ReplaceAll(file.content, "a", "\x1b"), strings.ReplaceAll(file.content, "a", "\\u001b<script>"), strings.ReplaceAll(file.content, "0", "\x1b")} {
			f.Add(uint8(i), other, i%2 == 0)
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, content string, ended bool) {
		for i, file := range filesOfARun {
			text := file.content
			if i == int(which)%len(filesOfARun) {
				text = content
			} else if file.name == rundir.ResultFile && !ended {
				os.Remove(filepath.Join(place, file.name))
				continue
			}
			if err := os.WriteFile(filepath.Join(place, file.name), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		folder, err := Open(dir, nil) // opened again: a server looks only sometimes at files that it knows
		if err != nil {
			t.Fatal(err)
		}
		defer folder.Close()
		server, err := Listen(folder, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer server.listener.Close()
		server.ended = make(chan struct{})
		for _, path := range []string{"/?run=mine", "/list?run=mine", "/head?run=mine", "/body?run=mine", "/log?run=mine"} {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
			r.Host = server.guard.hosts[0]
			w := httptest.NewRecorder()
			server.guard.ServeHTTP(w, r)
			if w.Code >= 500 {
				t.Errorf("%s: found %d %s", path, w.Code, w.Body)
			}
			if body := w.Body.String(); strings.Contains(body, "\x1b") || strings.Contains(body, "<script>\n") {
				t.Errorf("%s: found text that is not escaped in\n%s", path, body)
			}
		}
		if _, err := run.List(context.Background(), dir, nil); err != nil {
			t.Error(err)
		}
		run.Compare(place, place, nil)
	})
}
