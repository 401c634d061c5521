package data

import (
	"fmt"
	"math"
	"slices"

	"github.com/pkg/errors"
)

// sample is the rows [lo, hi) of a panel that a model sees, and its target: a class, or the row of the target's value;
// with the task next the targets are the rows lo+1 … hi. A forecast has one for nearly every row, so they are small.
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
		samples = l.pieces(panel, p)
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
		found = fmt.Sprintf("no window of %d rows with a target %d rows after it", l.config.Forecast.Window, l.config.Forecast.Horizon)
		expected = "at least one: more rows, a smaller window or horizon, or a larger fraction for this part in split"
	case Next:
		found = "no row that follows another and has every input"
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
			return nil, errors.WithStack(&FileError{
				Path: panel.path, Line: panel.lineOf(row), What: "column " + shorten(l.config.CSV.Target),
				Found:    fmt.Sprintf("the label %s in the part %s only", shorten(panel.text(row, panel.label)), p),
				Expected: "labels that the training part has",
			})
		}
		samples = append(samples, sample{int32(s.lo), int32(s.hi), int32(class)})
	}
	return samples, nil
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
	window, horizon := l.config.Forecast.Window, l.config.Forecast.Horizon
	var samples []sample
	for _, s := range panel.series {
		for target := s.lo + window - 1 + horizon; target < s.hi; target++ {
			if l.partOf[panel][target] != p || math.IsNaN(panel.targetValue(target)) {
				continue
			}
			last := target - horizon
			samples = append(samples, sample{int32(last + 1 - window), int32(last + 1), int32(target)})
		}
	}
	return samples
}

// pieces cuts every series where its rows go over from one part to another, and into pieces of at most a window. A
// piece in which no target is complete is left out.
func (l *csvLoader) pieces(panel *panel, p part) []sample {
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
			for at := lo; partOf[lo] == p && at < hi-1; at += window {
				end := min(at+window, hi-1)
				if panel.anyComplete(at+1, end+1) {
					samples = append(samples, sample{lo: int32(at), hi: int32(end)})
				}
			}
			lo = hi
		}
	}
	return samples
}

// anyComplete says whether there is a complete row among rows lo … hi-1.
func (p *panel) anyComplete(lo, hi int) bool {
	for row := lo; row < hi; row++ {
		if p.complete(row) {
			return true
		}
	}
	return false
}
