package sets

import (
	"cmp"
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/data/baseline"
	"github.com/gruexp/gruexp/trainer/data/internal/input"
	"github.com/gruexp/gruexp/trainer/data/internal/quote"
)

// Limits of a file of names: far above the published ones, low enough that a damaged file cannot fill the memory.
const (
	maxNamesBytes = 64 << 20 // unpacked
	maxNameBytes  = 1 << 10
)

// AccuracyUnseen is the metric of [Data].Unseen.
const AccuracyUnseen = "accuracy_unseen"

// namesValid is the part of the training file that validates.
const namesValid = 0.1

// loadNames reads the set names from its files, for training and test. A tenth of the different names of the training
// file validates, so that no name is in both parts.
func loadNames(ctx context.Context, config data.Config, files []string) (*data.Data, error) {
	fitted, err := readNames(ctx, files[0])
	if err != nil {
		return nil, err
	}
	tested, err := readNames(ctx, files[1])
	if err != nil {
		return nil, err
	}
	var classes []string
	for _, row := range fitted {
		classes = append(classes, row.language)
	}
	slices.Sort(classes)
	classes = slices.Compact(classes)
	if len(classes) < 2 {
		return nil, errors.WithStack(fault.Fault{
			Where: files[0], What: "languages", Found: fmt.Sprint(len(classes)), Expected: "at least 2",
		}.Err())
	}
	split := splitNames(config.ValidSeed, classified(fitted, classes), namesValid, 0)
	if len(split[data.ValidPart]) == 0 {
		return nil, errors.WithStack(fault.Fault{
			Where: files[0], What: "names", Found: fmt.Sprint(len(fitted)), Expected: "enough for a tenth to validate",
		}.Err())
	}
	for _, row := range tested {
		if _, known := slices.BinarySearch(classes, row.language); !known {
			return nil, errors.WithStack(fault.Fault{
				Where: files[1], Line: row.line, What: "language", Found: quote.Text(row.language),
				Expected: "one that the training part has",
			}.Err())
		}
	}
	split[data.TestPart] = classified(tested, classes)
	loaded := newNames(split, classes)
	unseen := unseenNames(split)
	loaded.Unseen = data.Subset(loaded.Test, unseen)
	loaded.Baselines = func() []data.Baseline { return namesBaselines(split, len(classes), unseen) }
	return loaded, nil
}

// unseenNames are the places of the names of the test part that the training file does not have with the same language.
func unseenNames(split [data.Parts][]name) []int {
	seen := map[name]bool{}
	for _, part := range split[:data.TestPart] {
		for _, n := range part {
			seen[n] = true
		}
	}
	var unseen []int
	for i, n := range split[data.TestPart] {
		if !seen[n] {
			unseen = append(unseen, i)
		}
	}
	return unseen
}

// namesBaselines are textBaselines, with the accuracy of the unseen names beside that of all.
func namesBaselines(split [data.Parts][]name, classes int, unseen []int) []data.Baseline {
	baselines := baseline.Texts(textsOf(split), classes)
	all := split[data.TestPart]
	split[data.TestPart] = make([]name, len(unseen))
	for i, at := range unseen {
		split[data.TestPart][i] = all[at]
	}
	if len(unseen) == 0 {
		return baselines
	}
	for i, b := range baseline.Texts(textsOf(split), classes) {
		baselines[i].Metrics[AccuracyUnseen] = b.Metrics["accuracy"]
	}
	return baselines
}

// classified returns the rows as names ordered by text, which is their code: rows of the same name stay together.
func classified(rows []nameRow, classes []string) []name {
	names := make([]name, len(rows))
	for i, row := range rows {
		class, _ := slices.BinarySearch(classes, row.language)
		names[i] = name{code: row.text, class: class, text: row.text}
	}
	slices.SortStableFunc(names, func(a, b name) int { return cmp.Compare(a.code, b.code) })
	return names
}

// nameRow is a line of a file of names.
type nameRow struct {
	text, language string
	line           int
}

// readNames reads lines of a name and its language, separated by a comma and perhaps quoted. The file may be packed by
// gzip and may begin with the header name,language.
func readNames(ctx context.Context, path string) ([]nameRow, error) {
	f, err := input.Open(ctx, path, "a file of names and languages")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	rows, err := parseNames(ctx, path, f)
	if err != nil {
		return nil, err
	}
	return rows, f.Finish()
}

// parseNames is [readNames] on an open file; path is for the errors.
func parseNames(ctx context.Context, path string, file io.Reader) ([]nameRow, error) {
	unpacked, err := input.Unpack(path, file)
	if err != nil {
		return nil, err
	}
	limited := &io.LimitedReader{R: unpacked, N: maxNamesBytes + 1}
	records := csv.NewReader(limited)
	records.FieldsPerRecord = -1
	var rows []nameRow
	line := 0
	fault := func(what, found, expected string, cause error) error {
		return errors.WithStack(fault.Fault{Where: path, Line: line, What: what, Found: found, Expected: expected, Cause: cause}.Err())
	}
	for {
		if len(rows)%4096 == 0 && ctx.Err() != nil {
			return nil, errors.WithStack(ctx.Err())
		}
		record, err := records.Read()
		if limited.N <= 0 {
			line = 0
			return nil, fault("file", "more data", fmt.Sprintf("at most %d bytes unpacked", maxNamesBytes), nil)
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			var syntax *csv.ParseError
			if errors.As(err, &syntax) {
				line, err = syntax.StartLine, syntax.Err
			}
			return nil, fault("line", err.Error(), "a name and its language, separated by a comma", err)
		}
		line, _ = records.FieldPos(0)
		if len(record) != 2 {
			return nil, fault("line", fmt.Sprintf("%d cells", len(record)), "a name and its language, separated by a comma", nil)
		}
		row := nameRow{strings.TrimSpace(record[0]), strings.TrimSpace(record[1]), line}
		if line == 1 && row.text == "name" && row.language == "language" {
			continue
		}
		if row.text == "" || row.language == "" || len(row.text) > maxNameBytes {
			return nil, fault("line", quote.Text(row.text)+" of "+quote.Text(row.language),
				fmt.Sprintf("a name of at most %d bytes and its language", maxNameBytes), nil)
		}
		rows = append(rows, row)
	}
	if len(rows) == 0 {
		line = 0
		return nil, fault("file", "no names", "lines of a name and its language", nil)
	}
	return rows, nil
}
