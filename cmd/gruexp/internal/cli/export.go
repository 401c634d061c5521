package cli

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/rundir"
	"github.com/gruexp/gruexp/cmd/gruexp/internal/usererr"
	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/layers/interchange"
)

func (a *app) exportCommand() *cobra.Command {
	var (
		e      exchangeFlags
		output string
	)
	cmd := &cobra.Command{
		Use:   "export DIR --format FORMAT --output FILE",
		Short: "Write the best weights of a run for other programs",
		Long: `Write the best weights of a run for other programs:

  safetensors   a whole model file: weights and configuration
  torch         the state_dict of PyTorch, in safetensors
  keras         the weights of Keras 3 by their paths, in .npz
  onnx          a whole model for ONNX runtimes
  npz           the weights by our names, for NumPy`,
		Example: `  gruexp export runs/mine-1 --format torch --output model.safetensors
  gruexp export runs/mine-1 --format torch --output model.safetensors --map gru=gru0 --map head=dense0`,
		Args: arguments(1, 1, "the directory of a run"),
		RunE: func(cmd *cobra.Command, args []string) error {
			exchange, err := e.parse(cmd, interchange.Formats(), map[string]string{"output": output})
			if err != nil {
				return err
			}
			m, err := rundir.Export(args[0], output, exchange, a.extensions)
			if err != nil {
				return err
			}
			if _, err = fmt.Fprintf(a.stdout, "%s: %s parameters\n", output, humanize.Comma(int64(graph.CountElements(m.Params())))); err != nil {
				return err
			}
			for _, omission := range interchange.Omissions(m, exchange.Format) {
				if _, err := fmt.Fprintln(a.stderr, "note:", omission); err != nil {
					return err
				}
			}
			return nil
		},
	}
	e.add(cmd, interchange.Formats())
	cmd.Flags().StringVar(&output, "output", "", "`file` to write")
	return cmd
}

// exchangeFlags are the flags that import and export share.
type exchangeFlags struct {
	format string
	names  []string
}

func (e *exchangeFlags) add(cmd *cobra.Command, formats []interchange.Format) {
	cmd.Flags().StringVar(&e.format, "format", "", "`format` of the weights: "+strings.Join(formatNames(formats), ", "))
	cmd.Flags().StringArrayVar(&e.names, "map", nil, "`theirs=ours`: a tensor or layer of ours is called theirs in the file; may come several times")
	// The only error is that of a flag that is not there.
	_ = cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(formatNames(formats), cobra.ShellCompDirectiveNoFileComp))
}

func formatNames(formats []interchange.Format) []string {
	names := make([]string, len(formats))
	for i, f := range formats {
		names[i] = string(f)
	}
	return names
}

// parse gives all faults of the flags at once; required are others that must be there.
func (e *exchangeFlags) parse(cmd *cobra.Command, formats []interchange.Format, required map[string]string) (rundir.Exchange, error) {
	var faults fault.List
	verb := verbOf(cmd)
	names := formatNames(formats)
	switch {
	case e.format == "":
		faults = append(faults, fault.Fault{Where: verb, What: "missing flag", Found: "no --format", Expected: "--format, " + usererr.OneOf(names, "", "--help")})
	case !slices.Contains(names, e.format):
		faults = append(faults, fault.Fault{Where: verb, What: "wrong value of --format", Found: fmt.Sprintf("%q", e.format), Meant: usererr.Nearest(names, e.format), Expected: usererr.OneOf(names, e.format, "--help")})
	}
	for _, flag := range slices.Sorted(maps.Keys(required)) {
		if required[flag] == "" {
			faults = append(faults, fault.Fault{Where: verb, What: "missing flag", Found: "no --" + flag, Expected: "--" + flag + ", a " + strings.ReplaceAll(cmd.Flags().Lookup(flag).Usage, "`", "")})
		}
	}
	exchange := rundir.Exchange{Format: interchange.Format(e.format)}
	for _, name := range e.names {
		theirs, ours, ok := strings.Cut(name, "=")
		if !ok || theirs == "" || ours == "" {
			faults = append(faults, fault.Fault{Where: verb, What: "wrong value of --map", Found: fmt.Sprintf("%q", name), Expected: "theirs=ours"})
		}
		exchange.Renamings = append(exchange.Renamings, interchange.Renaming{Theirs: theirs, Ours: ours})
	}
	return exchange, faults.Err()
}
