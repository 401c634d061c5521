package main

import (
	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/reg"
)

// identify generates the instruction by which a processor describes itself.
func identify() {
	TEXT("cpuid", NOSPLIT, "func(leaf, index uint32) (a, b, c, d uint32)")
	Doc("cpuid runs the instruction CPUID.")
	Load(Param("leaf"), reg.EAX)
	Load(Param("index"), reg.ECX)
	CPUID()
	for i, r := range []reg.Register{reg.EAX, reg.EBX, reg.ECX, reg.EDX} {
		Store(r, ReturnIndex(i))
	}
	RET()
}
