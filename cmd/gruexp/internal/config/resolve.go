package config

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/agnivade/levenshtein"
	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/experiments"
	"github.com/gruexp/gruexp/cmd/gruexp/internal/yamlconf"
	"github.com/gruexp/gruexp/graph/fault"
)

// Error is all that is wrong with a configuration, or why there is none to read.
type Error struct{ problems []error }

// Lines are the faults, one each, with their places.
func (e *Error) Lines() []string {
	lines := make([]string, len(e.problems))
	for i, p := range e.problems {
		lines[i] = p.Error()
	}
	return lines
}

func (e *Error) Error() string { return strings.Join(e.Lines(), "; ") }

// placed is one fault in the form that users see: WHERE: WHAT (found X, expected Y).
type placed struct{ where, what, found, expected string }

func (p placed) Error() string {
	return fmt.Sprintf("%s: %s (found %s, expected %s)", p.where, p.what, p.found, p.expected)
}

// Resolve reads an experiment, by its name or from a file ending in .yaml or .yml, applies assignments
// ("path=value") and fills in every default. An error is an [*Error] with every fault.
func Resolve(source string, assignments []string) (*Config, error) {
	text, file, name, err := read(source)
	if err != nil {
		return nil, err
	}
	document, err := yamlconf.Parse(file, text)
	if err != nil {
		return nil, &Error{[]error{err}}
	}
	var problems []error
	for _, assignment := range assignments {
		if err := document.Set(assignment); err != nil {
			problems = append(problems, err)
		}
	}

	given := Config{Seed: 1}
	wrong := document.Decode(&given)
	cfg := given.WithDefaults()
	// Decoding once more over the defaults lets a value of zero that was written down stay zero, so that it is judged and
	// not replaced. No option of a layer has a default that zero could be mistaken for.
	model := cfg.Model
	document.Decode(&cfg)
	cfg.Model = model

	faults := cfg.Validate()
	reported := map[string]bool{}
	for _, p := range wrong {
		reported[p.Path] = true
	}
	for _, p := range document.Problems(faults) {
		if !reported[p.Path] {
			wrong = append(wrong, p)
		}
	}
	if problems = append(problems, place(wrong)...); len(problems) > 0 {
		return nil, &Error{problems}
	}
	if cfg.Name == "" {
		cfg.Name = name
	}
	cfg.Trainer.BatchSize = cfg.Data.BatchSize
	cfg.absolute(filepath.Dir(file))
	cfg.document = document
	return &cfg, nil
}

// Place gives the faults that came to light together with the data their places in the file. Paths begin at prefix;
// any other error is returned as it is.
func (c *Config) Place(prefix string, err error) error {
	var faults *fault.Error
	if !errors.As(err, &faults) {
		return err
	}
	var list fault.List
	list.Under(prefix, faults.Faults)
	return &Error{place(c.document.Problems(list))}
}

func place(problems []yamlconf.Problem) []error {
	out := make([]error, len(problems))
	for i, p := range problems {
		where := p.File
		if p.Line > 0 {
			where = fmt.Sprintf("%s:%d", p.File, p.Line)
		}
		what := "wrong value of " + p.Path
		if p.Path == "" {
			what = "wrong configuration"
		}
		out[i] = placed{where, what, p.Found, p.Expected}
	}
	return out
}

// read finds the text of a configuration, the file to name in messages, and the name of the experiment.
func read(source string) (text []byte, file, name string, err error) {
	if text, ok := experiments.Source(source); ok {
		return text, source + ".yaml", source, nil
	}
	extension := filepath.Ext(source)
	if extension != ".yaml" && extension != ".yml" {
		names, err := experiments.Names()
		if err != nil {
			return nil, "", "", err
		}
		expected := "one of " + strings.Join(names, " ") + ", or a file ending in .yaml"
		if close := closest(source, names); close != "" {
			expected += "; did you mean " + close + "?"
		}
		return nil, "", "", &Error{[]error{placed{"command line", "unknown experiment", fmt.Sprintf("%q", source), expected}}}
	}
	const most = 1 << 20
	info, err := os.Stat(source)
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("not a regular file")
	}
	if err == nil && info.Size() > most {
		err = errors.Errorf("%d bytes", info.Size())
	}
	if err == nil {
		text, err = os.ReadFile(source)
	}
	if err != nil {
		return nil, "", "", &Error{[]error{placed{source, "configuration cannot be read", err.Error(), fmt.Sprintf("a YAML file of at most %d bytes", most)}}}
	}
	return text, source, strings.TrimSuffix(filepath.Base(source), extension), nil
}

func closest(name string, names []string) string {
	best, distance := "", 3
	for _, candidate := range names {
		if d := levenshtein.ComputeDistance(name, candidate); d < distance {
			best, distance = candidate, d
		}
	}
	return best
}

// absolute makes the paths of data files independent of where the program is started next: relative ones are looked
// up beside the configuration and then in the working directory.
func (c *Config) absolute(folder string) {
	if c.Data.CSV == nil {
		return
	}
	csv := *c.Data.CSV
	for _, path := range []*string{&csv.Path, &csv.Train, &csv.Valid, &csv.Test} {
		if *path == "" || filepath.IsAbs(*path) {
			continue
		}
		beside := filepath.Join(folder, *path)
		if _, err := os.Stat(beside); err != nil {
			if _, err := os.Stat(*path); err == nil {
				beside = *path
			}
		}
		if whole, err := filepath.Abs(beside); err == nil {
			*path = whole
		}
	}
	c.Data.CSV = &csv
}

// Marshal writes the configuration with every default.
func Marshal(c *Config) ([]byte, error) { return yamlconf.Marshal(c) }

// Fingerprint stands for the configuration: two runs with the same one and the same data are the same run.
func (c *Config) Fingerprint() (string, error) {
	text, err := Marshal(c)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}
