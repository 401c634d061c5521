package simd

import (
	"fmt"
	"sync"
)

// Tuning says how products are divided into blocks, and whether tiles fetch the memory that is needed next. It changes the
// speed of a product and no bit of it: an element is one sum in the order of k, for all blocks.
type Tuning struct {
	Name string
	// Panels is how many full tiles of columns are packed at a time, Depth the length in k of what is packed; 0 is the choice
	// of the set. Fetch means that tiles are told what memory is needed next. See [Loops].
	Panels, Depth int
	Fetch         bool
}

// String describes the tuning for users.
func (t Tuning) String() string {
	fetch := "tiles fetch ahead"
	if !t.Fetch {
		fetch = "the processor fetches ahead"
	}
	return t.Name + ": " + fetch
}

// Processor is what the choice of a tuning depends on. The zero value is a processor that is not known.
type Processor struct {
	Vendor        string // "GenuineIntel", "AuthenticAMD"
	Family, Model int
	L1, L2        int // bytes of the caches for data of one core
}

// String describes the processor for users.
func (p Processor) String() string {
	if p.Vendor == "" {
		return "not known"
	}
	text := fmt.Sprintf("%s family %d model %d", p.Vendor, p.Family, p.Model)
	if p.L1 > 0 && p.L2 > 0 {
		text += fmt.Sprintf(", L1 %d KiB, L2 %d KiB", p.L1>>10, p.L2>>10)
	}
	return text
}

// tunings are the rules, the first that fits applies. To add one, measure the candidates on the processor with
// "go test -run ^$ -bench Tuning ./graph/kernel" in the folder of the module.
var tunings = []struct {
	fits func(Processor) bool
	Tuning
}{
	{
		// Sapphire Rapids, Emerald Rapids and later, measured on family 6 model 207 while other programs ran: without fetches by
		// instructions a layer takes 4 % less time at the shapes base and large, 3 % more at long, the same at wide and tiny.
		func(p Processor) bool { return p.Vendor == "GenuineIntel" && p.L2 >= 2<<20 },
		Tuning{"intel with 2 MiB of L2", 0, 0, false},
	},
	{
		// Measured on a Zen 4: family 25.
		func(Processor) bool { return true },
		Tuning{"general", 0, 0, true},
	},
}

// TuningFor returns the tuning for a processor.
func TuningFor(p Processor) Tuning {
	for _, t := range tunings {
		if t.fits(p) {
			return t.Tuning
		}
	}
	panic("simd: no tuning fits")
}

// ThisProcessor returns the processor that this program runs on.
var ThisProcessor = sync.OnceValue(identifyProcessor)

// Tuned returns a copy of the set with another tuning. Sets without tunings, those in plain Go and for NEON, stay as they are.
func (s *Set) Tuned(t Tuning) *Set {
	tuned := *s
	tuned.Float32.tune(t)
	tuned.Float64.tune(t)
	return &tuned
}

func (loops *Loops[F]) tune(t Tuning) {
	if !loops.Tunable {
		return
	}
	if t.Panels > 0 {
		loops.BlockCols = t.Panels * loops.Cols
	}
	if t.Depth > 0 {
		loops.Depth = t.Depth
	}
	loops.Fetch = t.Fetch
}
