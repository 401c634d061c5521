package interchange

import (
	"encoding/binary"
	"maps"
	"slices"
	"strconv"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/gruexp/gruexp/graph/weights"
)

// Versions that the file claims: of the format, and of the operators, which every runtime since 2022 knows.
const (
	onnxFormat    = 8
	onnxOperators = 17
)

// Types of elements, onnx.TensorProto.DataType.
const (
	onnxFloat32 = 1
	onnxInt32   = 6
	onnxInt64   = 7
	onnxFloat64 = 11
)

// Types of attributes, onnx.AttributeProto.AttributeType.
const (
	attributeInt  = 2
	attributeText = 3
	attributeInts = 7
)

// onnxGraph collects a GraphProto. Its messages are few, so they are written field by field, with the numbers of onnx.proto
// (https://github.com/onnx/onnx/blob/v1.16.0/onnx/onnx.proto); no maintained module of Go has them for import.
type onnxGraph struct {
	float int // the type of the model's numbers
	graph []byte
	names int
}

// name makes a name for a value.
func (g *onnxGraph) name() string {
	g.names++
	return "v" + strconv.Itoa(g.names)
}

// node adds an operator with one output and returns its name.
func (g *onnxGraph) node(operator string, inputs []string, attributes ...[]byte) string {
	out := g.name()
	g.add(operator, inputs, []string{out}, attributes...)
	return out
}

// rename gives a value another name.
func (g *onnxGraph) rename(from, to string) {
	g.add("Identity", []string{from}, []string{to})
}

// add adds a NodeProto.
func (g *onnxGraph) add(operator string, inputs, outputs []string, attributes ...[]byte) {
	var node []byte
	for _, in := range inputs {
		node = appendText(node, 1, in)
	}
	for _, out := range outputs {
		node = appendText(node, 2, out)
	}
	node = appendText(node, 4, operator)
	for _, a := range attributes {
		node = appendMessage(node, 5, a)
	}
	g.graph = appendMessage(g.graph, 1, node)
}

// constant adds a TensorProto and returns its name.
func (g *onnxGraph) constant(element int, shape []int, t weights.Tensor) string {
	name := g.name()
	var tensor []byte
	for _, n := range shape {
		tensor = appendInt(tensor, 1, n)
	}
	tensor = appendInt(tensor, 2, element)
	tensor = appendText(tensor, 8, name)
	raw, err := binary.Append(nil, binary.LittleEndian, t.Data)
	if err != nil {
		panic(err) // a slice of numbers of one size
	}
	tensor = appendMessage(tensor, 9, raw)
	g.graph = appendMessage(g.graph, 5, tensor)
	return name
}

// input and output add a ValueInfoProto. A dimension is a size, or a text for one that differs from batch to batch.
func (g *onnxGraph) input(name string, element int, shape ...any) {
	g.graph = appendMessage(g.graph, 11, valueInfo(name, element, shape))
}

func (g *onnxGraph) output(name string, element int, shape ...any) {
	g.graph = appendMessage(g.graph, 12, valueInfo(name, element, shape))
}

func valueInfo(name string, element int, shape []any) []byte {
	var sizes []byte
	for _, n := range shape {
		var dimension []byte
		switch n := n.(type) {
		case int:
			dimension = appendInt(dimension, 1, n)
		case string:
			dimension = appendText(dimension, 2, n)
		}
		sizes = appendMessage(sizes, 1, dimension)
	}
	tensor := appendMessage(appendInt(nil, 1, element), 2, sizes)
	return appendMessage(appendText(nil, 1, name), 2, appendMessage(nil, 1, tensor))
}

// model is the ModelProto around the graph, with properties.
func (g *onnxGraph) model(properties map[string]string) []byte {
	model := appendInt(nil, 1, onnxFormat)
	model = appendText(model, 2, "gruexp")
	model = appendMessage(model, 7, appendText(g.graph, 2, "gruexp"))
	model = appendMessage(model, 8, appendInt(appendText(nil, 1, ""), 2, onnxOperators))
	for _, key := range slices.Sorted(maps.Keys(properties)) {
		model = appendMessage(model, 14, appendText(appendText(nil, 1, key), 2, properties[key]))
	}
	return model
}

func onnxInt(name string, v int) []byte {
	return appendInt(appendInt(appendText(nil, 1, name), 3, v), 20, attributeInt)
}

func onnxInts(name string, values ...int) []byte {
	a := appendText(nil, 1, name)
	for _, v := range values {
		a = appendInt(a, 8, v)
	}
	return appendInt(a, 20, attributeInts)
}

func onnxText(name, v string) []byte {
	return appendInt(appendText(appendText(nil, 1, name), 4, v), 20, attributeText)
}

func appendInt(b []byte, field protowire.Number, v int) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, field, protowire.VarintType), uint64(v))
}

func appendText(b []byte, field protowire.Number, v string) []byte {
	return protowire.AppendString(protowire.AppendTag(b, field, protowire.BytesType), v)
}

func appendMessage(b []byte, field protowire.Number, message []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, field, protowire.BytesType), message)
}
