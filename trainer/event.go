package trainer

import (
	"context"
	stderrors "errors"

	"github.com/pkg/errors"
)

// EventKind says what an [Event] reports.
type EventKind int

// The events of a run, in the order in which they come.
const (
	RunStart EventKind = iota
	EpochStart
	StepEnd
	EpochEnd
	RunEnd
	// Warning comes at any time: Message says what a user should know although the run continues.
	Warning
	// Notice comes at any time: Message says what was made of the configuration and the data. Nothing is wrong with it.
	Notice
)

// Event reports to a [Callback]. It is valid during the call only. Fields that do not belong to its kind are zero.
type Event struct {
	Kind EventKind

	// EpochStart, StepEnd, EpochEnd.
	Epoch int // from 1

	// EpochStart, StepEnd.
	Step, Of int // steps done in this epoch, and how many it has

	// StepEnd.
	Loss         float64 // of the step's batch, as the gradient sees it
	LearningRate float64
	GradientNorm float64 // of the step's batch: Euclidean, of all gradients together, before any clipping
	Rate         float64 // sequences per second since the epoch began or was resumed

	// The finished epochs; the last one is that of an EpochEnd. At RunStart they are those of a resumed run: what a
	// callback wrote about later ones before an interruption does not count. Why the run ended is known at RunEnd.
	History *History

	// Config is the run's, its defaults filled in; it is not to be changed.
	Config *Config

	Message string // Warning, Notice
}

// Callback watches a run. A callback that returns [ErrStop] ends it after a checkpoint; any other error ends it as
// failed.
type Callback interface {
	On(ctx context.Context, event *Event) error
}

// Stateful is a callback with a name and a memory, which is part of every checkpoint. A run that is resumed restores it
// before the first event.
type Stateful interface {
	Callback
	Name() string
	State() ([]byte, error)
	Restore(state []byte) error
}

// Named gives a callback the name by which errors call it.
func Named(name string, c Callback) Callback { return named{c, name} }

type named struct {
	Callback
	name string
}

func (n named) Name() string { return n.name }

// nameOf is what errors call a callback.
func nameOf(c Callback) string {
	if n, ok := c.(interface{ Name() string }); ok {
		return "callback " + n.Name()
	}
	return "callback"
}

// CallbackFunc is a function as a [Callback].
type CallbackFunc func(ctx context.Context, event *Event) error

// On calls the function.
func (f CallbackFunc) On(ctx context.Context, event *Event) error { return f(ctx, event) }

// ErrStop is returned by a callback to end the run.
var ErrStop = stderrors.New("stop the run")

// emit tells every callback, also when one of them wants to stop.
func (f *fit) emit(ctx context.Context, event Event) error {
	f.history.Epochs, f.history.BestEpoch = f.state.Epochs, f.state.Stopping.BestEpoch
	f.history.Steps, f.history.Seconds = f.state.Step, f.clock.seconds()
	f.event = event
	f.event.History, f.event.Config = &f.history, &f.cfg
	stop := false
	for _, c := range f.options.Callbacks {
		switch err := c.On(ctx, &f.event); {
		case errors.Is(err, ErrStop):
			stop = true
		case ctx.Err() != nil && errors.Is(err, ctx.Err()):
			return errors.WithStack(ErrInterrupted)
		case err != nil:
			return errors.WithMessage(err, nameOf(c))
		}
	}
	if stop {
		return errors.WithStack(ErrStop)
	}
	return nil
}
