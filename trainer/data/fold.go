package data

import (
	"fmt"
	"math/rand/v2"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph/fault"
)

// FoldKind is how the training part is cut into folds.
type FoldKind string

// The kinds of folds.
const (
	KFold         FoldKind = "k_fold"         // sequences in an order drawn once; each fold is validation once, all others training
	RollingOrigin FoldKind = "rolling_origin" // sequences in the order of the file, which must be that of time; before each fold is training
)

// FoldConfig is one of the divisions of a cross-validation. Scaling and vocabularies stay those that were fitted on the training part
// before the division, and folds are of sequences: those of one group may be in both parts.
type FoldConfig struct {
	Kind   FoldKind `yaml:"kind"`   // default k_fold
	Of     int      `yaml:"of"`     // how many folds there are; default 5
	Number int      `yaml:"number"` // which of them is the validation part, from 1; default 1
	// Gap is how many sequences before the fold are left out of the training of rolling_origin: windows whose targets are in the
	// fold would tell them, so it is the horizon less 1 for windows of one series; default 0.
	Gap int `yaml:"gap"`
}

// foldSeed orders the sequences of k_fold: the same folds whatever the seed of a run.
const foldSeed = 0x666f6c6473

// WithDefaults fills the zero fields.
func (c FoldConfig) WithDefaults() FoldConfig {
	if c.Kind == "" {
		c.Kind = KFold
	}
	if c.Of == 0 {
		c.Of = 5
	}
	if c.Number == 0 {
		c.Number = 1
	}
	return c
}

// Validate lists every fault of a configuration whose defaults are filled in.
func (c FoldConfig) Validate() fault.List {
	var faults fault.List
	checkOneOf(&faults, "kind", c.Kind, KFold, RollingOrigin)
	faults.Check(c.Of >= 2, "of", c.Of, "at least 2")
	faults.Check(c.Number >= 1 && c.Number <= max(2, c.Of), "number", c.Number, "1 to %d", max(2, c.Of))
	faults.Check(c.Gap >= 0, "gap", c.Gap, "at least 0")
	faults.Check(c.Gap == 0 || c.Kind == RollingOrigin, "gap", c.Gap, "0: only %s has it", RollingOrigin)
	return faults
}

// Divide returns the sequences, of n, that are for training and for validation. With rolling_origin they are cut into one block more
// than there are folds (Tashman 2000), of which the first is only ever for training. It fails where a part would be empty.
func (c FoldConfig) Divide(n int) (training, validation []int, err error) {
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	lo, hi := (c.Number-1)*n/c.Of, c.Number*n/c.Of
	if c.Kind == RollingOrigin {
		lo, hi = c.Number*n/(c.Of+1), (c.Number+1)*n/(c.Of+1)
		training = order[:max(0, lo-c.Gap)]
	} else {
		shuffle(rand.New(rand.NewPCG(foldSeed, 0)), order)
		training = append(append(training, order[:lo]...), order[hi:]...)
	}
	validation = order[lo:hi]
	if len(training) == 0 || len(validation) == 0 {
		return nil, nil, errors.WithStack(&fault.Error{Faults: fault.List{{
			Path: "fold", Found: errors.Errorf("%d sequences for training and %d for validation of %d", len(training), len(validation), n).Error(),
			Expected: "at least one of each",
		}}})
	}
	return training, validation, nil
}

// Divide gives loaded data the parts that the configuration asks for. The error is a [fault.Error].
func (c Config) Divide(d *Data) error {
	if c.ValidSeed != 0 && !d.DrawsValid {
		return errors.WithStack(fault.Fault{
			Path: "valid_seed", Found: fmt.Sprint(c.ValidSeed), Expected: "0: the validation part of these data is not drawn at random",
		}.Err())
	}
	if c.Fold != nil {
		training, validation, err := c.Fold.Divide(d.Train.Len())
		if err != nil {
			return err
		}
		d.Train, d.Valid = Subset(d.Train, training), Subset(d.Train, validation)
	}
	if c.OverfitBatches > 0 {
		d.Train = FirstBatches(d.Train, c.OverfitBatches, c.BatchSize)
		d.Valid = d.Train
	}
	return nil
}
