package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/config"
)

func (a *app) configCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "config",
		Short: "Show or check a configuration",
		Args:  arguments(1, 1, "show EXPERIMENT or check FILE"),
		RunE:  func(cmd *cobra.Command, args []string) error { return unknownVerb(cmd, args[0]) },
	}
	var sets []string
	show := &cobra.Command{
		Use:   "show EXPERIMENT|FILE.yaml",
		Short: "The configuration with every default written out",
		Args:  arguments(1, 1, "an experiment or a FILE.yaml"),
		RunE: func(_ *cobra.Command, args []string) error {
			cfg, err := config.Resolve(args[0], sets)
			if err != nil {
				return err
			}
			text, err := config.Marshal(cfg)
			if err != nil {
				return err
			}
			_, err = a.stdout.Write(text)
			return err
		},
	}
	show.Flags().StringArrayVar(&sets, "set", nil, "path=value: change the configuration, as solver.learning_rate=0.01")
	check := &cobra.Command{
		Use:   "check FILE",
		Short: "Validate a configuration and list all of its faults",
		Args:  arguments(1, 1, "a FILE.yaml"),
		RunE: func(_ *cobra.Command, args []string) error {
			if _, err := config.Resolve(args[0], nil); err != nil {
				return err
			}
			_, err := fmt.Fprintf(a.stdout, "%s: no faults\n", args[0])
			return err
		},
	}
	cmd.AddCommand(show, check)
	return cmd
}
