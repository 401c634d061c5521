package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/agnivade/levenshtein"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/config"
	"github.com/gruexp/gruexp/cmd/gruexp/internal/rundir"
	"github.com/gruexp/gruexp/graph/weights"
	"github.com/gruexp/gruexp/trainer"
	"github.com/gruexp/gruexp/trainer/data"
)

// requestError is a request that cannot be carried out as it was made.
type requestError struct{ where, what, found, expected string }

func (e *requestError) Error() string {
	text := fmt.Sprintf("%s (found %s, expected %s)", e.what, e.found, e.expected)
	if e.where != "" {
		text = e.where + ": " + text
	}
	return text
}

// exitCode tells wrong requests from work that failed.
func exitCode(err error) int {
	var (
		request    *requestError
		faults     *config.Error
		use        *rundir.UseError
		file       *data.FileError
		format     *weights.FormatError
		checkpoint *trainer.CheckpointError
		other      *trainer.OtherRunError
		missing    *data.NotFoundError
	)
	switch {
	case errors.As(err, &request), errors.As(err, &faults), errors.As(err, &use), errors.As(err, &file),
		errors.As(err, &format), errors.As(err, &checkpoint), errors.As(err, &other), errors.As(err, &missing):
		return exitRequest
	default:
		return exitFailed
	}
}

// describe gives the lines of an error, each with its place: a line per fault of a configuration, else one.
func describe(err error, verb string) []string {
	var faults *config.Error
	if errors.As(err, &faults) {
		return faults.Lines()
	}
	text := oneLine(err.Error())
	var (
		request *requestError
		use     *rundir.UseError
		file    *data.FileError
	)
	switch {
	case errors.As(err, &request) && request.where != "", errors.As(err, &use), errors.As(err, &file):
		return []string{text}
	default:
		return []string{verb + ": " + text}
	}
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

func flagError(cmd *cobra.Command, err error) error {
	e := &requestError{where: cmd.CommandPath()[len("gruexp"):], what: "wrong flag", found: oneLine(err.Error()), expected: "flags as 'gruexp help' lists them"}
	e.where = strings.TrimSpace(e.where)
	if e.where == "" {
		e.where = "command line"
	}
	var unknown *pflag.NotExistError
	var value *pflag.InvalidValueError
	switch {
	case errors.As(err, &unknown):
		name := unknown.GetSpecifiedName()
		var names []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, "--"+f.Name) })
		e.what, e.found = "unknown flag", "--"+name
		if len(name) == 1 {
			e.found = "-" + name
		}
		e.expected = "one of " + strings.Join(names, " ") + suggestion("--"+name, names)
	case errors.As(err, &value):
		e.what = "wrong value for --" + value.GetFlag().Name
		e.found = fmt.Sprintf("%q", value.GetValue())
		e.expected = "a value of type " + value.GetFlag().Value.Type()
	}
	return e
}

func unknownVerb(cmd *cobra.Command, name string) error {
	var names []string
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			names = append(names, c.Name())
		}
	}
	return &requestError{where: "command line", what: "unknown verb", found: fmt.Sprintf("%q", name),
		expected: "one of " + strings.Join(names, " ") + suggestion(name, names)}
}

// suggestion names the closest of names where one is close.
func suggestion(name string, names []string) string {
	best, distance := "", 3
	for _, candidate := range names {
		if d := levenshtein.ComputeDistance(name, candidate); d < distance {
			best, distance = candidate, d
		}
	}
	if best == "" {
		return ""
	}
	return "; did you mean " + best + "?"
}

// arguments checks the number of arguments that stand beside the flags.
func arguments(least, most int, expected string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) >= least && len(args) <= most {
			return nil
		}
		found := "nothing"
		if len(args) > 0 {
			found = strings.Join(args, " ")
		}
		return &requestError{where: strings.TrimPrefix(cmd.CommandPath(), "gruexp "), what: "wrong arguments", found: found, expected: expected}
	}
}
