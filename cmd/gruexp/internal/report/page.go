package report

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/csv"
	"html/template"
	"io"
	"io/fs"
	"net/url"
	"strings"

	"github.com/pkg/errors"

	tables "github.com/gruexp/gruexp/trainer/data/table"
)

// Names of the files of [Assets].
const (
	StyleFile   = "report.css"
	ChartsFile  = "echarts.min.js" // Apache ECharts, as it was published
	ScriptFile  = "report.js"      // comes after it
	pagePattern = "assets/page.html"
	bodyPattern = "assets/body.html"
)

//go:embed assets
var assets embed.FS

// Assets are the style and the scripts of a report as files, for a server of live pages: StyleFile, ChartsFile and ScriptFile.
//
// ScriptFile has two functions for such a page. gruexpCharts(root) draws the charts in an element that have not been
// drawn. gruexpSwap(root, html) puts what [Report.WriteBody] has written in the place of what is in an element: charts that
// have changed are drawn anew where they stand, and scroll positions and unfolded parts stay as they are.
func Assets() fs.FS {
	sub, err := fs.Sub(assets, "assets")
	if err != nil {
		panic(err) // the name is right
	}
	return sub
}

func asset(name string) string {
	content, err := fs.ReadFile(Assets(), name)
	if err != nil {
		panic(err) // it is embedded
	}
	return string(content)
}

// WritePage writes the whole file.
func (r *Report) WritePage(w io.Writer) error {
	style, charts, script := asset(StyleFile), asset(ChartsFile), asset(ScriptFile)
	head := struct {
		Title, Policy, Made string
		Style               template.CSS
	}{
		r.Title(), "default-src 'none'; style-src 'unsafe-inline'; script-src " + hashOf(charts) + " " + hashOf(script) + "; img-src data:; base-uri 'none'; form-action 'none'",
		r.Made.UTC().Format("2006-01-02 15:04 UTC"), template.CSS(style),
	}
	t, err := templates()
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := t.ExecuteTemplate(&b, "head", head); err != nil {
		return errors.Wrap(err, "report")
	}
	if err := r.WriteBody(&b); err != nil {
		return err
	}
	if err := t.ExecuteTemplate(&b, "foot", head); err != nil {
		return errors.Wrap(err, "report")
	}
	// The library stands as it was published, to the byte: the policy has its checksum.
	for _, part := range []string{"<script>", charts, "</script>\n<script>", script, "</script>\n</body>\n</html>\n"} {
		b.WriteString(part)
	}
	_, err = b.WriteTo(w)
	return errors.Wrap(err, "report")
}

// WriteBody writes the inside of the page's main element. Control characters, which a damaged file may have, are left out.
func (r *Report) WriteBody(w io.Writer) error {
	t, err := templates()
	if err != nil {
		return err
	}
	var b bytes.Buffer
	err = t.ExecuteTemplate(&b, "body", struct {
		Title    string
		Sections []section
	}{r.Title(), r.sections()})
	if err != nil {
		return errors.Wrap(err, "report")
	}
	_, err = w.Write(bytes.Map(func(c rune) rune {
		if c < ' ' && c != '\n' && c != '\t' || c == 0x7f {
			return -1
		}
		return c
	}, b.Bytes()))
	return errors.Wrap(err, "report")
}

// hashOf is a script as a policy names it.
func hashOf(script string) string {
	sum := sha256.Sum256([]byte(script))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

func templates() (*template.Template, error) {
	t, err := template.New("report").Funcs(template.FuncMap{
		"saved": func(f *file) template.URL {
			return template.URL("data:" + f.Type + ";charset=utf-8," + url.PathEscape(f.Text))
		},
		"csv": func(t *table) template.URL {
			return template.URL("data:text/csv;charset=utf-8," + url.PathEscape(t.csv()))
		},
	}).ParseFS(assets, pagePattern, bodyPattern)
	return t, errors.Wrap(err, "report")
}

// csv is the table as it is saved.
func (t *table) csv() string {
	var b strings.Builder
	w := csv.NewWriter(&b)
	record := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		record[i] = c.Name
	}
	_ = w.Write(tables.CSVRow(record)) // a builder takes everything
	for _, r := range t.Rows {
		record = record[:0]
		for _, c := range r.Cells {
			full := c.Full
			if full == "" {
				full = c.Text
			}
			record = append(record, strings.TrimSpace(full))
		}
		_ = w.Write(tables.CSVRow(record))
	}
	w.Flush()
	return b.String()
}
