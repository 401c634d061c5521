// Package cli is the command line of gruexp: verbs, flags, exit codes, and how results and errors are shown.
package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gruexp/gruexp/trainer/data"
)

// Exit codes.
const (
	exitDone    = 0
	exitFailed  = 1 // the work failed; an interrupted run can be resumed
	exitRequest = 2 // the request was wrong: flag, configuration, data or file
)

// Main runs gruexp with the arguments and returns the exit code.
func Main(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	a := &app{stdout: stdout, stderr: stderr}
	root := a.root()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	command, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exitDone
	}
	for _, line := range describe(err, strings.TrimPrefix(command.CommandPath(), "gruexp ")) {
		fmt.Fprintln(stderr, "gruexp:", line)
	}
	return exitCode(err)
}

// app is what the verbs share.
type app struct {
	stdout, stderr io.Writer
	dataDir        string
	json           bool
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:           "gruexp",
		Short:         "Train gated recurrent units on sequence data and see which training strategy wins",
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownVerb(cmd, args[0])
			}
			return cmd.Help()
		},
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
	}
	root.SetFlagErrorFunc(flagError)
	root.PersistentFlags().StringVar(&a.dataDir, "data", os.Getenv("GRUEXP_DATA"), "folder with the files of the data sets (default $GRUEXP_DATA)")
	root.AddCommand(
		a.trainCommand(), a.resumeCommand(), a.evalCommand(),
		a.listCommand(), a.configCommand(), a.dataCommand(),
		a.doctorCommand(), a.versionCommand(),
	)
	return root
}

// registry is the user's list of data files, kept among the user's configuration.
func (a *app) registry() (*data.Registry, error) {
	folder, err := os.UserConfigDir()
	if err != nil {
		return nil, &requestError{what: "the user's configuration folder is not known", found: err.Error(), expected: "$HOME or $XDG_CONFIG_HOME to be set"}
	}
	return data.NewRegistry(filepath.Join(folder, "gruexp")), nil
}

func (a *app) jsonFlag(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&a.json, "json", false, "one JSON object on stdout's last line")
}
