package main

import (
	"fmt"
	"strings"

	"github.com/gruexp/gruexp/graph/kernel/simd/generate/a64"
)

// vector is a function that is being written, on vectors of one element type. The loops are written once, in terms of its
// methods, for both.
type vector struct {
	*a64.Func
	double bool
}

// Reg is a register, of either kind.
type Reg = a64.Reg

const vectorBytes = 16

// function begins a function for an element type, which F stands for in the parameters and the result.
func (g *generator) function(double bool, name, doc, parameters, result string) vector {
	float := strings.NewReplacer("F", pick(double, "float32", "float64"))
	f := a64.NewFunc(nameOf(double, name), doc, float.Replace(parameters), float.Replace(result))
	g.Functions = append(g.Functions, f)
	return vector{f, double}
}

// nameOf returns the name of a function or a table for an element type, as in rowNEONDouble and, of tile3, tileNEONDouble3.
func nameOf(double bool, name string) string {
	letters := strings.TrimRight(name, "0123456789")
	return letters + "NEON" + pick(double, "Single", "Double") + name[len(letters):]
}

// lanesOf returns how many elements a vector has.
func lanesOf(double bool) int { return pick(double, 4, 2) }

// pick returns what belongs to the element type.
func pick[T any](isDouble bool, single, double T) T {
	if isDouble {
		return double
	}
	return single
}

// element returns the size of an element in bytes, shift its logarithm.
func (v vector) element() int { return pick(v.double, 4, 8) }
func (v vector) shift() int   { return pick(v.double, 2, 3) }
func (v vector) lanes() int   { return lanesOf(v.double) }

// bytes turns a number of elements in a register into one of bytes.
func (v vector) bytes(r Reg) Reg {
	v.ShiftLeft(r, v.shift())
	return r
}

func (v vector) binary(name string, x, y Reg) Reg {
	to := v.Vector()
	v.Binary(name, v.double, to, x, y)
	return to
}

func (v vector) unary(name string, x Reg) Reg {
	to := v.Vector()
	v.Unary(name, v.double, to, x)
	return to
}

func (v vector) add(x, y Reg) Reg      { return v.binary("fadd", x, y) }
func (v vector) subtract(x, y Reg) Reg { return v.binary("fsub", x, y) }
func (v vector) multiply(x, y Reg) Reg { return v.binary("fmul", x, y) }
func (v vector) divide(x, y Reg) Reg   { return v.binary("fdiv", x, y) }
func (v vector) sqrt(x Reg) Reg        { return v.unary("fsqrt", x) }

// fma sets sum += x·y, fnma sum −= x·y, each rounded once.
func (v vector) fma(sum, x, y Reg)  { v.Binary("fmla", v.double, sum, x, y) }
func (v vector) fnma(sum, x, y Reg) { v.Binary("fmls", v.double, sum, x, y) }

// fused returns a + x·y, less a − x·y.
func (v vector) fused(a, x, y Reg) Reg {
	sum := v.copy(a)
	v.fma(sum, x, y)
	return sum
}

func (v vector) less(a, x, y Reg) Reg {
	sum := v.copy(a)
	v.fnma(sum, x, y)
	return sum
}

// max and min return NaN where one of both is NaN.
func (v vector) max(x, y Reg) Reg { return v.binary("fmax", x, y) }
func (v vector) min(x, y Reg) Reg { return v.binary("fmin", x, y) }

func (v vector) and(x, y Reg) Reg { return v.binary("and", x, y) }
func (v vector) or(x, y Reg) Reg  { return v.binary("orr", x, y) }

// without returns the bits of x that are not set in y.
func (v vector) without(x, y Reg) Reg { return v.binary("bic", x, y) }

// choose returns y where the mask is set, and x elsewhere.
func (v vector) choose(mask, y, x Reg) Reg {
	to := v.copy(x)
	v.Binary("bit", v.double, to, y, mask)
	return to
}

func (v vector) copy(x Reg) Reg {
	to := v.Vector()
	v.Copy(to, x)
	return to
}

func (v vector) zero() Reg {
	x := v.Vector()
	v.Zero(x)
	return x
}

func (v vector) zeros(n int) []Reg {
	all := make([]Reg, n)
	for i := range all {
		all[i] = v.zero()
	}
	return all
}

// everywhere returns the first lane of x in all lanes.
func (v vector) everywhere(x Reg) Reg {
	to := v.Vector()
	v.Spread(v.double, to, x)
	return to
}

// parameter returns the number of that name in all lanes.
func (v vector) parameter(name string) Reg { return v.everywhere(v.Number(name)) }

// bits returns a pattern in all lanes.
func (v vector) bits(pattern uint64) Reg {
	number, x := v.General(), v.Vector()
	v.SetBits(number, pattern)
	v.SpreadGeneral(v.double, x, number)
	return x
}

// loop repeats what step writes, at least once and as often as the number in count says, which is 0 afterwards.
func (v vector) loop(name string, count Reg, step func()) {
	v.Label(name)
	step()
	v.CountDown(count, 1)
	v.Branch("NE", name)
}

func numbered(name string, i int) string { return fmt.Sprintf("%s%d", name, i) }
