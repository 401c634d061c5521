package experiment

import (
	"io"
	"slices"

	"github.com/gruexp/gruexp/trainer"
	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/data/sets"
)

// Option is one of the surroundings of an experiment, as its data and the number of threads. But for the data and the assignments of
// [Set] no option changes a number of a result.
type Option func(*options)

type options struct {
	data        *data.Data // nil: loaded as the configuration says
	load        sets.Options
	threads     int
	callbacks   []trainer.Callback
	extensions  *Extensions
	sets        []string
	checkpoints string
	batches     int          // of each part; 0: all
	before      []sets.Entry // what the files must be; nil: anything
	begun       bool         // weights exist, so those of Config.Init are not needed
	quiet       bool         // the notes on the data are known
	plain       bool         // no baselines
}

// With gives data in place of those that the configuration describes, which then needs neither data nor a task.
func With(d *data.Data) Option { return func(o *options) { o.data = d } }

// DataFiles says where the files of known data sets are.
func DataFiles(load sets.Options) Option { return func(o *options) { o.load = load } }

// Threads is how many threads compute; without it, or with 0, as many as the machine has cores. It changes no result.
func Threads(n int) Option { return func(o *options) { o.threads = n } }

// Callbacks are called with every event of the training, in this order, and with warnings about the data.
func Callbacks(callbacks ...trainer.Callback) Option {
	return func(o *options) { o.callbacks = append(o.callbacks, callbacks...) }
}

// FirstCallbacks are called before all others.
func FirstCallbacks(callbacks ...trainer.Callback) Option {
	return func(o *options) { o.callbacks = slices.Concat(callbacks, o.callbacks) }
}

// Progress writes a line for every epoch, and every warning.
func Progress(w io.Writer) Option { return Callbacks(progress{w}) }

// Extend adds parts that the configuration may select by name.
func Extend(e Extensions) Option { return func(o *options) { o.extensions = &e } }

// Set changes values of a configuration that is read from a file, as "solver.learning_rate=0.01".
func Set(assignments ...string) Option {
	return func(o *options) { o.sets = append(o.sets, assignments...) }
}

// Checkpoints is a directory for checkpoints. A training that was interrupted continues from the newest one there.
func Checkpoints(dir string) Option { return func(o *options) { o.checkpoints = dir } }

// WithoutBaselines leaves out of a result what simple methods reach, and with it the verdict, which takes its time.
func WithoutBaselines() Option { return func(o *options) { o.plain = true } }

// FirstBatches takes the first batches of each part of the data alone, to try an experiment out.
func FirstBatches(n int) Option { return func(o *options) { o.batches = n } }

// SameFiles rejects data files with other contents than those of an earlier run. The notes about the files are not repeated.
func SameFiles(before []sets.Entry) Option {
	return func(o *options) { o.before, o.quiet = before, true }
}

// Begun says that weights of the experiment exist, in a checkpoint or a model file that will be read: those that it starts from, by
// [Config.Init], are not needed any more.
func Begun() Option { return func(o *options) { o.begun = true } }

func collectOptions(list []Option) options {
	var o options
	for _, option := range list {
		option(&o)
	}
	return o
}
