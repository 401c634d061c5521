package sets

import (
	"hash/fnv"
	"math/rand/v2"

	"github.com/gruexp/gruexp/trainer/data"
)

// generated is sequences that are made when a batch wants them, each from a random stream of its own, so that a set of
// any size takes no memory and gives the same sequences in whatever order.
type generated struct {
	spec  data.Spec
	name  string // of set and part: that of the stream
	count int
	steps int
	fill  func(b *data.Batch, column int, rng *rand.Rand)
}

func (d *generated) Spec() data.Spec { return d.spec }
func (d *generated) Len() int        { return d.count }
func (d *generated) Steps(int) int   { return d.steps }

func (d *generated) Fill(b *data.Batch, indices []int) error {
	if err := b.Prepare(d, indices); err != nil {
		return err
	}
	source := &rand.PCG{}
	rng := rand.New(source)
	hash := fnv.New64a()
	hash.Write([]byte(d.name)) // a hash never fails to write
	stream := hash.Sum64() ^ data.SplitSeed
	for column, i := range indices {
		source.Seed(stream, uint64(i))
		for t := range d.steps {
			b.Mask[t*b.Size+column] = 1
		}
		d.fill(b, column, rng)
	}
	return nil
}

// newGenerated is a set of so many sequences in each part, which all have streams of their own.
func newGenerated(name string, spec data.Spec, steps int, counts [data.Parts]int, fill func(b *data.Batch, column int, rng *rand.Rand)) (*data.Data, [data.Parts]*generated) {
	var sets [data.Parts]*generated
	for p := range data.Parts {
		sets[p] = &generated{spec: spec, name: name + "/" + p.String(), count: counts[p], steps: steps, fill: fill}
	}
	return &data.Data{Spec: spec, Split: data.Split{Train: sets[data.TrainPart], Valid: sets[data.ValidPart], Test: sets[data.TestPart]}}, sets
}
