package sets

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/data/baseline"
	"github.com/gruexp/gruexp/trainer/data/internal/datatest"
)

func TestPublishedText(t *testing.T) {
	loaded, err := Load(context.Background(), data.Config{Name: "tinyshakespeare", BatchSize: 64}, data.Next, Options{Dir: datatest.RealData(t)})
	if err != nil {
		t.Fatal(err)
	}
	// Counts and the n-grams of order 1 and 2: see SOURCE.txt beside the file, which has three digits of them.
	if loaded.Spec.Vocabulary != 66 || loaded.Train.Len() != 64 || loaded.Train.Steps(0) != (1003854-1)/64 {
		t.Errorf("found %d tokens and %d rows of %d", loaded.Spec.Vocabulary, loaded.Train.Len(), loaded.Train.Steps(0))
	}
	for _, c := range []struct {
		set                      data.Dataset
		steps                    int
		unigram, bigram, trigram float64
	}{
		// The trigram's reference, 2.003 and 2.129, has smaller counts added, which is worse: numpy with 0.1.
		{loaded.Valid, 55769, 3.333, 2.473, 1.9989},
		{loaded.Test, 55769, 3.362, 2.495, 2.0927},
	} {
		steps := 0
		for _, n := range data.Lengths(c.set) {
			steps += n
		}
		if steps != c.steps {
			t.Errorf("found %d steps, expected %d", steps, c.steps)
		}
		baselines := baseline.Tokens([][]int{loaded.Train.(*data.TokenSeries).Tokens}, [][]int{c.set.(*data.TokenSeries).Tokens}, 66)
		for i, want := range []float64{c.unigram, c.bigram, c.trigram} {
			if found := baselines[i].Metrics["nll"]; math.Abs(found-want) > 0.0006 {
				t.Errorf("found %s nll %.4f, expected %.4f", baselines[i].Name, found, want)
			}
		}
	}
}

// The rows and windows of a series have each of its steps once, in order.
func TestTokenSeries(t *testing.T) {
	tokens := make([]int, 24)
	for i := range tokens {
		tokens[i] = i + 1
	}
	spec := data.Spec{Vocabulary: 25, Targets: 25, Task: data.Next, TargetKind: data.TokenPerStep}
	for _, c := range []struct {
		rows, window int
		lengths      []int
	}{
		{1, 0, []int{23}}, {-1, 10, []int{10, 10, 3}}, {3, 0, []int{7, 8, 8}}, {3, 4, []int{4, 3, 4, 4, 4, 4}}, {100, 5, slices.Repeat([]int{1}, 23)},
	} {
		d := data.NewTokenSeries(spec, tokens, c.rows, c.window)
		if lengths := data.Lengths(d); !slices.Equal(lengths, c.lengths) {
			t.Errorf("%+v: found lengths %v", c, lengths)
		}
		next := 1
		for i := range d.Len() {
			var b data.Batch
			if err := d.Fill(&b, []int{i}); err != nil {
				t.Fatal(err)
			}
			for at, token := range b.Tokens {
				if token != next || b.Labels[at] != next+1 || b.Weights[at] != 1 || b.Mask[at] != 1 {
					t.Fatalf("%+v: found token %d and label %d, expected %d and the one after it", c, token, b.Labels[at], next)
				}
				next++
			}
		}
		if next != 24 {
			t.Errorf("%+v: found %d steps, expected 23", c, next-1)
		}
	}
}

func TestTextAlphabetIsThatOfTheTrainingPart(t *testing.T) {
	dir := t.TempDir()
	text := strings.Repeat("aé\n", 60) + "zz" + strings.Repeat("aé\n", 6)
	if err := os.WriteFile(filepath.Join(dir, "tinyshakespeare.txt"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	loaded, err := Load(context.Background(), data.Config{Name: "tinyshakespeare", BatchSize: 2, Forecast: &data.ForecastConfig{Window: 9}}, data.Next, Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"", "\n", "a", "é"}; !slices.Equal(loaded.Spec.Alphabet, want) {
		t.Errorf("found the alphabet %q, expected %q", loaded.Spec.Alphabet, want)
	}
	if b := datatest.FillAll(t, loaded.Valid); b.Steps > 9 || !slices.Contains(b.Labels, 0) {
		t.Errorf("found %d steps and labels %v, expected the unknown one among them", b.Steps, b.Labels)
	}
	for _, damaged := range []string{"", "too short", strings.Repeat("\xff", 200)} {
		if err := os.WriteFile(filepath.Join(dir, "tinyshakespeare.txt"), []byte(damaged), 0o644); err != nil {
			t.Fatal(err)
		}
		_, err := Load(context.Background(), data.Config{Name: "tinyshakespeare"}, data.Next, Options{Dir: dir})
		datatest.WantFault(t, err, 0, "tinyshakespeare.txt")
	}
}

func TestNgramsByHand(t *testing.T) {
	// Of the tokens 1 and 2: 1 follows 1 once, 2 follows 1 twice, 1 follows 2 once.
	fitted, tested := []int{1, 1, 2, 1, 2}, []int{2, 1, 2}
	baselines := baseline.Tokens([][]int{fitted}, [][]int{tested}, 3)
	unigram := -(math.Log(2.1/4.2) + math.Log(2.1/4.2)) / 2 // of the tokens that follow another
	bigram := -(math.Log(1.1/1.2) + math.Log(2.1/3.2)) / 2
	trigram := -math.Log(1.1 / 1.2) // 2 follows 2, 1 once
	for i, want := range []float64{unigram, bigram, trigram} {
		m := baselines[i].Metrics
		if !datatest.Near(m["nll"], want) || !datatest.Near(m["perplexity"], math.Exp(want)) {
			t.Errorf("%s: found %v, expected nll %g", baselines[i].Name, m, want)
		}
	}
	if right := baselines[1].Metrics["accuracy"]; right != 1 {
		t.Errorf("found bigram accuracy %g, expected 1", right)
	}
}
