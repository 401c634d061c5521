package runtime_test

import (
	"bytes"
	"testing"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/graph/weights"
	"github.com/gruexp/gruexp/layers/runtime"
	"github.com/gruexp/gruexp/layers/spec"
)

// fuzzedHead is the head of a model that gives two numbers at every step.
var fuzzedHead = perStep(2)

// FuzzDecode: a model file is a model that runs, or a fault of the file.
func FuzzDecode(f *testing.F) {
	for _, cfg := range models(f) {
		metadata := map[string]string{}
		if err := (spec.ModelFile{Model: cfg, Head: &fuzzedHead}).SetMetadata(metadata); err != nil {
			f.Fatal(err)
		}
		var b bytes.Buffer
		if err := weights.Encode(&b, arraysOf[float32](f, cfg, fuzzedHead), metadata); err != nil {
			f.Fatal(err)
		}
		f.Add(b.Bytes())
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		m, err := runtime.Decode(bytes.NewReader(file), int64(len(file)))
		if err != nil {
			if fault.Of(err) == nil {
				t.Errorf("found error %v (%T), expected a fault", err, err)
			}
			return
		}
		runsSomewhere(t, m)
	})
}

// FuzzModel: the description of a model, with the arrays that it asks for, is a model that runs, or faults.
func FuzzModel(f *testing.F) {
	for _, cfg := range models(f) {
		metadata := map[string]string{}
		if err := (spec.ModelFile{Model: cfg, Head: &fuzzedHead}).SetMetadata(metadata); err != nil {
			f.Fatal(err)
		}
		f.Add(metadata[spec.ModelKey], metadata[spec.HeadKey])
	}
	f.Add(`{"input": {"vocabulary": 5}, "layers": [{"embedding": {"units": 2}}, {"gru": {"units": 3, "bidirectional": true}}, {"dense": {"units": 4}}]}`, `{"loss": "cross_entropy", "units": 4}`)
	f.Add(`{"input": {"size": 4, "categories": [{"first": 1, "count": 2}]}, "layers": [{"category_embedding": {"units": 2}}, {"attention_pool": {}}, {"dense": {"units": 1}}]}`, `{"loss": "huber", "units": 1}`)
	f.Add(`{"input": {"size": 2}, "layers": [{"conv1d": {"filters": 3, "kernel_size": 3, "stride": 2}}, {"pool": {"kind": "mean"}}, {"dense": {"units": 6}}]}`, `{"loss": "quantile", "units": 2}`)
	f.Fuzz(func(t *testing.T, model, head string) {
		description, err := spec.ReadMetadata(map[string]string{spec.VersionKey: spec.FileVersion, spec.ModelKey: model, spec.HeadKey: head}, spec.Kinds{})
		var plan *spec.Plan
		if err == nil {
			plan, err = description.Plan(func(string) int { return 0 })
		}
		if err != nil {
			if fault.Of(err) == nil {
				t.Errorf("found error %v (%T), expected a fault", err, err)
			}
			return
		}
		const most = 100_000 // elements, so that one model takes little time
		if plan.Elements() < 0 {
			t.Fatalf("found %d elements", plan.Elements())
		}
		if plan.Elements() > most {
			return
		}
		m, err := runtime.New(plan.Model, plan.Head, arraysOf[float32](t, plan.Model, plan.Head))
		if err != nil {
			t.Fatalf("found error %v, expected that arrays of the shapes of the plan fit", err)
		}
		runsSomewhere(t, m)
	})
}

// runsSomewhere runs a model over a batch: it gives rows of its outputs.
func runsSomewhere(t *testing.T, m *runtime.Model) {
	t.Helper()
	if m.Double() {
		runsOn[float64](t, m)
	} else {
		runsOn[float32](t, m)
	}
}

func runsOn[F float32 | float64](t *testing.T, m *runtime.Model) {
	t.Helper()
	const steps, size, wide = 3, 2, 1 << 16
	in := m.Config().Input
	if m.Config().Decoder != nil || in.Size > wide {
		return
	}
	runner, err := runtime.NewRunner[F](m, 1)
	if err != nil {
		t.Fatalf("found error %v, expected that a model without a decoder runs", err)
	}
	batch := runtime.Batch[F]{Steps: steps, Size: size, Mask: []F{1, 1, 1, 0, 1, 0}}
	if in.Vocabulary > 0 {
		batch.Tokens = make([]int, steps*size)
	} else {
		batch.Inputs = make([]F, steps*size*in.Size)
	}
	out, err := runner.Run(batch)
	if err != nil {
		t.Fatalf("found error %v, expected outputs", err)
	}
	if n := m.Outputs(); n < 1 || len(out) != size*n && len(out)%(size*n) != 0 {
		t.Errorf("found %d numbers of a model with %d outputs, expected some for each sequence", len(out), n)
	}
}
