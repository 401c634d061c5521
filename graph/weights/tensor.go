package weights

import (
	"fmt"
	"math"
	"slices"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph/fault"
)

// Tensor is a named array in row-major order.
type Tensor struct {
	Name  string
	Shape []int // empty: a single number
	Data  any   // []float32, []float64, []int64 or []byte
}

// DType is the format's name of an element type.
type DType string

// The element types that this package reads and writes.
const (
	F32 DType = "F32"
	F64 DType = "F64"
	I64 DType = "I64"
	U8  DType = "U8"
)

const knownDTypes = "F32, F64, I64 or U8"

// Size is the number of bytes of an element, 0 for a type that this package does not know.
func (d DType) Size() int {
	switch d {
	case F64, I64:
		return 8
	case F32:
		return 4
	case U8:
		return 1
	default:
		return 0
	}
}

// DType is the element type of Data, empty if Data has none of the four types.
func (t Tensor) DType() DType {
	dtype, _ := describeData(t.Data)
	return dtype
}

// Elements is the number of elements of Data.
func (t Tensor) Elements() int {
	_, elements := describeData(t.Data)
	return elements
}

func describeData(data any) (dtype DType, elements int) {
	switch d := data.(type) {
	case []float32:
		return F32, len(d)
	case []float64:
		return F64, len(d)
	case []int64:
		return I64, len(d)
	case []byte:
		return U8, len(d)
	default:
		return "", 0
	}
}

// maxEmpty bounds the sizes of an array without elements, whose other sizes cost a file nothing: a reader that makes
// something for each row or column of it would take any memory.
const maxEmpty = 1 << 20

// countElements multiplies the sizes of a shape. It is not ok if there are more than largest elements, or if there are none
// and the other sizes multiply to more than maxEmpty.
func countElements(shape []int, largest int) (elements int, ok bool) {
	elements = 1
	empty := slices.Contains(shape, 0)
	if empty {
		largest = min(largest, maxEmpty)
	}
	for _, n := range shape {
		if n = max(n, 1); elements > largest/n {
			return 0, false
		}
		elements *= n
	}
	if empty {
		return 0, true
	}
	return elements, true
}

// shapeLimit says what countElements accepts.
func shapeLimit(shape []int, largest int) string {
	if slices.Contains(shape, 0) {
		return fmt.Sprintf("sizes next to 0 that multiply to at most %d", maxEmpty)
	}
	return fmt.Sprintf("at most %d elements", largest)
}

func (t Tensor) check() error {
	dtype, elements := describeData(t.Data)
	if dtype == "" {
		return errors.Errorf("tensor %s: found data of type %T, expected []float32, []float64, []int64 or []byte", quote(t.Name), t.Data)
	}
	size, ok := countElements(t.Shape, math.MaxInt)
	if !ok || slices.Min(append([]int{0}, t.Shape...)) < 0 {
		return errors.Errorf("tensor %s: found shape %v, expected sizes that a tensor can have", quote(t.Name), t.Shape)
	}
	if size != elements {
		return errors.Errorf("tensor %s: found %d elements, expected %d for shape %v", quote(t.Name), elements, size, t.Shape)
	}
	return nil
}

// CheckFinite returns an error if a tensor of floating-point numbers holds NaN or an infinity: a [fault.Fault] of the
// kind [fault.Damaged] that names the tensor and the row-major index of the first such element. Its place is "weights"
// until [fault.In] gives it a file.
func CheckFinite(tensors []Tensor) error {
	for _, t := range tensors {
		var at int
		var value float64
		switch d := t.Data.(type) {
		case []float32:
			at, value = firstNonFinite(d)
		case []float64:
			at, value = firstNonFinite(d)
		default:
			continue
		}
		if at >= 0 {
			return fault.Fault{
				Kind: fault.Damaged, Where: "weights",
				What:  fmt.Sprintf("%s, element %d, is not finite", tensorPart(t.Name), at),
				Found: fmt.Sprint(value), Expected: "a finite number",
			}.Err()
		}
	}
	return nil
}

func firstNonFinite[F float32 | float64](values []F) (at int, value float64) {
	for i, v := range values {
		if v-v != 0 { // NaN for both NaN and the infinities
			return i, float64(v)
		}
	}
	return -1, 0
}
