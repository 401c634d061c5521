package trainer

import (
	"context"
	stderrors "errors"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/gruexp/gruexp/graph"
	"github.com/gruexp/gruexp/solvers"
)

// The streams that the loop draws from.
const (
	orderStream = "order"
	noiseStream = "weight_noise"
)

// ErrInterrupted says that a run or an evaluation was canceled by its context.
var ErrInterrupted = stderrors.New("interrupted")

// fit is one call of Fit.
type fit struct {
	*engine
	trainer *Trainer
	cfg     Config
	options Options
	solver  *solvers.Solver
	params  []*graph.Param
	train   *source
	valid   *source // nil: none
	stop    stoppingRule
	noise   *weightNoise
	clock   stopwatch

	skipped []FileFault // damaged checkpoints

	state       state
	historyText historyText    // for checkpoints
	order       []byte         // of the order's stream when the epoch under way began; nil: not used yet
	best        []*graph.Param // copies; nil before the first best epoch
	history     History
	event       Event                // reused
	gradients   []gorgonia.ValueGrad // reused
	accumulator *accumulator
	budget      budget
}

func (f *fit) loop(ctx context.Context) error {
	for _, fault := range f.skipped {
		if err := f.emit(ctx, Event{Kind: Warning, Message: "checkpoint skipped: " + fault.Err.Error()}); err != nil {
			return err
		}
	}
	if err := f.emit(ctx, Event{Kind: RunStart}); err != nil {
		return err
	}
	for !f.state.Stopping.Stopped && f.state.Epoch < f.cfg.MaxEpochs {
		if err := f.epoch(ctx); err != nil {
			return err
		}
		if err := f.finishEpoch(ctx); err != nil {
			return err
		}
	}
	return nil
}

// plan draws the batches of the epoch under way.
func (f *fit) plan() []window {
	return windowsOf(f.cfg.batchesOf(f.state.Epoch+1, f.train.lengths, f.streams.Stream(orderStream)), f.train.lengths, f.window)
}

// epoch goes through the training sequences once, or through what an interruption has left of them.
func (f *fit) epoch(ctx context.Context) error {
	plan := f.plan()
	if err := f.emit(ctx, Event{Kind: EpochStart, Epoch: f.state.Epoch + 1, Step: f.state.Batch, Of: len(plan)}); err != nil {
		return err
	}
	if f.state.Batch > len(plan) {
		return errors.Errorf("resume: found %d finished batches in a checkpoint, expected at most the %d of an epoch: are the data others?", f.state.Batch, len(plan))
	}
	rate := f.clock.rate()
	for f.state.Batch < len(plan) {
		if ctx.Err() != nil {
			return errors.WithStack(ErrInterrupted)
		}
		if f.budget.spent(f.state.Step, f.clock) != stillRunning {
			return errors.WithStack(errBudget)
		}
		next := plan[f.state.Batch]
		learningRate := f.solver.LearningRate()
		program, err := f.step(next, f.state.Batch == len(plan)-1)
		if err != nil {
			return f.diverged(err, f.state.Step+1)
		}
		f.state.Batch++
		f.state.LearningRate = learningRate
		finished := 0
		if next.last {
			finished = len(next.indices)
		}
		err = f.emit(ctx, Event{
			Kind: StepEnd, Epoch: f.state.Epoch + 1, Step: f.state.Batch, Of: len(plan), Loss: program.Cost(),
			LearningRate: learningRate, GradientNorm: program.GradientNorm(), Rate: rate(finished),
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// step runs one batch, or a window of one, and changes the weights unless more gradients are to be accumulated. The program
// returned holds what its run has left.
func (f *fit) step(w window, last bool) (*program, error) {
	f.noise.on()
	program, err := f.run(graph.Train, f.train, w)
	f.noise.off()
	if err != nil {
		return nil, err
	}
	if f.state.Step == 0 {
		if err := f.checkMetrics(program); err != nil {
			return nil, err
		}
	}
	if err := f.state.Sums.add(&f.train.spec, &f.part, program); err != nil {
		return nil, err
	}
	if err := f.state.Sums.addGradients(program, f.cfg.GradientNorms); err != nil {
		return nil, err
	}
	if !f.accumulator.add(program.Gradients(), total(f.part.Weights), last, &f.gradients) {
		return program, nil
	}
	if err := f.solver.Step(f.gradients); err != nil {
		return nil, err
	}
	f.state.Step++
	return program, nil
}

// checkMetrics finds in the first step what would else only be found by an evaluation, maybe the one after the last epoch.
func (f *fit) checkMetrics(program *program) error {
	v, err := program.values(len(f.part.Weights))
	if err != nil {
		return err
	}
	return checkQuantiles(f.cfg.Metrics, v)
}

func total(weights []float64) (sum float64) {
	for _, w := range weights {
		sum += w
	}
	return sum
}

// finishEpoch measures, remembers the best weights, reports and, when it is time, writes a checkpoint. Where the solver
// averages weights, the averages are what is measured, remembered and seen by callbacks.
func (f *fit) finishEpoch(ctx context.Context) error {
	averaged := f.solver.SwapAverages()
	err := f.closeEpoch(ctx)
	if averaged {
		f.solver.SwapAverages()
	}
	if err != nil {
		return err
	}
	if s := &f.state; s.Stopping.Stopped || s.Epoch == f.cfg.MaxEpochs || s.Epoch%f.cfg.CheckpointEvery == 0 {
		return f.save()
	}
	return nil
}

func (f *fit) closeEpoch(ctx context.Context) error {
	epoch, err := f.summarize(ctx)
	if err != nil {
		return f.diverged(err, f.state.Step)
	}
	s := &f.state
	s.Epochs = append(s.Epochs, epoch)
	s.Epoch, s.Batch, s.Sums = epoch.Epoch, 0, sums{}
	if err := f.markOrder(); err != nil {
		return err
	}
	s.Stopping = s.Stopping.next(f.stop, epoch.Epoch, f.stop.value(epoch))
	if s.Stopping.BestEpoch == epoch.Epoch {
		f.best = cloneParams(f.params)
	}
	if err := f.keepBest(); err != nil {
		return err
	}
	if err := f.watchPlateau(epoch); err != nil {
		return err
	}
	f.solver.Observe(lossRule(f.valid != nil).value(epoch)) // the loss
	return f.emit(ctx, Event{Kind: EpochEnd, Epoch: epoch.Epoch})
}

// summarize is what is known at the end of the epoch under way.
func (f *fit) summarize(ctx context.Context) (Epoch, error) {
	e := Epoch{Epoch: f.state.Epoch + 1, Step: f.state.Step, LearningRate: f.state.LearningRate}
	var err error
	if e.Train, err = f.state.Sums.metrics(f.train.spec.TargetKind, "train"); err != nil {
		return e, err
	}
	if err := f.state.Sums.checkLoss("train"); err != nil {
		return e, err
	}
	messages := f.trainer.warnings("train", evaluation{values: e.Train})
	f.state.Sums.reportGradients(&e)
	if penalty := f.solver.Penalty(f.params); penalty != 0 {
		e.Train[MetricPenalty] = penalty
	}
	if spikes := f.solver.Spikes(); spikes != 0 {
		e.Train[MetricSpikes] = float64(spikes)
	}
	if f.valid != nil {
		found, err := f.evaluate(ctx, f.valid, &f.cfg, "valid")
		if err != nil {
			return e, err
		}
		if err := found.sums.checkLoss("valid"); err != nil {
			return e, err
		}
		e.Valid = found.values
		messages = append(messages, f.trainer.warnings("valid", found)...)
	}
	for _, message := range messages {
		if err := f.emit(ctx, Event{Kind: Warning, Message: message}); err != nil {
			return e, err
		}
	}
	e.Seconds = f.clock.seconds()
	return e, checkFinite(f.params)
}
