// Package cli is the command line of gruexp: verbs, flags, exit codes, and how results and errors are shown.
package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/usererr"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/graph/kernel/simd"
	"github.com/gruexp/gruexp/trainer/data/sets"
	"github.com/gruexp/gruexp/trainer/experiment"
)

// Main runs gruexp with the arguments and returns the exit code.
func Main(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer, extensions *experiment.Extensions) (code int) {
	defer func() {
		if p := recover(); p != nil {
			fmt.Fprintf(stderr, "gruexp: %s: a fault of gruexp itself; please report it: panic: %s\n", panicSite(), oneLine(fmt.Sprint(p)))
			code = exitFailed
		}
	}()
	a := &app{stdin: stdin, stdout: stdout, stderr: stderr, extensions: extensions}
	printed := &output{Writer: stdout}
	stdout, a.stdout = printed, printed
	if err := extensions.Validate().Err(); err != nil {
		_, lines := describe(err, "extensions")
		for _, line := range lines {
			fmt.Fprintln(stderr, "gruexp:", line)
		}
		return exitRequest
	}
	root := a.root()
	root.SetArgs(append([]string{}, args...)) // nil would be the arguments of the process
	root.SetOut(stdout)
	root.SetErr(stderr)
	command, err := root.ExecuteContextC(ctx)
	if err == nil {
		err = printed.failed // of help, which nobody checks
	}
	if err == nil || errors.Is(err, syscall.EPIPE) { // the reader has read enough
		return exitDone
	}
	code, lines := describe(err, verbOf(command))
	for _, line := range lines {
		fmt.Fprintln(stderr, "gruexp:", line)
	}
	return code
}

// output remembers the first error of writing.
type output struct {
	io.Writer
	failed error
}

func (o *output) Write(text []byte) (int, error) {
	n, err := o.Writer.Write(text)
	if o.failed == nil {
		o.failed = err
	}
	return n, err
}

// app is what the verbs share.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	dataDir        string
	json, quiet    bool
	extensions     *experiment.Extensions
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "gruexp",
		Short: "Train gated recurrent units on sequence data and see which training strategy wins",
		Long: `Gruexp trains gated recurrent units (GRUs) on sequence data and says how they did, beside simple baselines.

'gruexp train' alone trains a first model, on real data that are built in.` + a.addedInLine(),
		Example: `  gruexp train                                        the default experiment
  gruexp list                                         the other built-in ones
  gruexp config show languages > mine.yaml            a configuration to begin with
  gruexp train mine.yaml --set solver.name=rmsprop    an experiment of one's own
  gruexp resume runs/mine-1                           after Ctrl-C`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownVerb(cmd, args[0])
			}
			return cmd.Help()
		},
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkKernels(); err != nil {
				return err
			}
			return a.checkDataDir(cmd)
		},
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
	}
	root.SetFlagErrorFunc(flagError)
	flags := root.PersistentFlags()
	flags.StringVar(&a.dataDir, "data", os.Getenv("GRUEXP_DATA"), "folder with the files of the data sets (default $GRUEXP_DATA)")
	flags.Lookup("data").DefValue = "" // help speaks of the variable, not of its value
	root.SetHelpCommand(helpCommand())
	root.AddCommand(
		a.trainCommand(), a.findLearningRateCommand(), a.resumeCommand(), a.evalCommand(), a.inspectCommand(), a.predictCommand(),
		a.sampleCommand(), a.compareCommand(), a.tuneCommand(), a.workerCommand(), a.trialCommand(),
		a.importCommand(), a.exportCommand(), a.reproduceCommand(), a.reportCommand(), a.watchCommand(), a.listCommand(), a.diffCommand(), a.configCommand(),
		a.dataCommand(), a.doctorCommand(), a.versionCommand(),
	)
	return root
}

// helpCommand refuses what it cannot help with; cobra's own prints the usage and is content.
func helpCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "help [VERB]",
		Short: "Help about a verb",
		RunE: func(cmd *cobra.Command, args []string) error {
			about, rest, err := cmd.Root().Find(args)
			if err == nil && len(rest) > 0 && about.HasSubCommands() {
				err = unknownVerb(about, rest[0])
			}
			if err != nil {
				return err
			}
			about.InitDefaultHelpFlag()
			return about.Help()
		},
	}
}

// group is a verb that stands for several.
func group(cmd *cobra.Command, expected string, verbs ...*cobra.Command) *cobra.Command {
	cmd.Args = cobra.ArbitraryArgs
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) > 0 {
			return unknownVerb(cmd, args[0])
		}
		return fault.Fault{Where: verbOf(cmd), What: "wrong arguments", Found: "nothing", Expected: expected}.Err()
	}
	cmd.AddCommand(verbs...)
	return cmd
}

// checkDataDir refuses a --data that is no folder. What the environment says may be for other days.
func (a *app) checkDataDir(cmd *cobra.Command) error {
	if !cmd.Flags().Changed("data") {
		return nil
	}
	info, err := os.Stat(a.dataDir)
	switch {
	case err != nil:
		return fault.Fault{Where: "--data " + a.dataDir, What: "cannot be read", Found: usererr.Reason(err), Expected: "a folder"}.Err()
	case !info.IsDir():
		return fault.Fault{Where: "--data " + a.dataDir, What: "is no folder", Found: "a file", Expected: "the folder that it is in"}.Err()
	}
	return nil
}

// checkKernels refuses a GRUEXP_KERNELS that this machine does not have: numbers would come from others than asked for.
func checkKernels() error {
	inUse, asked := simd.InUse()
	if asked == "" || asked == inUse {
		return nil
	}
	return fault.Fault{
		Where: "GRUEXP_KERNELS", What: "no such kernels on this processor", Found: fmt.Sprintf("%q", asked),
		Meant: usererr.Nearest(simd.Names(), asked), Expected: "nothing, or " + usererr.OneOf(simd.Names(), asked, "'gruexp doctor'"),
	}.Err()
}

// registry is the user's list of data files, kept among the user's configuration; nil, which is empty, for a user
// without.
func registry() *sets.Registry {
	folder, err := os.UserConfigDir()
	if err != nil {
		return nil
	}
	return sets.NewRegistry(filepath.Join(folder, "gruexp"))
}

func (a *app) jsonFlag(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&a.json, "json", false, "one JSON object on stdout's last line")
}

// printJSON is what every --json does.
func (a *app) printJSON(v any) error { return json.NewEncoder(a.stdout).Encode(v) }
