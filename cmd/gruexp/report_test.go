package main_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/report"
)

// reported is the JSON of report.
type reported struct {
	Report        string
	Runs, Studies int
}

func (o outcome) reported(t *testing.T) reported {
	t.Helper()
	var r reported
	o.decode(t, &r)
	return r
}

// evil is what somebody may call a class, an input or a directory.
const evil = `</script><script>alert(1)</script>`

// hostile is an experiment whose class and description would be scripts if anybody let them.
func hostile(t *testing.T) string {
	t.Helper()
	file := experiment(t, classifySwings+"description: '"+evil+"'\n")
	table := filepath.Join(filepath.Dir(file), "swings.csv")
	write(t, table, strings.ReplaceAll(read(t, table), ",fast,", ","+evil+","))
	return file
}

// A run has a report when it has ended: the verdict, all sections, and nothing that comes from elsewhere.
func TestReportOfARun(t *testing.T) {
	t.Parallel()
	out := filepath.Join(t.TempDir(), "run")
	file := hostile(t)
	mustRun(t, "train", file, "--out", out, "--set", "trainer.gradient_norms=true")
	page := read(t, filepath.Join(out, "report.html"))
	for _, part := range []string{
		"Content-Security-Policy", "default-src &#39;none&#39;", "The best epoch was", "Learning curves", "Confusion matrix of the part test", "Recall of each class",
		"Gradient flow", "Gates over time", "Norm of each parameter", "differs from the defaults", "solver.learning_rate", "SHA-256", "gruexp eval ",
	} {
		if !strings.Contains(page, part) {
			t.Errorf("found no %q in the report", part)
		}
	}
	if strings.Contains(page, evil) {
		t.Error("found a name that is a script, expected it to be text")
	}
	if found := regexp.MustCompile(`(?:src|href)="(?:https?:)?//[^"]*"`).FindAllString(page, -1); len(found) != 1 || !strings.Contains(found[0], "echarts.apache.org") {
		t.Errorf("found the links %v, expected that to the library's home alone", found)
	}

	// Making it again changes the time in it alone, and --output says where it goes.
	other := filepath.Join(t.TempDir(), "other.html")
	if r := mustRun(t, "report", out, "--output", other, "--json").reported(t); r != (reported{other, 1, 0}) {
		t.Errorf("found %+v", r)
	}
	made := regexp.MustCompile(`Made by gruexp, [^.]*\.`)
	if made.ReplaceAllString(page, "") != made.ReplaceAllString(read(t, other), "") {
		t.Error("found another report of the same run, expected the same")
	}

	// Each table is saved as CSV with the numbers in full.
	table := savedTable(t, page, "results.csv")
	var r result
	if err := json.Unmarshal([]byte(read(t, filepath.Join(out, "result.json"))), &r); err != nil {
		t.Fatal(err)
	}
	row := slices.IndexFunc(table, func(row []string) bool { return row[0] == "accuracy" })
	column := slices.Index(table[0], "test")
	if row < 0 || column < 0 || table[row][column] != fmt.Sprint(r.Test["accuracy"]) {
		t.Errorf("found %v, expected the accuracy %v on test", table, r.Test["accuracy"])
	}
}

// savedTable reads a table that a page offers as a file.
func savedTable(t *testing.T, page, name string) [][]string {
	t.Helper()
	m := regexp.MustCompile(`download="` + regexp.QuoteMeta(name) + `" href="data:text/csv;charset=utf-8,([^"]*)"`).FindStringSubmatch(page)
	if m == nil {
		t.Fatalf("found no %s in the page", name)
	}
	text, err := url.PathUnescape(strings.ReplaceAll(m[1], "&#43;", "+"))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// What goes into a report changes nothing about a run, and is the same each time.
func TestInsideIsTheSameEachTime(t *testing.T) {
	t.Parallel()
	file := experiment(t, forecastTemperature)
	one, two := filepath.Join(t.TempDir(), "one"), filepath.Join(t.TempDir(), "two")
	mustRun(t, "train", file, "--out", one, "--threads", "1")
	mustRun(t, "train", file, "--out", two, "--threads", "2")
	text := read(t, filepath.Join(one, "inside.json"))
	if text != read(t, filepath.Join(two, "inside.json")) {
		t.Error("found another inside.json of the same run")
	}
	var inside struct {
		Part        string
		Predictions []struct {
			Name    string
			Stretch []struct {
				Truth     float64
				Predicted []float64
			}
		}
		Recurrences []struct {
			Name     string
			Gradient []float64
		}
	}
	if err := json.Unmarshal([]byte(text), &inside); err != nil {
		t.Fatal(err)
	}
	if inside.Part != "test" || len(inside.Predictions) != 1 || inside.Predictions[0].Name != "temperature" || len(inside.Recurrences) != 1 || len(inside.Recurrences[0].Gradient) != 24 {
		t.Errorf("found %.300s", text)
	}

	// The predictions are those of the verb predict's model: their mean absolute error is the run's.
	var r result
	if err := json.Unmarshal([]byte(read(t, filepath.Join(one, "result.json"))), &r); err != nil {
		t.Fatal(err)
	}
	sum := 0.0
	for _, g := range inside.Predictions[0].Stretch {
		sum += max(g.Truth-g.Predicted[0], g.Predicted[0]-g.Truth)
	}
	if mae := sum / float64(len(inside.Predictions[0].Stretch)); mae < 0.999*r.Test["mae"] || mae > 1.001*r.Test["mae"] { // five digits are kept
		t.Errorf("found the mean absolute error %g of %d predictions, expected %g", mae, len(inside.Predictions[0].Stretch), r.Test["mae"])
	}
}

// Whatever state a run is in, it is reported as what it is.
func TestReportOfDamagedAndUnfinishedRuns(t *testing.T) {
	t.Parallel()
	file := experiment(t, classifySwings)
	finished := filepath.Join(t.TempDir(), "finished")
	mustRun(t, "train", file, "--out", finished, "--set", "trainer.max_epochs=3")
	damage := func(name string, change func(dir string)) string {
		dir := filepath.Join(t.TempDir(), name)
		if err := os.CopyFS(dir, os.DirFS(finished)); err != nil {
			t.Fatal(err)
		}
		change(dir)
		return dir
	}
	remove := func(dir, name string) {
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name   string
		change func(dir string)
		want   []string
	}{
		{"interrupted", func(dir string) { remove(dir, "result.json") }, []string{"The run has not ended", "gruexp resume", "The best epoch so far is"}},
		{"torn", func(dir string) {
			remove(dir, "result.json")
			text := read(t, filepath.Join(dir, "metrics.jsonl"))
			write(t, filepath.Join(dir, "metrics.jsonl"), text[:len(text)-20])
		}, []string{"metrics.jsonl:3: the last line is torn, left out", "after 2 epochs"}},
		{"result", func(dir string) { write(t, filepath.Join(dir, "result.json"), "{") }, []string{"result.json: damaged file", "The run has not ended"}},
		{"empty result", func(dir string) { write(t, filepath.Join(dir, "result.json"), "{}") }, []string{"The best epoch was 0 of 0"}},
		{"inside", func(dir string) {
			write(t, filepath.Join(dir, "inside.json"), `{"recurrences": [{"name": "x", "gradient": [1, 2]}], "sequence": {"layers": [{"units": [1], "values": [{"steps": [[1, 2]]}]}]},
				"confusion_matrix": {"classes": ["a"], "counts": [[1, 2]]}, "predictions": [{"point": 3, "stretch": [{"predicted": [1]}]}]}`)
		}, []string{"rows and classes do not agree", "their number does not agree"}},
		{"config", func(dir string) { write(t, filepath.Join(dir, "config.yaml"), "task: [") }, []string{"config.yaml", "The best epoch was"}},
		{"bare", func(dir string) {
			for _, name := range []string{"result.json", "inside.json", "environment.json", "metrics.jsonl"} {
				remove(dir, name)
			}
		}, []string{"after 0 epochs"}},
		{"metrics", func(dir string) { write(t, filepath.Join(dir, "metrics.jsonl"), "1\n[]\n{\"epoch\": \"x\"}\n") }, []string{"metrics.jsonl:1: damaged line", "more damaged lines"}},
	} {
		dir := damage(c.name, c.change)
		mustRun(t, "report", dir)
		page := read(t, filepath.Join(dir, "report.html"))
		for _, part := range c.want {
			if !strings.Contains(page, part) {
				t.Errorf("%s: found no %q in the report", c.name, part)
			}
		}
	}

	imported := importNumbers(t)
	mustRun(t, "report", imported)
	if page := read(t, filepath.Join(imported, "report.html")); !strings.Contains(page, "The weights were imported") {
		t.Error("found a report of imported weights that does not say so")
	}
	folder := filepath.Dir(damage("one", func(string) {}))
	if r := mustRun(t, "report", folder, finished, finished, "--output", filepath.Join(folder, "all.html"), "--json").reported(t); r.Runs != 2 {
		t.Errorf("found %+v, expected each run once", r)
	}
	gruexp(t, "report", t.TempDir()).mustFail(t, 2, ": nothing to report (found no run and no study, expected …")
	gruexp(t, "report", filepath.Join(folder, "none"), t.TempDir()).mustFail(t, 2, "none: cannot be read (found no such file or directory, ", ": nothing to report")
	gruexp(t, "report", finished, "--output", filepath.Join(folder, "none", "page.html")).mustFail(t, 2, "page.html: cannot be written (found no such file or directory, ")
	gruexp(t, "report").mustFail(t, 2, "report: wrong arguments (found nothing, expected directories of runs or studies)")
}

// Studies are reported with their verdicts, whole and from what is left of them.
func TestReportOfStudies(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	compared, tuned := filepath.Join(folder, "compared"), filepath.Join(folder, "tuned")
	copyStudies(t, folder)
	if _, err := os.Stat(filepath.Join(compared, "trials", "small-1", "report.html")); err == nil {
		t.Error("found a report of a trial, expected that the study alone has one")
	}
	reports := func(dir string, parts ...string) {
		t.Helper()
		mustRun(t, "report", dir)
		page := read(t, filepath.Join(dir, "report.html"))
		for _, part := range parts {
			if !strings.Contains(page, part) {
				t.Errorf("%s: found no %q in the report", dir, part)
			}
		}
		if strings.Contains(page, "test.accuracy") {
			t.Errorf("%s: found the test part, which nobody has asked for", dir)
		}
	}
	reports(compared, "small", "found from small", "Arms: means with 95 % intervals", "Differences from small", "Validation: accuracy", "Lines are means over the runs", "What the configurations do not share", "gruexp train ")
	reports(tuned, "The best of 5 trials is ", "What matters most is ", "Parallel coordinates", "Importance", "valid.loss of every trial by epoch", "best.yaml")

	// The record of a study may be damaged, and what it printed be left.
	for _, dir := range []string{compared, tuned} {
		for _, end := range []string{"-wal", "-shm"} {
			_ = os.Remove(filepath.Join(dir, "study.db"+end)) // where there are such
		}
		write(t, filepath.Join(dir, "study.db"), "no database")
	}
	reports(compared, "study.db: cannot be read", "Differences from small")
	reports(tuned, "study.db: cannot be read", "The best of 5 trials is ")
	if err := os.Remove(filepath.Join(tuned, "result.json")); err != nil {
		t.Fatal(err)
	}
	reports(tuned, "The study cannot be read")
	if r := mustRun(t, "report", folder, "--json").reported(t); r.Studies != 2 || r.Runs != 0 {
		t.Errorf("found %+v, expected two studies", r)
	}
}

// studies are a comparison and a search, compared and tuned, in a folder that ends with the tests.
var studies struct {
	once   sync.Once
	folder string
}

// copyStudies copies them into a folder.
func copyStudies(t *testing.T, folder string) {
	t.Helper()
	studies.once.Do(func() {
		in := filepath.Join(os.Getenv("HOME"), "studies") // which TestMain has made and removes
		mustRun(t, "compare", studyFile(t, compareSwings), "--out", filepath.Join(in, "compared"))
		mustRun(t, "tune", studyFile(t, tuneSwings), "--out", filepath.Join(in, "tuned"))
		studies.folder = in
	})
	if studies.folder == "" {
		t.Fatal("found no studies: their test has failed")
	}
	if err := os.CopyFS(folder, os.DirFS(studies.folder)); err != nil {
		t.Fatal(err)
	}
}

// The page works in a real browser, on any screen and on paper, with and without scripts.
func TestReportInABrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("a browser; not with -short")
	}
	t.Parallel()
	b := StartBrowser(t)
	folder := t.TempDir()
	dir := func(name string) string { return filepath.Join(folder, name) }
	mustRun(t, "train", hostile(t), "--out", dir("classes"), "--set", "trainer.gradient_norms=true")
	mustRun(t, "train", experiment(t, forecastTemperature), "--out", dir("forecast"), "--set", "loss=quantile")
	copyStudies(t, folder)
	for _, name := range []string{"compared", "tuned", "."} {
		mustRun(t, "report", dir(name))
	}
	for _, c := range []struct {
		name   string
		charts int // at least
		wide   bool
	}{{"classes", 12, true}, {"forecast", 12, true}, {"compared", 8, false}, {"tuned", 8, true}, {".", 8, false}} {
		address := (&url.URL{Scheme: "file", Path: filepath.ToSlash(filepath.Join(dir(c.name), "report.html"))}).String()
		for _, look := range []Look{{}, {Width: 360, Height: 740, Dark: true}} {
			if look.Width == 0 && !c.wide {
				continue
			}
			p := b.Open(address, look)
			checkPage(t, p, c.name, c.charts)
			if look.Width == 0 && c.name == "forecast" {
				if document := p.PDF(); !bytes.HasPrefix(document, []byte("%PDF-")) || len(document) < 20_000 {
					t.Errorf("%s: found %d bytes on paper", c.name, len(document))
				}
			}
		}
	}
	p := b.Open("file://"+filepath.ToSlash(filepath.Join(dir("classes"), "report.html")), Look{NoScripts: true})
	tables := Eval[int](p, `document.querySelectorAll('table').length`)
	plots := Eval[int](p, `[...document.querySelectorAll('.plot')].filter(e => e.offsetHeight > 0).length`)
	if tables < 15 || plots > 0 {
		t.Errorf("without scripts: found %d tables and room for %d charts, expected 15 or more and 0", tables, plots)
	}
	live(t, b, dir("classes"))
}

// checkPage looks at all that can be told of a page without eyes.
func checkPage(t *testing.T, p *Page, name string, charts int) {
	t.Helper()
	if said := p.Messages(); len(said) > 0 {
		t.Errorf("%s: found messages of the browser, expected none: %q", name, said)
	}
	if asked := p.Requests(); len(asked) != 1 {
		t.Errorf("%s: found the requests %q, expected the page alone", name, asked)
	}
	Eval[bool](p, `document.querySelectorAll('details').forEach(d => d.open = true), true`) // which draws what is within
	p.WaitFor(`[...document.querySelectorAll('.plot')].every(e => e.querySelector('svg'))`)
	found := Eval[struct {
		Charts, Scripts       int
		Empty, Unnamed, Loose []string
		Wide                  int
		Contrast              float64
		Faint                 []string
	}](p, `(() => {
		const figures = [...document.querySelectorAll('figure.chart')];
		const light = c => { const v = c.match(/[\d.]+/g).slice(0, 3).map(x => { x /= 255; return x <= .03928 ? x / 12.92 : ((x + .055) / 1.055) ** 2.4; }); return .2126 * v[0] + .7152 * v[1] + .0722 * v[2]; };
		const behind = e => { while (e) { const c = getComputedStyle(e).backgroundColor; if (c !== 'rgba(0, 0, 0, 0)') return c; e = e.parentElement; } return 'rgb(255, 255, 255)'; };
		const contrast = e => { const a = light(getComputedStyle(e).color), b = light(behind(e)); return (Math.max(a, b) + .05) / (Math.min(a, b) + .05); };
		const fills = figures.filter(f => !f.textContent.includes('"heat"')).flatMap(f => [...f.querySelectorAll('.plot svg text')]).filter(e => e.getAttribute('fill')).map(e => { const a = light(getComputedStyle(e).fill), b = light(behind(e)); return (Math.max(a, b) + .05) / (Math.min(a, b) + .05); });
		return {
			charts: figures.length,
			scripts: [...document.querySelectorAll('script:not([type])')].length,
			empty: figures.filter(f => f.querySelectorAll('.plot svg path, .plot svg circle, .plot svg rect, .plot svg image').length < 4).map(f => f.id),
			unnamed: figures.filter(f => !f.querySelector('.plot').getAttribute('aria-label') || !f.querySelector('figcaption').textContent || !f.querySelector('table')).map(f => f.id),
			loose: figures.filter(f => new Set(figures.map(g => g.id)).size !== figures.length || f.querySelectorAll('a[download$=".csv"]').length < 1).map(f => f.id),
			wide: document.documentElement.scrollWidth - innerWidth,
			faint: [...document.querySelectorAll('p, a, th, td, summary, h1, h2, figcaption, button')].filter(e => contrast(e) < 4.5).map(e => e.outerHTML.slice(0, 80)).slice(0, 5),
			contrast: Math.min(...[...document.querySelectorAll('p, a, th, td, summary, h1, h2, figcaption, button')].map(contrast), ...fills.filter(x => x > 1.2)),
		};
	})()`)
	if found.Charts < charts || found.Scripts != 2 {
		t.Errorf("%s: found %d charts and %d scripts, expected %d or more and 2", name, found.Charts, found.Scripts, charts)
	}
	if len(found.Empty)+len(found.Unnamed)+len(found.Loose) > 0 {
		t.Errorf("%s: found charts without marks %q, without a name or a table %q, or without a name of their own or a file %q", name, found.Empty, found.Unnamed, found.Loose)
	}
	if found.Wide > 0 {
		t.Errorf("%s: found a page %d pixels wider than the screen", name, found.Wide)
	}
	if found.Contrast < 4.5 { // WCAG 2.2, level AA, for text
		t.Errorf("%s: found text with a contrast of %.2f, expected 4.5 or more: %q", name, found.Contrast, found.Faint)
	}
}

// live puts a newer report in the place of an older one, as a page that follows a run does.
func live(t *testing.T, b *Browser, dir string) {
	t.Helper()
	p := b.Open("file://"+filepath.ToSlash(filepath.Join(dir, "report.html")), Look{})
	lines := strings.SplitAfter(read(t, filepath.Join(dir, "metrics.jsonl")), "\n")
	write(t, filepath.Join(dir, "metrics.jsonl"), strings.Join(lines[:3], ""))
	if err := os.Remove(filepath.Join(dir, "result.json")); err != nil {
		t.Fatal(err)
	}
	r, err := report.Read(t.Context(), []string{dir}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var body bytes.Buffer
	if err := r.WriteBody(&body); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(body.String())
	if err != nil {
		t.Fatal(err)
	}
	found := Eval[struct {
		Moved, Scrolled float64
		Open, Same      bool
		Charts, Left    int
	}](p, fmt.Sprintf(`(() => {
		const main = document.getElementById('main');
		const open = main.querySelector('figure details');
		open.open = true;
		scrollTo(0, 900);
		const at = () => main.querySelectorAll('figure')[1].getBoundingClientRect().top;
		const y = at(), svg = main.querySelector('.plot svg');
		for (let i = 0; i < 3; i++) gruexpSwap(main, %s);
		return {
			moved: Math.abs(at() - y), scrolled: scrollY, open: main.querySelector('figure details').open, same: main.querySelector('.plot svg') === svg,
			charts: main.querySelectorAll('.plot svg').length, left: main.querySelectorAll('.plot').length,
		};
	})()`, text))
	if found.Scrolled < 300 || found.Moved > 1 || !found.Open || !found.Same || found.Charts != found.Left || found.Charts == 0 {
		t.Errorf("found %+v after a swap, expected the same place, open parts, and the same picture drawn anew", found)
	}
	if text := Eval[string](p, `document.querySelector('.verdict').textContent`); !strings.Contains(text, "after 3 epochs") {
		t.Errorf("found %q, expected the newer verdict", text)
	}
	if said := p.Messages(); len(said) > 0 {
		t.Errorf("found messages of the browser, expected none: %q", said)
	}
}
