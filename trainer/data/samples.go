package data

import (
	"fmt"
	"math"
	"slices"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/data/internal/quote"
)

// sample is the rows [lo, hi) of a panel that a model sees, and its target: a class, or the row of the target's value;
// with the task next the targets are the rows lo+1 … hi, with label the rows themselves. A forecast has one for nearly every row, so they are small.
type Sample struct{ Lo, Hi, Target int32 }

// samples returns those of a part in the order of the rows. A sequence or window without a target is left out.
func (l *Builder) samples(p Part, classes []string) ([]Sample, error) {
	panel := l.Panels[p]
	var samples []Sample
	var err error
	switch l.Task {
	case Classify:
		samples, err = l.labeled(panel, p, classes)
	case Regress:
		samples, err = l.valued(panel, p)
	case Forecast:
		samples = l.windows(panel, p)
	case Next:
		samples = l.pieces(panel, p, 1, panel.Complete)
	case Label:
		samples = l.pieces(panel, p, 0, func(row int) bool { return !math.IsNaN(panel.At(row, panel.Label)) })
	}
	if err == nil && len(samples) == 0 {
		err = l.empty(panel, p)
	}
	if left := l.left; left > 0 {
		what := "sequences have no target"
		switch l.Task {
		case Forecast:
			what = "windows have a missing target"
		case Next:
			what = "pieces have no row that follows another and has every input"
		case Label:
			what = "pieces have no label"
		}
		l.notes = append(l.notes, fmt.Sprintf("%s: the part %s: %d of %d %s and are left out", panel.Path, p, left, left+len(samples), what))
	}
	l.left = 0
	return samples, err
}

// empty is the error of a part without any sample.
func (l *Builder) empty(panel *Panel, p Part) error {
	found := "no sequence with a target"
	expected := "at least one: more sequences, or a larger fraction for this part in split"
	switch l.Task {
	case Forecast:
		horizons := l.Config.Forecast.horizons()
		found = fmt.Sprintf("no window of %d rows with a target %d rows after it", l.Config.Forecast.Window, horizons[0])
		if last := horizons[len(horizons)-1]; last > horizons[0] {
			found = fmt.Sprintf("no window of %d rows with all targets %d to %d rows after it", l.Config.Forecast.Window, horizons[0], last)
		}
		expected = "at least one: more rows, a smaller window or horizon, or a larger fraction for this part in split"
	case Next:
		found = "no row that follows another and has every input"
	case Label:
		found = "no row with a label"
	}
	return errors.WithStack(fault.Fault{
		Where: panel.Path, What: "the part " + p.String(),
		Found: fmt.Sprintf("%s (of %d rows in %d sequences in the file)", found, panel.Rows(), len(panel.Series)), Expected: expected,
	}.Err())
}

func (l *Builder) labeled(panel *Panel, p Part, classes []string) ([]Sample, error) {
	var samples []Sample
	for _, s := range panel.Series {
		row, err := panel.labelOf(s)
		if err != nil {
			return nil, err
		}
		if l.PartOf[panel][s.Lo] != p {
			continue
		}
		if row < 0 {
			l.left++
			continue
		}
		class := slices.Index(classes, panel.Text(row, panel.Label))
		if class < 0 {
			return nil, l.unknownLabel(panel, row, p)
		}
		samples = append(samples, Sample{int32(s.Lo), int32(s.Hi), int32(class)})
	}
	return samples, nil
}

// unknownLabel is the error of a row whose label the training part has not.
func (l *Builder) unknownLabel(panel *Panel, row int, p Part) error {
	return errors.WithStack(fault.Fault{
		Where: panel.Path, Line: panel.LineOf(row), What: "column " + quote.Text(l.Config.Table.Target),
		Found:    fmt.Sprintf("the label %s in the part %s only", quote.Text(panel.Text(row, panel.Label)), p),
		Expected: "labels that the training part has",
	}.Err())
}

// classesOf numbers the labels of a panel by classes, -1 for one that is none. The first row of the part with such a one is an
// error.
func (l *Builder) classesOf(panel *Panel, p Part, classes []string) ([]int, error) {
	numbers := make([]int, len(panel.Lexicons[panel.Label].Texts))
	for number, text := range panel.Lexicons[panel.Label].Texts {
		numbers[number] = slices.Index(classes, text)
	}
	for row, of := range l.PartOf[panel] {
		if label := panel.At(row, panel.Label); of == p && !math.IsNaN(label) && numbers[int(label)] < 0 {
			return nil, l.unknownLabel(panel, row, p)
		}
	}
	return numbers, nil
}

// label returns a row of a series that has its label, or -1 where none has one.
func (p *Panel) labelOf(s Series) (int, error) {
	found := -1
	for row := s.Lo; row < s.Hi; row++ {
		switch {
		case math.IsNaN(p.At(row, p.Label)):
		case found < 0:
			found = row
		case p.differ(p.Label, row, found):
			return 0, p.disagree(row, quote.Text(p.Text(row, p.Label)), quote.Text(p.Text(found, p.Label)), p.LineOf(found))
		}
	}
	return found, nil
}

func (p *Panel) disagree(row int, found, first string, line int) error {
	return errors.WithStack(fault.Fault{
		Where: p.Path, Line: p.LineOf(row), What: "target of " + p.name(row), Found: found,
		Expected: fmt.Sprintf("%s as on line %d: a sequence has one target", first, line),
	}.Err())
}

func (l *Builder) valued(panel *Panel, p Part) ([]Sample, error) {
	var samples []Sample
	for _, s := range panel.Series {
		found := -1
		for row := s.Lo; row < s.Hi; row++ {
			switch value := panel.TargetValue(row, 0); {
			case math.IsNaN(value):
			case found < 0:
				found = row
			case value != panel.TargetValue(found, 0):
				return nil, panel.disagree(row, fmt.Sprint(value), fmt.Sprint(panel.TargetValue(found, 0)), panel.LineOf(found))
			}
		}
		switch {
		case l.PartOf[panel][s.Lo] != p:
		case found < 0:
			l.left++
		default:
			samples = append(samples, Sample{int32(s.Lo), int32(s.Hi), int32(found)})
		}
	}
	return samples, nil
}

func (l *Builder) windows(panel *Panel, p Part) []Sample {
	window, offsets := l.Config.Forecast.Window, l.offsets()
	first, span := l.Config.Forecast.horizons()[0], offsets[len(offsets)-1]
	partOf := l.PartOf[panel]
	var samples []Sample
	for _, s := range panel.Series {
		for target := s.Lo + window - 1 + first; target+span < s.Hi; target++ {
			// The targets of a window are in one part, and a window between two parts is in none.
			elsewhere := func(rows int) bool { return partOf[target+rows] != p }
			missing := func(rows int) bool {
				for k := range panel.Values {
					if math.IsNaN(panel.TargetValue(target+rows, k)) {
						return true
					}
				}
				return false
			}
			if slices.ContainsFunc(offsets, elsewhere) {
				continue
			}
			if slices.ContainsFunc(offsets, missing) {
				l.left++
				continue
			}
			last := target - first
			samples = append(samples, Sample{int32(last + 1 - window), int32(last + 1), int32(target)})
		}
	}
	return samples
}

// outputs are what is predicted for a sample of a panel.
func (l *Builder) outputs(panel *Panel) []Output {
	var outputs []Output
	for k := range panel.Values {
		for _, rows := range l.offsets() {
			outputs = append(outputs, Output{k, rows})
		}
	}
	return outputs
}

// offsets are the rows from the first target of a sequence or window to each of its targets.
func (l *Builder) offsets() []int {
	if l.Task != Forecast {
		return []int{0}
	}
	horizons := l.Config.Forecast.horizons()
	offsets := make([]int, len(horizons))
	for j, h := range horizons {
		offsets[j] = h - horizons[0]
	}
	return offsets
}

// pieces cuts every series where its rows go over from one part to another, and into pieces of at most a window. The target
// of a row is lead rows later. A piece without any target is left out.
func (l *Builder) pieces(panel *Panel, p Part, lead int, isTarget func(row int) bool) []Sample {
	partOf := l.PartOf[panel]
	var samples []Sample
	for _, s := range panel.Series {
		for lo := s.Lo; lo < s.Hi; {
			hi := lo + 1
			for hi < s.Hi && partOf[hi] == partOf[lo] {
				hi++
			}
			window := hi - lo
			if l.Config.Forecast != nil {
				window = l.Config.Forecast.Window
			}
			for at := lo; partOf[lo] == p && at < hi-lead; at += window {
				end := min(at+window, hi-lead)
				if !anyRow(at+lead, end+lead, isTarget) {
					l.left++
					continue
				}
				samples = append(samples, Sample{Lo: int32(at), Hi: int32(end)})
			}
			lo = hi
		}
	}
	return samples
}

// anyRow says whether something holds for any of the rows lo … hi-1.
func anyRow(lo, hi int, holds func(row int) bool) bool {
	for row := lo; row < hi; row++ {
		if holds(row) {
			return true
		}
	}
	return false
}
