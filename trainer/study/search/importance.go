package search

import (
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
	importance := map[string]float64{}
	if len(data) < fewestKnown {
		return importance
	}
	r := rand.New(rand.NewPCG(seed, 0x666f72657374))
	sums, counted := make([]float64, len(names)), 0
	for range trees {
		leaves := grow(data, r)
		total := variance(leaves)
		if total == 0 {
			continue
		}
		counted++
		for d := range names {
			sums[d] += marginalVariance(leaves, d) / total
		}
	}
	for d, name := range names {
		importance[name] = sums[d] / float64(max(1, counted))
	}
	return importance
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

// grow makes a tree on a resample of the trials and gives its leaves, which fill the unit cube.
func grow(data []sample, r *rand.Rand) []leaf {
	drawn := make([]sample, len(data))
	for i := range drawn {
		drawn[i] = data[r.IntN(len(data))]
	}
	dimensions := len(data[0].x)
	whole := leaf{low: make([]float64, dimensions), high: make([]float64, dimensions)}
	for d := range whole.high {
		whole.high[d] = 1
	}
	return split(drawn, whole, r)
}

// split divides a box where the squared error falls most, among the cuts of two thirds of the dimensions.
func split(data []sample, box leaf, r *rand.Rand) []leaf {
	dimension, cut, ok := bestCut(data, r)
	if !ok {
		box.value = meanOf(data)
		return []leaf{box}
	}
	var below, above []sample
	for _, s := range data {
		if s.x[dimension] < cut {
			below = append(below, s)
		} else {
			above = append(above, s)
		}
	}
	left, right := box, box
	left.high, right.low = slices.Clone(box.high), slices.Clone(box.low)
	left.high[dimension], right.low[dimension] = cut, cut
	return append(split(below, left, r), split(above, right, r)...)
}

func bestCut(data []sample, r *rand.Rand) (dimension int, cut float64, ok bool) {
	n, dimensions := len(data), len(data[0].x)
	least := squaredError(data) * (1 - 1e-12)
	for _, d := range r.Perm(dimensions)[:(2*dimensions+2)/3] {
		ordered := slices.Clone(data)
		slices.SortStableFunc(ordered, func(a, b sample) int {
			switch {
			case a.x[d] < b.x[d]:
				return -1
			case a.x[d] > b.x[d]:
				return 1
			default:
				return 0
			}
		})
		for i := leafTrials; i <= n-leafTrials; i++ {
			if ordered[i-1].x[d] == ordered[i].x[d] {
				continue
			}
			if e := squaredError(ordered[:i]) + squaredError(ordered[i:]); e < least {
				least, dimension, cut, ok = e, d, (ordered[i-1].x[d]+ordered[i].x[d])/2, true
			}
		}
	}
	return dimension, cut, ok
}

func meanOf(data []sample) float64 {
	sum := 0.0
	for _, s := range data {
		sum += s.y
	}
	return sum / float64(len(data))
}

func squaredError(data []sample) float64 {
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
func marginalVariance(leaves []leaf, d int) float64 {
	edges := []float64{0, 1}
	for _, l := range leaves {
		edges = append(edges, l.low[d], l.high[d])
	}
	slices.Sort(edges)
	edges = slices.Compact(edges)
	mean, square := 0.0, 0.0
	for i, low := range edges[:len(edges)-1] {
		width, marginal := edges[i+1]-low, 0.0
		for _, l := range leaves {
			if l.low[d] <= low && edges[i+1] <= l.high[d] {
				marginal += l.volume(d) * l.value
			}
		}
		mean += width * marginal
		square += width * marginal * marginal
	}
	return max(0, square-mean*mean)
}
