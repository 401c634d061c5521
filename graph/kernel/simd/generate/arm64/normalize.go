package main

// normalize generates the layer normalization of a row. The mean is that of a first sum plus that of what it leaves, which
// takes the rounding of the first away.
func (g *generator) normalize(double bool) {
	v := g.function(double, "normalize", "normalize is Loops.Normalize; share is 1/n.", "n int, x, gain, normalized, y *F, share, epsilon F", "F")
	s := v.newSweep(v.Parameter("n"))
	x, gain, normalized, y := v.Parameter("x"), v.Parameter("gain"), v.Parameter("normalized"), v.Parameter("y")
	share := v.parameter("share")

	sum := v.zero()
	s.line("sum", func() { v.increase(sum, s.get(x)) })
	mean := v.multiply(v.sumOfLanes(sum), share)

	sum = v.zero()
	s.line("rest", func() { v.increase(sum, s.clearRest(v.subtract(s.get(x), mean))) })
	rest := v.multiply(v.sumOfLanes(sum), share)
	centered := func() Reg { return v.subtract(v.subtract(s.get(x), mean), rest) }

	sum = v.zero()
	s.line("squares", func() {
		d := s.clearRest(centered())
		v.fma(sum, d, d)
	})
	variance := v.multiply(v.sumOfLanes(sum), share)

	variance = v.add(variance, v.parameter("epsilon"))
	scale := v.divide(v.sqrt(variance), variance) // √v/v = 1/√v
	s.line("scaled", func() {
		d := v.multiply(centered(), scale)
		weight := s.get(gain)
		s.put(d, normalized)
		s.put(v.multiply(d, weight), y)
	})
	v.Result(scale)
	v.Return()
}

// normalizeGradient generates the gradient of normalize.
func (g *generator) normalizeGradient(double bool) {
	v := g.function(double, "normalizeGradient", "normalizeGradient is Loops.NormalizeGradient; share is 1/n.",
		"n int, gain, normalized, dy, dx, dGain, dShift *F, share, scale F", "")
	s := v.newSweep(v.Parameter("n"))
	at := map[string]Reg{}
	for _, name := range []string{"gain", "normalized", "dy", "dx", "dGain", "dShift"} {
		at[name] = v.Parameter(name)
	}
	get := func(name string) Reg { return s.get(at[name]) }

	sum, products := v.zero(), v.zero()
	s.line("sums", func() {
		d := v.multiply(get("dy"), get("gain"))
		v.increase(sum, d)
		v.fma(products, get("normalized"), d)
	})
	share := v.parameter("share")
	mean, along := v.multiply(v.sumOfLanes(sum), share), v.multiply(v.sumOfLanes(products), share)

	scale := v.parameter("scale")
	s.line("gradients", func() {
		d, normalized := get("dy"), get("normalized")
		s.put(v.add(get("dShift"), d), at["dShift"])
		gain := get("dGain")
		v.fma(gain, d, normalized)
		s.put(gain, at["dGain"])
		d = v.subtract(v.multiply(d, get("gain")), mean)
		v.fnma(d, along, normalized)
		s.put(v.multiply(d, scale), at["dx"])
	})
	v.Return()
}

// increase sets sum += x.
func (v vector) increase(sum, x Reg) { v.Binary("fadd", v.double, sum, sum, x) }

// sumOfLanes returns the sum of all lanes of x in all lanes.
func (v vector) sumOfLanes(x Reg) Reg {
	for lanes := v.lanes(); lanes > 1; lanes /= 2 {
		x = v.binary("faddp", x, x)
	}
	return x
}
