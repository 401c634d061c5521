package trainer

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/data"
)

// CurriculumConfig says how training grows into long sequences (Bengio et al. 2009), by the competence of Platanios et al. 2019
// (arXiv:1903.09848): with c₀ = Initial and E = Epochs, epoch e has the share
//
//	min(1, √(c₀² + (1−c₀²)·(e−1)/E))
//
// of the sequences, the shortest ones; of equally long ones those that come first.
type CurriculumConfig struct {
	// Epochs is how many epochs pass until all sequences are there; default 5.
	Epochs int `yaml:"epochs"`
	// Initial is the share of the sequences in the first epoch, above 0 and below 1; default 0.25.
	Initial float64 `yaml:"initial"`
}

// WithDefaults fills the zero fields.
func (c CurriculumConfig) WithDefaults() CurriculumConfig {
	c.Epochs = cmp.Or(c.Epochs, 5)
	c.Initial = cmp.Or(c.Initial, 0.25)
	return c
}

// Validate lists every fault of a configuration whose defaults are filled in.
func (c CurriculumConfig) Validate() fault.List {
	var faults fault.List
	faults.Check(c.Epochs > 0, "epochs", c.Epochs, "at least 1")
	faults.Check(c.Initial > 0 && c.Initial < 1, "initial", c.Initial, "a number between 0 and 1")
	return faults
}

// share is that of epoch e, from 1.
func (c CurriculumConfig) share(e int) float64 {
	initial := c.Initial * c.Initial
	return min(1, math.Sqrt(initial+(1-initial)*float64(e-1)/float64(c.Epochs)))
}

// checkCurriculum returns an error where there is nothing to begin with.
func (c Config) checkCurriculum(lengths []int) error {
	if c.Curriculum == nil || slices.Min(lengths) < slices.Max(lengths) {
		return nil
	}
	return errors.Errorf("trainer: curriculum: found %d sequences of %d steps each, expected sequences of different lengths", len(lengths), lengths[0])
}

// batchesOf is the plan of an epoch, from 1: every sequence of it once.
func (c Config) batchesOf(epoch int, lengths []int, r *rand.Rand) [][]int {
	if c.Curriculum == nil || c.Curriculum.share(epoch) == 1 {
		return data.Batches(lengths, c.batchSize(), r, *c.Bucketing)
	}
	shortest := make([]int, len(lengths))
	for i := range shortest {
		shortest[i] = i
	}
	slices.SortStableFunc(shortest, func(a, b int) int { return lengths[a] - lengths[b] })
	shortest = shortest[:max(1, int(math.Ceil(c.Curriculum.share(epoch)*float64(len(lengths)))))]
	kept := make([]int, len(shortest))
	for i, index := range shortest {
		kept[i] = lengths[index]
	}
	batches := data.Batches(kept, c.batchSize(), r, *c.Bucketing)
	for _, batch := range batches {
		for i, place := range batch {
			batch[i] = shortest[place]
		}
	}
	return batches
}
