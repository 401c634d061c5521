package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/gruexp/gruexp/trainer/experiment"
)

func (a *app) configCommand() *cobra.Command {
	return group(&cobra.Command{
		Use:   "config",
		Short: "Show, check, explain or draw a configuration",
	}, "show EXPERIMENT, check FILE, reference or plot EXPERIMENT",
		a.configShowCommand(), a.configCheckCommand(), a.configReferenceCommand(), a.configPlotCommand())
}

func (a *app) configShowCommand() *cobra.Command {
	var sets []string
	cmd := &cobra.Command{
		Use:   "show EXPERIMENT|FILE.yaml",
		Short: "The configuration with every default written out",
		Example: `  gruexp config show languages > mine.yaml
  gruexp config show mine.yaml --set solver.name=sgd`,
		Args: arguments(1, 1, "an experiment or a FILE.yaml"),
		RunE: func(_ *cobra.Command, args []string) error {
			cfg, err := experiment.ReadConfig(args[0], sets, a.extensions)
			if err != nil {
				return err
			}
			text, err := experiment.Marshal(cfg)
			if err != nil {
				return err
			}
			_, err = a.stdout.Write(text)
			return err
		},
	}
	setFlag(cmd, &sets)
	return cmd
}

func (a *app) configCheckCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "check FILE.yaml",
		Short: "Validate a configuration and list all of its faults",
		Long: `Validate a configuration and list all of its faults, with file and line. Data files are not read: what depends on
them is checked when training begins, before anything is written.`,
		Example: `  gruexp config check mine.yaml`,
		Args:    arguments(1, 1, "a FILE.yaml"),
		RunE: func(_ *cobra.Command, args []string) error {
			cfg, err := experiment.ReadConfig(args[0], nil, a.extensions)
			if err != nil {
				return err
			}
			if err := cfg.ValidateTraining().Err(); err != nil {
				return err
			}
			_, err = fmt.Fprintf(a.stdout, "%s: no faults\n", args[0])
			return err
		},
	}
}

func setFlag(cmd *cobra.Command, sets *[]string) {
	cmd.Flags().StringArrayVar(sets, "set", nil, "`path=value` in place of the configuration's, as solver.learning_rate=0.01; may come several times")
}
