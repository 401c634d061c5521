package cli

import (
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/run"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer"
	"github.com/gruexp/gruexp/trainer/atomicfile"
	"github.com/gruexp/gruexp/trainer/experiment"
)

func (a *app) configPlotCommand() *cobra.Command {
	var (
		sets   []string
		output string
	)
	cmd := &cobra.Command{
		Use:   "plot EXPERIMENT|FILE.yaml",
		Short: "Draw the learning rate of a configuration over its epochs",
		Long: `Draw the learning rate of a configuration over its epochs, on the terminal and, with --output, in a file. The data are read, since
they say how many steps an epoch has. What reduce_on_plateau will do is not known beforehand.`,
		Example: `  gruexp config plot languages
  gruexp config plot mine.yaml --set "solver.schedule={name: one_cycle}" --output rate.svg`,
		Args: arguments(1, 1, "an experiment or a FILE.yaml"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkChart(output); err != nil {
				return err
			}
			cfg, err := experiment.ReadConfig(args[0], sets, a.extensions)
			if err != nil {
				return err
			}
			options, err := a.options(cmd, 0)
			if err != nil {
				return err
			}
			epochs, rates, err := run.LearningRates(cmd.Context(), cfg, options)
			if err != nil {
				return err
			}
			curve := &Curve{Title: "Learning rate of " + cfg.Name, XName: "epoch", YName: "learning_rate", X: epochs, Y: rates}
			return a.draw(curve, output)
		},
	}
	setFlag(cmd, &sets)
	chartFlag(cmd, &output)
	return cmd
}

func (a *app) findLearningRateCommand() *cobra.Command {
	var (
		sets    []string
		output  string
		threads int
		finder  trainer.FinderConfig
	)
	cmd := &cobra.Command{
		Use:   "find-learning-rate [EXPERIMENT|FILE.yaml]",
		Short: "Try rising learning rates and suggest one",
		Long:  `Train for some steps with a learning rate that rises from step to step, and suggest one from where the loss falls (Smith 2017). The schedule of the configuration is left out. Nothing is kept but the chart.`,
		Example: `  gruexp find-learning-rate languages
  gruexp find-learning-rate mine.yaml --set solver.name=sgd --max 10 --output rates.svg`,
		Args: arguments(0, 1, "at most one experiment or FILE.yaml"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkChart(output); err != nil {
				return err
			}
			if err := checkFinder(finder); err != nil {
				return err
			}
			cfg, err := experiment.ReadConfig(sourceOf(args), sets, a.extensions)
			if err != nil {
				return err
			}
			options, err := a.options(cmd, threads)
			if err != nil {
				return err
			}
			found, err := run.FindLearningRate(cmd.Context(), cfg, finder, options)
			if err != nil {
				return err
			}
			curve := &Curve{
				Title: "Smoothed loss of " + cfg.Name, XName: "learning rate, logarithmic", YName: "loss",
				X: found.LearningRates, Y: slices.Clone(found.Losses), LogX: true,
			}
			for i, y := range curve.Y { // the dip is what counts, not the explosion after it
				curve.Y[i] = min(y, curve.Y[0]+0.1*math.Abs(curve.Y[0]))
			}
			if a.json {
				if err := writeChart(curve, output); err != nil {
					return err
				}
				return a.printJSON(found)
			}
			if err := a.draw(curve, output); err != nil {
				return err
			}
			if found.Suggested == 0 {
				_, err = fmt.Fprintf(a.stdout, "\nNo suggestion: %s\n", found.Reason)
				return err
			}
			low, high := found.Range()
			_, err = fmt.Fprintf(a.stdout, "\nThe loss falls most steeply at %.2g and has fallen half of the way at %.2g; a tenth of the rate with the least loss is %.2g.\n"+
				"Try --set solver.learning_rate=%.2g, or others from %.2g to %.2g\n", found.Steepest, found.Valley, found.MinimumTenth, found.Suggested, low, high)
			return err
		},
	}
	setFlag(cmd, &sets)
	defaults := trainer.FinderConfig{}.WithDefaults()
	cmd.Flags().Float64Var(&finder.Min, "min", defaults.Min, "the first learning `rate`")
	cmd.Flags().Float64Var(&finder.Max, "max", defaults.Max, "the last learning `rate`")
	cmd.Flags().IntVar(&finder.Steps, "steps", defaults.Steps, "`number` of steps between them")
	chartFlag(cmd, &output)
	a.threadsFlag(cmd, &threads)
	a.jsonFlag(cmd)
	return cmd
}

func checkFinder(c trainer.FinderConfig) error {
	var faults fault.List
	for _, f := range c.Validate() {
		faults = append(faults, fault.Fault{Where: "find-learning-rate", What: "wrong value of --" + f.Path, Found: f.Found, Expected: f.Expected})
	}
	return faults.Err()
}

const (
	svgEnding      = ".svg"
	csvChartEnding = ".csv"
)

func chartFlag(cmd *cobra.Command, output *string) {
	cmd.Flags().StringVar(output, "output", "", "`file` to write the chart to, which ends in .svg or .csv")
}

func checkChart(output string) error {
	if ending := filepath.Ext(output); output != "" && ending != svgEnding && ending != csvChartEnding {
		return fault.Fault{Where: "--output " + output, What: "unknown kind of file", Found: fmt.Sprintf("%q", ending), Expected: "a name that ends in .svg or .csv"}.Err()
	}
	return nil
}

// draw shows a curve and writes it where that is wanted.
func (a *app) draw(c *Curve, output string) error {
	if err := writeChart(c, output); err != nil {
		return err
	}
	_, err := io.WriteString(a.stdout, c.Text())
	return err
}

func writeChart(c *Curve, output string) error {
	write := c.WriteSVG
	switch filepath.Ext(output) {
	case "":
		return nil
	case csvChartEnding:
		write = c.WriteCSV
	}
	return atomicfile.WriteOutput(output, 0o644, write)
}
