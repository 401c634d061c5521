package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/predict"
)

func (a *app) predictCommand() *cobra.Command {
	var o predict.Options
	cmd := &cobra.Command{
		Use:   "predict DIR",
		Short: "What the best weights of a run make of new sequences",
		Long: `What the best weights of a run make of new sequences: the output of the model's last layer, for every step where it
returns sequences, else for every sequence. The kinds of files follow from their endings and may differ:

  .npy     inputs [T,B,D], token ids [T,B]; outputs [T,B,K] or [B,K]; --lengths has the steps of each sequence [B]
  .csv     a row for each step, with the columns that the run was trained on
  .jsonl   a sequence in each line: {"inputs": [[…], …]}, {"tokens": […]} or {"text": "…"}; outputs {"outputs": …}

Inputs are in the units of the data that the run was trained on, and are scaled as those were; outputs are as the model
gives them, or in the units of the targets with --unscaled. With --stream the model runs step by step, as in a service
that gets one step at a time, and gives the same numbers.`,
		Example: `  gruexp predict runs/mine-1 --input new.csv --output predictions.csv
  gruexp predict runs/imported --input x.npy --lengths lengths.npy --output y.npy --stream`,
		Args: arguments(1, 1, "the directory of a run"),
		RunE: func(cmd *cobra.Command, args []string) error {
			options, err := a.options(cmd, o.Threads)
			if err != nil {
				return err
			}
			o.Threads = options.Threads
			n, err := predict.Run(cmd.Context(), args[0], o)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(a.stdout, "%s: %s\n", o.Output, counted(n, "sequence"))
			return err
		},
	}
	cmd.Flags().StringVar(&o.Input, "input", "", "`file` to read: .npy, .csv or .jsonl")
	cmd.Flags().StringVar(&o.Output, "output", "", "`file` to write: .npy, .csv or .jsonl")
	cmd.Flags().StringVar(&o.Lengths, "lengths", "", "`file` .npy with the steps of each sequence of an .npy input (default all of them)")
	cmd.Flags().BoolVar(&o.Stream, "stream", false, "run step by step")
	cmd.Flags().BoolVar(&o.Unscaled, "unscaled", false, "outputs in the units of the targets, not in those of training")
	a.threadsFlag(cmd, &o.Threads)
	return cmd
}
