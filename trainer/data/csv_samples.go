package data

import (
	"fmt"
	"math"
	"slices"

	"github.com/pkg/errors"
)

// sample is the rows [lo, hi) of a panel that a model sees, and its target: a class, or the row of the target's value;
// with the task next the targets are the rows lo+1 … hi, with label the rows themselves. A forecast has one for nearly every row, so they are small.
type sample struct{ lo, hi, target int32 }

// samples returns those of a part in the order of the rows. A sequence or window without a target is left out.
func (l *csvLoader) samples(p part, classes []string) ([]sample, error) {
	panel := l.panels[p]
	var samples []sample
	var err error
	switch l.task {
	case Classify:
		samples, err = l.labeled(panel, p, classes)
	case Regress:
		samples, err = l.valued(panel, p)
	case Forecast:
		samples = l.windows(panel, p)
	case Next:
		samples = l.pieces(panel, p, 1, panel.complete)
	case Label:
		samples = l.pieces(panel, p, 0, func(row int) bool { return !math.IsNaN(panel.at(row, panel.label)) })
	}
	if err == nil && len(samples) == 0 {
		err = l.empty(panel, p)
	}
	return samples, err
}

// empty is the error of a part without any sample.
func (l *csvLoader) empty(panel *panel, p part) error {
	found := "no sequence with a target"
	expected := "at least one: more sequences, or a larger fraction for this part in split"
	switch l.task {
	case Forecast:
		horizons := l.config.Forecast.horizons()
		found = fmt.Sprintf("no window of %d rows with a target %d rows after it", l.config.Forecast.Window, horizons[0])
		if last := horizons[len(horizons)-1]; last > horizons[0] {
			found = fmt.Sprintf("no window of %d rows with all targets %d to %d rows after it", l.config.Forecast.Window, horizons[0], last)
		}
		expected = "at least one: more rows, a smaller window or horizon, or a larger fraction for this part in split"
	case Next:
		found = "no row that follows another and has every input"
	case Label:
		found = "no row with a label"
	}
	return errors.WithStack(&FileError{
		Path: panel.path, What: "the part " + p.String(),
		Found: fmt.Sprintf("%s (of %d rows in %d sequences in the file)", found, panel.rows(), len(panel.series)), Expected: expected,
	})
}

func (l *csvLoader) labeled(panel *panel, p part, classes []string) ([]sample, error) {
	var samples []sample
	for _, s := range panel.series {
		row, err := panel.labelOf(s)
		if err != nil {
			return nil, err
		}
		if row < 0 || l.partOf[panel][s.lo] != p {
			continue
		}
		class, known := slices.BinarySearch(classes, panel.text(row, panel.label))
		if !known {
			return nil, l.unknownLabel(panel, row, p)
		}
		samples = append(samples, sample{int32(s.lo), int32(s.hi), int32(class)})
	}
	return samples, nil
}

// unknownLabel is the error of a row whose label the training part has not.
func (l *csvLoader) unknownLabel(panel *panel, row int, p part) error {
	return errors.WithStack(&FileError{
		Path: panel.path, Line: panel.lineOf(row), What: "column " + shorten(l.config.CSV.Target),
		Found:    fmt.Sprintf("the label %s in the part %s only", shorten(panel.text(row, panel.label)), p),
		Expected: "labels that the training part has",
	})
}

// classesOf numbers the labels of a panel by classes, -1 for one that is none. The first row of the part with such a one is an
// error.
func (l *csvLoader) classesOf(panel *panel, p part, classes []string) ([]int, error) {
	numbers := make([]int, len(panel.lexicons[panel.label].texts))
	for number, text := range panel.lexicons[panel.label].texts {
		class, known := slices.BinarySearch(classes, text)
		if !known {
			class = -1
		}
		numbers[number] = class
	}
	for row, of := range l.partOf[panel] {
		if label := panel.at(row, panel.label); of == p && !math.IsNaN(label) && numbers[int(label)] < 0 {
			return nil, l.unknownLabel(panel, row, p)
		}
	}
	return numbers, nil
}

// label returns a row of a series that has its label, or -1 where none has one.
func (p *panel) labelOf(s series) (int, error) {
	found := -1
	for row := s.lo; row < s.hi; row++ {
		switch {
		case math.IsNaN(p.at(row, p.label)):
		case found < 0:
			found = row
		case p.differ(p.label, row, found):
			return 0, p.disagree(row, shorten(p.text(row, p.label)), shorten(p.text(found, p.label)), p.lineOf(found))
		}
	}
	return found, nil
}

func (p *panel) disagree(row int, found, first string, line int) error {
	return errors.WithStack(&FileError{
		Path: p.path, Line: p.lineOf(row), What: "target of " + p.name(row), Found: found,
		Expected: fmt.Sprintf("%s as on line %d: a sequence has one target", first, line),
	})
}

func (l *csvLoader) valued(panel *panel, p part) ([]sample, error) {
	var samples []sample
	for _, s := range panel.series {
		found := -1
		for row := s.lo; row < s.hi; row++ {
			switch value := panel.targetValue(row); {
			case math.IsNaN(value):
			case found < 0:
				found = row
			case value != panel.targetValue(found):
				return nil, panel.disagree(row, fmt.Sprint(value), fmt.Sprint(panel.targetValue(found)), panel.lineOf(found))
			}
		}
		if found >= 0 && l.partOf[panel][s.lo] == p {
			samples = append(samples, sample{int32(s.lo), int32(s.hi), int32(found)})
		}
	}
	return samples, nil
}

func (l *csvLoader) windows(panel *panel, p part) []sample {
	window, ahead := l.config.Forecast.Window, l.ahead()
	first, span := l.config.Forecast.horizons()[0], ahead[len(ahead)-1]
	partOf := l.partOf[panel]
	var samples []sample
	for _, s := range panel.series {
		for target := s.lo + window - 1 + first; target+span < s.hi; target++ {
			// The targets of a window are in one part, and a window between two parts is in none.
			missing := func(rows int) bool { return partOf[target+rows] != p || math.IsNaN(panel.targetValue(target+rows)) }
			if slices.ContainsFunc(ahead, missing) {
				continue
			}
			last := target - first
			samples = append(samples, sample{int32(last + 1 - window), int32(last + 1), int32(target)})
		}
	}
	return samples
}

// ahead is how many rows behind its first target each target of a sequence or window stands.
func (l *csvLoader) ahead() []int {
	if l.task != Forecast {
		return []int{0}
	}
	horizons := l.config.Forecast.horizons()
	ahead := make([]int, len(horizons))
	for j, h := range horizons {
		ahead[j] = h - horizons[0]
	}
	return ahead
}

// pieces cuts every series where its rows go over from one part to another, and into pieces of at most a window. The target
// of a row stands so many rows behind it. A piece without any target is left out.
func (l *csvLoader) pieces(panel *panel, p part, behind int, isTarget func(row int) bool) []sample {
	partOf := l.partOf[panel]
	var samples []sample
	for _, s := range panel.series {
		for lo := s.lo; lo < s.hi; {
			hi := lo + 1
			for hi < s.hi && partOf[hi] == partOf[lo] {
				hi++
			}
			window := hi - lo
			if l.config.Forecast != nil {
				window = l.config.Forecast.Window
			}
			for at := lo; partOf[lo] == p && at < hi-behind; at += window {
				end := min(at+window, hi-behind)
				if anyRow(at+behind, end+behind, isTarget) {
					samples = append(samples, sample{lo: int32(at), hi: int32(end)})
				}
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
