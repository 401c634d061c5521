package cli

import (
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	studydir "github.com/gruexp/gruexp/cmd/gruexp/internal/study"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/experiment/studies"
	"github.com/gruexp/gruexp/trainer/study"
)

// storeVariable is the environment variable with the address of the database for the records of studies.
const storeVariable = "GRUEXP_STORE"

// studyFlags are those of the verbs that carry out trials.
type studyFlags struct {
	out           string
	sets          []string
	jobs, threads int
	retry         bool
	store         string

	progress *studyProgress // nil until the study begins
}

func (f *studyFlags) add(a *app, cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.out, "out", "", "`directory` of the study, new or that of the same study (default "+runsFolder+"/NAME)")
	setFlag(cmd, &f.sets)
	cmd.Flags().BoolVar(&f.retry, "retry", false, "repeat the trials that have failed")
	cmd.Flags().StringVar(&f.store, "store", "", "`address` of a PostgreSQL database for the record, as postgres://USER@HOST/DATABASE (default GRUEXP_STORE, else a file in the directory)")
	f.addSlots(cmd)
	a.jsonFlag(cmd)
}

func (f *studyFlags) addSlots(cmd *cobra.Command) {
	cmd.Flags().IntVar(&f.jobs, "jobs", 0, "`number` of trials at a time (default as many as the cores allow)")
	cmd.Flags().IntVar(&f.threads, "threads", 0, "`number` of threads of each trial, which changes no result (default as many as the cores allow)")
}

// folder is where a study goes.
func (f *studyFlags) folder(name string) string {
	if f.out != "" {
		return f.out
	}
	return filepath.Join(runsFolder, name)
}

// slots divides the cores: many trials with few threads are faster than few with many. Trials is how many there are, 0 for
// no bound.
func (f *studyFlags) slots(cmd *cobra.Command, trials int) (jobs, threads int, err error) {
	cores := runtime.GOMAXPROCS(0)
	for name, n := range map[string]int{"jobs": f.jobs, "threads": f.threads} {
		if n < 0 || n > math.MaxInt16 {
			return 0, 0, fault.Fault{
				Where: verbOf(cmd), What: "wrong value of --" + name, Found: fmt.Sprint(n), Expected: fmt.Sprintf("1 to %d, or 0 for what the cores allow", cores),
			}.Err()
		}
	}
	if jobs, threads = f.jobs, f.threads; jobs == 0 {
		jobs = max(1, cores/max(1, threads))
		if trials > 0 {
			jobs = min(jobs, trials)
		}
	}
	if threads == 0 {
		threads = max(1, cores/jobs)
	}
	if jobs*threads > cores && jobs*threads > 1 {
		return 0, 0, fault.Fault{
			Where: verbOf(cmd), What: "more threads than cores", Found: fmt.Sprintf("%d trials of %d threads", jobs, threads),
			Expected: fmt.Sprintf("--jobs times --threads to be at most %d", cores),
		}.Err()
	}
	return jobs, threads, nil
}

// studyOptions are the surroundings of the trials. Each that ends is told in a line of stderr.
func (a *app) studyOptions(cmd *cobra.Command, f *studyFlags, trials int) (studydir.Options, error) {
	jobs, threads, err := f.slots(cmd, trials)
	if err != nil {
		return studydir.Options{}, err
	}
	options, err := a.options(cmd, threads)
	if err != nil {
		return studydir.Options{}, err
	}
	options.Callbacks = nil
	f.progress = newStudyProgress(a.stderr)
	store := f.store
	if store == "" {
		store = os.Getenv(storeVariable)
	}
	return studydir.Options{Store: store, StoreOptional: f.store == "", Slots: jobs, Threads: threads, Run: options, Begun: f.progress.begun, Ended: f.progress.ended, Told: f.progress.told(), Warn: f.progress.warn}, nil
}

// trialLine says what has become of a trial, and how many have ended by then.
func trialLine(w io.Writer, t study.Trial, now studies.Progress) {
	trial := fmt.Sprintf("trial %d of %d  %s", now.Ended, now.Of, t.Name)
	switch t.State {
	case study.Failed:
		fmt.Fprintf(w, "gruexp: warning: trial %s failed: %s\n", t.Name, oneLine(t.Error))
	case study.Pruned:
		last := t.Curve[len(t.Curve)-1]
		fmt.Fprintf(w, "%s  pruned after epoch %d at %s\n", trial, last.Epoch, number(last.Value))
	default:
		fmt.Fprintf(w, "%s  %s  in %s\n", trial, number(float64(t.Value)), duration(t.Seconds()))
	}
}

// known is a number, or a dash where it is unknown.
func known(v study.Value) string {
	if !v.Known() {
		return "-"
	}
	return number(float64(v))
}

func interval(e study.Estimate) string {
	if !e.Low.Known() {
		return "-"
	}
	return known(e.Low) + " to " + known(e.High)
}

// showFailures names trials without a result.
func showFailures(b *strings.Builder, failed []study.Failure) {
	if len(failed) == 0 {
		return
	}
	fmt.Fprintf(b, "\nFailed, and repeated by --retry:\n")
	for _, f := range failed {
		fmt.Fprintf(b, "  %s: %s\n", f.Trial, oneLine(f.Error))
	}
}
