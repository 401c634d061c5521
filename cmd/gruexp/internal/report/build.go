package report

import (
	"fmt"
	"strconv"
	"strings"
)

// sections is all that is said: the verdict first, then pictures, then what stands behind them.
func (r *Report) sections() []section {
	switch {
	case len(r.Runs) == 1 && len(r.Studies) == 0:
		return r.Runs[0].sections(names{})
	case len(r.Runs) == 0 && len(r.Studies) == 1:
		return r.Studies[0].sections(names{})
	}
	var all []section
	if len(r.Runs) > 0 {
		all = append(all, severalRuns(r.Runs, names{"runs-"})...)
	}
	for i, s := range r.Studies {
		n := names{"study" + strconv.Itoa(i+1) + "-"}
		inner := s.sections(n)
		for k := range inner {
			inner[k].Deep = true
		}
		title := "Study " + s.Name
		all = append(append(all, section{ID: n.of("study"), Title: title, Blocks: []block{{Text: s.Path}}}), inner...)
	}
	return all
}

// names makes identifiers that are unique on the page and stay the same when it is made again.
type names struct{ prefix string }

func (n names) of(what string) string {
	var b strings.Builder
	for _, c := range n.prefix + what {
		switch {
		case c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '_':
			b.WriteRune(c)
		case c >= 'A' && c <= 'Z':
			b.WriteRune(c)
		default:
			fmt.Fprintf(&b, ".%x", c)
		}
	}
	return b.String()
}

// with gives a chart its table.
func (c *chart) with(t *table) *chart {
	t.Name, t.Key, t.OfChart = c.ID, c.ID+"-numbers", true
	if t.Caption == "" {
		t.Caption = c.Title
	}
	c.Table = t
	return c
}

// faults are a block for each.
func faults(list []string) []block {
	const most = 20
	var blocks []block
	for i, f := range list {
		if i == most {
			return append(blocks, block{Fault: fmt.Sprintf("and %d more faults of files", len(list)-most)})
		}
		blocks = append(blocks, block{Fault: f})
	}
	return blocks
}

// quoted is a path as a shell takes it.
func quoted(path string) string {
	plain := !strings.ContainsFunc(path, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._-+/:,@%", r))
	})
	if plain && path != "" && path[0] != '-' {
		return path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}
