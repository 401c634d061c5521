package cli

import (
	"fmt"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/rundir"
	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/layers/interchange"
)

func (a *app) importCommand() *cobra.Command {
	var (
		e                    exchangeFlags
		weights, config, out string
	)
	cmd := &cobra.Command{
		Use:   "import --format FORMAT --weights FILE --config FILE.yaml --out DIR",
		Short: "Make a run of weights that come from elsewhere",
		Long: `Make a run of weights that come from elsewhere: 'predict' and 'export' take it like one that was trained here. Of the
configuration only model is needed, with the sizes of input and output:

  model:
    input: {size: 3}
    layers:
      - gru: {units: 64, return_sequences: true}
      - dense: {units: 2}

The file must have the weights of that model and no others; what is missing, unexpected, of another shape or not finite
is listed, each by its name in the file. --map says how tensors or layers are called there.`,
		Example: `  gruexp import --format torch --weights model.safetensors --config model.yaml --out runs/imported
  gruexp import --format torch --weights model.safetensors --config model.yaml --out runs/imported --map head=dense0`,
		Args: arguments(0, 0, "flags alone"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			exchange, err := e.parse(cmd, interchange.ImportFormats(), map[string]string{"weights": weights, "config": config, "out": out})
			if err != nil {
				return err
			}
			m, err := rundir.Import(config, weights, out, exchange, a.extensions)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(a.stdout, "%s: %s parameters\n", out, humanize.Comma(int64(graph.CountElements(m.Params()))))
			return err
		},
	}
	e.add(cmd, interchange.ImportFormats())
	cmd.Flags().StringVar(&weights, "weights", "", "`file` with the weights")
	cmd.Flags().StringVar(&config, "config", "", "`file` with the model's configuration")
	cmd.Flags().StringVar(&out, "out", "", "`directory` of the run, new or empty")
	return cmd
}
