package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// sweep walks over lines of equal length, vector by vector: over all full ones without masks and then over what is left of
// one. A line's step turns the part of its elements at hand.
type sweep struct {
	vector
	length reg.GPVirtual // elements per line
	tail   mask          // of the last, partial vector
	masked bool          // whether that is the one at hand
}

// newSweep prepares a walk over lines of the given length.
func (v vector) newSweep(length reg.GPVirtual) *sweep {
	rest := GP64()
	MOVQ(length, rest)
	ANDQ(U8(v.lanes()-1), rest)
	return &sweep{vector: v, length: length, tail: v.masks(1, rest)[0]}
}

// line walks over one line: step sees the vectors that start at the pointers, which are behind the line at the end. The
// name keeps the labels of two lines in one function apart.
func (s *sweep) line(name string, pointers []reg.GPVirtual, step func()) {
	left := GP64()
	MOVQ(s.length, left)
	SUBQ(U8(s.lanes()), left)
	JLT(LabelRef(name + "Rest"))
	Label(name)
	step()
	for _, p := range pointers {
		ADDQ(U8(s.bytes), p)
	}
	SUBQ(U8(s.lanes()), left)
	JGE(LabelRef(name))
	Label(name + "Rest")
	ADDQ(U8(s.lanes()), left)
	JZ(LabelRef(name + "End"))
	s.masked = true
	step()
	s.masked = false
	for _, p := range pointers {
		LEAQ(Mem{Base: p, Index: left, Scale: uint8(s.element())}, p)
	}
	Label(name + "End")
}

// get returns the vector at from.
func (s *sweep) get(from Mem) reg.VecVirtual {
	x := s.register()
	if s.masked {
		s.load(s.tail, from, x)
	} else {
		s.move(from, x)
	}
	return x
}

// put stores the vector x at to.
func (s *sweep) put(x reg.VecVirtual, to Mem) {
	if s.masked {
		s.store(s.tail, x, to)
	} else {
		s.move(x, to)
	}
}

// back moves pointers that are behind a line to its start.
func (s *sweep) back(pointers ...reg.GPVirtual) {
	size := GP64()
	MOVQ(s.length, size)
	SHLQ(U8(s.shift()), size)
	for _, p := range pointers {
		SUBQ(size, p)
	}
}

// clearRest makes the lanes of x zeros that are behind the line's end.
func (s *sweep) clearRest(x reg.VecVirtual) {
	switch {
	case !s.masked:
	case s.wide():
		pick(s.vector, VMOVUPS_Z, VMOVUPD_Z)(x, s.tail.k, x)
	default:
		VANDPS(s.tail.y, x, x)
	}
}
