package search

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/gruexp/gruexp/trainer/study"
)

const (
	startup    = 10   // random trials before a model of them is made
	candidates = 24   // draws from the good density, of which the best is taken
	goodShare  = 0.15 // of the trials that are called good
	mostGood   = 25
	breadth    = 0.1 // of a kernel where there is one trial
)

// tpe draws candidates from the density l of good settings and takes the one where l/g is greatest, g being the density of
// the others: the settings of the greatest expected improvement (Bergstra et al. 2011, Algorithms for Hyper-Parameter
// Optimization). The densities are mixtures of one kernel for each trial, a product over the hyperparameters, and of the
// uniform density (multivariate, Falkner et al. 2018, arXiv:1807.01774). A hyperparameter that a trial did not have is
// uniform in its kernel. Trials that have failed or are running count among the others.
func (s Sampler) tpe(trials []study.Trial, r *rand.Rand) map[string]any {
	good, others := s.split(trials)
	l, g := s.mixture(good), s.mixture(others)
	tried := map[string]bool{}
	for _, t := range trials {
		tried[key(t.Settings)] = true
	}
	var best map[string]any
	highest, fresh := math.Inf(-1), false
	for range candidates {
		settings := s.Space.settings(l.draw(r))
		at := s.Space.point(settings)
		score, isNew := l.logDensity(at)-g.logDensity(at), !tried[key(settings)]
		if best == nil || isNew && !fresh || isNew == fresh && score > highest {
			best, highest, fresh = settings, score, isNew
		}
	}
	return best
}

// split takes the best trials: those that were carried to their end by their values, then pruned ones by how far they came
// and by the values there.
func (s Sampler) split(trials []study.Trial) (good, others []point) {
	var ranked []study.Trial
	for _, t := range trials {
		if (t.State == study.Done || t.State == study.Pruned) && t.Value.Known() {
			ranked = append(ranked, t)
		} else {
			others = append(others, s.Space.point(t.Settings))
		}
	}
	slices.SortStableFunc(ranked, func(a, b study.Trial) int {
		better := cmp.Compare(a.Value, b.Value)
		if s.HigherIsBetter {
			better = -better
		}
		return cmp.Or(cmp.Compare(epochs(b), epochs(a)), better)
	})
	n := min(mostGood, int(math.Ceil(goodShare*float64(len(ranked)))))
	for i, t := range ranked {
		if at := s.Space.point(t.Settings); i < n {
			good = append(good, at)
		} else {
			others = append(others, at)
		}
	}
	return good, others
}

// epochs is how far a trial came, where that tells it from others.
func epochs(t study.Trial) int {
	if n := len(t.Curve); t.State == study.Pruned && n > 0 {
		return t.Curve[n-1].Epoch
	}
	return math.MaxInt
}

// mixture is a density over the space: of every center the product of kernels, and once the uniform density.
type mixture struct {
	space   Space
	names   []string
	centers []point
	width   float64
}

func (s Sampler) mixture(centers []point) mixture {
	n, d := float64(max(1, len(centers))), float64(len(s.Space))
	width := breadth * math.Pow(n, -1/(d+4)) // Scott's rule
	return mixture{s.Space, s.Space.names(), centers, width}
}

// draw has a coordinate for every hyperparameter, whether its condition holds or not.
func (m mixture) draw(r *rand.Rand) point {
	var center point // none: uniform
	if i := r.IntN(len(m.centers) + 1); i < len(m.centers) {
		center = m.centers[i]
	}
	at := point{}
	for _, name := range m.names {
		c, has := center[name]
		n := len(m.space[name].Choice)
		switch {
		case !has:
			at[name] = r.Float64()
		case n > 0 && r.Float64() < m.stray():
			at[name] = r.Float64()
		case n > 0:
			at[name] = c
		default:
			at[name] = truncatedNormal(r, c, m.width)
		}
	}
	return at
}

// stray is how often a choice is drawn from all, not from the center.
func (m mixture) stray() float64 { return min(1, 2*m.width) }

// truncatedNormal draws from a normal distribution until the number is from 0 to 1, which the center is.
func truncatedNormal(r *rand.Rand, center, width float64) float64 {
	for {
		if u := center + width*r.NormFloat64(); u >= 0 && u <= 1 {
			return u
		}
	}
}

// logDensity is that of the coordinates that a point has.
func (m mixture) logDensity(at point) float64 {
	sum := 1.0 // the uniform density
	for _, center := range m.centers {
		product := 1.0
		for name, u := range at {
			if c, has := center[name]; has {
				product *= m.kernel(name, u, c)
			}
		}
		sum += product
	}
	return math.Log(sum / float64(len(m.centers)+1))
}

func (m mixture) kernel(name string, u, center float64) float64 {
	if n := float64(len(m.space[name].Choice)); n > 0 {
		density := m.stray()
		if math.Floor(u*n) == math.Floor(center*n) {
			density += (1 - m.stray()) * n
		}
		return density
	}
	z := (u - center) / m.width
	inside := normalBelow((1-center)/m.width) - normalBelow(-center/m.width)
	return math.Exp(-z*z/2) / (m.width * math.Sqrt(2*math.Pi) * inside)
}

// normalBelow is the standard normal distribution function.
func normalBelow(z float64) float64 { return math.Erfc(-z/math.Sqrt2) / 2 }
