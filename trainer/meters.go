package trainer

import (
	"maps"
	"math"
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"github.com/gruexp/gruexp/trainer/data"
)

// addToMeters shows the meters the rows of a batch that program has just run on.
func addToMeters(meters map[string]Metric, s *source, indices []int, batch *data.Batch, program *program) error {
	if len(meters) == 0 {
		return nil
	}
	v, err := program.values(len(batch.Weights))
	if err != nil {
		return err
	}
	if err := checkQuantiles(slices.Collect(maps.Keys(meters)), v); err != nil {
		return err
	}
	if v.predictions.Dtype() == tensor.Float32 {
		eachRow(&s.spec, indices, batch, v.predictions.Float32s(), v.outputs.Float32s(), meters)
	} else {
		eachRow(&s.spec, indices, batch, v.predictions.Float64s(), v.outputs.Float64s(), meters)
	}
	return nil
}

// checkQuantiles returns an error for metrics of quantiles where the model predicts a single number.
func checkQuantiles(metrics []string, v values) error {
	for _, name := range []string{MetricCoverage, MetricWidth, MetricCrossings} {
		if slices.Contains(metrics, name) && v.outputs.DataSize() < 2*v.predictions.DataSize() {
			return errors.Errorf("metric %s: found one prediction for each target, expected quantiles of it", name)
		}
	}
	return nil
}

func eachRow[F float32 | float64](spec *data.Spec, indices []int, batch *data.Batch, predictions, outputs []F, meters map[string]Metric) {
	width := len(predictions) / len(batch.Weights)
	r := Row{Scores: make([]float64, width)}
	quantiles := len(outputs) / max(1, len(predictions)) // of each target
	if quantiles > 1 {
		r.Lower, r.Upper = make([]float64, width), make([]float64, width)
	}
	if !spec.TargetKind.Labels() {
		r.Targets = make([]float64, width)
	}
	for i, weight := range batch.Weights {
		if weight == 0 {
			continue
		}
		r.Sequence, r.Weight, r.Crossings = indices[i%batch.Size], weight, 0
		for k, v := range predictions[i*width : (i+1)*width] {
			r.Scores[k] = float64(v)
		}
		switch {
		case spec.TargetKind.Labels():
			r.Label = batch.Labels[i]
		case spec.TargetKind == data.BinaryPerStep:
			copy(r.Targets, batch.Targets[i*width:])
		default:
			r.Values = r.Scores
			for k := range r.Values {
				r.Values[k] = spec.Original(k, r.Values[k])
				r.Targets[k] = spec.Original(k, batch.Targets[i*width+k])
			}
			for k := range r.Lower {
				of := outputs[(i*width+k)*quantiles : (i*width+k+1)*quantiles]
				r.Lower[k], r.Upper[k] = spec.Original(k, float64(slices.Min(of))), spec.Original(k, float64(slices.Max(of)))
				if !slices.IsSorted(of) {
					r.Crossings++
				}
			}
		}
		for _, m := range meters {
			m.Add(&r)
		}
	}
}

// newMeters makes the meters of the metrics of that name; [MetricConfusion] has none.
func newMeters(cfg *Config, spec *data.Spec) (map[string]Metric, error) {
	meters := map[string]Metric{}
	for _, name := range cfg.Metrics {
		k, top := topOf(name)
		switch {
		case top:
			meters[name] = &share{right: func(r *Row) float64 { return indicator(rank(r.Scores, r.Label) < k) }}
		case name == MetricF1Macro, name == MetricF1Micro:
			meters[name] = newF1(spec, name == MetricF1Macro)
		case name == MetricAUC:
			meters[name] = newAUC(spec)
		case name == MetricECE:
			meters[name] = new(calibration)
		case name == MetricBits:
			meters[name] = &share{right: func(r *Row) float64 { return -logProbability(r.Scores, r.Label) / math.Ln2 }}
		case name == MetricEventAccuracy:
			meters[name] = &share{right: rightEvents}
		case name == MetricR2:
			meters[name] = &determination{outputs: make([]variation, spec.Targets)}
		case name == MetricSMAPE:
			meters[name] = &share{right: symmetricError}
		case name == MetricMASE:
			if !hasNaive(*spec) {
				return nil, errors.Errorf("metric %s: found the naive errors %v of the training part, expected one above 0 for each target", name, spec.TargetNaive)
			}
			meters[name] = &share{right: func(r *Row) float64 { return scaledError(r, spec.TargetNaive) }}
		case name == MetricScaledMSE:
			meters[name] = &share{right: func(r *Row) float64 { return meanScaled(r, spec, func(d float64) float64 { return d * d }) }}
		case name == MetricScaledMAE:
			meters[name] = &share{right: func(r *Row) float64 { return meanScaled(r, spec, math.Abs) }}
		case name == MetricCoverage:
			meters[name] = &share{right: covered}
		case name == MetricWidth:
			meters[name] = &share{right: intervalWidth}
		case name == MetricCrossings:
			meters[name] = &share{right: func(r *Row) float64 { return float64(r.Crossings) / float64(len(r.Targets)) }}
		case cfg.OwnMetrics[name].New != nil:
			own, err := cfg.OwnMetrics.newOwn(name, spec)
			if err != nil {
				return nil, err
			}
			meters[name] = own
		}
	}
	return meters, nil
}

// share is the mean over rows of a number.
type share struct {
	right       func(r *Row) float64
	sum, weight float64
}

func (s *share) Add(r *Row) {
	s.sum += r.Weight * s.right(r)
	s.weight += r.Weight
}

func (s *share) Value() (float64, error) { return s.sum / s.weight, nil }

func indicator(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

// rank is how many logits come before that of the label: larger ones, and of equal ones those with a smaller index.
func rank(scores []float64, label int) int {
	before := 0
	for c, v := range scores {
		if v > scores[label] || v == scores[label] && c < label {
			before++
		}
	}
	return before
}

// logProbability is that of the label by the softmax of the logits.
func logProbability(scores []float64, label int) float64 {
	top, sum := slices.Max(scores), 0.0
	for _, v := range scores {
		sum += math.Exp(v - top)
	}
	return scores[label] - top - math.Log(sum)
}

func rightEvents(r *Row) float64 {
	right := 0.0
	for k, v := range r.Scores {
		right += indicator(v > 0 == (r.Targets[k] > 0.5))
	}
	return right / float64(len(r.Scores))
}

func symmetricError(r *Row) float64 {
	sum := 0.0
	for k, p := range r.Values {
		if size := math.Abs(p) + math.Abs(r.Targets[k]); size > 0 {
			sum += 200 * math.Abs(p-r.Targets[k]) / size
		}
	}
	return sum / float64(len(r.Values))
}

// meanScaled is the mean of a function of the errors in units of the scale of their targets.
func meanScaled(r *Row, spec *data.Spec, of func(float64) float64) float64 {
	sum := 0.0
	for k, v := range r.Values {
		d := v - r.Targets[k]
		if spec.TargetScale != nil {
			d /= spec.TargetScale[k]
		}
		sum += of(d)
	}
	return sum / float64(len(r.Values))
}

func scaledError(r *Row, naive []float64) float64 {
	sum := 0.0
	for k, p := range r.Values {
		sum += math.Abs(p-r.Targets[k]) / naive[k]
	}
	return sum / float64(len(r.Values))
}

// covered is the share of a row's targets that are in the interval of the quantiles; NaN where there is none.
func covered(r *Row) float64 {
	sum := 0.0
	for k := range r.Lower {
		sum += indicator(r.Lower[k] <= r.Targets[k] && r.Targets[k] <= r.Upper[k])
	}
	return sum / float64(len(r.Lower))
}

func intervalWidth(r *Row) float64 {
	sum := 0.0
	for k := range r.Lower {
		sum += r.Upper[k] - r.Lower[k]
	}
	return sum / float64(len(r.Lower))
}

// counts are the weights of rows by prediction and target of one class or event.
type counts struct{ both, predicted, targets float64 }

func (c counts) f1() float64 { return 2 * c.both / (c.predicted + c.targets) }

// f1 is the F1 score of classes or events.
type f1 struct {
	macro  bool
	events bool
	of     []counts
}

func newF1(spec *data.Spec, macro bool) *f1 {
	return &f1{macro, spec.TargetKind == data.BinaryPerStep, make([]counts, spec.Targets)}
}

func (f *f1) Add(r *Row) {
	best := largest(r.Scores)
	for k := range f.of {
		predicted, target := k == best, k == r.Label
		if f.events {
			predicted, target = r.Scores[k] > 0, r.Targets[k] > 0.5
		}
		f.of[k].predicted += r.Weight * indicator(predicted)
		f.of[k].targets += r.Weight * indicator(target)
		f.of[k].both += r.Weight * indicator(predicted && target)
	}
}

func (f *f1) Value() (float64, error) {
	var all counts
	var sum, n float64
	for _, c := range f.of {
		all.both, all.predicted, all.targets = all.both+c.both, all.predicted+c.predicted, all.targets+c.targets
		if c.predicted+c.targets > 0 {
			sum, n = sum+c.f1(), n+1
		}
	}
	switch {
	case n == 0:
		return 0, nil // events that never happen and are never predicted
	case f.macro:
		return sum / n, nil
	default:
		return all.f1(), nil
	}
}

// auc is the area under the receiver operating characteristic.
type auc struct {
	events bool
	of     []ranking
}

// ranking is the scores of one class or event.
type ranking []scored

type scored struct {
	score, weight float64
	is            bool
}

func newAUC(spec *data.Spec) *auc {
	return &auc{spec.TargetKind == data.BinaryPerStep, make([]ranking, spec.Targets)}
}

func (a *auc) Add(r *Row) {
	for k := range a.of {
		score, is := r.Scores[k], a.events && r.Targets[k] > 0.5
		if !a.events {
			score, is = logProbability(r.Scores, k), k == r.Label
		}
		a.of[k] = append(a.of[k], scored{score, r.Weight, is})
	}
}

func (a *auc) Value() (float64, error) {
	var sum, n float64
	for _, r := range a.of {
		if area, ok := r.area(); ok {
			sum, n = sum+area, n+1
		}
	}
	if n == 0 {
		return 0, errors.Errorf("metric %s: found no class that is the target of some rows and not of others, expected one", MetricAUC)
	}
	return sum / n, nil
}

// area is the probability that a row of the class has the greater score of the two than a row of the rest, equal ones counted
// half: Σ over pairs of weights / Σ.
func (r ranking) area() (area float64, ok bool) {
	slices.SortFunc(r, func(a, b scored) int {
		switch {
		case a.score < b.score:
			return -1
		case a.score > b.score:
			return 1
		default:
			return 0
		}
	})
	var positives, negatives, pairs float64
	for lo := 0; lo < len(r); {
		var p, n float64
		hi := lo
		for ; hi < len(r) && r[hi].score == r[lo].score; hi++ {
			if r[hi].is {
				p += r[hi].weight
			} else {
				n += r[hi].weight
			}
		}
		pairs += p * (negatives + n/2)
		positives, negatives, lo = positives+p, negatives+n, hi
	}
	return pairs / (positives * negatives), positives > 0 && negatives > 0
}

// calibration is the expected calibration error: over bins of equal width, the mean of |confidence − frequency| by weight.
type calibration struct {
	bins   [15]struct{ confidence, right float64 }
	weight float64
}

func (c *calibration) Add(r *Row) {
	if r.Targets != nil {
		for k, v := range r.Scores {
			c.count(r.Weight, 1/(1+math.Exp(-v)), r.Targets[k])
		}
		return
	}
	best := largest(r.Scores)
	c.count(r.Weight, math.Exp(logProbability(r.Scores, best)), indicator(best == r.Label))
}

func (c *calibration) count(weight, confidence, right float64) {
	bin := &c.bins[max(0, min(len(c.bins)-1, int(math.Ceil(confidence*float64(len(c.bins))))-1))]
	bin.confidence += weight * confidence
	bin.right += weight * right
	c.weight += weight
}

func (c *calibration) Value() (float64, error) {
	sum := 0.0
	for _, b := range c.bins {
		sum += math.Abs(b.confidence - b.right)
	}
	return sum / c.weight, nil
}

// determination is R².
type determination struct{ outputs []variation }

// variation is the weighted mean and squared deviations of one output's targets, by Welford's recurrence, and its squared errors.
type variation struct{ weight, mean, deviations, errors float64 }

func (d *determination) Add(r *Row) {
	for k := range d.outputs {
		v, y := &d.outputs[k], r.Targets[k]
		v.weight += r.Weight
		delta := y - v.mean
		v.mean += delta * r.Weight / v.weight
		v.deviations += r.Weight * delta * (y - v.mean)
		v.errors += r.Weight * (y - r.Values[k]) * (y - r.Values[k])
	}
}

func (d *determination) Value() (float64, error) {
	sum := 0.0
	for _, v := range d.outputs {
		switch {
		case v.deviations > v.weight*math.Pow(1e-12*v.mean, 2): // more than the rounding of the targets
			sum += 1 - v.errors/v.deviations
		case v.errors == 0:
			sum++
		}
	}
	return sum / float64(len(d.outputs)), nil
}

// confusion counts rows by label and prediction.
type confusion struct{ counts [][]float64 }

func newConfusion(classes int) *confusion {
	c := &confusion{make([][]float64, classes)}
	for i := range c.counts {
		c.counts[i] = make([]float64, classes)
	}
	return c
}

func (c *confusion) Add(r *Row) { c.counts[r.Label][largest(r.Scores)] += r.Weight }

func (c *confusion) Value() (float64, error) { return 0, nil } // it has no one number
