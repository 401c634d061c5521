package cli

import (
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/infer"
)

func (a *app) sampleCommand() *cobra.Command {
	var o infer.SampleOptions
	cmd := &cobra.Command{
		Use:   "sample DIR",
		Short: "Let a model of the next step write text, music or rows",
		Long: `Let a model of the next step write text, music or rows: each step is chosen by what the model makes of those
before it. What is written, and where to, follows from the data of the run:

  text    characters, to standard output or a .txt file; each is drawn from softmax(logits/temperature)
  music   chords, to a .mid file, a quarter note each; every note is drawn by itself from σ(logit/temperature)
  tables  rows in the units of the table, to a .csv file; they are what the model predicts, and nothing is drawn

With --prime the sequences begin with something and are continued: TEXT or a .txt file; chords as '[[60,64,67],[]]', the
MIDI notes of each step, or a .json file with such a list; a .csv file with the columns of the training, of which every
sequence is continued. Without it text begins after a line break and music after a silence.

Text and music hold what they began with. Several sequences go to files numbered NAME-1, NAME-2, … The same seed gives the
same sequences, the first of them whatever --count is.`,
		Example: `  gruexp sample runs/tinyshakespeare-1 --prime "ROMEO:" --temperature 0.8
  gruexp sample runs/jsb-1 --steps 64 --count 3 --output chorale.mid
  gruexp sample runs/mine-1 --prime last-week.csv --steps 24 --output next-day.csv`,
		Args: arguments(1, 1, "the directory of a run"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Extensions = a.extensions
			cmd.Flags().Visit(func(f *pflag.Flag) { o.Given = append(o.Given, f.Name) })
			files, err := infer.Sample(cmd.Context(), args[0], o, a.stdout)
			if err != nil {
				return err
			}
			for _, file := range files {
				if _, err := fmt.Fprintf(a.stdout, "%s: %s\n", file, counted(o.Steps, "step")); err != nil {
					return err
				}
			}
			return nil
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.Output, "output", "", "`file` to write: .txt, .mid or .csv")
	flags.StringVar(&o.Prime, "prime", "", "`text or file` to begin with: .txt, .json or .csv")
	flags.IntVar(&o.Steps, "steps", 200, "`number` of steps to write")
	flags.IntVar(&o.Count, "count", 1, "`number` of sequences")
	flags.Float64Var(&o.Temperature, "temperature", 1, "`number` that logits are divided by: below 1 what is probable gets more so, 0 takes the most probable")
	flags.IntVar(&o.TopK, "top-k", 0, "`number` of the most probable characters or notes to draw from (default all)")
	flags.Uint64Var(&o.Seed, "seed", 1, "seed of the draws, a whole `number`")
	flags.Float64Var(&o.Tempo, "tempo", 120, "`steps` of music a minute")
	return cmd
}
