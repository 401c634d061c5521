package cli

import (
	"context"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"unicode"

	"github.com/pkg/errors"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/report"
	"github.com/gruexp/gruexp/cmd/gruexp/internal/run"
	studydir "github.com/gruexp/gruexp/cmd/gruexp/internal/study"
	"github.com/gruexp/gruexp/cmd/gruexp/internal/usererr"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer"
	"github.com/gruexp/gruexp/trainer/data/sets"
	"github.com/gruexp/gruexp/trainer/experiment/studies"
)

// Exit codes.
const (
	exitDone    = 0
	exitFailed  = 1 // the work failed; an interrupted run can be resumed
	exitRequest = 2 // the request was wrong: flag, configuration, data or file
)

// describe gives the exit code of an error and its lines, each WHERE: WHAT (found X, expected Y): one, or one per fault
// where a request has several.
func describe(err error, verb string) (code int, lines []string) {
	var (
		missing    *sets.NotFoundError
		unfinished *run.UnfinishedError
		stopped    *studydir.UnfinishedError
		fruitless  *studies.FailedError
	)
	faults := fault.Of(err)
	switch {
	case faults != nil && faults.Placed():
		code = exitFailed
		for _, f := range faults {
			lines = append(lines, oneLine(f.Error()))
			if f.Kind != fault.Failed {
				code = exitRequest
			}
		}
		return code, lines
	case errors.As(err, &missing):
		return exitRequest, []string{oneLine(missing.Error())}
	case errors.As(err, &unfinished):
		return exitFailed, []string{oneLine(describeUnfinished(unfinished).Error())}
	case errors.As(err, &stopped):
		return exitFailed, []string{oneLine(stopped.Error())}
	case errors.As(err, &fruitless):
		return exitFailed, []string{oneLine(err.Error())}
	case isInterruption(err):
		return exitFailed, []string{verb + ": interrupted"}
	case faults != nil:
		for _, f := range faults {
			lines = append(lines, verb+": "+oneLine(f.Error()))
		}
		return exitRequest, lines
	default:
		return exitFailed, []string{verb + ": " + oneLine(err.Error())}
	}
}

func isInterruption(err error) bool {
	return errors.Is(err, trainer.ErrInterrupted) || errors.Is(err, context.Canceled)
}

// describeUnfinished says why a run ended before its time, and how to go on.
func describeUnfinished(e *run.UnfinishedError) fault.Fault {
	var diverged *trainer.DivergedError
	resume := "'gruexp resume " + e.Dir + "' continues"
	switch {
	case isInterruption(e.Err):
		return fault.Fault{
			Where: e.Dir, What: fmt.Sprintf("interrupted by %s after %s; a checkpoint is written; %s", e.Cause(), report.Counted(e.Epochs, "epoch"), resume),
		}
	case errors.As(e.Err, &diverged):
		what := fmt.Sprintf("diverged in epoch %d, step %d: %s", diverged.Epoch, diverged.Step, diverged.What)
		if !strings.Contains(diverged.What, diverged.Param) {
			what += "; the largest numbers are in parameter " + diverged.Param
		}
		return fault.Fault{
			Where: e.Dir, What: what, Found: diverged.Found,
			Expected: "a finite number; a lower solver.learning_rate or a solver.clip_norm may help",
		}
	case errors.Is(e.Err, syscall.ENOSPC):
		return fault.Fault{
			Where: e.Dir, What: "the disk is full: " + e.Err.Error() + "; with free space " + resume + " from the last checkpoint",
		}
	default:
		return fault.Fault{
			Where: e.Dir, What: "the run failed: " + e.Err.Error() + "; " + resume + " from the last checkpoint",
		}
	}
}

// panicSite is the file and line that a panic comes from. It is called while the panic is being recovered from.
func panicSite() string {
	callers := make([]uintptr, 64)
	frames := runtime.CallersFrames(callers[:runtime.Callers(0, callers)])
	panicked := false
	for {
		frame, more := frames.Next()
		if panicked && !strings.HasPrefix(frame.Function, "runtime.") {
			return fmt.Sprintf("%s:%d", filepath.Base(frame.File), frame.Line)
		}
		panicked = panicked || frame.Function == "runtime.gopanic"
		if !more {
			return "gruexp"
		}
	}
}

// oneLine keeps text from a file or a flag from breaking the line, and from controlling the terminal.
func oneLine(text string) string {
	var b strings.Builder
	for _, r := range strings.TrimSpace(text) {
		switch {
		case r == '\n' || r == '\r' || r == '\t':
			b.WriteByte(' ')
		case unicode.IsControl(r) || r == '\u2028' || r == '\u2029':
			fmt.Fprintf(&b, `\x%02x`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// verbOf names a command as it was typed, without the program.
func verbOf(cmd *cobra.Command) string {
	if verb := strings.TrimPrefix(strings.TrimPrefix(cmd.CommandPath(), cmd.Root().Name()), " "); verb != "" {
		return verb
	}
	return "command line"
}

func flagError(cmd *cobra.Command, err error) error {
	e := fault.Fault{Where: verbOf(cmd), What: "wrong flag", Found: err.Error(), Expected: "flags as '" + cmd.CommandPath() + " --help' lists them"}
	var (
		unknown *pflag.NotExistError
		value   *pflag.InvalidValueError
		missing *pflag.ValueRequiredError
	)
	switch {
	case errors.As(err, &unknown):
		dashes := "--"
		if unknown.GetSpecifiedShortnames() != "" {
			dashes = "-"
		}
		given := dashes + unknown.GetSpecifiedName()
		var names []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, "--"+f.Name) })
		e.What, e.Found, e.Meant, e.Expected = "unknown flag", given, usererr.Nearest(names, given), usererr.OneOf(names, given, "--help")
	case errors.As(err, &value):
		e.What = "wrong value of --" + value.GetFlag().Name
		e.Found = fmt.Sprintf("%q", value.GetValue())
		e.Expected = expectedValue(value.GetFlag())
	case errors.As(err, &missing):
		e.What = "flag without a value"
		e.Found = "--" + missing.GetFlag().Name + " alone"
		e.Expected = expectedValue(missing.GetFlag())
	}
	return e.Err()
}

func expectedValue(flag *pflag.Flag) string {
	switch flag.Value.Type() {
	case "uint64":
		return "a whole number from 0 to 18446744073709551615"
	case "int":
		return "a whole number"
	case "float64":
		return "a number"
	case "bool":
		return "true or false"
	default:
		return "a " + strings.ToUpper(flag.Name) + ": " + flag.Usage
	}
}

func unknownVerb(cmd *cobra.Command, name string) error {
	var names []string
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			names = append(names, c.Name())
		}
	}
	return fault.Fault{Where: verbOf(cmd), What: "unknown verb", Found: fmt.Sprintf("%q", name), Meant: usererr.Nearest(names, name), Expected: usererr.OneOf(names, name, "'gruexp help'")}.Err()
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
		return fault.Fault{Where: verbOf(cmd), What: "wrong arguments", Found: found, Expected: expected}.Err()
	}
}
