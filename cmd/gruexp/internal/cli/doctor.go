package cli

import (
	"fmt"
	"os"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/shirou/gopsutil/v4/disk"
	"github.com/shirou/gopsutil/v4/mem"
	"github.com/spf13/cobra"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/environment"
	"github.com/gruexp/gruexp/graph/kernel"
)

func (a *app) doctorCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "doctor",
		Short: "What this machine has: CPU features, kernels, threads, memory, disk, data",
		Args:  arguments(0, 0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			env := environment.Read(kernel.NewPool(0).Threads())
			row := func(name, format string, args ...any) {
				fmt.Fprintf(a.stdout, "%-9s "+format+"\n", append([]any{name}, args...)...)
			}
			row("program", "gruexp %s, %s, %s/%s", env.Build.Version, env.Build.Go, env.Build.OS, env.Build.Arch)
			row("cpu", "%d cores, %s", env.Cores, strings.Join(env.CPU, " "))
			row("kernels", "%s", env.Kernels)
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
			if a.dataDir == "" {
				row("data", "no folder given (GRUEXP_DATA, --data)")
			} else if entries, err := os.ReadDir(a.dataDir); err != nil {
				row("data", "cannot be read: %v", err)
			} else {
				row("data", "%s, %d entries", a.dataDir, len(entries))
			}
			return nil
		},
	}
}
