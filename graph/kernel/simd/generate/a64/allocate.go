package a64

import "fmt"

// Registers that functions may use: neither that of the platform (R18), nor what the assembler and the runtime of Go
// keep for themselves (R27 to R31).
const (
	generalRegisters = 26
	vectorRegisters  = 32
)

// place returns the number of a general register: 0 to 17, 19 to 26.
func place(color int) int {
	if color >= 18 {
		return color + 1
	}
	return color
}

// allocate returns the number of the machine's register for every virtual one. Registers that hold numbers at the same
// time get different ones.
func (f *Func) allocate() []int {
	out := f.liveness()
	conflicts := make([]map[int]bool, f.registers)
	for i := range conflicts {
		conflicts[i] = map[int]bool{}
	}
	kinds := make([]bool, f.registers)
	var order []int
	seen := make([]bool, f.registers)
	for i, in := range f.instructions {
		for _, o := range in.operands {
			r := o.reg.number
			kinds[r] = o.reg.vector
			if !seen[r] {
				seen[r] = true
				order = append(order, r)
			}
			if !o.modifies {
				continue
			}
			conflict := func(other int) {
				if other != r {
					conflicts[r][other], conflicts[other][r] = true, true
				}
			}
			for other := range out[i] {
				conflict(other)
			}
			for _, p := range in.operands {
				if p.modifies {
					conflict(p.reg.number)
				}
			}
		}
	}
	colors := make([]int, f.registers)
	for i := range colors {
		colors[i] = -1
	}
	for _, r := range order {
		count := generalRegisters
		if kinds[r] {
			count = vectorRegisters
		}
		taken := make([]bool, count)
		for other := range conflicts[r] {
			if kinds[other] == kinds[r] && colors[other] >= 0 {
				taken[colors[other]] = true
			}
		}
		for color, t := range taken {
			if !t {
				colors[r] = color
				break
			}
		}
		if colors[r] < 0 {
			panic(fmt.Sprintf("%s: more than %d registers hold numbers at once", f.name, count))
		}
	}
	for r, color := range colors {
		if !kinds[r] && color >= 0 {
			colors[r] = place(color)
		}
	}
	return colors
}

// liveness returns, for every instruction, the registers that are read after it before they are written.
func (f *Func) liveness() []map[int]bool {
	n := len(f.instructions)
	labels := map[string]int{}
	for i, in := range f.instructions {
		if in.label != "" {
			if _, twice := labels[in.label]; twice {
				panic(f.name + ": label " + in.label + " is there twice")
			}
			labels[in.label] = i
		}
	}
	in, out := make([]map[int]bool, n+1), make([]map[int]bool, n)
	for i := range in {
		in[i] = map[int]bool{}
	}
	for i := range out {
		out[i] = map[int]bool{}
	}
	for changed := true; changed; {
		changed = false
		for i := n - 1; i >= 0; i-- {
			x := f.instructions[i]
			from := func(next int) {
				for r := range in[next] {
					out[i][r] = true
				}
			}
			if !x.always {
				from(i + 1)
			}
			if x.target != "" {
				to, ok := labels[x.target]
				if !ok {
					panic(f.name + ": no label " + x.target)
				}
				from(to)
			}
			before := len(in[i])
			for r := range out[i] {
				in[i][r] = true
			}
			for _, o := range x.operands {
				if o.modifies && !o.reads {
					delete(in[i], o.reg.number)
				}
			}
			for _, o := range x.operands {
				if o.reads {
					in[i][o.reg.number] = true
				}
			}
			changed = changed || len(in[i]) != before
		}
	}
	if len(in[0]) > 0 {
		panic(f.name + ": a register is read before it is written")
	}
	return out
}
