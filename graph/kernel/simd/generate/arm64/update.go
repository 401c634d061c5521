package main

import (
	"fmt"
	"strings"
)

// updates generates the loops of solvers, the same operations in the same order as in plain Go.
func (g *generator) updates(double bool) {
	g.update(double, "scale", "x", "factor", func(u *updating) {
		u.put("x", u.times("factor", u.get("x")))
	})
	g.update(double, "clip", "x", "limit", func(u *updating) {
		limit := u.factors["limit"]
		u.put("x", u.min(u.max(u.get("x"), u.unary("fneg", limit)), limit))
	})
	g.update(double, "addScaled", "x, sum", "factor", func(u *updating) {
		u.put("sum", u.add(u.get("sum"), u.times("factor", u.get("x"))))
	})
	g.update(double, "addPenalty", "values, delta", "l1, twiceL2", func(u *updating) {
		w := u.get("values")
		delta := u.add(u.get("delta"), u.times("twiceL2", w))
		u.put("delta", u.add(delta, u.signed(u.factors["l1"], w)))
	})
	g.update(double, "momentum", "delta, velocity", "mu, gain", func(u *updating) {
		velocity := u.add(u.times("mu", u.get("velocity")), u.times("gain", u.get("delta")))
		u.put("velocity", velocity)
		u.put("delta", velocity)
	})
	g.update(double, "nesterov", "delta, velocity", "mu, gain", func(u *updating) {
		force := u.times("gain", u.get("delta"))
		velocity := u.add(u.times("mu", u.get("velocity")), force)
		u.put("velocity", velocity)
		u.put("delta", u.add(u.times("mu", velocity), force))
	})
	g.update(double, "adaGrad", "delta, squares", "epsilon", func(u *updating) {
		delta := u.get("delta")
		square := u.add(u.get("squares"), u.multiply(delta, delta))
		u.put("squares", square)
		u.put("delta", u.divide(delta, u.add(u.sqrt(square), u.factors["epsilon"])))
	})
	g.update(double, "rmsProp", "delta, squares", "rho, rest, epsilon", func(u *updating) {
		delta := u.get("delta")
		square := u.average("rho", "squares", "rest", delta)
		u.put("delta", u.divide(delta, u.add(u.sqrt(square), u.factors["epsilon"])))
	})
	g.update(double, "centeredRMSProp", "delta, squares, means", "rho, rest, epsilon", func(u *updating) {
		delta := u.get("delta")
		square := u.average("rho", "squares", "rest", delta)
		mean := u.add(u.times("rho", u.get("means")), u.times("rest", delta))
		u.put("means", mean)
		variance := u.subtract(square, u.multiply(mean, mean))
		variance = u.without(variance, u.compareZero("fcmlt", variance)) // by rounding
		u.put("delta", u.divide(delta, u.add(u.sqrt(variance), u.factors["epsilon"])))
	})
	g.update(double, "adaDelta", "delta, squares, changes", "rho, rest, epsilon", func(u *updating) {
		delta, epsilon := u.get("delta"), u.factors["epsilon"]
		square := u.average("rho", "squares", "rest", delta)
		ratio := u.divide(u.sqrt(u.add(u.get("changes"), epsilon)), u.sqrt(u.add(square, epsilon)))
		change := u.multiply(ratio, delta)
		u.put("delta", change)
		u.average("rho", "changes", "rest", change)
	})
	g.update(double, "adam", "delta, means, squares", "beta1, rest1, mean, beta2, rest2, root, epsilon", func(u *updating) {
		delta := u.get("delta")
		mean := u.mean(delta)
		square := u.average("beta2", "squares", "rest2", delta)
		u.put("delta", u.divide(u.times("mean", mean), u.scaledRoot(square)))
	})
	g.update(double, "amsGrad", "delta, means, squares, maxima", "beta1, rest1, mean, beta2, rest2, root, epsilon", func(u *updating) {
		delta := u.get("delta")
		mean := u.mean(delta)
		square := u.average("beta2", "squares", "rest2", delta)
		maximum := u.get("maxima")
		square = u.choose(u.compare("fcmgt", maximum, square), maximum, square)
		u.put("maxima", square)
		u.put("delta", u.divide(u.times("mean", mean), u.scaledRoot(square)))
	})
	g.update(double, "nadam", "delta, means, squares", "beta1, rest1, mean, beta2, rest2, root, epsilon, gain", func(u *updating) {
		delta := u.get("delta")
		mean := u.mean(delta)
		square := u.average("beta2", "squares", "rest2", delta)
		u.put("delta", u.divide(u.add(u.times("mean", mean), u.times("gain", delta)), u.scaledRoot(square)))
	})
	g.update(double, "adaBelief", "delta, means, squares", "beta1, rest1, mean, beta2, rest2, root, epsilon", func(u *updating) {
		delta := u.get("delta")
		mean := u.mean(delta)
		difference := u.subtract(delta, mean)
		square := u.add(u.times("beta2", u.get("squares")), u.multiply(u.times("rest2", difference), difference))
		square = u.add(square, u.factors["epsilon"])
		u.put("squares", square)
		u.put("delta", u.divide(u.times("mean", mean), u.scaledRoot(square)))
	})
	g.update(double, "lion", "delta, means", "beta1, rest1, beta2, rest2, one", func(u *updating) {
		delta, mean := u.get("delta"), u.get("means")
		u.put("delta", u.signed(u.factors["one"], u.add(u.times("beta1", mean), u.times("rest1", delta))))
		u.put("means", u.add(u.times("beta2", mean), u.times("rest2", delta)))
	})
	g.update(double, "rprop", "delta, previous, sizes", "up, down, one, smallest, largest", func(u *updating) {
		gradient := u.get("delta")
		product := u.multiply(gradient, u.get("previous"))
		factor := u.and(u.factors["up"], u.compareZero("fcmgt", product))
		factor = u.or(factor, u.and(u.factors["down"], u.compareZero("fcmlt", product)))
		factor = u.or(factor, u.and(u.factors["one"], u.compareZero("fcmeq", product)))
		size := u.multiply(factor, u.get("sizes"))
		smallest, largest := u.factors["smallest"], u.factors["largest"]
		below, above := u.compare("fcmgt", smallest, size), u.compare("fcmgt", size, largest)
		size = u.choose(below, smallest, u.choose(above, largest, size))
		u.put("sizes", size)
		kept := u.and(gradient, u.compareZero("fcmge", product))
		u.put("previous", kept)
		u.put("delta", u.signed(size, kept))
	})
	g.update(double, "approach", "x, mean", "rate", func(u *updating) {
		mean := u.get("mean")
		u.put("mean", u.add(mean, u.times("rate", u.subtract(u.get("x"), mean))))
	})
}

// updating is a loop over lines of which elements are read and written, with factors in all lanes.
type updating struct {
	*sweep
	lines   map[string]Reg
	factors map[string]Reg
}

// update generates the loop over lines of which step is one vector. The names are those of the parameters.
func (g *generator) update(double bool, name, lines, factors string, step func(*updating)) {
	v := g.function(double, name, fmt.Sprintf("The loop of %sPortable; all slices are as long as the first.", name),
		fmt.Sprintf("%s []F, %s F", lines, factors), "")
	u := &updating{lines: map[string]Reg{}, factors: map[string]Reg{}}
	names := strings.Split(lines, ", ")
	u.sweep = v.newSweep(v.Len(names[0]))
	for _, line := range names {
		u.lines[line] = v.Base(line)
	}
	for _, factor := range strings.Split(factors, ", ") {
		u.factors[factor] = v.parameter(factor)
	}
	u.line("vectors", func() { step(u) })
	v.Return()
}

func (u *updating) get(line string) Reg    { return u.sweep.get(u.lines[line]) }
func (u *updating) put(line string, x Reg) { u.sweep.put(x, u.lines[line]) }

func (u *updating) times(factor string, x Reg) Reg { return u.multiply(u.factors[factor], x) }

// mean updates the moving average of gradients and returns it.
func (u *updating) mean(delta Reg) Reg {
	mean := u.add(u.times("beta1", u.get("means")), u.times("rest1", delta))
	u.put("means", mean)
	return mean
}

// average updates the moving average of squares in a line and returns it.
func (u *updating) average(decay, line, rest string, x Reg) Reg {
	square := u.add(u.times(decay, u.get(line)), u.multiply(u.times(rest, x), x))
	u.put(line, square)
	return square
}

// scaledRoot returns root·√x + epsilon.
func (u *updating) scaledRoot(x Reg) Reg {
	return u.add(u.times("root", u.sqrt(x)), u.factors["epsilon"])
}

// signed returns size where x > 0, −size where x < 0, and 0 where x is 0 or NaN.
func (u *updating) signed(size, x Reg) Reg {
	return u.subtract(u.and(size, u.compareZero("fcmgt", x)), u.and(size, u.compareZero("fcmlt", x)))
}

// sumLanes is how many sums run side by side: element i of the slice goes to sum i mod sumLanes.
const sumLanes = 16

// sums generates the sums of all values of whole blocks of a slice, in float64.
func (g *generator) sums(double bool) {
	g.sum(double, "sumOfSquares", func(d vector, x Reg) Reg { return d.multiply(x, x) })
	g.sum(double, "sumOfMagnitudes", func(d vector, x Reg) Reg { return d.unary("fabs", x) })
}

func (g *generator) sum(double bool, name string, value func(d vector, x Reg) Reg) {
	v := g.function(double, name, fmt.Sprintf("The sums of %sPortable over blocks of %d elements, blocks ≥ 1, added to those in sums.", name, sumLanes),
		"blocks int, x *F, sums *float64", "")
	blocks, x, memory := v.Parameter("blocks"), v.Parameter("x"), v.Parameter("sums")
	d := vector{v.Func, true}
	sums := v.Vectors(sumLanes / d.lanes())
	v.loadAll(sums, memory)
	v.loop("blocks", blocks, func() {
		for next := 0; next < len(sums); {
			part := v.Vectors(2)
			v.loadAllFrom(part, x, next/2*2*vectorBytes/pick(double, 2, 1))
			values := part
			if !double {
				values = nil
				for _, p := range part {
					low, high := v.Vector(), v.Vector()
					v.Widen(false, low, p)
					v.Widen(true, high, p)
					values = append(values, low, high)
				}
			}
			for _, y := range values {
				d.increase(sums[next], value(d, y))
				next++
			}
		}
		v.AddConstant(x, sumLanes*v.element())
	})
	for i := 0; i < len(sums); i += 2 {
		v.StorePair(sums[i], sums[i+1], memory, i*vectorBytes)
	}
	v.Return()
}
