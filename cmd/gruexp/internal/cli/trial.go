package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/gofrs/flock"
	"github.com/pkg/errors"
	"github.com/spf13/cobra"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/run"
	"github.com/gruexp/gruexp/cmd/gruexp/internal/rundir"
	studydir "github.com/gruexp/gruexp/cmd/gruexp/internal/study"
	"github.com/gruexp/gruexp/cmd/gruexp/internal/usererr"
	"github.com/gruexp/gruexp/trainer"
	"github.com/gruexp/gruexp/trainer/experiment"
)

// trialCommand is the process of a trial: no verb for people.
func (a *app) trialCommand() *cobra.Command {
	var (
		sets    []string
		out     string
		seed    uint64
		threads int
	)
	cmd := &cobra.Command{
		Use:    studydir.TrialVerb + " CONFIG",
		Hidden: true,
		Args:   arguments(1, 1, "a configuration"),
		RunE: func(cmd *cobra.Command, args []string) error {
			options, err := a.options(cmd, threads)
			if err != nil {
				return err
			}
			options.Log = nil   // the study keeps what its trials say
			options.Ended = nil // a study has a report of its own, and a megabyte for each trial would be much
			options.Callbacks = append(options.Callbacks, teller{json.NewEncoder(a.stdout)})
			ctx, stop := context.WithCancel(cmd.Context())
			defer stop()
			// The keyboard's Ctrl-C reaches every process of a terminal; that of the study decides what becomes of it.
			signal.Ignore(os.Interrupt, syscall.SIGHUP)
			go func() {
				_, _ = io.Copy(io.Discard, a.stdin) // nothing comes but the end
				stop()
			}()
			result, err := trial(ctx, args[0], append(sets, fmt.Sprintf("seed=%d", seed)), out, options)
			if usererr.DiskFailed(err) {
				_ = json.NewEncoder(a.stdout).Encode(studydir.Message{Disk: err.Error()}) // to a pipe; the log is on that disk
			}
			if err != nil {
				return err
			}
			return a.printJSON(studydir.Message{Result: result})
		},
	}
	setFlag(cmd, &sets)
	cmd.Flags().StringVar(&out, "out", "", "directory of the run")
	cmd.Flags().Uint64Var(&seed, "seed", 1, "seed of the run")
	a.threadsFlag(cmd, &threads)
	return cmd
}

// trial trains in a directory, or goes on there. A process of the same trial whose study was killed may not be gone yet.
func trial(ctx context.Context, source string, sets []string, out string, options run.Options) (*run.Result, error) {
	lock := flock.New(out+".lock", flock.SetPermissions(0o644))
	if _, err := lock.TryLockContext(ctx, 20*time.Millisecond); err != nil {
		return nil, errors.Wrap(err, "lock of a trial")
	}
	defer lock.Close()
	if rundir.Exists(out) == nil {
		return run.Resume(ctx, out, options)
	}
	cfg, err := experiment.ReadConfig(source, sets, options.Extensions)
	if err != nil {
		return nil, err
	}
	return run.Train(ctx, cfg, func() (*rundir.Dir, error) { return rundir.Create(out) }, options)
}

// teller says to the process of the study how far a trial has come.
type teller struct{ out *json.Encoder }

// On tells every epoch, those before an interruption too.
func (t teller) On(_ context.Context, e *trainer.Event) error {
	var epochs []trainer.Epoch
	switch e.Kind {
	case trainer.RunStart:
		epochs = e.History.Epochs
	case trainer.EpochEnd:
		epochs = e.History.Epochs[len(e.History.Epochs)-1:]
	default:
		return nil
	}
	for _, epoch := range epochs {
		last := epoch.Epoch >= e.Config.MaxEpochs
		if err := t.out.Encode(studydir.Message{Epoch: epoch.Epoch, Seconds: epoch.Seconds, Valid: epoch.Valid, Last: last}); err != nil {
			return errors.Wrap(err, "what a trial says")
		}
	}
	return nil
}
