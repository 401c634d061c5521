package rundir

import (
	"runtime"
	"runtime/debug"
	"slices"

	"golang.org/x/sys/cpu"

	"github.com/gruexp/gruexp/graph/kernel/simd"
	"github.com/gruexp/gruexp/trainer/data/sets"
)

// Build is the program itself.
type Build struct {
	Version string `json:"version"`
	Go      string `json:"go"`
	OS      string `json:"os"`
	Arch    string `json:"arch"`
}

// ReadBuild reads what the compiler has left in the program.
func ReadBuild() Build {
	b := Build{Version: "(devel)", Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	if info.Main.Version != "" {
		b.Version = info.Main.Version
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && b.Version == "(devel)" {
			b.Version += " " + s.Value
		}
	}
	return b
}

// Environment is the file environment.json. Results are repeated to the last bit where Build, CPU, Kernels and the
// checksums of the data are the same; the number of threads changes nothing but the time.
type Environment struct {
	Build   Build        `json:"build"`
	CPU     []string     `json:"cpu"`     // features that decide which kernels can run
	Kernels string       `json:"kernels"` // "avx512", "avx2", "go" and the like
	Cores   int          `json:"cores"`
	Threads int          `json:"threads"`
	Data    []sets.Entry `json:"data,omitempty"` // the files, in the order of reading
}

// ReadEnvironment looks at the machine.
func ReadEnvironment(threads int) Environment {
	kernels, _ := simd.InUse()
	return Environment{
		Build:   ReadBuild(),
		CPU:     features(),
		Kernels: kernels,
		Cores:   runtime.NumCPU(),
		Threads: threads,
	}
}

// SameNumbers says whether what ran in e gives the same bits in other.
func (e Environment) SameNumbers(other Environment) bool {
	return e.Build == other.Build && e.Kernels == other.Kernels && slices.Equal(e.CPU, other.CPU)
}

func features() []string {
	present := []string{}
	for name, has := range map[string]bool{
		"avx":      cpu.X86.HasAVX,
		"avx2":     cpu.X86.HasAVX2,
		"fma":      cpu.X86.HasFMA,
		"avx512f":  cpu.X86.HasAVX512F,
		"avx512vl": cpu.X86.HasAVX512VL,
		"avx512bw": cpu.X86.HasAVX512BW,
		"avx512dq": cpu.X86.HasAVX512DQ,
		"asimd":    cpu.ARM64.HasASIMD,
		"sve":      cpu.ARM64.HasSVE,
	} {
		if has {
			present = append(present, name)
		}
	}
	slices.Sort(present)
	return present
}
