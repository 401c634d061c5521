//go:build slow

package experiment_test

import (
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/gruexp/gruexp/layers/runtime"
	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/data/sets"
	"github.com/gruexp/gruexp/trainer/experiment"
	"github.com/gruexp/gruexp/trainer/predict"
)

// Rounded weights lose next to nothing on the test parts of real data: the figures of docs/predicting.md.
func TestQuantizedWeightsLoseLittle(t *testing.T) {
	folder := os.Getenv("GRUEXP_DATA")
	for _, c := range []struct {
		name  string
		files bool
		most  float64 // difference of the metric: accuracy, or nats a step
	}{{"languages", false, 0.002}, {"japanese-vowels", true, 0.002}, {"jsb", true, 0.01}} {
		t.Run(c.name, func(t *testing.T) {
			if c.files && folder == "" {
				t.Skip("GRUEXP_DATA is not set")
			}
			e, err := experiment.ReadFile(c.name, experiment.DataFiles(sets.Options{Dir: folder}))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := e.Train(t.Context()); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(t.TempDir(), "model.safetensors")
			if err := e.Save(path); err != nil {
				t.Fatal(err)
			}
			measure := func(format runtime.Format) float64 {
				p, err := predict.Open(path, predict.Weights(format))
				if err != nil {
					t.Fatal(err)
				}
				return measured(t, p, e.Data().Test)
			}
			want := measure(runtime.Float32)
			for _, format := range []runtime.Format{runtime.Int8, runtime.BFloat16} {
				found := measure(format)
				t.Logf("%v: %.5f, float32 %.5f", format, found, want)
				if math.Abs(found-want) > c.most {
					t.Errorf("%v: found %.5f, expected %.5f to %g", format, found, want, c.most)
				}
			}
		})
	}
}

// measured is the accuracy of classes, or the mean negative log-likelihood of a step of events.
func measured(t *testing.T, p *predict.Predictor, test data.Dataset) float64 {
	t.Helper()
	spec, sum, count := test.Spec(), 0.0, 0.0
	var b data.Batch
	for i := range test.Len() {
		if err := test.Fill(&b, []int{i}); err != nil {
			t.Fatal(err)
		}
		in := &data.Sequences{}
		if steps := test.Steps(i); spec.Vocabulary > 0 {
			in.Tokens = [][]int{b.Tokens[:steps]}
		} else {
			in.Inputs = [][]float64{b.Inputs[:steps*spec.Features]}
		}
		raw, err := p.Raw(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		logits := raw[0]
		if spec.TargetKind == data.ClassPerSequence {
			best := 0
			for k, v := range logits {
				if v > logits[best] {
					best = k
				}
			}
			if best == b.Labels[0] {
				sum++
			}
			count++
			continue
		}
		for k, x := range logits { // log(1+exp(x)) − t·x
			sum += math.Max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) - b.Targets[k]*x
		}
		count += float64(test.Steps(i))
	}
	return sum / count
}
