package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/infer"
)

func (a *app) predictCommand() *cobra.Command {
	var o infer.PredictOptions
	cmd := &cobra.Command{
		Use:   "predict DIR",
		Short: "Predict new sequences with the best weights of a run",
		Long: `Predict new sequences with the best weights of a run: classes with probabilities, or numbers in the units of the data. There
is a prediction for every step if the model predicts at every step, otherwise one for every sequence. The kinds of files
follow from their endings and may differ:

  .npy     inputs [T,B,D], token ids [T,B]; outputs [T,B,K] or [B,K]; --lengths has the steps of each sequence [B]
  .csv     a row for each step, with the columns that the run was trained on
  .jsonl   a sequence in each line: {"inputs": [[…], …]}, {"tokens": […]} or {"text": "…"}

A run that was trained on a table reads every kind of file that data.table can name. Inputs are in the units of the data
that the run was trained on, and are scaled as those were. A classifier writes the columns class, probability and one
probability for each class; a model of numbers writes them in the units of the targets, with the times of the rows if
there are times. --raw writes the outputs of the last layer, as .npy files always have them. With --stream the model runs
step by step, as in a service that gets one step at a time, and gives the same numbers. With --weights int8 or bf16 the
weights take a quarter or half of the memory, and the predictions differ a little.`,
		Example: `  gruexp predict runs/mine-1 --input new.csv --output predictions.csv
  gruexp predict runs/imported --input x.npy --lengths lengths.npy --output y.npy --stream`,
		Args: arguments(1, 1, "the directory of a run"),
		RunE: func(cmd *cobra.Command, args []string) error {
			options, err := a.options(cmd, o.Threads)
			if err != nil {
				return err
			}
			o.Threads, o.Extensions = options.Threads, a.extensions
			report, err := infer.Predict(cmd.Context(), args[0], o)
			if err != nil {
				return err
			}
			for _, note := range report.Notes {
				fmt.Fprintln(a.stderr, note)
			}
			_, err = fmt.Fprintf(a.stdout, "%s: %s\n", o.Output, counted(report.Sequences, "sequence"))
			return err
		},
	}
	cmd.Flags().StringVar(&o.Input, "input", "", "`file` to read: .npy, .csv, .jsonl, or one like those of the training")
	cmd.Flags().StringVar(&o.Output, "output", "", "`file` to write: .npy, .csv or .jsonl")
	cmd.Flags().StringVar(&o.Lengths, "lengths", "", "`file` .npy with the steps of each sequence of an .npy input (default all of them)")
	cmd.Flags().BoolVar(&o.Stream, "stream", false, "run step by step")
	cmd.Flags().StringVar(&o.Weights, "weights", "float32", "`format` of the weights in memory: float32 (as in the model file), int8 or bf16")
	cmd.Flags().BoolVar(&o.Raw, "raw", false, "write the outputs of the last layer, without classes and units")
	cmd.Flags().BoolVar(&o.Unscaled, "unscaled", false, "write an .npy file in the units of the targets, as other files have them")
	a.threadsFlag(cmd, &o.Threads)
	return cmd
}
