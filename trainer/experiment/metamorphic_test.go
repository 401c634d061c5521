package experiment_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer"
	"github.com/gruexp/gruexp/trainer/experiment"
)

// axes are what a random configuration is made of: of some of them one assignment is taken. A combination that is rejected before training
// is drawn again.
var axes = [][]string{
	{
		"model.layers=[gru: {units: 4, return_sequences: true}, gru: {units: 3}, dense]",
		"model.layers=[gru: {units: 3, bidirectional: true, merge: sum}, dense]",
		"model.layers=[lstm: {units: 4}, dense]",
		"model.layers=[rnn: {units: 4}, dense]",
		"model.layers=[mingru: {units: 4, zoneout: 0.2}, dense]",
		"model.layers=[gru: {units: 4, return_sequences: true}, attention_pool: {units: 3}, dense]",
		"model.layers=[conv1d: {filters: 3}, gru: {units: 4}, dense]",
		"model.layers=[gru: {units: 4, return_sequences: true}, batch_norm: {}, pool: {kind: mean}, dense]",
		"model.layers=[gru: {units: 4, return_sequences: true}, layer_norm: {}, dropout: {rate: 0.3, shared: true}, gru: {units: 3}, dense]",
	},
	{"model.layers.0.gru.form=reset-before", "model.layers.0.gru.form=tied", "model.layers.0.gru.form=three-gate", "model.layers.0.gru.layer_norm=true"},
	{"model.layers.0.gru.dropout=0.2", "model.layers.0.gru.dropout_mask=sequence", "model.layers.0.gru.output_dropout=0.3"},
	{"model.layers.0.gru.recurrent_dropout=0.2", "model.layers.0.gru.zoneout=0.2", "model.layers.0.gru.weight_dropout=0.2"},
	{"model.layers.0.gru.initial_state=learned", "model.layers.0.gru.go_backwards=true", "model.layers.0.gru.bias=none"},
	{"model.layers.0.gru.kernel_regularizer={l1: 0.001}", "model.layers.0.gru.recurrent_constraint={max_norm: 1}", "model.layers.0.gru.trainable=false"},
	{"solver={name: sgd, learning_rate: 0.05}", "solver={name: nesterov, learning_rate: 0.05}", "solver={name: adamw}", "solver={name: rmsprop}",
		"solver={name: adadelta}", "solver={name: lion}", "solver={name: radam}", "solver={name: rprop}", "solver={name: asgd, average_after: 1}"},
	{"solver.clip_norm=0.5", "solver.clip_value=0.1", "solver.clip_adaptive=0.1", "solver.centralize=true"},
	{"solver.schedule={name: cosine, warmup_epochs: 1}", "solver.schedule={name: one_cycle}", "solver.schedule={name: exponential, per: epoch}"},
	{"solver.average={kind: ema, decay: 0.9}", "solver.average={kind: swa, after: 1}", "solver.lookahead={}"},
	{"solver.gradient_noise={}", "solver.spikes={policy: skip, threshold: 2}", "solver.l2=0.01"},
	{"trainer.accumulate=3", "trainer.bucketing=false", "trainer.curriculum={epochs: 2}"},
	{"trainer.weight_noise=0.05", "trainer.truncate={steps: 2}", "trainer.gradient_norms=true", "trainer.metrics=[f1]"},
	{"trainer.early_stopping={patience: 1}", "trainer.reduce_on_plateau={patience: 1}", "trainer.keep_best=2"},
	{"data.missing={mask: true}", "data.missing={mask: true, gap: true}", "data.missing={fill: mean}"},
	{"data.scale=minmax", "data.scale=robust", "data.scale=none"},
	{"data.batch_size=5", "data.batch_size=-1", "data.valid_seed=3", "data.fold={of: 3, number: 2}"},
	{"loss=focal", "label_smoothing=0.1", "loss_options.class_weights=[1, 2, 3]"},
	{"precision=float64"},
	{"seed=7"},
}

// draw takes some of the axes.
func draw(r *rand.Rand) []string {
	var chosen []string
	for i, axis := range axes {
		if i == 0 && r.IntN(2) == 0 || i > 0 && r.IntN(3) == 0 {
			chosen = append(chosen, axis[r.IntN(len(axis))])
		}
	}
	return chosen
}

// uneven writes a table of sequences of uneven lengths with missing values, and an experiment of it.
func uneven(t *testing.T) string {
	t.Helper()
	var rows strings.Builder
	rows.WriteString("seq,t,x1,x2,y\n")
	for s := range 48 {
		for step := range 2 + s*7%5 {
			noise := math.Sin(float64(97*s + 31*step))
			second := fmt.Sprintf("%.4f", noise)
			if (s+step)%6 == 0 {
				second = ""
			}
			fmt.Fprintf(&rows, "s%d,%d,%.4f,%s,%c\n", s, step, float64(s%3)+noise/2, second, 'a'+s%3)
		}
	}
	folder := t.TempDir()
	write(t, filepath.Join(folder, "own.csv"), rows.String())
	return write(t, filepath.Join(folder, "mine.yaml"), `task: classify
data: {table: {path: own.csv, sequence: seq, time: t, target: y}, batch_size: 8, split: {valid: 0.2, test: 0.2}}
model: {layers: [gru: {units: 4}, dense]}
solver: {learning_rate: 0.02}
trainer: {max_epochs: 3}
`)
}

// stopAfter ends a training in the middle, after a number of steps.
type stopAfter struct{ steps int }

var errStopped = errors.New("stopped here")

func (s *stopAfter) On(_ context.Context, event *trainer.Event) error {
	if event.Kind == trainer.StepEnd {
		if s.steps--; s.steps == 0 {
			return errStopped
		}
	}
	return nil
}

// variant is a way to the same model.
type variant struct {
	threads  int
	stops    []int // steps after which training is interrupted, and continued from its checkpoint
	streamed bool
	composed bool // recurrences are a node for each elementary operation, not one operation
}

// engineTolerance bounds the difference of two weights of the engines, fused and composed, relative to the largest weight. They add the same
// numbers in other orders, which differs by about 1e-16 of each sum; some tens of steps with divisions by small averages of squared gradients
// make at most some thousand times that of it, and a real fault, as a mask of dropout that is another one, more than 1e-3.
const engineTolerance = 1e-9

// forEngines are the settings under which the engines are compared, nil where they cannot be: numbers of float64, and no solver that takes the
// signs of gradients alone, since those of gradients that are 0 but for rounding are chance.
func forEngines(settings []string) []string {
	for _, set := range settings {
		if strings.Contains(set, "name: lion") || strings.Contains(set, "name: rprop") {
			return nil
		}
	}
	return append(slices.Clone(settings), "precision=float64")
}

// composing are the settings that make all recurrences of a configuration composed.
func composing(path string, settings []string) ([]string, error) {
	cfg, err := experiment.ReadConfig(path, settings, nil)
	if err != nil {
		return nil, err
	}
	composed := slices.Clone(settings)
	for i, l := range cfg.Model.Layers {
		for key, present := range map[string]bool{"gru": l.GRU != nil, "lstm": l.LSTM != nil, "rnn": l.RNN != nil} {
			if present {
				composed = append(composed, fmt.Sprintf("model.layers.%d.%s.engine=composed", i, key))
			}
		}
	}
	return composed, nil
}

// model trains and gives the model file. The error is a fault where the configuration is rejected.
func (v variant) model(t *testing.T, path string, settings []string) ([]byte, error) {
	t.Helper()
	if v.streamed {
		settings = append(slices.Clone(settings), "data.stream=true")
	}
	if v.composed {
		var err error
		if settings, err = composing(path, settings); err != nil {
			return nil, err
		}
	}
	checkpoints := t.TempDir()
	for _, steps := range append(slices.Clone(v.stops), 0) {
		e, err := experiment.ReadFile(path, experiment.Set(settings...), experiment.Threads(v.threads), experiment.Checkpoints(checkpoints),
			experiment.Callbacks(&stopAfter{steps}), experiment.WithoutBaselines())
		if err != nil {
			return nil, err
		}
		_, err = e.Train(t.Context())
		if err == nil {
			var file bytes.Buffer
			err = e.WriteModel(&file)
			return file.Bytes(), errors.Join(err, e.Close())
		}
		e.Close()
		if !errors.Is(err, errStopped) {
			return nil, err
		}
	}
	return nil, errors.New("the last training did not end")
}

// same says how the models of two variants differ, and nothing where they do not.
func same(t *testing.T, path string, settings []string, a, b variant) string {
	if b.composed {
		if settings = forEngines(settings); settings == nil {
			return ""
		}
	}
	first, err := a.model(t, path, settings)
	if err != nil {
		return "the first one: " + err.Error()
	}
	second, err := b.model(t, path, settings)
	switch {
	case err != nil && b.streamed && fault.Of(err) != nil:
		return "" // what cannot be streamed is rejected
	case err != nil:
		return err.Error()
	case b.composed:
		return unlike(tensors(first), tensors(second))
	case b.streamed:
		// The configuration in the file differs by data.stream.
		first, second = tensors(first), tensors(second)
	}
	if !bytes.Equal(first, second) {
		return "other bytes"
	}
	return ""
}

// tensors is a model file without its header.
func tensors(file []byte) []byte {
	length := 0
	for i := 7; i >= 0; i-- {
		length = length<<8 | int(file[i])
	}
	return file[8+length:]
}

// unlike says how weights of float64 differ by more than rounding, and nothing where they do not.
func unlike(first, second []byte) string {
	if len(first) != len(second) || len(first) == 0 {
		return fmt.Sprintf("%d and %d bytes of weights", len(first), len(second))
	}
	largest, difference := 0.0, 0.0
	for i := 0; i < len(first); i += 8 {
		a, b := math.Float64frombits(binary.LittleEndian.Uint64(first[i:])), math.Float64frombits(binary.LittleEndian.Uint64(second[i:]))
		if !(math.Abs(a) < math.MaxFloat64 && math.Abs(b) < math.MaxFloat64) {
			return fmt.Sprintf("the weights %v and %v", a, b)
		}
		largest, difference = max(largest, math.Abs(a)), max(difference, math.Abs(a-b))
	}
	if difference > engineTolerance*max(1, largest) {
		return fmt.Sprintf("weights that differ by %.3g, the largest being %.3g", difference, largest)
	}
	return ""
}

// metamorphic trains random configurations in several ways, which must give equal models. A difference is reduced to the fewest settings
// that still show it.
func metamorphic(t *testing.T, seed uint64, wanted int) {
	path := uneven(t)
	r := rand.New(rand.NewPCG(seed, 0))
	plain := variant{threads: 1}
	trained, rejected, streamed, composed := 0, 0, 0, 0
	for trained < wanted {
		settings := draw(r)
		other := variant{threads: 1 + r.IntN(2), stops: []int{1 + r.IntN(6), 1 + r.IntN(6)}[:r.IntN(3)], streamed: r.IntN(3) == 0}
		if _, err := experiment.ReadFile(path, experiment.Set(settings...)); err != nil {
			if fault.Of(err) == nil {
				t.Errorf("%q: found the error %v (%T), expected a fault", settings, err, err)
			}
			if rejected++; rejected > 20*wanted+50 {
				t.Fatalf("%d configurations of %d were rejected", rejected, rejected+trained)
			}
			continue
		}
		trained++
		if r.IntN(3) == 0 { // the other engine, which is compared on its own: only its numbers are rounded in another way
			other = variant{threads: other.threads, composed: true}
		}
		if other.streamed {
			streamed++
		}
		if other.composed && forEngines(settings) != nil {
			composed++
		}
		difference := same(t, path, settings, plain, other)
		if difference == "" {
			continue
		}
		for i := 0; i < len(settings); {
			fewer := slices.Delete(slices.Clone(settings), i, i+1)
			if d := same(t, path, fewer, plain, other); d != "" {
				settings, difference = fewer, d
			} else {
				i++
			}
		}
		t.Errorf("seed %d, configuration %d: %+v against %+v: %s, with %q", seed, trained, other, plain, difference, settings)
	}
	t.Logf("%d configurations, %d of them streamed and %d of both engines, %d rejected before training", trained, streamed, composed, rejected)
}

// Threads, interruptions and data kept in files change no bit of a model in any configuration, and the other engine no more than the
// rounding of its numbers. More of them: -tags slow.
func TestMetamorphic(t *testing.T) {
	t.Parallel()
	metamorphic(t, 20265, 6)
}
