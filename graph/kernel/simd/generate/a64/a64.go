// Package a64 writes functions in the assembly language of Go for arm64. A function is a list of instructions over virtual
// registers, which get their places when it is written. Instructions that the assembler of Go does not know are written
// as the words that they are encoded as, with the instruction in a comment.
package a64

import (
	"fmt"
	"strings"
)

// Reg is a virtual register: a general one of 64 bits, or a vector of 128 bits.
type Reg struct {
	number int
	vector bool
}

// Operand is a register in an instruction: what happens to it, and where its number is in the encoded instruction.
type Operand struct {
	reg      Reg
	at       uint
	reads    bool
	modifies bool
}

// Read returns an operand that is read, Write one that is written, Update one that is read and written. A word has the
// number of the register at the given bit.
func Read(r Reg, at uint) Operand   { return Operand{r, at, true, false} }
func Write(r Reg, at uint) Operand  { return Operand{r, at, false, true} }
func Update(r Reg, at uint) Operand { return Operand{r, at, true, true} }

// instruction is a line of a function. {0}, {1} … in its text are the numbers of its operands' registers.
type instruction struct {
	text     string
	word     uint32 // instead of the text, which becomes a comment
	operands []Operand
	label    string // the line is this label
	target   string // where a branch goes
	always   bool   // the line after a branch is not reached from it
}

// Func is a function that is being written.
type Func struct {
	name, doc    string
	parameters   []parameter
	result       string // its type, or ""
	size         int    // of the arguments in bytes
	instructions []instruction
	registers    int
}

type parameter struct {
	name, kind string
	at         int // bytes from the frame pointer
}

// NewFunc begins a function. The parameters are those of Go, each with its type: "n int, dst *float32".
func NewFunc(name, doc, parameters, result string) *Func {
	f := &Func{name: name, doc: doc, result: result}
	at := 0
	list := strings.Split(parameters, ", ")
	for i, p := range list {
		name, kind, typed := strings.Cut(p, " ")
		for next := i + 1; !typed; next++ { // as in x, y *float32
			_, kind, typed = strings.Cut(list[next], " ")
		}
		size, slots := sizeOf(kind), 1
		if strings.HasPrefix(kind, "[]") {
			size, slots = 8, 3
		}
		at = (at + size - 1) / size * size
		f.parameters = append(f.parameters, parameter{name, kind, at})
		at += size * slots
	}
	if result != "" {
		at = (at + 7) / 8 * 8
		f.parameters = append(f.parameters, parameter{"ret", result, at})
		at += sizeOf(result)
	}
	f.size = at
	return f
}

func sizeOf(kind string) int {
	switch kind {
	case "bool":
		return 1
	case "float32", "uint32":
		return 4
	}
	return 8
}

// General returns a new general register, Vector a new vector.
func (f *Func) General() Reg { return f.register(false) }
func (f *Func) Vector() Reg  { return f.register(true) }

func (f *Func) register(vector bool) Reg {
	f.registers++
	return Reg{f.registers - 1, vector}
}

// Vectors returns new vectors.
func (f *Func) Vectors(n int) []Reg {
	all := make([]Reg, n)
	for i := range all {
		all[i] = f.Vector()
	}
	return all
}

// Go adds an instruction that the assembler of Go knows.
func (f *Func) Go(text string, operands ...Operand) {
	f.instructions = append(f.instructions, instruction{text: text, operands: operands})
}

// Word adds an encoded instruction; the text is what it is called elsewhere.
func (f *Func) Word(word uint32, text string, operands ...Operand) {
	f.instructions = append(f.instructions, instruction{text: text, word: word, operands: operands})
}

// Label marks a place.
func (f *Func) Label(name string) { f.instructions = append(f.instructions, instruction{label: name}) }

// Jump continues at a label, Branch does so where the flags are as named: EQ, NE, LT, GE.
func (f *Func) Jump(to string) {
	f.instructions = append(f.instructions, instruction{text: "JMP", target: to, always: true})
}

func (f *Func) Branch(condition, to string) {
	f.instructions = append(f.instructions, instruction{text: "B" + condition, target: to})
}

// BranchZero continues at a label if r is 0.
func (f *Func) BranchZero(r Reg, to string) {
	f.instructions = append(f.instructions, instruction{text: "CBZ R{0},", operands: []Operand{Read(r, 0)}, target: to})
}

// Return ends the function.
func (f *Func) Return() {
	f.instructions = append(f.instructions, instruction{text: "RET", always: true})
}

// Parameter returns a parameter in a general register.
func (f *Func) Parameter(name string) Reg {
	r, p := f.General(), f.find(name)
	load := "MOVD"
	switch p.kind {
	case "bool":
		load = "MOVBU"
	case "uint32":
		load = "MOVWU"
	}
	f.Go(fmt.Sprintf("%s %s+%d(FP), R{0}", load, name, p.at), Write(r, 0))
	return r
}

// Base and Len return what a slice has of it.
func (f *Func) Base(name string) Reg { return f.part(name, "base", 0) }
func (f *Func) Len(name string) Reg  { return f.part(name, "len", 8) }

func (f *Func) part(name, part string, offset int) Reg {
	r := f.General()
	f.Go(fmt.Sprintf("MOVD %s_%s+%d(FP), R{0}", name, part, f.find(name).at+offset), Write(r, 0))
	return r
}

// Number returns a parameter that is a number, in the first lane of a vector; the others are 0.
func (f *Func) Number(name string) Reg {
	x, p := f.Vector(), f.find(name)
	f.Go(fmt.Sprintf("%s %s+%d(FP), F{0}", move(p.kind == "float64"), name, p.at), Write(x, 0))
	return x
}

// Result sets the result, a number, to the first lane of x.
func (f *Func) Result(x Reg) {
	p := f.find("ret")
	f.Go(fmt.Sprintf("%s F{0}, ret+%d(FP)", move(p.kind == "float64"), p.at), Read(x, 0))
}

func move(double bool) string {
	if double {
		return "FMOVD"
	}
	return "FMOVS"
}

func (f *Func) find(name string) parameter {
	for _, p := range f.parameters {
		if p.name == name {
			return p
		}
	}
	panic(f.name + " has no parameter " + name)
}
