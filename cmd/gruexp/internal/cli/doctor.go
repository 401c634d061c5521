package cli

import (
	"fmt"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/dustin/go-humanize"
	"github.com/shirou/gopsutil/v4/disk"
	"github.com/shirou/gopsutil/v4/mem"
	"github.com/spf13/cobra"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/rundir"
	"github.com/gruexp/gruexp/graph/kernel"
	"github.com/gruexp/gruexp/graph/kernel/simd"
)

func (a *app) doctorCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "doctor",
		Short:   "What this machine has: CPU features, kernels, threads, memory, disk, data",
		Example: `  gruexp doctor`,
		Args:    arguments(0, 0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			env := rundir.ReadEnvironment(kernel.NewPool(0).Threads())
			if a.json {
				return a.printJSON(env)
			}
			table := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
			row := func(name, format string, args ...any) {
				fmt.Fprintf(table, "%s\t%s\n", name, fmt.Sprintf(format, args...))
			}
			row("program", "gruexp %s, %s, %s/%s", env.Build.Version, env.Build.Go, env.Build.OS, env.Build.Arch)
			row("cpu", "%d cores, %s", env.Cores, strings.Join(env.CPU, " "))
			row("kernels", "%s, of %s", env.Kernels, strings.Join(simd.Names(), " "))
			row("processor", "%s", simd.ThisProcessor())
			row("products", "%s", simd.TuningFor(simd.ThisProcessor()))
			row("threads", "%d", env.Threads)
			if memory, err := mem.VirtualMemoryWithContext(cmd.Context()); err == nil {
				row("memory", "%s free of %s", humanize.IBytes(memory.Available), humanize.IBytes(memory.Total))
			} else {
				row("memory", "not known: %v", err)
			}
			folder, err := os.Getwd()
			if err != nil {
				return err
			}
			if usage, err := disk.UsageWithContext(cmd.Context(), folder); err == nil {
				row("disk", "%s free in %s", humanize.IBytes(usage.Free), folder)
			} else {
				row("disk", "not known: %v", err)
			}
			for _, set := range a.dataSets() {
				row("data "+set.Name, "%s, %s", set.State, set.Where)
			}
			return table.Flush()
		},
	}
	a.jsonFlag(cmd)
	return cmd
}
