//go:build !purego

package simd

//go:generate go run -C generate . -part processor -out ../processor_amd64.s -stubs ../processor_amd64.go -pkg simd

// identifyProcessor asks the instruction CPUID.
func identifyProcessor() Processor {
	last, b, c, d := cpuid(0, 0)
	p := Processor{Vendor: letters(b) + letters(d) + letters(c)}
	if last < 1 {
		return p
	}
	signature, _, _, _ := cpuid(1, 0)
	p.Family, p.Model = familyAndModel(signature)
	switch p.Vendor {
	case "GenuineIntel":
		if last >= 4 {
			p.caches(4)
		}
	case "AuthenticAMD":
		if last, _, _, _ := cpuid(1<<31, 0); last >= 1<<31+0x1d {
			p.caches(1<<31 + 0x1d)
		}
	}
	return p
}

// letters are the four bytes of a register, the lowest first.
func letters(x uint32) string {
	return string([]byte{byte(x), byte(x >> 8), byte(x >> 16), byte(x >> 24)})
}

// familyAndModel reads the signature of a processor.
func familyAndModel(signature uint32) (family, model int) {
	family, model = int(signature>>8&15), int(signature>>4&15)
	if family == 6 || family == 15 {
		model += int(signature>>16&15) << 4
	}
	if family == 15 {
		family += int(signature >> 20 & 255)
	}
	return family, model
}

// caches reads the sizes of the first two levels of caches for data from the leaf that lists them.
func (p *Processor) caches(leaf uint32) {
	for index := range uint32(16) {
		a, b, c, _ := cpuid(leaf, index)
		kind, level := a&31, a>>5&7
		if kind == 0 {
			return
		}
		const data, unified = 1, 3
		if kind != data && kind != unified {
			continue
		}
		size := int(b>>22+1) * int(b>>12&1023+1) * int(b&4095+1) * int(c+1) // ways, partitions, line size, sets
		switch level {
		case 1:
			p.L1 = size
		case 2:
			p.L2 = size
		}
	}
}
