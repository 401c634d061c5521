package reproduce

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/usererr"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/atomicfile"
	"github.com/gruexp/gruexp/trainer/experiment"
)

// What a document has around the table.
const (
	beginMarker = "<!-- reproduced -->\n"
	endMarker   = "<!-- end -->"
)

const emptyTable = "# Results\n\n" + beginMarker + endMarker + "\n"

// Columns are those of the table. Those from measuredColumn up to publishedColumn are measured, the others follow from the goal.
func Columns() []string {
	return []string{"experiment", "metric", "gruexp", "seeds", "seconds", "parameters", "bar", "published", "PyTorch"}
}

const (
	measuredColumn  = 2
	publishedColumn = 7
)

// readTable reads a document that has a place for the table.
func readTable(path string) (string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return "", fault.Fault{Where: path, What: "cannot be read", Found: usererr.Reason(err), Expected: "a document with a table of results"}.Err()
	}
	if _, _, _, ok := cutTable(string(text)); !ok {
		return "", fault.Fault{
			Where: path, What: "has no table of results", Found: "no such lines",
			Expected: "a line " + strings.TrimSpace(beginMarker) + " and a line " + endMarker + ", with the table between them",
		}.Err()
	}
	return string(text), nil
}

func cutTable(text string) (before, table, after string, ok bool) {
	before, rest, ok := strings.Cut(text, beginMarker)
	if !ok {
		return "", "", "", false
	}
	table, after, ok = strings.Cut(rest, endMarker)
	return before, table, after, ok
}

func (o Options) updateTables(r *Result) error {
	own := filepath.Join(o.Dir, TableFile)
	if _, err := os.Stat(own); errors.Is(err, fs.ErrNotExist) {
		if err := usererr.Output(own, atomicfile.WriteBytes(own, 0o644, []byte(emptyTable))); err != nil {
			return err
		}
	}
	paths := []string{own}
	if o.Update != "" {
		paths = append(paths, o.Update)
	}
	for _, path := range paths {
		text, err := readTable(path)
		if err != nil {
			return err
		}
		fresh, err := update(text, r)
		if err != nil {
			return err
		}
		if err := usererr.Output(path, atomicfile.WriteBytes(path, 0o644, []byte(fresh))); err != nil {
			return err
		}
	}
	return nil
}

// update puts results into the table of a document. It has a row for each built-in experiment, and behind them one for
// each other that it had or that is new; what was measured of others stays.
func update(text string, results ...*Result) (string, error) {
	before, table, after, _ := cutTable(text)
	rows := map[string][]string{}
	var names []string
	for line := range strings.Lines(table) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), " | ")
		if len(cells) != len(Columns()) {
			continue
		}
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		if name := strings.Trim(cells[0], "`"); name != cells[0] {
			rows[name], names = cells, append(names, name)
		}
	}
	builtIn, err := experiment.Names()
	if err != nil {
		return "", err
	}
	for _, name := range builtIn {
		cfg, err := experiment.ReadConfig(name, nil, nil)
		if err != nil {
			return "", err
		}
		higher, err := cfg.Trainer.HigherIsBetter(cfg.Goal.Metric)
		if err != nil {
			return "", err
		}
		known := goalCells(name, cfg.Goal, higher)
		if old := rows[name]; old != nil && !strings.HasPrefix(old[measuredColumn], notYet) {
			copy(known[measuredColumn:publishedColumn], old[measuredColumn:publishedColumn])
		}
		rows[name] = known
	}
	for _, r := range results {
		rows[r.Experiment] = r.Row()
		names = append(names, r.Experiment)
	}
	var b strings.Builder
	b.WriteString(before + beginMarker)
	line(&b, Columns())
	b.WriteString("|" + strings.Repeat("---|", len(Columns())) + "\n")
	written := map[string]bool{}
	for _, name := range append(slices.Clone(builtIn), names...) {
		if !written[name] {
			line(&b, rows[name])
		}
		written[name] = true
	}
	b.WriteString(endMarker + after)
	return b.String(), nil
}

func line(b *strings.Builder, cells []string) {
	b.WriteString("| " + strings.Join(cells, " | ") + " |\n")
}

const notYet = "not measured: "

// goalCells is the row of an experiment that was not measured; higher says that a higher value of its metric is better.
func goalCells(name string, g *experiment.Goal, higher bool) []string {
	cells := make([]string, len(Columns()))
	for i := range cells {
		cells[i] = "–"
	}
	cells[0] = code(name)
	cells[1] = g.Metric
	cells[measuredColumn] = notYet + code("gruexp reproduce "+name)
	if g.Bar != nil {
		sign := "≤"
		if higher {
			sign = "≥"
		}
		cells[publishedColumn-1] = sign + " " + significant(*g.Bar, 4)
	}
	if g.Published != nil {
		cells[publishedColumn] = significant(*g.Published, 4) + ": " + plain(g.Source)
	}
	var measured []string
	for _, v := range g.PyTorch {
		measured = append(measured, significant(v, 4))
	}
	if measured != nil {
		cells[len(cells)-1] = strings.Join(measured, "–")
	}
	return cells
}

// Row is that of an experiment that was measured.
func (r *Result) Row() []string {
	cells := goalCells(r.Experiment, &r.Goal, r.higher)
	var seeds []string
	for _, seed := range r.Seeds {
		seeds = append(seeds, strconv.FormatUint(seed, 10))
	}
	cells[2], cells[3] = r.meanText(), strings.Join(seeds, ", ")
	cells[4], cells[5] = significant(r.Seconds, 2), humanize.Comma(int64(r.Parameters))
	if r.Reached != nil {
		word := "missed"
		if *r.Reached {
			word = "reached"
		}
		cells[6] += ", " + word
	}
	return cells
}

// meanText is the mean with half the width of its interval.
func (r *Result) meanText() string {
	if r.Interval == nil {
		return significant(r.Mean, 4) + " (one seed)"
	}
	return significant(r.Mean, 4) + " ± " + significant((r.Interval[1]-r.Interval[0])/2, 2)
}

// significant writes a number with that many digits that count, without an exponent as far as people read it so.
func significant(v float64, digits int) string {
	text := strconv.FormatFloat(v, 'g', digits, 64)
	if short, err := strconv.ParseFloat(text, 64); err == nil && strings.Contains(text, "e+") {
		return strconv.FormatFloat(short, 'f', -1, 64)
	}
	return text
}

func code(text string) string { return "`" + plain(text) + "`" }

// plain keeps a text from ending a cell or its code.
func plain(text string) string {
	return strings.NewReplacer("|", "/", "`", "'", "\n", " ").Replace(text)
}
