//go:build unix

package main_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"

	_ "modernc.org/sqlite"
)

// For any content of the record of a study, verbs say what is wrong with it in one line, and a page with such a study shows the others too.
func TestDamagedRecords(t *testing.T) {
	notShort(t)
	t.Parallel()
	folder := t.TempDir()
	file := studyFile(t, strings.Replace(tuneSwings, "trials: 5", "trials: 2", 1))
	whole := filepath.Join(folder, "whole")
	mustRun(t, "tune", file, "--out", whole)
	damages := map[string]string{
		"gone":     "DELETE FROM trials",
		"outside":  "UPDATE trials SET name = '../../../x' WHERE id = (SELECT min(id) FROM trials)",
		"settings": "UPDATE trials SET settings = '{'",
		"unbegun":  "DELETE FROM study",
		"other":    "UPDATE study SET definition = CAST('no definition' AS BLOB)",
		"version":  "PRAGMA user_version = 99",
		"no table": "DROP TABLE trials",
	}
	for name, damage := range damages {
		out := filepath.Join(folder, name)
		if err := os.CopyFS(out, os.DirFS(whole)); err != nil {
			t.Fatal(err)
		}
		db, err := sql.Open("sqlite", filepath.Join(out, "study.db"))
		if err != nil {
			t.Fatal(err)
		}
		for _, statement := range []string{"PRAGMA foreign_keys = OFF", damage} {
			if _, err := db.ExecContext(t.Context(), statement); err != nil {
				t.Fatal(name, err)
			}
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		if o := gruexp(t, "report", out, "--output", filepath.Join(t.TempDir(), "r.html")); o.code == 1 || len(o.errorLines()) > 1 {
			t.Errorf("%s: report: found %+v", name, o)
		}
		if o := gruexp(t, "worker", out); o.code == 1 || o.code == 2 && len(o.errorLines()) != 1 {
			t.Errorf("%s: worker: found %+v", name, o)
		}
		if o := gruexp(t, "tune", file, "--out", out); o.code == 1 || o.code == 2 && len(o.errorLines()) != 1 {
			t.Errorf("%s: tune: found %+v", name, o)
		}
	}
	mustRun(t, "list", "runs", folder)
	page := watch(t, folder).get(t, "/")
	for name := range damages {
		if !strings.Contains(page, name) {
			t.Errorf("found no %s on the page", name)
		}
	}
	if !strings.Contains(page, "whole") {
		t.Error("found no whole study on the page")
	}
}

// A full standard output is a failure of help too.
func TestHelpThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip(err)
	}
	defer full.Close()
	c := command(t, "train", "--help")
	c.Stdout = full
	finish(t, c).mustFail(t, 1, "gruexp: train: …no space left on device")
}

// A log that is a link is not followed: the run says so and comes to its end, and what the link points to stays as it is.
func TestLinkedLog(t *testing.T) {
	t.Parallel()
	file := experiment(t, classifySwings)
	out := filepath.Join(t.TempDir(), "run")
	mustRun(t, "train", file, "--out", out, "--set", "trainer.max_epochs=1")
	for _, name := range []string{"result.json", "train.log"} {
		if err := os.Remove(filepath.Join(out, name)); err != nil {
			t.Fatal(err)
		}
	}
	target := write(t, filepath.Join(t.TempDir(), "target"), "kept")
	if err := os.Symlink(target, filepath.Join(out, "train.log")); err != nil {
		t.Skip(err)
	}
	if o := mustRun(t, "resume", out); !strings.Contains(o.stderr, "train.log: the log ends here: ") {
		t.Errorf("found %q, expected that the log is not written", o.stderr)
	}
	if read(t, target) != "kept" {
		t.Errorf("found %q where the link points to, expected it untouched", read(t, target))
	}
}
