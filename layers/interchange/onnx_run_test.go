package interchange_test

import (
	"encoding/binary"
	"math"
	"slices"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/gruexp/gruexp/graph/weights"
)

// array is a tensor of any type in an ONNX graph.
type array struct {
	shape []int
	data  []float64
}

func arrayOf(t weights.Tensor) array {
	a := array{shape: t.Shape}
	switch data := t.Data.(type) {
	case []int64:
		for _, v := range data {
			a.data = append(a.data, float64(v))
		}
	default:
		a.data = floats(data)
	}
	return a
}

func (a array) size() int {
	n := 1
	for _, s := range a.shape {
		n *= s
	}
	return n
}

// integers are the values as sizes or axes.
func (a array) integers() []int {
	out := make([]int, len(a.data))
	for i, v := range a.data {
		out[i] = int(v)
	}
	return out
}

// message is the fields of a protocol buffer by number: []byte or uint64.
type message map[protowire.Number][]any

func parseMessage(t *testing.T, b []byte) message {
	t.Helper()
	m := message{}
	for len(b) > 0 {
		number, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			t.Fatal(protowire.ParseError(n))
		}
		b = b[n:]
		var value any
		switch kind {
		case protowire.VarintType:
			value, n = protowire.ConsumeVarint(b)
		case protowire.BytesType:
			value, n = protowire.ConsumeBytes(b)
		default:
			t.Fatalf("field %d: found wire type %d", number, kind)
		}
		if n < 0 {
			t.Fatal(protowire.ParseError(n))
		}
		m[number] = append(m[number], value)
		b = b[n:]
	}
	return m
}

func (m message) text(n protowire.Number) string {
	if len(m[n]) == 0 {
		return ""
	}
	return string(m[n][0].([]byte))
}

func (m message) texts(n protowire.Number) []string {
	var all []string
	for _, v := range m[n] {
		all = append(all, string(v.([]byte)))
	}
	return all
}

func (m message) ints(n protowire.Number) []int {
	var all []int
	for _, v := range m[n] {
		all = append(all, int(v.(uint64)))
	}
	return all
}

// onnxRun runs a model file slowly: an interpreter of the operators that this package writes, each as
// https://onnx.ai/onnx/operators has it.
func onnxRun(t *testing.T, file []byte, inputs map[string]array) array {
	t.Helper()
	model := parseMessage(t, file)
	graph := parseMessage(t, model[7][0].([]byte))
	if v := model.ints(1); len(v) != 1 || v[0] != 8 {
		t.Fatalf("found IR version %v, expected 8", v)
	}
	values := map[string]array{}
	for _, info := range graph[11] {
		name := parseMessage(t, info.([]byte)).text(1)
		in, ok := inputs[name]
		if !ok {
			t.Fatalf("found the input %s, expected one of those that are documented", name)
		}
		values[name] = in
	}
	for _, raw := range graph[5] {
		constant := parseMessage(t, raw.([]byte))
		values[constant.text(8)] = constantOf(t, constant)
	}
	for _, raw := range graph[1] {
		node := parseMessage(t, raw.([]byte))
		attributes := map[string]message{}
		for _, a := range node[5] {
			attribute := parseMessage(t, a.([]byte))
			attributes[attribute.text(1)] = attribute
		}
		var in []array
		for _, name := range node.texts(1) {
			value, ok := values[name]
			if !ok {
				t.Fatalf("%s: found no value %s", node.text(4), name)
			}
			in = append(in, value)
		}
		for i, out := range onnxNode(t, node.text(4), in, attributes) {
			if out.size() != len(out.data) {
				t.Fatalf("%s: found %d elements for shape %v", node.text(4), len(out.data), out.shape)
			}
			values[node.texts(2)[i]] = out
		}
	}
	return values[parseMessage(t, graph[12][0].([]byte)).text(1)]
}

func constantOf(t *testing.T, m message) array {
	t.Helper()
	raw := m[9][0].([]byte)
	a := array{shape: m.ints(1)}
	for len(raw) > 0 {
		size := 8
		switch kind := m.ints(2)[0]; kind {
		case 1:
			a.data, size = append(a.data, float64(math.Float32frombits(binary.LittleEndian.Uint32(raw)))), 4
		case 7:
			a.data = append(a.data, float64(int64(binary.LittleEndian.Uint64(raw))))
		case 11:
			a.data = append(a.data, math.Float64frombits(binary.LittleEndian.Uint64(raw)))
		default:
			t.Fatalf("found a constant of type %d", kind)
		}
		raw = raw[size:]
	}
	return a
}

func onnxNode(t *testing.T, operator string, in []array, attributes map[string]message) []array {
	t.Helper()
	one := func(a array) []array { return []array{a} }
	switch operator {
	case "GRU":
		return onnxGRU(t, in, attributes)
	case "Transpose":
		return one(transpose(in[0], attributes["perm"].ints(8)))
	case "Reshape":
		shape := in[1].integers()
		for i, n := range shape {
			if n == 0 {
				shape[i] = in[0].shape[i]
			}
		}
		return one(array{shape, in[0].data})
	case "Unsqueeze":
		return one(array{slices.Insert(slices.Clone(in[0].shape), in[1].integers()[0], 1), in[0].data})
	case "Identity", "Cast":
		return one(in[0])
	case "Shape":
		a := array{shape: []int{len(in[0].shape)}}
		for _, n := range in[0].shape {
			a.data = append(a.data, float64(n))
		}
		return one(a)
	case "Range":
		a := array{}
		for v := in[0].data[0]; v < in[1].data[0]; v += in[2].data[0] {
			a.data = append(a.data, v)
		}
		a.shape = []int{len(a.data)}
		return one(a)
	case "Gather": // axis 0
		row := in[0].size() / in[0].shape[0]
		a := array{shape: slices.Concat(in[1].shape, in[0].shape[1:])}
		for _, i := range in[1].integers() {
			a.data = append(a.data, in[0].data[i*row:(i+1)*row]...)
		}
		return one(a)
	case "MatMul": // a matrix on the right
		k, n := in[1].shape[0], in[1].shape[1]
		a := array{shape: append(slices.Clone(in[0].shape[:len(in[0].shape)-1]), n)}
		for row := range in[0].size() / k {
			for column := range n {
				sum := 0.0
				for i := range k {
					sum += in[0].data[row*k+i] * in[1].data[i*n+column]
				}
				a.data = append(a.data, sum)
			}
		}
		return one(a)
	case "ReduceSum", "ReduceMax": // axis 0, not kept
		a := array{shape: in[0].shape[1:]}
		a.data = slices.Clone(in[0].data[:a.size()])
		for i, v := range in[0].data[a.size():] {
			if operator == "ReduceSum" {
				a.data[i%a.size()] += v
			} else {
				a.data[i%a.size()] = math.Max(a.data[i%a.size()], v)
			}
		}
		return one(a)
	}
	functions := map[string]func(v []float64) float64{
		"Relu":    func(v []float64) float64 { return math.Max(0, v[0]) },
		"Tanh":    func(v []float64) float64 { return math.Tanh(v[0]) },
		"Sigmoid": func(v []float64) float64 { return sigmoid(v[0]) },
		"Exp":     func(v []float64) float64 { return math.Exp(v[0]) },
		"Log":     func(v []float64) float64 { return math.Log(v[0]) },
		"Neg":     func(v []float64) float64 { return -v[0] },
		"Abs":     func(v []float64) float64 { return math.Abs(v[0]) },
		"Erf":     func(v []float64) float64 { return math.Erf(v[0]) },
		"Mul":     func(v []float64) float64 { return v[0] * v[1] },
		"Min":     func(v []float64) float64 { return math.Min(v[0], v[1]) },
		"Add":     func(v []float64) float64 { return v[0] + v[1] },
		"Sub":     func(v []float64) float64 { return v[0] - v[1] },
		"Div":     func(v []float64) float64 { return v[0] / v[1] },
		"Max":     func(v []float64) float64 { return math.Max(v[0], v[1]) },
		"Less":    func(v []float64) float64 { return truth(v[0] < v[1]) },
		"Equal":   func(v []float64) float64 { return truth(v[0] == v[1]) },
		"Where": func(v []float64) float64 {
			if v[0] != 0 {
				return v[1]
			}
			return v[2]
		},
	}
	f := functions[operator]
	if f == nil {
		t.Fatalf("found the operator %s", operator)
	}
	return one(elementwise(t, f, in))
}

func sigmoid(v float64) float64 { return 1 / (1 + math.Exp(-v)) }

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// elementwise broadcasts as NumPy does.
func elementwise(t *testing.T, f func([]float64) float64, in []array) array {
	t.Helper()
	rank := 0
	for _, a := range in {
		rank = max(rank, len(a.shape))
	}
	out := array{shape: slices.Repeat([]int{1}, rank)}
	for _, a := range in {
		for i, n := range a.shape {
			at := rank - len(a.shape) + i
			if n != 1 && out.shape[at] != 1 && out.shape[at] != n {
				t.Fatalf("found shapes %v and %v", out.shape, a.shape)
			}
			out.shape[at] = max(out.shape[at], n)
		}
	}
	values := make([]float64, len(in))
	for i := range out.size() {
		for k, a := range in {
			at, rest, stride := 0, i, 1
			for axis := rank - 1; axis >= 0; axis-- {
				index := rest % out.shape[axis]
				rest /= out.shape[axis]
				if own := axis - rank + len(a.shape); own >= 0 {
					if a.shape[own] > 1 {
						at += index * stride
					}
					stride *= a.shape[own]
				}
			}
			values[k] = a.data[at]
		}
		out.data = append(out.data, f(values))
	}
	return out
}

func transpose(a array, perm []int) array {
	out := array{data: make([]float64, len(a.data))}
	for _, axis := range perm {
		out.shape = append(out.shape, a.shape[axis])
	}
	index := make([]int, len(perm))
	for i := range out.data {
		rest := i
		for k := len(perm) - 1; k >= 0; k-- {
			index[perm[k]] = rest % out.shape[k]
			rest /= out.shape[k]
		}
		at := 0
		for axis, n := range a.shape {
			at = at*n + index[axis]
		}
		out.data[i] = a.data[at]
	}
	return out
}

// onnxGRU is the operator GRU with linear_before_reset:
//
//	zt = f(Xt·Wz^T + Ht-1·Rz^T + Wbz + Rbz)
//	rt = f(Xt·Wr^T + Ht-1·Rr^T + Wbr + Rbr)
//	ht = g(Xt·Wh^T + (rt ⊙ (Ht-1·Rh^T + Rbh)) + Wbh)
//	Ht = (1 − zt) ⊙ ht + zt ⊙ Ht-1
//
// A reverse direction begins at the end of each sequence. Y is 0 behind it, Y_h the last state.
func onnxGRU(t *testing.T, in []array, attributes map[string]message) []array {
	t.Helper()
	x, w, r, b, lengths := in[0], in[1], in[2], in[3], in[4].integers()
	steps, batch, inputs := x.shape[0], x.shape[1], x.shape[2]
	directions, h := w.shape[0], attributes["hidden_size"].ints(3)[0]
	if before := attributes["linear_before_reset"].ints(3); len(before) != 1 || before[0] != 1 {
		t.Fatalf("found linear_before_reset %v", before)
	}
	way := map[int]string{1: "forward", 2: "bidirectional"}[directions]
	if found := attributes["direction"].text(4); found != way || w.shape[1] != 3*h || w.shape[2] != inputs {
		t.Fatalf("found direction %s and W %v for %d units of %d inputs", found, w.shape, h, inputs)
	}
	y := array{shape: []int{steps, directions, batch, h}, data: make([]float64, steps*directions*batch*h)}
	last := array{shape: []int{directions, batch, h}, data: make([]float64, directions*batch*h)}
	for d := range directions {
		for sequence := range batch {
			state := make([]float64, h)
			for step := range lengths[sequence] {
				if d == 1 {
					step = lengths[sequence] - 1 - step
				}
				xt := x.data[(step*batch+sequence)*inputs:][:inputs]
				input := func(gate, unit int) float64 { // Xt·W^T + Wb
					return dot(w.data[(d*3*h+gate*h+unit)*inputs:], xt) + b.data[d*6*h+gate*h+unit]
				}
				recurrent := func(gate, unit int) float64 { // Ht-1·R^T + Rb
					return dot(r.data[(d*3*h+gate*h+unit)*h:], state) + b.data[d*6*h+(3+gate)*h+unit]
				}
				next := make([]float64, h)
				for unit := range h {
					zt := sigmoid(input(0, unit) + recurrent(0, unit))
					rt := sigmoid(input(1, unit) + recurrent(1, unit))
					ht := math.Tanh(input(2, unit) + rt*recurrent(2, unit))
					next[unit] = (1-zt)*ht + zt*state[unit]
				}
				state = next
				copy(y.data[((step*directions+d)*batch+sequence)*h:], state)
			}
			copy(last.data[(d*batch+sequence)*h:], state)
		}
	}
	return []array{y, last}
}

// dot multiplies as many elements as b has.
func dot(a, b []float64) float64 {
	sum := 0.0
	for i, v := range b {
		sum += a[i] * v
	}
	return sum
}
