package study

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/rundir"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/graph/kernel/simd"
	"github.com/gruexp/gruexp/trainer/atomicfile"
	"github.com/gruexp/gruexp/trainer/experiment"
	"github.com/gruexp/gruexp/trainer/experiment/studies"
	"github.com/gruexp/gruexp/trainer/study"
	"github.com/gruexp/gruexp/trainer/study/postgres"
	"github.com/gruexp/gruexp/trainer/study/sqlite"
)

// StoreFile holds the address of the record of a study that is kept in a database and not in the directory.
const StoreFile = "store.txt"

// dataFile holds, in the database, the checksums of the data of a study.
const dataFile = "data.json"

// storeOf is the address of the record of a directory; empty: the record is a file there.
func storeOf(path string) (string, error) {
	const most = 4096
	text, err := rundir.Read(path, StoreFile, most)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return strings.TrimSpace(string(text)), errors.Wrap(err, StoreFile)
}

// openRecord opens the record of a directory.
func openRecord(ctx context.Context, path string) (study.Store, error) {
	address, err := storeOf(path)
	if err != nil {
		return nil, err
	}
	if address == "" {
		return sqlite.Open(ctx, filepath.Join(path, recordFile))
	}
	return postgres.Open(ctx, address, postgres.Options{})
}

// placeRecord notes in a directory that the record of its study is at an address. One that is there stays where it is.
func placeRecord(path, address, name string) error {
	a, err := postgres.ParseAddress(address)
	if err != nil {
		return err
	}
	if a.Study == "" {
		a.Study = name
	}
	address = a.String()
	found, err := storeOf(path)
	switch {
	case err != nil:
		return err
	case found == address:
		return nil
	case found != "" || exists(filepath.Join(path, recordFile)):
		if found == "" {
			found = recordFile
		}
		return fault.Fault{Where: path, What: "has its record elsewhere", Found: found, Expected: address + ", or --out with a new directory"}.Err()
	}
	return atomicfile.WriteBytes(filepath.Join(path, StoreFile), 0o644, []byte(address+"\n"))
}

// Fetch makes a directory for a study that is in a database, or finds it, and gives its path: out, or one named after the study below
// folder. With trials it has the files of all runs, too.
func Fetch(ctx context.Context, address, out, folder string, trials bool) (path string, err error) {
	a, err := postgres.ParseAddress(address)
	if err != nil {
		return "", err
	}
	if path = out; path == "" {
		if a.Study != "" && (!filepath.IsLocal(a.Study) || filepath.Base(a.Study) != a.Study) {
			return "", fault.Fault{Where: address, What: "the name of the study is no name of a directory", Expected: "--out DIR"}.Err()
		}
		path = filepath.Join(folder, a.Study)
	}
	store, err := postgres.Open(ctx, address, postgres.Options{})
	if err != nil {
		return "", err
	}
	defer store.Close()
	if _, err := store.Definition(ctx); err != nil {
		return "", err
	}
	if err := begun(ctx, store, address); err != nil {
		return "", err
	}
	if err := atomicfile.MkdirAll(path, 0o755); err != nil {
		return "", cannotBeMade(path, err)
	}
	if err := placeRecord(path, address, a.Study); err != nil {
		return "", err
	}
	prefixes := []string{baseFile, armsDir + "/", tunedDir + "/", bestFile, resultFile}
	if trials {
		prefixes = append(prefixes, trialsDir+"/")
	}
	for _, prefix := range prefixes {
		if err := fetch(ctx, store, path, prefix); err != nil {
			return "", err
		}
	}
	return path, nil
}

// begun waits until a study that has been made has the files that its trials need, and its first trials.
func begun(ctx context.Context, store *postgres.Store, address string) error {
	const pause, most = 200 * time.Millisecond, 10 * time.Minute
	for deadline := time.Now().Add(most); ; {
		ready := false
		if err := store.ReadFiles(ctx, dataFile, func(string, []byte) error { ready = true; return nil }); err != nil {
			return err
		}
		d, err := store.Definition(ctx)
		if err != nil {
			return err
		}
		trials, err := store.Trials(ctx)
		if err != nil || ready && (len(trials) > 0 || proposes(d)) {
			return err
		}
		if time.Now().After(deadline) {
			return fault.Fault{Kind: fault.Failed, Where: address, What: "the study was interrupted before its first trial", Expected: "the command that began it, again"}.Err()
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(pause):
		}
	}
}

// proposes says whether the workers of a study make its trials.
func proposes(d study.Definition) bool {
	p, err := studies.ParsePlan(d, studies.Options{})
	return err == nil && p.Proposes()
}

// fetch copies files from the record to the directory.
func fetch(ctx context.Context, files study.Files, path, prefix string) error {
	return files.ReadFiles(ctx, prefix, func(name string, content []byte) error {
		local := filepath.FromSlash(name)
		if !filepath.IsLocal(local) {
			return fault.Fault{Kind: fault.Damaged, Where: path, What: "damaged record", Found: fmt.Sprintf("the file name %q", name), Expected: "a path below the directory of the study"}.Err()
		}
		whole := filepath.Join(path, local)
		if err := atomicfile.MkdirAll(filepath.Dir(whole), 0o755); err != nil {
			return errors.Wrap(err, "study directory")
		}
		return atomicfile.WriteBytes(whole, 0o644, content)
	})
}

// configurations are the files of the base and of the arms.
func (d *dir) configurations() ([]string, error) {
	var all []string
	for _, pattern := range []string{baseFile, armsDir + "/*.yaml"} {
		names, err := filepath.Glob(filepath.Join(d.path, filepath.FromSlash(pattern)))
		if err != nil {
			return nil, errors.Wrap(err, "study directory")
		}
		all = append(all, names...)
	}
	return all, nil
}

// share copies what workers on other machines need to the record.
func (d *dir) share(ctx context.Context, options Options) error {
	files, ok := d.store.(study.Files)
	if !ok {
		return nil
	}
	names, err := d.configurations()
	if err != nil {
		return err
	}
	shared := map[string][]byte{}
	for _, name := range names {
		content, err := os.ReadFile(name)
		if err != nil {
			return errors.Wrap(err, "study directory")
		}
		relative, err := filepath.Rel(d.path, name)
		if err != nil {
			return errors.Wrap(err, "study directory")
		}
		shared[filepath.ToSlash(relative)] = content
	}
	sums, err := d.dataSums(ctx, options)
	if err != nil {
		return err
	}
	if shared[dataFile], err = json.Marshal(sums); err != nil {
		return errors.Wrap(err, dataFile)
	}
	return files.WriteFiles(ctx, 0, shared, nil)
}

// dataSums are the checksums of the data files of every configuration, by the configuration's file.
func (d *dir) dataSums(ctx context.Context, options Options) (map[string][]string, error) {
	names, err := d.configurations()
	if err != nil {
		return nil, err
	}
	sums := map[string][]string{}
	for _, name := range names {
		cfg, err := experiment.ReadConfig(name, nil, options.Run.Extensions)
		if err != nil {
			return nil, err
		}
		e, err := experiment.New(ctx, *cfg, studyOptions(options.Run).Run...)
		if err != nil {
			return nil, err
		}
		all := []string{}
		for _, f := range e.Files() {
			all = append(all, f.SHA256)
		}
		e.Close()
		sums[filepath.Base(name)] = all
	}
	return sums, nil
}

// checkData rejects data that are not those of the study.
func (d *dir) checkData(ctx context.Context, options Options) error {
	files, ok := d.store.(study.Files)
	if !ok {
		return nil
	}
	var want map[string][]string
	err := files.ReadFiles(ctx, dataFile, func(_ string, content []byte) error { return errors.Wrap(json.Unmarshal(content, &want), dataFile) })
	if err != nil || want == nil {
		return err
	}
	found, err := d.dataSums(ctx, options)
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(found)) {
		if !slices.Equal(found[name], want[name]) {
			return fault.Fault{
				Where: d.path, What: "the data of " + name + " on this machine are not those of the study", Found: "SHA-256 " + strings.Join(found[name], ", "),
				Expected: strings.Join(want[name], ", ") + "; --data or GRUEXP_DATA names the folder with the same files",
			}.Err()
		}
	}
	return nil
}

// kernels is the instruction set that all workers of a study use, so that it does not matter for the bits who carries out which trial; empty
// for a study of one machine.
func (d *dir) kernels(ctx context.Context) (string, error) {
	files, ok := d.store.(study.Files)
	if !ok {
		return "", nil
	}
	own, _ := simd.InUse()
	set, err := files.Kernels(ctx, own)
	if err == nil && !slices.Contains(simd.Names(), set) {
		err = fault.Fault{
			Where: d.path, What: "this machine cannot compute the bits of the study", Found: "the kernels " + strings.Join(simd.Names(), ", "),
			Expected: set + ", which its first worker had; GRUEXP_KERNELS=avx2 or go there, before the study begins, lets every machine take part",
		}.Err()
	}
	return set, err
}
