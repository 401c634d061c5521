package cli

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	studydir "github.com/gruexp/gruexp/cmd/gruexp/internal/study"
	"github.com/gruexp/gruexp/trainer/experiment/studies"
)

func (a *app) compareCommand() *cobra.Command {
	var (
		flags studyFlags
		test  bool
	)
	cmd := &cobra.Command{
		Use:   "compare STUDY|FILE.yaml",
		Short: "Compare strategies on the same seeds and say which one wins",
		Long: `Compare strategies on the same seeds and say which one wins, or that no difference was found. The study is a built-in
one or a file: a base configuration, arms that change it, and seeds that every arm is run with. With tune in the file every
arm has its hyperparameters searched for first, each with as many trials.

Trials run in parallel, each in a process and a run directory of its own. Whatever is interrupted or killed, the same
command goes on where the study stopped. What is compared is measured on the validation part; --test shows the test part
too, and the study counts how often.`,
		Example: `  gruexp compare solvers
  gruexp compare mine.yaml --out studies/mine --set trainer.max_epochs=5
  gruexp compare mine.yaml --test --json`,
		Args: arguments(1, 1, "a study or FILE.yaml"),
		RunE: func(cmd *cobra.Command, args []string) error {
			options, err := a.studyOptions(cmd, &flags, 0)
			if err != nil {
				return err
			}
			c, err := studydir.ReadComparison(cmd.Context(), args[0], flags.sets, options)
			if err != nil {
				return err
			}
			if options, err = a.studyOptions(cmd, &flags, c.Plan().Most(nil)); err != nil {
				return err
			}
			result, err := c.Run(cmd.Context(), flags.folder(c.Name()), flags.retry, options)
			flags.progress.clear()
			if err != nil {
				return err
			}
			if test {
				if err := c.LookAtTest(cmd.Context(), result); err != nil {
					return err
				}
			}
			if a.json {
				return a.printJSON(result)
			}
			return a.showComparison(result)
		},
	}
	cmd.Flags().BoolVar(&test, "test", false, "show the test part too, which is to be done once, when all has been decided")
	flags.add(a, cmd)
	return cmd
}

func (a *app) showComparison(r *studies.ComparisonResult) error {
	var b strings.Builder
	fmt.Fprintf(&b, "\n%s: %s of %d arms, means with 95 %% intervals over the seeds\n\n", r.Study, r.Metric, len(r.Arms))
	table := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ARM\tMEAN\tINTERVAL\tSECONDS\tEPOCHS\tENDED BY\tVALUES")
	for _, name := range r.Better() {
		arm := r.Arms[name]
		values := make([]string, len(arm.Values))
		for i, v := range arm.Values {
			values[i] = number(v)
		}
		seconds := "-"
		if arm.Seconds.Known() {
			seconds = duration(float64(arm.Seconds))
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", name, known(arm.Mean), interval(arm.Estimate), seconds,
			strings.Trim(fmt.Sprint(arm.Epochs), "[]"), strings.Join(slices.Sorted(maps.Keys(arm.StopReasons)), ", "), strings.Join(values, " "))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(&b, "\n%s\n", splitSentence(r.Split))
	fmt.Fprintf(&b, "\nDifference from %s, seed by seed; p after Holm's correction; P: probability that a run beats one of %s\n\n", r.Reference, r.Reference)
	fmt.Fprintln(table, "ARM\tDIFFERENCE\tINTERVAL\tP\tp\tVERDICT")
	for _, name := range r.Better() {
		if d, ok := r.Differences[name]; ok {
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", name, known(d.Mean), interval(d.Estimate), known(d.Probability), known(d.Adjusted), d.Sentence)
		}
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if r.Tuned != nil {
		if err := showTuning(&b, table, r); err != nil {
			return err
		}
	}
	if r.Test != nil {
		fmt.Fprintf(&b, "\n%s, looked at for the %s time\n\n", r.Test.Metric, ordinal(r.Test.Looks))
		fmt.Fprintln(table, "ARM\tMEAN\tINTERVAL")
		for _, name := range r.Better() {
			if e, ok := r.Test.Arms[name]; ok {
				fmt.Fprintf(table, "%s\t%s\t%s\n", name, known(e.Mean), interval(e))
			}
		}
		if err := table.Flush(); err != nil {
			return err
		}
		if r.Test.Looks > 1 {
			b.WriteString("What is chosen after a first look is no longer judged by the test part.\n")
		}
	}
	showFailures(&b, r.Failed)
	fmt.Fprintf(&b, "\nThe study is in %s\n", r.Dir)
	_, err := io.WriteString(a.stdout, b.String())
	return err
}

// splitSentence says what the runs of a comparison were measured on.
func splitSentence(split string) string {
	switch split {
	case studies.SplitVaried:
		return "Every seed has a validation part of its own, drawn at random; the test part is the same for all."
	case studies.SplitFixed:
		return "All runs have the same validation part: what is said holds for that."
	default:
		return "Runs of different seeds have different folds as their validation part."
	}
}

// showTuning says what each arm was tuned to.
func showTuning(b *strings.Builder, table *tabwriter.Writer, r *studies.ComparisonResult) error {
	fmt.Fprintf(b, "\nTuned before, each by %s (sampler %s, pruner %s), with seeds that the comparison does not have: %s\n\n",
		counted(r.Tuned.Trials, "trial"), r.Tuned.Sampler, r.Tuned.Pruner, strings.Trim(fmt.Sprint(r.Tuned.Seeds), "[]"))
	fmt.Fprintln(table, "ARM\tTRIALS\tPRUNED\tFAILED\tSECONDS\tBEST\tSETTINGS")
	for _, name := range r.Better() {
		arm := r.Tuned.Arms[name]
		settings := make([]string, 0, len(arm.Settings))
		for _, path := range slices.Sorted(maps.Keys(arm.Settings)) {
			settings = append(settings, path+"="+setting(arm.Settings[path]))
		}
		fmt.Fprintf(table, "%s\t%d\t%d\t%d\t%s\t%s\t%s\n", name, arm.Trials, arm.Pruned, arm.Failed, duration(float64(arm.Seconds)), known(arm.Value), strings.Join(settings, " "))
	}
	return table.Flush()
}

func ordinal(n int) string {
	switch n {
	case 1:
		return "first"
	case 2:
		return "second"
	case 3:
		return "third"
	default:
		return fmt.Sprintf("%dth", n)
	}
}
