package a64

import (
	"fmt"
	"strings"
)

// form is an instruction on vectors: its encoding for four numbers of 32 bits, and its name for the assembler of Go, if
// that knows it. For two numbers of 64 bits one bit differs, unless all bits are treated alike (bitwise).
type form struct {
	word    uint32
	goName  string
	bitwise bool
	updates bool // the first operand is read, too
}

const doubleBit = 1 << 22

// binary are the instructions with a result and two sources.
var binary = map[string]form{
	"fadd":  {word: 0x4e20d400},
	"fsub":  {word: 0x4ea0d400},
	"fmul":  {word: 0x6e20dc00},
	"fdiv":  {word: 0x6e20fc00},
	"fmax":  {word: 0x4e20f400},
	"fmin":  {word: 0x4ea0f400},
	"faddp": {word: 0x6e20d400},
	"fmaxp": {word: 0x6e20f400},
	"fcmeq": {word: 0x4e20e400},
	"fcmge": {word: 0x6e20e400},
	"fcmgt": {word: 0x6ea0e400},
	"facgt": {word: 0x6ea0ec00},
	"cmhi":  {word: 0x6ea03400},
	"fmla":  {word: 0x4e20cc00, goName: "VFMLA", updates: true},
	"fmls":  {word: 0x4ea0cc00, goName: "VFMLS", updates: true},
	"add":   {word: 0x4ea08400, goName: "VADD"},
	"sub":   {word: 0x6ea08400, goName: "VSUB"},
	"trn1":  {word: 0x4e802800, goName: "VTRN1"},
	"trn2":  {word: 0x4e806800, goName: "VTRN2"},
	"and":   {word: 0x4e201c00, goName: "VAND", bitwise: true},
	"orr":   {word: 0x4ea01c00, goName: "VORR", bitwise: true},
	"eor":   {word: 0x6e201c00, goName: "VEOR", bitwise: true},
	"bic":   {word: 0x4e601c00, bitwise: true},
	"orn":   {word: 0x4ee01c00, bitwise: true},
	"bit":   {word: 0x6ea01c00, goName: "VBIT", bitwise: true, updates: true},
	"bif":   {word: 0x6ee01c00, goName: "VBIF", bitwise: true, updates: true},
	"bsl":   {word: 0x6e601c00, goName: "VBSL", bitwise: true, updates: true},
}

// unary are those with one source. The comparisons are with 0.
var unary = map[string]form{
	"fabs":   {word: 0x4ea0f800},
	"fneg":   {word: 0x6ea0f800},
	"fsqrt":  {word: 0x6ea1f800},
	"frintn": {word: 0x4e218800},
	"fcvtns": {word: 0x4e21a800},
	"scvtf":  {word: 0x4e21d800},
	"fcmgt":  {word: 0x4ea0c800},
	"fcmge":  {word: 0x6ea0c800},
	"fcmeq":  {word: 0x4ea0d800},
	"fcmle":  {word: 0x6ea0d800},
	"fcmlt":  {word: 0x4ea0e800},
}

// shifts are those by a constant.
var shifts = map[string]form{
	"shl":  {word: 0x4f005400},
	"ushr": {word: 0x6f000400},
	"sshr": {word: 0x4f000400},
}

// shape returns how vectors are divided, in the words of the processor's manual and of Go.
func shape(double, bitwise bool) (manual, inGo string) {
	switch {
	case bitwise:
		return "16b", "B16"
	case double:
		return "2d", "D2"
	}
	return "4s", "S4"
}

func (x form) encoded(double bool) uint32 {
	if double && !x.bitwise {
		return x.word | doubleBit
	}
	return x.word
}

// Binary adds an instruction with two sources.
func (f *Func) Binary(name string, double bool, to, x, y Reg) {
	form, ok := binary[name]
	if !ok {
		panic(name)
	}
	manual, inGo := shape(double, form.bitwise)
	d := Write(to, 0)
	if form.updates {
		d = Update(to, 0)
	}
	operands := []Operand{d, Read(x, 5), Read(y, 16)}
	if form.goName != "" {
		f.Go(fmt.Sprintf("%s V{2}.%s, V{1}.%[2]s, V{0}.%[2]s", form.goName, inGo), operands...)
		return
	}
	f.Word(form.encoded(double), fmt.Sprintf("%s v{0}.%s, v{1}.%[2]s, v{2}.%[2]s", name, manual), operands...)
}

// Unary adds an instruction with one source.
func (f *Func) Unary(name string, double bool, to, x Reg) {
	form, ok := unary[name]
	if !ok {
		panic(name)
	}
	manual, _ := shape(double, false)
	text := fmt.Sprintf("%s v{0}.%s, v{1}.%[2]s", name, manual)
	if strings.HasPrefix(name, "fcm") {
		text += ", #0.0"
	}
	f.Word(form.encoded(double), text, Write(to, 0), Read(x, 5))
}

// Shift adds a shift of all lanes by a constant.
func (f *Func) Shift(name string, double bool, by uint32, to, x Reg) {
	form, ok := shifts[name]
	if !ok {
		panic(name)
	}
	manual, _ := shape(double, false)
	bits := uint32(32)
	if double {
		bits = 64
	}
	field := bits + by
	if name != "shl" {
		field = 2*bits - by
	}
	f.Word(form.word|field<<16, fmt.Sprintf("%s v{0}.%s, v{1}.%[2]s, #%d", name, manual, by), Write(to, 0), Read(x, 5))
}

// FusedByLane adds sum += x·y[lane].
func (f *Func) FusedByLane(double bool, sum, x, y Reg, lane int) {
	operands := []Operand{Update(sum, 0), Read(x, 5), Read(y, 16)}
	if double {
		f.Word(0x4fc01000|uint32(lane)<<11, fmt.Sprintf("fmla v{0}.2d, v{1}.2d, v{2}.d[%d]", lane), operands...)
		return
	}
	f.Word(0x4f801000|uint32(lane&1)<<21|uint32(lane>>1)<<11, fmt.Sprintf("fmla v{0}.4s, v{1}.4s, v{2}.s[%d]", lane), operands...)
}

// Zero adds to = 0.
func (f *Func) Zero(to Reg) { f.Word(0x6f00e400, "movi v{0}.2d, #0", Write(to, 0)) }

// Copy adds to = x.
func (f *Func) Copy(to, x Reg) { f.Go("VMOV V{1}.B16, V{0}.B16", Write(to, 0), Read(x, 5)) }

// Spread adds to = the first lane of x in all lanes.
func (f *Func) Spread(double bool, to, x Reg) {
	if double {
		f.Go("VDUP V{1}.D[0], V{0}.D2", Write(to, 0), Read(x, 5))
		return
	}
	f.Go("VDUP V{1}.S[0], V{0}.S4", Write(to, 0), Read(x, 5))
}

// First adds to = x, but 0 in all lanes other than the first.
func (f *Func) First(double bool, to, x Reg) {
	f.Go(move(double)+" F{1}, F{0}", Write(to, 0), Read(x, 5))
}

// SpreadGeneral adds to = the number in a general register in all lanes.
func (f *Func) SpreadGeneral(double bool, to, x Reg) {
	_, inGo := shape(double, false)
	f.Go("VDUP R{1}, V{0}."+inGo, Write(to, 0), Read(x, 5))
}

// Widen adds to = the first two lanes of x, or with high the last two, from float32 in float64.
func (f *Func) Widen(high bool, to, x Reg) {
	if high {
		f.Word(0x4e617800, "fcvtl2 v{0}.2d, v{1}.4s", Write(to, 0), Read(x, 5))
		return
	}
	f.Word(0x0e617800, "fcvtl v{0}.2d, v{1}.2s", Write(to, 0), Read(x, 5))
}

// WidenSigned adds to = the first two lanes of x as signed numbers of 64 bits.
func (f *Func) WidenSigned(to, x Reg) {
	f.Word(0x0f20a400, "sshll v{0}.2d, v{1}.2s, #0", Write(to, 0), Read(x, 5))
}

// Load adds to = the vector at base + offset, LoadPair does the same for two that are next to each other, Store stores.
func (f *Func) Load(to, base Reg, offset int) {
	f.Go(fmt.Sprintf("FMOVQ %d(R{1}), F{0}", offset), Write(to, 0), Read(base, 5))
}

func (f *Func) LoadPair(first, second, base Reg, offset int) {
	f.Go(fmt.Sprintf("FLDPQ %d(R{2}), (F{0}, F{1})", offset), Write(first, 0), Write(second, 10), Read(base, 5))
}

func (f *Func) Store(x, base Reg, offset int) {
	f.Go(fmt.Sprintf("FMOVQ F{0}, %d(R{1})", offset), Read(x, 0), Read(base, 5))
}

func (f *Func) StorePair(first, second, base Reg, offset int) {
	f.Go(fmt.Sprintf("FSTPQ (F{0}, F{1}), %d(R{2})", offset), Read(first, 0), Read(second, 10), Read(base, 5))
}

// LoadOne adds to = one number, and 0 in the other lanes, StoreOne stores the first lane.
func (f *Func) LoadOne(double bool, to, base Reg, offset int) {
	f.Go(fmt.Sprintf("%s %d(R{1}), F{0}", move(double), offset), Write(to, 0), Read(base, 5))
}

func (f *Func) StoreOne(double bool, x, base Reg, offset int) {
	f.Go(fmt.Sprintf("%s F{0}, %d(R{1})", move(double), offset), Read(x, 0), Read(base, 5))
}

// LoadAt, StoreAt, LoadOneAt and StoreOneAt do the same at the sum of two registers.
func (f *Func) LoadAt(to, base, offset Reg) {
	f.Word(0x3ce06800, "ldr q{0}, [x{1}, x{2}]", Write(to, 0), Read(base, 5), Read(offset, 16))
}

func (f *Func) StoreAt(x, base, offset Reg) {
	f.Word(0x3ca06800, "str q{0}, [x{1}, x{2}]", Read(x, 0), Read(base, 5), Read(offset, 16))
}

func (f *Func) LoadOneAt(double bool, to, base, offset Reg) {
	f.Go(move(double)+" (R{1})(R{2}), F{0}", Write(to, 0), Read(base, 5), Read(offset, 16))
}

func (f *Func) StoreOneAt(double bool, x, base, offset Reg) {
	f.Go(move(double)+" F{0}, (R{1})(R{2})", Read(x, 0), Read(base, 5), Read(offset, 16))
}

// Prefetch adds a hint that the memory at base will be read: into the second-level cache.
func (f *Func) Prefetch(base Reg) { f.Go("PRFM (R{0}), PLDL2KEEP", Read(base, 5)) }

// Address adds to = the address of a table of this file.
func (f *Func) Address(to Reg, table string) {
	f.Go(fmt.Sprintf("MOVD $%s<>(SB), R{0}", table), Write(to, 0))
}

// The following are instructions on general registers.

func (f *Func) Set(to Reg, number int64)    { f.Go(fmt.Sprintf("MOVD $%d, R{0}", number), Write(to, 0)) }
func (f *Func) SetBits(to Reg, bits uint64) { f.Go(fmt.Sprintf("MOVD $%#x, R{0}", bits), Write(to, 0)) }
func (f *Func) Move(to, x Reg)              { f.Go("MOVD R{1}, R{0}", Write(to, 0), Read(x, 0)) }
func (f *Func) Add(to, x Reg)               { f.Go("ADD R{1}, R{0}", Update(to, 0), Read(x, 0)) }
func (f *Func) Subtract(to, x Reg)          { f.Go("SUB R{1}, R{0}", Update(to, 0), Read(x, 0)) }
func (f *Func) AddConstant(to Reg, n int)   { f.Go(fmt.Sprintf("ADD $%d, R{0}", n), Update(to, 0)) }
func (f *Func) Sum(to, x, y Reg) {
	f.Go("ADD R{2}, R{1}, R{0}", Write(to, 0), Read(x, 0), Read(y, 0))
}

// CountDown subtracts and CountUp adds a constant, both set the flags. Compare sets those of x − n.
func (f *Func) CountDown(to Reg, n int) { f.Go(fmt.Sprintf("SUBS $%d, R{0}", n), Update(to, 0)) }
func (f *Func) CountUp(to Reg, n int)   { f.Go(fmt.Sprintf("ADDS $%d, R{0}", n), Update(to, 0)) }
func (f *Func) Compare(x Reg, n int)    { f.Go(fmt.Sprintf("CMP $%d, R{0}", n), Read(x, 0)) }

// ShiftLeft multiplies by a power of two.
func (f *Func) ShiftLeft(to Reg, by int) { f.Go(fmt.Sprintf("LSL $%d, R{0}", by), Update(to, 0)) }

// MixRight sets to = x ^ x>>by, Multiply to ·= x.
func (f *Func) MixRight(to, x Reg, by int) {
	f.Go(fmt.Sprintf("EOR R{1}>>%d, R{1}, R{0}", by), Write(to, 0), Read(x, 0))
}
func (f *Func) Multiply(to, x Reg) { f.Go("MUL R{1}, R{0}", Update(to, 0), Read(x, 0)) }

// FromGeneral sets to = the number in a general register, and 0 in the upper half; InsertSecond sets the upper half.
func (f *Func) FromGeneral(to, x Reg)  { f.Go("FMOVD R{1}, F{0}", Write(to, 0), Read(x, 5)) }
func (f *Func) InsertSecond(to, x Reg) { f.Go("VMOV R{1}, V{0}.D[1]", Update(to, 0), Read(x, 5)) }
