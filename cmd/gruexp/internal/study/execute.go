package study

import (
	"context"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/run"
	"github.com/gruexp/gruexp/cmd/gruexp/internal/rundir"
	"github.com/gruexp/gruexp/cmd/gruexp/internal/usererr"
	"github.com/gruexp/gruexp/trainer/experiment/studies"
	"github.com/gruexp/gruexp/trainer/study"
	"github.com/gruexp/gruexp/trainer/study/sqlite"
)

// Options are the surroundings of a study; they change no number of its result.
type Options struct {
	Slots   int // trials at a time
	Threads int // of each
	Run     run.Options

	Store         string // address of the database that the record is in; empty: a file in the directory
	StoreOptional bool   // a study whose record is elsewhere keeps it

	Begun func(now studies.Progress)                // told how far the study is, unless it has ended; may be nil
	Ended func(t study.Trial, now studies.Progress) // told of every trial that has ended; may be nil
	Told  func(Progress)                            // told whenever the study has moved on; may be nil
	Warn  func(string)                              // told of what may not be meant; may be nil
}

// Message is what a trial's process writes on its standard output, as a line of JSON.
type Message struct {
	Epoch   int                `json:"epoch,omitempty"`
	Seconds float64            `json:"seconds,omitempty"`
	Valid   map[string]float64 `json:"valid,omitempty"`
	Last    bool               `json:"last,omitempty"`   // no epoch comes after it
	Result  *run.Result        `json:"result,omitempty"` // the last one
	Disk    string             `json:"disk,omitempty"`   // why the trial could not be carried out: its disk is full or broken
}

// diskError is a trial that could not be carried out since its disk is full or broken.
type diskError struct{ said string }

func (e *diskError) Error() string { return e.said }
func (e *diskError) Unwrap() error { return study.ErrStop }

// TrialVerb is the verb of a trial's process: gruexp TrialVerb CONFIG --out DIR --seed N --threads N. It ends soon after its
// standard input does, so that no trial outlives the process that wants it, however that ends.
const TrialVerb = "trial"

// executor carries out trials as processes of this program.
type executor struct {
	dir     *dir
	plan    *studies.Plan
	options Options
	metric  string // without its part
	teller  *teller
	kernels string // that trials use; empty: any
}

func newExecutor(d *dir, p *studies.Plan, options Options) *executor {
	_, metric, _ := strings.Cut(p.Metric(), ".")
	return &executor{dir: d, plan: p, options: options, metric: metric, teller: newTeller(d, p, options)}
}

func (e *executor) worker() *study.Worker {
	w := e.plan.Worker(e.dir.store)
	w.Slots, w.Execute = e.options.Slots, e.execute
	w.OnEnd = e.teller.ended
	return w
}

// config is the configuration of a trial: a file and changes to it.
func (e *executor) config(t study.Trial) (path string, sets []string, err error) {
	if !e.plan.Proposes() {
		if sets, err = studies.Assignments(t.Settings); err != nil {
			return "", nil, err
		}
		path, err = e.dir.file(armsDir, t.Arm+".yaml")
		return path, sets, err
	}
	cfg, err := e.plan.Config(t)
	if err != nil {
		return "", nil, err
	}
	path, err = e.dir.writeConfig(cfg, trialsDir, t.Name+".yaml")
	return path, nil, err
}

// execute carries out a trial. A disk that fails is no result of the trial, whether its process meets it or this one.
func (e *executor) execute(ctx context.Context, t study.Trial, report func(study.Point) error) ([]study.Run, error) {
	runs, err := e.carryOut(ctx, t, report)
	if usererr.DiskFailed(err) || sqlite.FailureOf(err) == sqlite.DiskFailed {
		err = &diskError{err.Error()}
	}
	return runs, err
}

func (e *executor) carryOut(ctx context.Context, t study.Trial, report func(study.Point) error) ([]study.Run, error) {
	if err := studies.CheckTrial(t); err != nil {
		return nil, refuseRecord(ctx, e.dir.path, err)
	}
	e.teller.begun(t)
	config, sets, err := e.config(t)
	if err != nil {
		return nil, err
	}
	var runs []study.Run
	for i, seed := range t.Seeds {
		name := filepath.Join(trialsDir, t.Name)
		if len(t.Seeds) > 1 {
			name += "-" + strconv.Itoa(i+1)
		}
		heard := func(p study.Point) error {
			e.teller.heard(t, p)
			if i > 0 {
				return nil // a trial is judged early by its first run
			}
			return report(p)
		}
		result, err := e.keep(ctx, t, config, append(e.plan.SeedAssignments(seed), sets...), name, seed, heard)
		if err != nil {
			return nil, err
		}
		r, err := studies.RunOf(result, e.plan.Metric())
		if err != nil {
			return nil, errors.Wrap(err, name)
		}
		r.Seed, r.Dir = seed, filepath.ToSlash(name)
		runs = append(runs, r)
	}
	return runs, nil
}

// keep is run, with the files of the run in the record where workers share no directory.
func (e *executor) keep(ctx context.Context, t study.Trial, config string, sets []string, name string, seed uint64, report func(study.Point) error) (*run.Result, error) {
	files, ok := e.dir.store.(study.Files)
	if !ok {
		return e.run(ctx, config, sets, name, seed, report)
	}
	u := &uploader{files: files, trial: t.ID, path: e.dir.path, name: name}
	if err := u.begin(ctx); err != nil {
		return nil, err
	}
	keeping, stop := context.WithCancel(ctx)
	kept := make(chan struct{})
	go func() {
		defer close(kept)
		u.during(keeping)
	}()
	result, err := e.run(ctx, config, sets, name, seed, report)
	stop()
	<-kept
	if errors.Is(context.Cause(ctx), study.ErrNotMine) {
		return result, err
	}
	if e := u.keep(context.WithoutCancel(ctx), err == nil); e != nil && err == nil {
		return nil, e
	}
	return result, err
}

// run trains in a process of its own, or goes on with what another process has begun.
func (e *executor) run(ctx context.Context, config string, sets []string, name string, seed uint64, report func(study.Point) error) (*run.Result, error) {
	out, err := e.dir.file(name)
	if err != nil {
		return nil, err
	}
	program, err := os.Executable()
	if err != nil {
		return nil, errors.Wrap(err, "this program")
	}
	args := []string{TrialVerb, config, "--out", out, "--seed", strconv.FormatUint(seed, 10), "--threads", strconv.Itoa(e.options.Threads)}
	for _, set := range sets {
		args = append(args, "--set", set)
	}
	if folder := e.options.Run.Data.Dir; folder != "" {
		args = append(args, "--data", folder)
	}
	log, err := rundir.OpenAppend(filepath.Dir(out), filepath.Base(out)+".log")
	if err != nil {
		return nil, errors.Wrap(err, "log of a trial")
	}
	defer log.Close()
	info, err := log.Stat()
	if err != nil {
		return nil, errors.Wrap(err, "log of a trial")
	}
	process := exec.Command(program, args...)
	process.Stderr = log
	if e.kernels != "" {
		process.Env = append(os.Environ(), "GRUEXP_KERNELS="+e.kernels)
	}
	result, err := converse(ctx, process, e.metric, report)
	if err == nil && result == nil {
		err = errors.New("the process has ended without a result")
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		if said := lastError(log.Name(), info.Size()); said != "" {
			return nil, errors.New(said)
		}
		return nil, errors.Errorf("%s: its process was ended (found %s, expected a result)", out, exit.ProcessState)
	}
	return result, err
}

// converse starts a trial's process, hears what it says and waits for its end. The end of the context ends it.
func converse(ctx context.Context, process *exec.Cmd, metric string, report func(study.Point) error) (result *run.Result, err error) {
	stdin, err := process.StdinPipe()
	if err != nil {
		return nil, errors.Wrap(err, "process of a trial")
	}
	stdout, err := process.StdoutPipe()
	if err != nil {
		return nil, errors.Wrap(err, "process of a trial")
	}
	if err := process.Start(); err != nil {
		return nil, errors.Wrap(err, "process of a trial")
	}
	stop := context.AfterFunc(ctx, func() { stdin.Close() })
	defer stop()
	var failed error
	for messages := json.NewDecoder(stdout); ; {
		var m Message
		if err := messages.Decode(&m); err != nil {
			if err != io.EOF && failed == nil {
				failed = errors.Wrap(err, "what a trial says")
			}
			break
		}
		if m.Disk != "" {
			failed = &diskError{m.Disk}
		} else if m.Result != nil {
			result = m.Result
		} else if v, ok := m.Valid[metric]; ok && failed == nil && ctx.Err() == nil {
			if failed = report(study.Point{Epoch: m.Epoch, Value: v, Seconds: m.Seconds, Last: m.Last}); failed != nil {
				stdin.Close()
			}
		}
	}
	_, _ = io.Copy(io.Discard, stdout) // so that nothing of it hangs
	err = process.Wait()
	if errors.Is(failed, study.ErrStop) {
		return nil, failed
	}
	if err != nil {
		return nil, errors.WithStack(err)
	}
	return result, failed
}
