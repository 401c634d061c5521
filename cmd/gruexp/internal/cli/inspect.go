package cli

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/run"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/inspect"
)

func (a *app) inspectCommand() *cobra.Command {
	var (
		o       run.InspectOptions
		threads int
	)
	cmd := &cobra.Command{
		Use:   "inspect DIR",
		Short: "Look inside the best weights of a run",
		Long: `Look inside the best weights of a run: numbers about its parameters, and for some sequences of its data pictures and
numbers of its gates over time, of the gradients on their way back through time, and of how much the loss hangs on each
input. All is computed without noise. Files are written to DIR/inspect:

  parameters.csv         norm, range and zeros of each; singular values and spectral radii of recurrent kernels
  gradient-flow.svg .csv the norm of ∂loss/∂state at every step: whether gradients vanish or explode
  saliency.csv           the norm of ∂loss/∂x at every step
  SPLIT-N-LAYER.svg      gates and states of sequence N over time; of inputs and embeddings the saliency
  SPLIT-N.npz            the same as arrays

Of a run that was imported there are no data, and parameters alone.`,
		Example: `  gruexp inspect runs/languages-1
  gruexp inspect runs/languages-1 --split valid --sequence 12 --layer gru0 --out inside`,
		Args: arguments(1, 1, "the directory of a run"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkInspect(cmd, o); err != nil {
				return err
			}
			if !cmd.Flags().Changed("sequence") {
				o.Sequence = -1
			}
			var err error
			if o.Options, err = a.options(cmd, threads); err != nil {
				return err
			}
			found, err := run.Inspect(cmd.Context(), args[0], o)
			if err != nil {
				return err
			}
			if a.json {
				return a.printJSON(found)
			}
			return a.showInspection(found)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.Split, "split", "test", "`part` of the data: train, valid or test")
	flags.IntVar(&o.Sequences, "sequences", 8, "how `many` sequences, the first ones of the part")
	flags.IntVar(&o.Sequence, "sequence", 0, "the `number` of one sequence, from 0")
	flags.StringVar(&o.Layer, "layer", "", "`name` of one layer, as gru0 (default all)")
	flags.StringVar(&o.Out, "out", "", "`folder` to write to (default DIR/inspect)")
	a.threadsFlag(cmd, &threads)
	a.jsonFlag(cmd)
	return cmd
}

// checkInspect gives all faults of the flags at once.
func checkInspect(cmd *cobra.Command, o run.InspectOptions) error {
	var faults fault.List
	add := func(what, found, expected string) {
		faults = append(faults, fault.Fault{Where: "inspect", What: what, Found: found, Expected: expected})
	}
	if !slices.Contains(run.Splits(), o.Split) {
		add("wrong value of --split", fmt.Sprintf("%q", o.Split), "one of "+strings.Join(run.Splits(), ", "))
	}
	if o.Sequences < 1 {
		add("wrong value of --sequences", strconv.Itoa(o.Sequences), "at least 1")
	}
	if o.Sequence < 0 {
		add("wrong value of --sequence", strconv.Itoa(o.Sequence), "0 or more")
	}
	if cmd.Flags().Changed("sequence") && cmd.Flags().Changed("sequences") {
		add("two flags that say which sequences", "--sequence and --sequences", "one of them")
	}
	return faults.Err()
}

// showInspection prints an inspection for people.
func (a *app) showInspection(found *run.Inspection) error {
	var b strings.Builder
	if err := writeRows(&b, parameterRows(found.Parameters), 3); err != nil {
		return err
	}
	if slices.ContainsFunc(found.Parameters, func(p inspect.Parameter) bool { return p.SpectralRadii != nil }) {
		b.WriteString("\nσ is the largest singular value and ρ the spectral radius of each gate's block, in the order of the gates.\n")
	}
	if found.Missing != "" {
		fmt.Fprintf(&b, "There are %s.\n", found.Missing)
	}
	if len(found.Recurrences) > 0 {
		fmt.Fprintf(&b, "\nOver %s of the part %s:\n\n", counted(len(found.Sequences), "sequence"), found.Split)
		if err := writeRows(&b, recurrenceRows(found.Recurrences), 2); err != nil {
			return err
		}
		for _, r := range found.Recurrences {
			fmt.Fprintf(&b, "\n%s: the mean norm of ∂loss/∂state is %s at its last step and %s %s before\n",
				r.Name, number(r.LastGradient), number(r.FirstGradient), counted(r.Back, "step"))
		}
	}
	fmt.Fprintf(&b, "\n%s in %s\n", counted(len(found.Files), "file"), found.Out)
	_, err := io.WriteString(a.stdout, b.String())
	return err
}

func parameterRows(parameters []inspect.Parameter) [][]string {
	rows := [][]string{{"parameter", "role", "shape", "elements", "norm", "rms", "min", "max", "zeros", "σ", "ρ"}}
	for _, p := range parameters {
		rows = append(rows, []string{
			p.Name, string(p.Role), strings.Trim(strings.ReplaceAll(fmt.Sprint(p.Shape), " ", "×"), "[]"), humanize.Comma(int64(p.Elements)),
			number(p.Norm), number(p.RMS), number(p.Min), number(p.Max), percent(p.Zeros), several(p.SingularValues), several(p.SpectralRadii),
		})
	}
	return rows
}

func recurrenceRows(recurrences []inspect.Summary) [][]string {
	rows := [][]string{{"layer", "gate", "mean", "nearly closed", "nearly open"}}
	for _, r := range recurrences {
		for _, gate := range r.Gates {
			rows = append(rows, []string{r.Name, gate.Name, number(gate.Mean), percent(gate.Low), percent(gate.High)})
		}
	}
	return rows
}

func percent(share float64) string { return fmt.Sprintf("%.1f %%", 100*share) }

func several(values []float64) string {
	words := make([]string, len(values))
	for i, v := range values {
		words[i] = fmt.Sprintf("%.3f", v)
	}
	return strings.Join(words, " ")
}
