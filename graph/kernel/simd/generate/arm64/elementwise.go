package main

import "math"

// compare returns a mask of the lanes in which x compares with y as named, where one is NaN never: fcmgt, fcmge, fcmeq.
func (v vector) compare(name string, x, y Reg) Reg { return v.binary(name, x, y) }

// compareZero returns a mask of the lanes in which x compares with 0 as named: fcmgt, fcmge, fcmeq, fcmle, fcmlt.
func (v vector) compareZero(name string, x Reg) Reg { return v.unary(name, x) }

// rectify returns y where x is above 0 or NaN, and 0 elsewhere.
func (v vector) rectify(x, y Reg) Reg { return v.without(y, v.compareZero("fcmle", x)) }

// greater returns y where y is above x or NaN, and x elsewhere.
func (v vector) greater(x, y Reg) Reg {
	mask := v.binary("orn", v.compare("fcmgt", y, x), v.compare("fcmeq", y, y))
	return v.choose(mask, y, x)
}

// sigmoidGradient returns d·y·(1−y), tanhGradient d·(1−y)·(1+y): each factor that may be small is rounded once.
func (v vector) sigmoidGradient(y, d Reg) Reg {
	product := v.multiply(y, d)
	return v.less(product, product, y)
}

func (v vector) tanhGradient(y, d Reg) Reg {
	product := v.less(d, d, y)
	return v.fused(product, product, y)
}

// elementwise generates dst[i] = f(x[i], y[i]).
func (g *generator) elementwise(double bool, name, equation string, f func(v vector, x, y Reg) Reg) {
	v := g.function(double, name, equation, "n int, dst, x, y *F", "")
	s := v.newSweep(v.Parameter("n"))
	dst, x, y := v.Parameter("dst"), v.Parameter("x"), v.Parameter("y")
	s.line("vectors", func() { s.put(f(v, s.get(x), s.get(y)), dst) })
	v.Return()
}

// ofOne generates dst[i] = f(src[i]); prepare makes constants ready and returns f.
func (g *generator) ofOne(double bool, name, equation, more string, prepare func(v vector) func(x Reg) Reg) {
	v := g.function(double, name, equation, "n int, dst, src *F"+more, "")
	f := prepare(v)
	s := v.newSweep(v.Parameter("n"))
	dst, src := v.Parameter("dst"), v.Parameter("src")
	s.line("vectors", func() { s.put(f(s.get(src)), dst) })
	v.Return()
}

func (g *generator) others(double bool) {
	g.ofOne(double, "negative", "dst = −|src|; dst may be src.", "", func(v vector) func(Reg) Reg {
		return func(x Reg) Reg { return v.unary("fneg", v.unary("fabs", x)) }
	})
	g.ofOne(double, "shift", "dst = src − amount; dst may be src.", ", amount F", func(v vector) func(Reg) Reg {
		amount := v.parameter("amount")
		return func(x Reg) Reg { return v.subtract(x, amount) }
	})
	g.ofOne(double, "flush", "dst = src, but 0 where that is tiny; dst may be src.", "", func(v vector) func(Reg) Reg {
		tiny := v.bits(pick(double, uint64(math.Float32bits(0x1p-100)), math.Float64bits(0x1p-996)))
		return func(x Reg) Reg { return v.without(x, v.compare("facgt", tiny, x)) } // of the magnitudes
	})
}

// greatest generates the greatest number of a slice. Four vectors run side by side, so that none waits for the
// one before.
func (g *generator) greatest(double bool) {
	v := g.function(double, "greatest", "The greatest of x and least, which is −∞; NaN is passed over.", "n int, x *F, least F", "F")
	left, x, least := v.Parameter("n"), v.Parameter("x"), v.parameter("least")
	const count = 4
	tops := v.Vectors(count)
	for _, top := range tops {
		v.Copy(top, least)
	}
	raise := func(top, to Reg) { v.Binary("bit", double, top, to, v.compare("fcmgt", to, top)) }
	for _, vectors := range []int{count, 1, 0} {
		here, next := numbered("vectors", vectors), numbered("less", vectors)
		elements, bytes := vectors*v.lanes(), vectors*vectorBytes
		if vectors == 0 {
			elements, bytes = 1, v.element()
		}
		v.CountDown(left, elements)
		v.Branch("LT", next)
		v.Label(here)
		if vectors == 0 {
			one := v.Vector()
			v.LoadOne(double, one, x, 0)
			raise(tops[0], v.everywhere(one))
		} else {
			parts := v.Vectors(vectors)
			v.loadAll(parts, x)
			for i, part := range parts {
				raise(tops[i], part)
			}
		}
		v.AddConstant(x, bytes)
		v.CountDown(left, elements)
		v.Branch("GE", here)
		v.Label(next)
		v.CountUp(left, elements)
	}
	for half := count / 2; half > 0; half /= 2 {
		for i := range half {
			raise(tops[i], tops[i+half])
		}
	}
	top := tops[0] // none of its lanes is NaN
	for lanes := v.lanes(); lanes > 1; lanes /= 2 {
		top = v.binary("fmaxp", top, top)
	}
	v.Result(top)
	v.Return()
}
