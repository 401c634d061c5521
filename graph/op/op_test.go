package op_test

import (
	"math"
	"testing"

	G "gorgonia.org/gorgonia"

	"github.com/gruexp/gruexp/graph/kernel"
	"github.com/gruexp/gruexp/graph/op"
)

// example is a graph whose output and gradients are verified.
type example struct {
	name  string
	in    inputs
	build build
	want  func(in inputs) []float64 // the output, written from the docstring; nil where other examples say it
}

// mask of [T=4,B=4]: a whole sequence, one of two steps, one with a gap and an empty one.
var mask = fixed([]float64{
	1, 1, 1, 0,
	1, 1, 0, 0,
	1, 0, 1, 0,
	1, 0, 0, 0,
}, 4, 4)

func affine(s *op.Scope, in nodes) (*G.Node, error) { return op.Affine(s, in["x"], in["w"], in["b"]) }

func affineWant(in inputs) []float64 {
	x, w, b := in["x"], in["w"], in["b"]
	width, units := w.shape[0], w.shape[1]
	y := make([]float64, len(x.floats)/width*units)
	for i := range y {
		for k := range width {
			y[i] += x.floats[i/units*width+k] * w.floats[k*units+i%units]
		}
		if b.floats != nil {
			y[i] += b.floats[i%units]
		}
	}
	return y
}

func gatherExample(s *op.Scope, in nodes) (*G.Node, error) {
	return op.Gather(s, in["table"], in["ids"], in["keep"])
}

func gatherWant(in inputs) []float64 {
	width := in["table"].shape[1]
	var y []float64
	for i, id := range in["ids"].ints {
		if keep := in["keep"].floats; keep != nil && keep[i] == 0 {
			id = 0
		}
		y = append(y, in["table"].floats[id*width:(id+1)*width]...)
	}
	return y
}

const layerNormEpsilon = 1e-3

func layerNorm(s *op.Scope, in nodes) (*G.Node, error) {
	return op.LayerNorm(s, in["x"], in["gain"], in["shift"], 1, layerNormEpsilon)
}

func layerNormWant(in inputs) []float64 {
	x, gain, shift := in["x"], in["gain"].floats, in["shift"].floats
	width := len(gain)
	var y []float64
	for i := 0; i < len(x.floats); i += width {
		var mean, variance float64
		for _, v := range x.floats[i : i+width] {
			mean += v / float64(width)
		}
		for _, v := range x.floats[i : i+width] {
			variance += (v - mean) * (v - mean) / float64(width)
		}
		for j, v := range x.floats[i : i+width] {
			normalized := gain[j] * (v - mean) / math.Sqrt(variance+layerNormEpsilon)
			if shift != nil {
				normalized += shift[j]
			}
			y = append(y, normalized)
		}
	}
	return y
}

func scaleWant(in inputs) []float64 {
	factors := in["factors"].floats
	var y []float64
	for i, v := range in["x"].floats {
		y = append(y, v*factors[i%len(factors)])
	}
	return y
}

// overSteps writes the output of a reduction over time, given the elements of one feature at the steps that count.
func overSteps(f func(present []float64) float64) func(in inputs) []float64 {
	return func(in inputs) []float64 {
		x, mask := in["x"], in["mask"].floats
		steps, batch, width := x.shape[0], x.shape[1], x.shape[2]
		y := make([]float64, batch*width)
		for i := range y {
			var present []float64
			for t := range steps {
				v := x.floats[t*batch*width+i]
				if mask == nil || mask[t*batch+i/width] != 0 {
					present = append(present, v)
				}
			}
			y[i] = f(present)
		}
		return y
	}
}

func lastOf(present []float64) float64 {
	if len(present) == 0 {
		return 0
	}
	return present[len(present)-1]
}

func firstOf(present []float64) float64 {
	if len(present) == 0 {
		return 0
	}
	return present[0]
}

func meanOf(present []float64) float64 {
	var sum float64
	for _, v := range present {
		sum += v
	}
	return sum / max(1, float64(len(present)))
}

func greatestOf(present []float64) float64 {
	if len(present) == 0 {
		return 0
	}
	greatest := math.Inf(-1)
	for _, v := range present {
		greatest = max(greatest, v)
	}
	return greatest
}

func last(s *op.Scope, in nodes) (*G.Node, error) { return op.Last(s, in["x"], in["mask"], false) }

func lastReverse(s *op.Scope, in nodes) (*G.Node, error) {
	return op.Last(s, in["x"], in["mask"], true)
}

func meanPool(s *op.Scope, in nodes) (*G.Node, error) { return op.MeanPool(s, in["x"], in["mask"]) }

func maxPool(s *op.Scope, in nodes) (*G.Node, error) { return op.MaxPool(s, in["x"], in["mask"]) }

func softmax(smoothing float64) build {
	return func(s *op.Scope, in nodes) (*G.Node, error) {
		return op.SoftmaxCrossEntropy(s, in["logits"], in["labels"], smoothing)
	}
}

func softmaxWant(smoothing float64) func(in inputs) []float64 {
	return func(in inputs) []float64 {
		logits := in["logits"]
		classes := logits.shape[len(logits.shape)-1]
		var rows []float64
		for i, label := range in["labels"].ints {
			var total float64
			for _, v := range logits.floats[i*classes : (i+1)*classes] {
				total += math.Exp(v)
			}
			var row float64
			for c, v := range logits.floats[i*classes : (i+1)*classes] {
				target := smoothing / float64(classes)
				if c == label {
					target += 1 - smoothing
				}
				row -= target * math.Log(math.Exp(v)/total)
			}
			rows = append(rows, row)
		}
		return rows
	}
}

func binary(s *op.Scope, in nodes) (*G.Node, error) {
	return op.BinaryCrossEntropy(s, in["logits"], in["targets"])
}

func binaryWant(in inputs) []float64 {
	logits := in["logits"]
	width := logits.shape[len(logits.shape)-1]
	rows := make([]float64, len(logits.floats)/width)
	for i, x := range logits.floats {
		p, y := 1/(1+math.Exp(-x)), in["targets"].floats[i]
		rows[i/width] -= y*math.Log(p) + (1-y)*math.Log(1-p)
	}
	return rows
}

func squared(s *op.Scope, in nodes) (*G.Node, error) {
	return op.SquaredError(s, in["predictions"], in["targets"])
}

func squaredWant(in inputs) []float64 {
	predictions := in["predictions"]
	width := predictions.shape[len(predictions.shape)-1]
	rows := make([]float64, len(predictions.floats)/width)
	for i, x := range predictions.floats {
		rows[i/width] += math.Pow(x-in["targets"].floats[i], 2) / float64(width)
	}
	return rows
}

// pairLoss is a loss of predictions and targets.
func pairLoss(f func(s *op.Scope, x, y *G.Node) (*G.Node, error)) build {
	return func(s *op.Scope, in nodes) (*G.Node, error) { return f(s, in["predictions"], in["targets"]) }
}

// pairWant is the mean of a loss of elements, which the kernels' own tests look at, where repeat columns share a target.
func pairWant(repeat int, loss kernel.ElementLoss) func(in inputs) []float64 {
	return func(in inputs) []float64 {
		x := in["predictions"]
		width := x.shape[len(x.shape)-1]
		rows := make([]float64, len(x.floats)/width)
		for i, v := range x.floats {
			value, _ := loss(i%width, v, in["targets"].floats[i/repeat])
			rows[i/width] += value / float64(width)
		}
		return rows
	}
}

// positive is random without signs.
func positive(seed uint64, shape ...int) feed {
	f := random(seed, shape...)
	for i, v := range f.floats {
		f.floats[i] = math.Abs(v) + 0.1
	}
	return f
}

func activate(name string) build {
	return func(s *op.Scope, in nodes) (*G.Node, error) { return op.Activate(s, name, in["x"]) }
}

// each writes the output of an element-wise function.
func each(f func(float64) float64) func(in inputs) []float64 {
	return func(in inputs) []float64 {
		var y []float64
		for _, v := range in["x"].floats {
			y = append(y, f(v))
		}
		return y
	}
}

// gappy is a fixed input [T,B,3D] of values, masks and gaps.
func gappy(seed uint64, steps, batch, width int) feed {
	x := fixed(random(seed, steps, batch, 3*width).floats, steps, batch, 3*width)
	for i, v := range x.floats {
		switch i / width % 3 {
		case 1:
			x.floats[i] = max(0, math.Copysign(1, v))
		case 2:
			x.floats[i] = math.Abs(v)
		}
	}
	return x
}

func impute(s *op.Scope, in nodes) (*G.Node, error) { return op.Impute(s, in["x"], in["w"], in["b"]) }

func imputeWant(in inputs) []float64 {
	x, w, b := in["x"], in["w"].floats, in["b"].floats
	width := len(w)
	var y []float64
	for ; len(x.floats) > 0; x.floats = x.floats[3*width:] {
		values, masks, gaps := x.floats[:width], x.floats[width:2*width], x.floats[2*width:]
		for j, v := range values {
			if masks[j] == 0 {
				v *= math.Exp(-max(0, w[j]*gaps[j]+b[j]))
			}
			y = append(y, v)
		}
		y = append(y, masks...)
	}
	return y
}

func weightedMean(s *op.Scope, in nodes) (*G.Node, error) {
	return op.WeightedMean(s, in["rows"], in["weights"])
}

func weightedMeanWant(in inputs) []float64 {
	var sum, total float64
	for i, w := range in["weights"].floats {
		sum += w * in["rows"].floats[i]
		total += w
	}
	if total == 0 {
		return []float64{0}
	}
	return []float64{sum / total}
}

// examples are all operations with all their options, except the recurrence, which has its own table.
func examples() []example {
	return []example{
		{"Affine sequence", inputs{"x": random(1, 3, 2, 4), "w": random(2, 4, 5), "b": random(3, 5)}, affine, affineWant},
		{"Affine matrix", inputs{"x": random(1, 3, 4), "w": random(2, 4, 2), "b": random(3, 2)}, affine, affineWant},
		{"Affine without bias", inputs{"x": random(1, 3, 2, 4), "w": random(2, 4, 5)}, affine, affineWant},
		{"Affine to one unit", inputs{"x": random(1, 1, 4), "w": random(2, 4, 1), "b": random(3, 1)}, affine, affineWant},

		{"Gather", inputs{"table": random(1, 5, 3), "ids": below(5, 2, 4, 2)}, gatherExample, gatherWant},
		{"Gather vector of ids", inputs{"table": random(1, 5, 3), "ids": below(5, 2, 6)}, gatherExample, gatherWant},
		{"Gather with keep", inputs{"table": random(1, 5, 3), "ids": below(5, 2, 4, 2), "keep": dropout(3, 4, 2)}, gatherExample, gatherWant},

		{"Scale", inputs{"x": random(1, 4, 3, 2), "factors": dropout(2, 4, 3, 2)},
			func(s *op.Scope, in nodes) (*G.Node, error) { return op.Scale(s, in["x"], in["factors"]) }, scaleWant},
		{"ScaleSteps", inputs{"x": random(1, 4, 3, 2), "factors": dropout(2, 3, 2)},
			func(s *op.Scope, in nodes) (*G.Node, error) { return op.ScaleSteps(s, in["x"], in["factors"]) }, scaleWant},

		{"LayerNorm", inputs{"x": random(1, 4, 5), "gain": random(2, 5), "shift": random(3, 5)}, layerNorm, layerNormWant},
		{"LayerNorm of a sequence, without shift", inputs{"x": random(1, 3, 2, 4), "gain": random(2, 4)}, layerNorm, layerNormWant},

		{"Sigmoid", inputs{"x": scaled(3, 1, 4, 3, 2)},
			func(s *op.Scope, in nodes) (*G.Node, error) { return op.Sigmoid(s, in["x"]) },
			each(func(x float64) float64 { return 1 / (1 + math.Exp(-x)) })},
		{"Tanh", inputs{"x": scaled(2, 1, 4, 5)},
			func(s *op.Scope, in nodes) (*G.Node, error) { return op.Tanh(s, in["x"]) }, each(math.Tanh)},
		{"Rectify", inputs{"x": random(1, 7)},
			func(s *op.Scope, in nodes) (*G.Node, error) { return op.Rectify(s, in["x"]) },
			each(func(x float64) float64 { return max(x, 0) })},
		{"hard_sigmoid", inputs{"x": scaled(3, 1, 4, 5)}, activate("hard_sigmoid"),
			each(func(x float64) float64 { return min(max((x+3)/6, 0), 1) })},
		{"softplus", inputs{"x": scaled(3, 1, 4, 5)}, activate("softplus"),
			each(func(x float64) float64 { return math.Log1p(math.Exp(x)) })},
		{"elu", inputs{"x": scaled(3, 1, 4, 5)}, activate("elu"),
			each(func(x float64) float64 { return max(x, math.Expm1(min(x, 0))) })},
		{"selu", inputs{"x": scaled(3, 1, 4, 5)}, activate("selu"),
			each(func(x float64) float64 {
				return 1.0507009873554805 * (max(x, 0) + 1.6732632423543772*math.Expm1(min(x, 0)))
			})},
		{"swish", inputs{"x": scaled(3, 1, 4, 5)}, activate("swish"),
			each(func(x float64) float64 { return x / (1 + math.Exp(-x)) })},
		{"gelu", inputs{"x": scaled(2, 1, 4, 5)}, activate("gelu"),
			each(func(x float64) float64 { return x * (1 + math.Erf(x/math.Sqrt2)) / 2 })},
		{"positive", inputs{"x": scaled(2, 1, 4, 5)}, activate("positive"),
			each(func(x float64) float64 { return max(x+0.5, 1/(1+math.Exp(-x))) })},

		{"Decay", inputs{"x": scaled(3, 1, 4, 5)},
			func(s *op.Scope, in nodes) (*G.Node, error) { return op.Decay(s, in["x"]) },
			each(func(x float64) float64 { return math.Exp(-max(x, 0)) })},
		{"Impute", inputs{"x": gappy(1, 4, 3, 2), "w": random(2, 2), "b": random(3, 2)}, impute, imputeWant},
		{"Impute one column", inputs{"x": gappy(1, 3, 2, 1), "w": random(4, 1), "b": random(5, 1)}, impute, imputeWant},

		{"Last", inputs{"x": random(1, 4, 4, 3)}, last, overSteps(lastOf)},
		{"Last with mask", inputs{"x": random(1, 4, 4, 3), "mask": mask}, last, overSteps(lastOf)},
		{"Last in reverse", inputs{"x": random(1, 4, 4, 3)}, lastReverse, overSteps(firstOf)},
		{"Last in reverse with mask", inputs{"x": random(1, 4, 4, 3), "mask": mask}, lastReverse, overSteps(firstOf)},
		{"MeanPool", inputs{"x": random(1, 4, 4, 3)}, meanPool, overSteps(meanOf)},
		{"MeanPool with mask", inputs{"x": random(1, 4, 4, 3), "mask": mask}, meanPool, overSteps(meanOf)},
		{"MaxPool", inputs{"x": random(1, 4, 4, 3)}, maxPool, overSteps(greatestOf)},
		{"MaxPool with mask", inputs{"x": random(1, 4, 4, 3), "mask": mask}, maxPool, overSteps(greatestOf)},

		{"At", inputs{"x": random(1, 4, 2, 3)},
			func(s *op.Scope, in nodes) (*G.Node, error) { return op.At(s, in["x"], 2) },
			func(in inputs) []float64 { return in["x"].floats[12:18] }},
		{"At of a mask", inputs{"x": random(1, 4, 3)},
			func(s *op.Scope, in nodes) (*G.Node, error) { return op.At(s, in["x"], 2) },
			func(in inputs) []float64 { return in["x"].floats[6:9] }},
		{"Columns", inputs{"x": random(1, 2, 5)},
			func(s *op.Scope, in nodes) (*G.Node, error) { return op.Columns(s, in["x"], 1, 3) },
			func(in inputs) []float64 { x := in["x"].floats; return []float64{x[1], x[2], x[6], x[7]} }},
		{"Columns of a sequence", inputs{"x": random(1, 2, 1, 3)},
			func(s *op.Scope, in nodes) (*G.Node, error) { return op.Columns(s, in["x"], 2, 3) },
			func(in inputs) []float64 { x := in["x"].floats; return []float64{x[2], x[5]} }},
		{"Columns of a vector", inputs{"x": random(1, 5)},
			func(s *op.Scope, in nodes) (*G.Node, error) { return op.Columns(s, in["x"], 1, 3) },
			func(in inputs) []float64 { return in["x"].floats[1:3] }},
		{"ConcatLast of vectors", inputs{"a": random(1, 2), "b": random(2, 3)},
			func(s *op.Scope, in nodes) (*G.Node, error) { return op.ConcatLast(s, in["a"], in["b"]) },
			func(in inputs) []float64 { return append(in["a"].floats[:2:2], in["b"].floats...) }},
		{"ConcatLast", inputs{"a": random(1, 2, 1), "b": random(2, 2, 2)},
			func(s *op.Scope, in nodes) (*G.Node, error) { return op.ConcatLast(s, in["a"], in["b"]) },
			func(in inputs) []float64 {
				a, b := in["a"].floats, in["b"].floats
				return []float64{a[0], b[0], b[1], a[1], b[2], b[3]}
			}},
		{"ConcatLast of sequences, one of them twice", inputs{"a": random(1, 2, 1, 1), "b": random(2, 2, 1, 2)},
			func(s *op.Scope, in nodes) (*G.Node, error) { return op.ConcatLast(s, in["a"], in["b"], in["a"]) },
			func(in inputs) []float64 {
				a, b := in["a"].floats, in["b"].floats
				return []float64{a[0], b[0], b[1], a[0], a[1], b[2], b[3], a[1]}
			}},
		{"Stack", inputs{"a": random(1, 2, 2), "b": random(2, 2, 2)},
			func(s *op.Scope, in nodes) (*G.Node, error) { return op.Stack(s, in["a"], in["b"]) },
			func(in inputs) []float64 { return append(in["a"].floats[:4:4], in["b"].floats...) }},
		{"Where", inputs{"mask": fixed([]float64{1, 0, 2}, 3), "a": random(1, 3, 2), "b": random(2, 3, 2)},
			func(s *op.Scope, in nodes) (*G.Node, error) { return op.Where(s, in["mask"], in["a"], in["b"]) },
			func(in inputs) []float64 {
				a, b := in["a"].floats, in["b"].floats
				return []float64{a[0], a[1], b[2], b[3], a[4], a[5]}
			}},

		{"SoftmaxCrossEntropy", inputs{"logits": random(1, 6, 5), "labels": below(5, 2, 6)}, softmax(0), softmaxWant(0)},
		{"SoftmaxCrossEntropy of a sequence, smoothed", inputs{"logits": random(1, 3, 2, 5), "labels": below(5, 2, 3, 2)}, softmax(0.1), softmaxWant(0.1)},
		{"SoftmaxCrossEntropy, all smoothing", inputs{"logits": random(1, 3, 5), "labels": below(5, 2, 3)}, softmax(1), softmaxWant(1)},
		{"BinaryCrossEntropy", inputs{"logits": random(1, 3, 2, 5), "targets": uniform(2, 3, 2, 5)}, binary, binaryWant},
		{"SquaredError", inputs{"predictions": random(1, 3, 4), "targets": uniform(2, 3, 4)}, squared, squaredWant},
		{"AbsoluteError", inputs{"predictions": random(1, 3, 4), "targets": uniform(2, 3, 4)}, pairLoss(op.AbsoluteError), pairWant(1, kernel.AbsoluteError)},
		{"Huber", inputs{"predictions": random(1, 3, 2, 4), "targets": uniform(2, 3, 2, 4)},
			pairLoss(func(s *op.Scope, x, y *G.Node) (*G.Node, error) { return op.Huber(s, x, y, 0.5) }), pairWant(1, kernel.Huber(0.5))},
		{"LogCosh", inputs{"predictions": random(1, 3, 4), "targets": uniform(2, 3, 4)}, pairLoss(op.LogCosh), pairWant(1, kernel.LogCosh)},
		{"Quantile", inputs{"predictions": random(1, 3, 6), "targets": uniform(2, 3, 2)},
			pairLoss(func(s *op.Scope, x, y *G.Node) (*G.Node, error) {
				return op.Quantile(s, x, y, []float64{0.1, 0.5, 0.9})
			}),
			pairWant(3, kernel.Quantile([]float64{0.1, 0.5, 0.9}))},
		{"Poisson", inputs{"predictions": random(1, 3, 4), "targets": uniform(2, 3, 4)}, pairLoss(op.Poisson), pairWant(1, kernel.PoissonLogRate)},
		{"WeightedBinaryCrossEntropy", inputs{"predictions": random(1, 2, 3), "targets": uniform(2, 2, 3)},
			pairLoss(func(s *op.Scope, x, y *G.Node) (*G.Node, error) {
				return op.WeightedBinaryCrossEntropy(s, x, y, []float64{1, 2, 3}, 2)
			}),
			func(in inputs) []float64 {
				rows := pairWant(1, kernel.WeightedBinary([]float64{1, 2, 3}, 2))(in)
				return []float64{3 * rows[0], 3 * rows[1]}
			}},
		{"Focal", inputs{"nll": positive(1, 3, 2), "labels": below(2, 2, 3, 2)},
			func(s *op.Scope, in nodes) (*G.Node, error) {
				return op.Focal(s, in["nll"], in["labels"], []float64{1, 3}, 2)
			},
			func(in inputs) []float64 {
				var rows []float64
				for i, c := range in["nll"].floats {
					value, _ := kernel.Focal(c, 2)
					rows = append(rows, value*[]float64{1, 3}[in["labels"].ints[i]])
				}
				return rows
			}},
		{"ActivityPenalty", inputs{"x": random(1, 4, 4, 3), "mask": mask},
			func(s *op.Scope, in nodes) (*G.Node, error) {
				return op.ActivityPenalty(s, in["x"], in["mask"], 0.5, 2)
			},
			func(in inputs) []float64 {
				return []float64{kernel.ActivityPenalty(4, 4, 3, 0.5, 2, in["x"].floats, in["mask"].floats)}
			}},
		{"ActivityPenalty twice, of one total", inputs{"x": random(1, 4, 2, 3)},
			func(s *op.Scope, in nodes) (*G.Node, error) {
				once, err := op.ActivityPenalty(s, in["x"], nil, 1, 0)
				if err != nil {
					return nil, err
				}
				twice, err := op.ActivityPenalty(s, in["x"], nil, 0, 3)
				if err != nil {
					return nil, err
				}
				return op.Total(s, once, twice, once)
			},
			func(in inputs) []float64 {
				return []float64{kernel.ActivityPenalty(4, 2, 3, 2, 3, in["x"].floats, nil)}
			}},
		{"WeightedMean", inputs{"rows": random(1, 3, 2), "weights": uniform(2, 3, 2)}, weightedMean, weightedMeanWant},
		{"WeightedMean of one row", inputs{"rows": random(1, 1), "weights": uniform(2, 1)}, weightedMean, weightedMeanWant},
		{"WeightedMean without weight", inputs{"rows": random(1, 3, 2), "weights": fixed(make([]float64, 6), 3, 2)}, weightedMean, weightedMeanWant},

		{"a node used by two", inputs{"x": random(1, 2, 3), "w": random(2, 3, 3), "b": random(3, 3)}, usedByTwo, nil},
		{"parts, some twice, some unused", inputs{"x": random(1, 4, 2, 3)}, manyParts, nil},
		{"a masked loss over time", inputs{
			"x": random(1, 4, 4, 3), "w": random(2, 3, 5), "b": random(3, 5), "labels": below(5, 4, 4, 4), "mask": mask,
		}, maskedLoss, nil},
	}
}

// usedByTwo applies one affine map twice, and adds its input by a built-in operation that works in place.
func usedByTwo(s *op.Scope, in nodes) (*G.Node, error) {
	h, err := op.Affine(s, in["x"], in["w"], in["b"])
	if err != nil {
		return nil, err
	}
	h2, err := op.Affine(s, h, in["w"], in["b"])
	if err != nil {
		return nil, err
	}
	if h2, err = G.Add(h2, h); err != nil {
		return nil, err
	}
	return G.Add(h2, in["x"])
}

// manyParts takes steps out of order, one twice and one that the result does not depend on, and columns of a step.
func manyParts(s *op.Scope, in nodes) (*G.Node, error) {
	var at [5]*G.Node
	for i, t := range []int{2, 0, 3, 2, 1} {
		var err error
		if at[i], err = op.At(s, in["x"], t); err != nil {
			return nil, err
		}
	}
	left, err := op.Columns(s, at[0], 0, 2)
	if err != nil {
		return nil, err
	}
	right, err := op.Columns(s, at[0], 1, 3)
	if err != nil {
		return nil, err
	}
	joined, err := op.ConcatLast(s, left, at[1], right, at[3])
	if err != nil {
		return nil, err
	}
	return G.Square(joined)
}

func maskedLoss(s *op.Scope, in nodes) (*G.Node, error) {
	logits, err := op.Affine(s, in["x"], in["w"], in["b"])
	if err != nil {
		return nil, err
	}
	rows, err := op.SoftmaxCrossEntropy(s, logits, in["labels"], 0.1)
	if err != nil {
		return nil, err
	}
	return op.WeightedMean(s, rows, in["mask"])
}

// verify is what holds for every graph.
func verify(t *testing.T, e example) {
	first := verifyTraining(t, e)
	evaluation := mustCompile[float64](t, 1, false, e.in, e.build)
	expectSame(t, "evaluation", evaluation.results(t), results{"output": first["output"]})
}

// verifyTraining is what holds for every graph for training. It returns the output and the gradients.
func verifyTraining(t *testing.T, e example) results {
	p := mustCompile[float64](t, 1, true, e.in, e.build)
	first := p.results(t)
	if e.want != nil {
		expectClose(t, "output", first["output"], e.want(e.in), 1e-12) // the same sums in another order
	}
	p.expectGradients(t, e.in)
	expectSame(t, "another run", p.results(t), first)

	threads := mustCompile[float64](t, 3, true, e.in, e.build)
	expectSame(t, "three threads", threads.results(t), first)

	single := mustCompile[float32](t, 1, true, e.in, e.build).results(t)
	for name, want := range first {
		expectClose(t, "float32: "+name, single[name], want, 1e-5) // 2⁻²⁴ times a few dozen additions
	}
	return first
}

func TestOperations(t *testing.T) {
	for _, e := range examples() {
		t.Run(e.name, func(t *testing.T) { verify(t, e) })
	}
}
