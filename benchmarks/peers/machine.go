package main

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// machine says where a recording was made.
type machine struct {
	CPU      string   `json:"cpu"`
	Features []string `json:"features"` // those that matter to products
	Cores    int      `json:"cores"`
	System   string   `json:"system"`
	Go       string   `json:"go"`
	Kernels  string   `json:"kernels"` // ours, as the benchmarks say
}

func thisMachine() machine {
	return machine{CPU: "unknown", Features: cpuFeatures(), Cores: runtime.NumCPU(), System: runtime.GOOS + "/" + runtime.GOARCH, Go: runtime.Version()}
}

func (m machine) String() string {
	return fmt.Sprintf("- %s, %d cores, %s; %s, %s\n- our kernels: %s", m.CPU, m.Cores, strings.Join(m.Features, " "), m.System, m.Go, m.Kernels)
}

// cpuFeatures reads them where the system shows them (Linux on x86).
func cpuFeatures() []string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return nil
	}
	var found []string
	for line := range strings.Lines(string(text)) {
		name, flags, ok := strings.Cut(line, ":")
		if !ok || strings.TrimSpace(name) != "flags" {
			continue
		}
		for _, flag := range strings.Fields(flags) {
			switch flag {
			case "avx2", "fma", "avx512f", "avx512vl", "avx512dq", "avx512_vnni", "avx512_bf16", "amx_tile":
				found = append(found, flag)
			}
		}
		break
	}
	slices.Sort(found)
	return found
}

// busySeconds is how long all cores together have been busy since the machine started, what its host took away included;
// 0 where the system does not say.
func busySeconds() float64 {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0
	}
	return busyOf(string(text))
}

// busyOf reads the first line of /proc/stat: hundredths of seconds in the states user, nice, system, idle, iowait, irq,
// softirq and steal.
func busyOf(stat string) float64 {
	line, _, _ := strings.Cut(stat, "\n")
	fields := strings.Fields(line)
	if len(fields) < 9 || fields[0] != "cpu" {
		return 0
	}
	var busy float64
	for i, text := range fields[1:9] {
		const idle, iowait = 3, 4
		if ticks, err := strconv.ParseFloat(text, 64); err == nil && i != idle && i != iowait {
			busy += ticks / 100
		}
	}
	return busy
}
