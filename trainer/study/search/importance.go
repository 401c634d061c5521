package search

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/gruexp/gruexp/trainer/study"
)

const (
	trees       = 64
	leafTrials  = 2 // or more in every leaf
	fewestKnown = 4 // trials, below which nothing is said
)

// Importance is the part of the variance of the values over the whole space that each hyperparameter explains alone, as a
// functional analysis of variance of a regression forest sees it (fANOVA, Hutter, Hoos and Leyton-Brown 2014). The sum is at
// most 1; what is missing is due to hyperparameters together. Only trials that were carried to their end count; a
// hyperparameter that a trial does not have is placed in the middle. It is empty where fewer than four trials are known, and
// the part of each is 0 where all values are equal.
func Importance(space Space, trials []study.Trial, seed uint64) map[string]float64 {
	importance, _ := measure(space, trials, seed)
	return importance
}

// measure is [Importance], with the number of steps that it took.
func measure(space Space, trials []study.Trial, seed uint64) (importance map[string]float64, steps int) {
	names := space.names()
	var data []sample
	for _, t := range trials {
		if t.State != study.Done || !t.Value.Known() {
			continue
		}
		at, x := space.point(t.Settings), make([]float64, len(names))
		for i, name := range names {
			x[i] = 0.5
			if u, has := at[name]; has {
				x[i] = u
			}
		}
		data = append(data, sample{x, float64(t.Value)})
	}
	importance = map[string]float64{}
	if len(data) < fewestKnown {
		return importance, 0
	}
	f := forest{r: rand.New(rand.NewPCG(seed, 0x666f72657374))}
	sums, counted := make([]float64, len(names)), 0
	for range trees {
		leaves := f.grow(data)
		total := variance(leaves)
		if total == 0 {
			continue
		}
		counted++
		for d := range names {
			sums[d] += f.marginalVariance(leaves, d) / total
		}
	}
	for d, name := range names {
		importance[name] = sums[d] / float64(max(1, counted))
	}
	return importance, f.steps
}

// sample is a trial: where it was and what it gave.
type sample struct {
	x []float64
	y float64
}

// leaf is a box with one value.
type leaf struct {
	low, high []float64
	value     float64
}

// volume is that of a leaf, of all dimensions but one.
func (l leaf) volume(without int) float64 {
	v := 1.0
	for d := range l.low {
		if d != without {
			v *= l.high[d] - l.low[d]
		}
	}
	return v
}

// forest grows trees.
type forest struct {
	r     *rand.Rand
	steps int // samples and parts of leaves that were looked at
}

// branch is the samples in a box: as they were drawn, and for each dimension in the order along it, equal ones as they were drawn.
type branch struct {
	drawn []*sample
	along [][]*sample
}

// grow makes a tree on a resample of the trials and gives its leaves, which fill the unit cube.
func (f *forest) grow(data []sample) []leaf {
	dimensions := len(data[0].x)
	whole := leaf{low: make([]float64, dimensions), high: make([]float64, dimensions)}
	all := branch{drawn: make([]*sample, len(data)), along: make([][]*sample, dimensions)}
	for i := range all.drawn {
		one := data[f.r.IntN(len(data))]
		all.drawn[i] = &one
	}
	for d := range whole.high {
		whole.high[d] = 1
		all.along[d] = slices.Clone(all.drawn)
		slices.SortStableFunc(all.along[d], func(a, b *sample) int { return cmp.Compare(a.x[d], b.x[d]) })
	}
	return f.split(nil, all, whole)
}

// split divides a box where the squared error falls most, among the cuts of two thirds of the dimensions, and adds its leaves to those
// that there are.
func (f *forest) split(leaves []leaf, in branch, box leaf) []leaf {
	dimension, cut, ok := f.bestCut(in)
	if !ok {
		box.value = meanOf(in.drawn)
		return append(leaves, box)
	}
	below, above := f.divide(in, dimension, cut)
	left, right := box, box
	left.high, right.low = slices.Clone(box.high), slices.Clone(box.low)
	left.high[dimension], right.low[dimension] = cut, cut
	return f.split(f.split(leaves, below, left), above, right)
}

// divide keeps every order.
func (f *forest) divide(in branch, dimension int, cut float64) (below, above branch) {
	parts := func(all []*sample) (low, high []*sample) {
		f.steps += len(all)
		low = make([]*sample, 0, len(all))
		for _, s := range all {
			if s.x[dimension] < cut {
				low = append(low, s)
			} else {
				high = append(high, s)
			}
		}
		return low, high
	}
	below.drawn, above.drawn = parts(in.drawn)
	for _, ordered := range in.along {
		low, high := parts(ordered)
		below.along, above.along = append(below.along, low), append(above.along, high)
	}
	return below, above
}

// near is how much worse than the best one a cut may be by the quick sums, relative to the error before it, and is still judged by the
// exact ones. The quick sums err by less than a thousandth of it.
const near = 1e-9

func (f *forest) bestCut(in branch) (dimension int, cut float64, ok bool) {
	n, dimensions := len(in.drawn), len(in.along)
	before := squaredError(in.drawn)
	least, mean := before*(1-1e-12), meanOf(in.drawn)
	drops := make([]float64, n) // by how much the error falls, by the quick sums
	for _, d := range f.r.Perm(dimensions)[:(2*dimensions+2)/3] {
		ordered := in.along[d]
		f.steps += n
		sum, most := 0.0, math.Inf(-1) // of the values less their mean, which is 0 in the end
		for i := 1; i <= n-leafTrials; i++ {
			sum += ordered[i-1].y - mean
			drops[i] = sum * sum * (1/float64(i) + 1/float64(n-i))
			if i >= leafTrials && ordered[i-1].x[d] != ordered[i].x[d] {
				most = max(most, drops[i])
			}
		}
		if !(most > 0) { // no cut, or all values are equal
			continue
		}
		for i := leafTrials; i <= n-leafTrials; i++ {
			if drops[i] < most-near*before || ordered[i-1].x[d] == ordered[i].x[d] {
				continue
			}
			f.steps += n
			if e := squaredError(ordered[:i]) + squaredError(ordered[i:]); e < least {
				least, dimension, cut, ok = e, d, (ordered[i-1].x[d]+ordered[i].x[d])/2, true
			}
		}
	}
	return dimension, cut, ok
}

func meanOf(data []*sample) float64 {
	sum := 0.0
	for _, s := range data {
		sum += s.y
	}
	return sum / float64(len(data))
}

func squaredError(data []*sample) float64 {
	mean, sum := meanOf(data), 0.0
	for _, s := range data {
		sum += (s.y - mean) * (s.y - mean)
	}
	return sum
}

// variance is that of a tree over the cube.
func variance(leaves []leaf) float64 {
	mean, square := 0.0, 0.0
	for _, l := range leaves {
		mean += l.volume(-1) * l.value
		square += l.volume(-1) * l.value * l.value
	}
	v := square - mean*mean
	if v <= 1e-12*math.Abs(square) {
		return 0
	}
	return v
}

// marginalVariance is the variance of a tree's mean over all other dimensions, along one.
func (f *forest) marginalVariance(leaves []leaf, d int) float64 {
	edges := []float64{0, 1}
	for _, l := range leaves {
		edges = append(edges, l.low[d], l.high[d])
	}
	slices.Sort(edges)
	edges = slices.Compact(edges)
	marginal := make([]float64, len(edges)-1) // between two edges
	for _, l := range leaves {
		first, _ := slices.BinarySearch(edges, l.low[d])
		part := l.volume(d) * l.value
		for i := first; edges[i] < l.high[d]; i++ {
			marginal[i] += part
			f.steps++
		}
	}
	mean, square := 0.0, 0.0
	for i, m := range marginal {
		width := edges[i+1] - edges[i]
		mean += width * m
		square += width * m * m
	}
	return max(0, square-mean*mean)
}
