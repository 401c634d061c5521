package data

import (
	"hash/fnv"
	"math/rand/v2"
)

// generated is sequences that are made when a batch wants them, each from a random stream of its own, so that a set of
// any size takes no memory and gives the same sequences in whatever order.
type generated struct {
	spec  Spec
	name  string // of set and part: that of the stream
	count int
	steps int
	fill  func(b *Batch, column int, rng *rand.Rand)
}

func (d *generated) Spec() Spec    { return d.spec }
func (d *generated) Len() int      { return d.count }
func (d *generated) Steps(int) int { return d.steps }

func (d *generated) Fill(b *Batch, indices []int) error {
	if err := b.prepare(d, indices); err != nil {
		return err
	}
	source := &rand.PCG{}
	rng := rand.New(source)
	hash := fnv.New64a()
	hash.Write([]byte(d.name)) // a hash never fails to write
	stream := hash.Sum64() ^ splitSeed
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
func newGenerated(name string, spec Spec, steps int, counts [parts]int, fill func(b *Batch, column int, rng *rand.Rand)) (*Data, [parts]*generated) {
	var sets [parts]*generated
	for p := range parts {
		sets[p] = &generated{spec: spec, name: name + "/" + p.String(), count: counts[p], steps: steps, fill: fill}
	}
	return &Data{Spec: spec, Split: Split{Train: sets[train], Valid: sets[valid], Test: sets[test]}}, sets
}
