package runtime

import (
	"cmp"
	"math"
	"slices"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph/kernel"
)

// maxBeam bounds the hypotheses of a search.
const maxBeam = 1 << 10

// BeamConfig says how widely to search.
type BeamConfig struct {
	Width         int     // hypotheses that are followed at the same time; 1 is greedy
	MaxSteps      int     // tokens of a hypothesis at the most, the end token among them
	LengthPenalty float64 // α of [Hypothesis.Score], at least 0
}

// Beam searches for the most probable translation (Graves 2012, arXiv:1211.3711; Sutskever et al. 2014): of all continuations
// of the hypotheses by one token it follows the Width most probable ones, less those that have ended. It returns up to Width
// hypotheses, the finished ones first and by their score, the best first. Of equals the one that comes first is followed:
// that of the better hypothesis, then that of the smaller token.
func (t *Translator[F]) Beam(cfg BeamConfig) ([]Hypothesis, error) {
	if cfg.Width < 1 || cfg.Width > maxBeam {
		return nil, errors.Errorf("beam: found a width of %d, expected 1 to %d", cfg.Width, maxBeam)
	}
	if !(cfg.LengthPenalty >= 0) || math.IsInf(cfg.LengthPenalty, 1) {
		return nil, errors.Errorf("beam: found a length penalty of %v, expected a finite number of at least 0", cfg.LengthPenalty)
	}
	if err := t.check(cfg.MaxSteps); err != nil {
		return nil, err
	}
	w, err := newWriter[F](t.network.decoder, cfg.Width, t.pool)
	if err != nil {
		return nil, err
	}
	if err := w.begin(t.source); err != nil {
		return nil, err
	}
	search := beam[F]{writer: w, end: t.end, live: []Hypothesis{{}}, tokens: slices.Repeat([]int{t.start}, cfg.Width)}
	for range cfg.MaxSteps {
		if err := search.step(cfg.Width - len(search.done)); err != nil {
			return nil, err
		}
		if len(search.live) == 0 {
			break
		}
	}
	byScore := func(a, b Hypothesis) int { return cmp.Compare(b.Score(cfg.LengthPenalty), a.Score(cfg.LengthPenalty)) }
	slices.SortStableFunc(search.done, byScore)
	slices.SortStableFunc(search.live, byScore)
	return append(search.done, search.live...), nil
}

// beam is a search under way.
type beam[F kernel.Float] struct {
	writer     *writer[F]
	end        int
	live, done []Hypothesis
	tokens     []int // the last one of each row of the writer; those after live have no meaning
}

// continuation is a hypothesis with one more token.
type continuation struct {
	parent, token  int
	logProbability float64 // of both together
	own            float64 // of the token
}

// step follows the given number of continuations.
func (s *beam[F]) step(width int) error {
	logits, err := s.writer.step(s.tokens)
	if err != nil {
		return err
	}
	best, err := s.best(width, logits)
	if err != nil {
		return err
	}
	var live []Hypothesis
	var parents []int
	for _, c := range best {
		h := s.live[c.parent]
		h.Tokens = slices.Clone(h.Tokens)
		h.extend(c.token, c.own, s.end)
		if h.Finished {
			s.done = append(s.done, h)
			continue
		}
		s.tokens[len(live)] = c.token
		live, parents = append(live, h), append(parents, c.parent)
	}
	s.live = live
	s.writer.follow(parents)
	return nil
}

// best returns the most probable continuations, the best first.
func (s *beam[F]) best(width int, logits []F) ([]continuation, error) {
	var best []continuation
	vocabulary := len(logits) / s.writer.rows
	for parent, h := range s.live {
		row := logits[parent*vocabulary : (parent+1)*vocabulary]
		base, err := logPartition(row)
		if err != nil {
			return nil, err
		}
		for token, v := range row {
			own := float64(v) - base
			c := continuation{parent, token, h.LogProbability + own, own}
			if len(best) == width && c.logProbability <= best[width-1].logProbability {
				continue
			}
			at, _ := slices.BinarySearchFunc(best, c, func(a, b continuation) int {
				if a.logProbability >= b.logProbability {
					return -1 // after its equals
				}
				return 1
			})
			best = slices.Insert(best, at, c)[:min(len(best)+1, width)]
		}
	}
	return best, nil
}
