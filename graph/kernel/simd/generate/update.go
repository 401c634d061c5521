package main

import (
	"fmt"
	"strings"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func (v vector) sqrt(x, to Op) { pick(v, VSQRTPS, VSQRTPD)(x, to) }

// updates generates the loops of update.go, the same operations in the same order.
func updates(v vector) {
	update(v, "scale", "x", "factor", func(u *updating) {
		u.put("x", u.times("factor", u.get("x")))
	})
	update(v, "clip", "x", "limit", func(u *updating) {
		x, lower := u.get("x"), u.register()
		u.zero(lower)
		u.subtract(u.factors["limit"], lower, lower)
		u.max(x, lower, lower) // of a NaN it is the first operand, as the minimum
		u.min(lower, u.factors["limit"], x)
		u.put("x", x)
	})
	update(v, "addScaled", "x, sum", "factor", func(u *updating) {
		u.put("sum", u.plus(u.times("factor", u.get("x")), u.get("sum")))
	})
	update(v, "addPenalty", "values, delta", "l1, twiceL2", func(u *updating) {
		w := u.get("values")
		delta := u.plus(u.times("twiceL2", w), u.get("delta"))
		u.put("delta", u.plus(u.signed(u.factors["l1"], w), delta))
	})
	update(v, "momentum", "delta, velocity", "mu, gain", func(u *updating) {
		velocity := u.plus(u.times("gain", u.get("delta")), u.times("mu", u.get("velocity")))
		u.put("velocity", velocity)
		u.put("delta", velocity)
	})
	update(v, "nesterov", "delta, velocity", "mu, gain", func(u *updating) {
		force := u.times("gain", u.get("delta"))
		velocity := u.plus(force, u.times("mu", u.get("velocity")))
		u.put("velocity", velocity)
		u.put("delta", u.plus(force, u.times("mu", velocity)))
	})
	update(v, "adaGrad", "delta, squares", "epsilon", func(u *updating) {
		delta, square := u.get("delta"), u.register()
		u.multiply(delta, delta, square)
		square = u.plus(square, u.get("squares"))
		u.put("squares", square)
		u.put("delta", u.over(delta, u.plus(u.factors["epsilon"], u.root(square))))
	})
	update(v, "rmsProp", "delta, squares", "rho, rest, epsilon", func(u *updating) {
		delta := u.get("delta")
		square := u.average("rho", "squares", "rest", delta)
		u.put("delta", u.over(delta, u.plus(u.factors["epsilon"], u.root(square))))
	})
	update(v, "centeredRMSProp", "delta, squares, means", "rho, rest, epsilon", func(u *updating) {
		delta := u.get("delta")
		square := u.average("rho", "squares", "rest", delta)
		mean := u.plus(u.times("rest", delta), u.times("rho", u.get("means")))
		u.put("means", mean)
		variance := u.register()
		u.multiply(mean, mean, variance)
		u.subtract(variance, square, variance)
		zero := u.register()
		u.zero(zero)
		u.max(variance, zero, variance)
		u.put("delta", u.over(delta, u.plus(u.factors["epsilon"], u.root(variance))))
	})
	update(v, "adaDelta", "delta, squares, changes", "rho, rest, epsilon", func(u *updating) {
		delta := u.get("delta")
		square := u.average("rho", "squares", "rest", delta)
		changes := u.get("changes")
		ratio := u.over(u.root(u.plus(u.factors["epsilon"], changes)), u.root(u.plus(u.factors["epsilon"], square)))
		u.multiply(delta, ratio, ratio)
		u.put("delta", ratio)
		u.average("rho", "changes", "rest", ratio)
	})
	update(v, "amsGrad", "delta, means, squares, maxima", "beta1, rest1, mean, beta2, rest2, root, epsilon", func(u *updating) {
		delta := u.get("delta")
		mean := u.plus(u.times("rest1", delta), u.times("beta1", u.get("means")))
		u.put("means", mean)
		square := u.average("beta2", "squares", "rest2", delta)
		u.max(square, u.get("maxima"), square)
		u.put("maxima", square)
		root := u.plus(u.factors["epsilon"], u.times("root", u.root(square)))
		u.put("delta", u.over(u.times("mean", mean), root))
	})
	update(v, "nadam", "delta, means, squares", "beta1, rest1, mean, beta2, rest2, root, epsilon, gain", func(u *updating) {
		delta := u.get("delta")
		mean := u.plus(u.times("rest1", delta), u.times("beta1", u.get("means")))
		u.put("means", mean)
		square := u.average("beta2", "squares", "rest2", delta)
		root := u.plus(u.factors["epsilon"], u.times("root", u.root(square)))
		u.put("delta", u.over(u.plus(u.times("gain", delta), u.times("mean", mean)), root))
	})
	update(v, "adaBelief", "delta, means, squares", "beta1, rest1, mean, beta2, rest2, root, epsilon", func(u *updating) {
		delta := u.get("delta")
		mean := u.plus(u.times("rest1", delta), u.times("beta1", u.get("means")))
		u.put("means", mean)
		u.subtract(mean, delta, delta)
		square := u.times("rest2", delta)
		u.multiply(delta, square, square)
		square = u.plus(square, u.times("beta2", u.get("squares")))
		square = u.plus(u.factors["epsilon"], square)
		u.put("squares", square)
		root := u.plus(u.factors["epsilon"], u.times("root", u.root(square)))
		u.put("delta", u.over(u.times("mean", mean), root))
	})
	update(v, "lion", "delta, means", "beta1, rest1, beta2, rest2, one", func(u *updating) {
		delta, mean := u.get("delta"), u.get("means")
		u.put("delta", u.signed(u.factors["one"], u.plus(u.times("rest1", delta), u.times("beta1", mean))))
		u.put("means", u.plus(u.times("rest2", delta), u.times("beta2", mean)))
	})
	update(v, "rprop", "delta, previous, sizes", "up, down, one, smallest, largest", func(u *updating) {
		const less, equal, greater, atLeast = 17, 0, 30, 29 // ordered, quiet
		gradient, product := u.get("delta"), u.register()
		u.multiply(u.get("previous"), gradient, product)
		factor, other := u.register(), u.register()
		u.where(greater, product, u.factors["up"], factor)
		u.where(less, product, u.factors["down"], other)
		factor = u.plus(other, factor)
		u.where(equal, product, u.factors["one"], other)
		size := u.get("sizes")
		u.multiply(u.plus(other, factor), size, size)
		u.max(size, u.factors["smallest"], size)
		u.min(size, u.factors["largest"], size)
		u.put("sizes", size)
		u.where(atLeast, product, gradient, other)
		u.put("previous", other)
		u.put("delta", u.signed(size, other))
	})
	update(v, "approach", "x, mean", "rate", func(u *updating) {
		mean, difference := u.get("mean"), u.register()
		u.subtract(mean, u.get("x"), difference)
		u.put("mean", u.plus(u.times("rate", difference), mean))
	})
	update(v, "adam", "delta, means, squares", "beta1, rest1, mean, beta2, rest2, root, epsilon", func(u *updating) {
		delta := u.get("delta")
		mean := u.plus(u.times("rest1", delta), u.times("beta1", u.get("means")))
		u.put("means", mean)
		square := u.average("beta2", "squares", "rest2", delta)
		root := u.plus(u.factors["epsilon"], u.times("root", u.root(square)))
		u.put("delta", u.over(u.times("mean", mean), root))
	})
}

// updating is a loop over lines of which elements are read and written, with factors in all lanes.
type updating struct {
	*sweep
	lines   map[string]reg.GPVirtual
	factors map[string]reg.VecVirtual
}

// update generates the loop over lines of which step is one vector. The names are those of the parameters.
func update(v vector, name, lines, factors string, step func(*updating)) {
	TEXT(v.name(name), NOSPLIT, fmt.Sprintf("func(%s []%s, %s %[2]s)", lines, v.goType(), factors))
	Doc(fmt.Sprintf("The loop of %sPortable; all slices are as long as the first.", name))
	Pragma("noescape")
	u := &updating{lines: map[string]reg.GPVirtual{}, factors: map[string]reg.VecVirtual{}}
	var pointers []reg.GPVirtual
	var length reg.GPVirtual
	for i, line := range strings.Split(lines, ", ") {
		if i == 0 {
			length = Load(Param(line).Len(), GP64()).(reg.GPVirtual)
		}
		u.lines[line] = Load(Param(line).Base(), GP64()).(reg.GPVirtual)
		pointers = append(pointers, u.lines[line])
	}
	for _, factor := range strings.Split(factors, ", ") {
		u.factors[factor] = v.parameter(factor)
	}
	u.sweep = v.newSweep(length)
	u.line("vectors", pointers, func() { step(u) })
	VZEROUPPER()
	RET()
}

func (u *updating) get(line string) reg.VecVirtual    { return u.sweep.get(Mem{Base: u.lines[line]}) }
func (u *updating) put(line string, x reg.VecVirtual) { u.sweep.put(x, Mem{Base: u.lines[line]}) }

func (u *updating) times(factor string, x reg.VecVirtual) reg.VecVirtual {
	product := u.register()
	u.multiply(u.factors[factor], x, product)
	return product
}

func (u *updating) plus(x, y reg.VecVirtual) reg.VecVirtual {
	sum := u.register()
	u.add(x, y, sum)
	return sum
}

func (u *updating) over(x, y reg.VecVirtual) reg.VecVirtual {
	quotient := u.register()
	u.divide(y, x, quotient)
	return quotient
}

func (u *updating) root(x reg.VecVirtual) reg.VecVirtual {
	root := u.register()
	u.sqrt(x, root)
	return root
}

// average updates the moving average of squares in a line and returns it.
func (u *updating) average(decay, line, rest string, x reg.VecVirtual) reg.VecVirtual {
	square := u.times(rest, x)
	u.multiply(x, square, square)
	square = u.plus(square, u.times(decay, u.get(line)))
	u.put(line, square)
	return square
}

// signed returns size where x > 0, less it where x < 0, and 0 where x is 0 or NaN.
func (u *updating) signed(size, x reg.VecVirtual) reg.VecVirtual {
	const less, greater = 17, 30 // ordered, quiet
	above, below := u.register(), u.register()
	u.where(greater, x, size, above)
	u.where(less, x, size, below)
	u.subtract(below, above, above)
	return above
}

// where sets to = y where x compares with 0 as asked, and 0 elsewhere.
func (v vector) where(predicate uint8, x, y, to Op) {
	compare := pick(v, func(ops ...Op) { VCMPPS(ops...) }, func(ops ...Op) { VCMPPD(ops...) })
	zero := v.register()
	v.zero(zero)
	if v.wide() {
		k := K()
		compare(U8(predicate), zero, x, k)
		pick(v, VMOVUPS_Z, VMOVUPD_Z)(y, k, to)
		return
	}
	compare(U8(predicate), zero, x, to)
	v.and(y, to, to)
}

// sums generates the sums of norm.go.
func sums(v vector) {
	sum(v, "sumOfSquares", func(d vector) func(reg.VecVirtual) {
		return func(x reg.VecVirtual) { d.multiply(x, x, x) }
	})
	sum(v, "sumOfMagnitudes", func(d vector) func(reg.VecVirtual) {
		number, magnitude := GP64(), d.register()
		MOVQ(U64(1<<63-1), number) // all bits but the sign
		VMOVQ(number, magnitude.AsX())
		VBROADCASTSD(magnitude.AsX(), magnitude)
		return func(x reg.VecVirtual) { d.and(magnitude, x, x) }
	})
}

// sumLanes is how many sums run side by side: element i of the slice goes to sum i mod sumLanes.
const sumLanes = 16

// sum generates the sum over a function of the elements in float64; prepare returns what turns elements into its values.
func sum(v vector, name string, prepare func(vector) func(reg.VecVirtual)) {
	TEXT(v.name(name), NOSPLIT, fmt.Sprintf("func(x []%s) float64", v.goType()))
	Doc(fmt.Sprintf("The sum of %sPortable.", name))
	Pragma("noescape")
	x := Mem{Base: Load(Param("x").Base(), GP64())}
	left := Load(Param("x").Len(), GP64()).(reg.GPVirtual)
	d := vector{v.set, v.bytes, true}
	value := prepare(d)
	sums := d.registers(sumLanes / d.lanes())
	for _, s := range sums {
		d.zero(s)
	}
	block := func(load func(i int) []reg.VecVirtual) {
		for i, next := 0, 0; next < len(sums); i++ {
			for _, part := range load(i) {
				value(part)
				d.add(part, sums[next], sums[next])
				next++
			}
		}
	}
	SUBQ(U8(sumLanes), left)
	JLT(LabelRef("rest"))
	Label("blocks")
	block(func(i int) []reg.VecVirtual {
		part := d.register()
		if v.double {
			v.move(x.Offset(i*v.bytes), part)
		} else {
			VCVTPS2PD(x.Offset(i*v.bytes/2), part)
		}
		return []reg.VecVirtual{part}
	})
	ADDQ(U8(sumLanes*v.element()), x.Base)
	SUBQ(U8(sumLanes), left)
	JGE(LabelRef("blocks"))
	Label("rest")
	ADDQ(U8(sumLanes), left)
	JZ(LabelRef("end"))
	masks := v.masks(sumLanes/v.lanes(), left)
	block(func(i int) []reg.VecVirtual { // zeros where nothing is left, which change no sum
		all := v.register()
		v.load(masks[i], x.Offset(i*v.bytes), all)
		if v.double {
			return []reg.VecVirtual{all}
		}
		low, high := d.register(), d.register()
		if v.wide() {
			upper := YMM()
			VEXTRACTF64X4(U8(1), all, upper)
			VCVTPS2PD(all.AsY(), low)
			VCVTPS2PD(upper, high)
		} else {
			upper := XMM()
			VEXTRACTF128(U8(1), all, upper)
			VCVTPS2PD(all.AsX(), low)
			VCVTPS2PD(upper, high)
		}
		return []reg.VecVirtual{low, high}
	})
	Label("end")
	for half := len(sums) / 2; half > 0; half /= 2 {
		for i := range half {
			d.add(sums[i+half], sums[i], sums[i])
		}
	}
	total := sums[0]
	if v.wide() {
		upper := YMM()
		VEXTRACTF64X4(U8(1), total, upper)
		VADDPD(upper, total.AsY(), total.AsY())
	}
	upper := XMM()
	VEXTRACTF128(U8(1), total.AsY(), upper)
	VADDPD(upper, total.AsX(), total.AsX())
	VUNPCKHPD(total.AsX(), total.AsX(), upper)
	VADDSD(upper, total.AsX(), total.AsX())
	VZEROUPPER()
	Store(total.AsX(), ReturnIndex(0))
	RET()
}
