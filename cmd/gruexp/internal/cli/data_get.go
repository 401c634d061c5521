package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/dustin/go-humanize"
	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/reproduce"
	"github.com/gruexp/gruexp/cmd/gruexp/internal/usererr"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/data/sets"
)

func (a *app) dataGetCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "get NAME",
		Short: "Download the published files of a known data set",
		Long: `Download the published files of a known data set and check them: into the folder that --data or GRUEXP_DATA names,
else into one beside the user's configuration, where they are registered. HTTPS_PROXY names a proxy.

Ctrl-C or a connection that breaks leaves what has arrived; the same command goes on from there.`,
		Example: `  gruexp data get jsb
  gruexp data get tinyshakespeare --data ~/data`,
		Args: arguments(1, 1, "the NAME of a known data set"),
		RunE: func(cmd *cobra.Command, args []string) error {
			set, err := fileSet("data get", args[0])
			if err != nil {
				return err
			}
			folder, registry := a.dataDir, (*sets.Registry)(nil)
			if folder == "" {
				if registry, err = userRegistry("data get"); err != nil {
					return err
				}
				folder = filepath.Join(registry.Dir(), "data")
			}
			files, err := sets.Locate(set, a.dataDir, registry)
			if err != nil {
				if files, err = a.download(cmd.Context(), set, folder); err != nil {
					return err
				}
				if registry != nil {
					if _, err := registry.Add(cmd.Context(), set, folder); err != nil {
						return err
					}
				}
			}
			entries := make([]sets.Entry, len(files))
			for i, file := range files {
				if entries[i], err = sets.Fingerprint(file); err != nil {
					return err
				}
			}
			return a.showEntries(set, entries, "not as published; where it is moved away, the published data are downloaded")
		},
	}
}

// download gets the files of a set to their places in the folder, but for those that are there already.
func (a *app) download(ctx context.Context, set data.Source, folder string) ([]string, error) {
	var files []string
	for _, file := range set.Files {
		form, place, _ := file.Download()
		path := filepath.Join(folder, filepath.FromSlash(place))
		files = append(files, path)
		if entry, err := sets.Fingerprint(path); err == nil && entry.SHA256 == form.SHA256 {
			continue
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return nil, fault.Fault{Where: path, What: "cannot be written", Found: usererr.Reason(err), Expected: "a folder for it"}.Err()
		}
		fmt.Fprintf(a.stderr, "%s: %s from %s\n", set.Name, humanize.IBytes(uint64(form.Size)), form.URL)
		progress, done := a.bytesBar(form.Size)
		err := reproduce.Download(ctx, reproduce.Published{URL: form.URL, Size: form.Size, SHA256: form.SHA256}, path, reproduce.DefaultLimits(), progress)
		done()
		switch {
		case isInterruption(err):
			return nil, fault.Fault{
				Kind: fault.Failed, Where: "data get", What: "interrupted; 'gruexp data get " + set.Name + "' continues with what has arrived", Cause: err,
			}.Err()
		case err != nil:
			return nil, err
		}
	}
	return files, nil
}

// bytesBar is a bar on a terminal, and nothing elsewhere.
func (a *app) bytesBar(size int64) (progress func(int64), done func()) {
	f, ok := a.stderr.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return func(int64) {}, func() {}
	}
	bar := progressbar.NewOptions64(size,
		progressbar.OptionSetWriter(a.stderr),
		progressbar.OptionShowBytes(true),
		progressbar.OptionSetWidth(20),
		progressbar.OptionClearOnFinish(),
		progressbar.OptionThrottle(100_000_000),
	)
	return func(n int64) { _ = bar.Set64(n) }, func() { _ = bar.Clear() }
}
