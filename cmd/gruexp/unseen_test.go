package main_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The guide to data of one's own shows configurations of ten lines for tables that are here. Each trains and says whether it
// beats its baselines; what the guide prints is what comes out, but for the model's own number: other processors round
// otherwise, and a test part of twelve sequences makes much of it.
func TestTablesOfTheGuide(t *testing.T) {
	t.Parallel()
	guide := read(t, filepath.Join("..", "..", "docs", "own-data.md"))
	blocks := regexp.MustCompile("(?s)```yaml\n(.*?)```\n+```\n(.*?)```").FindAllStringSubmatch(guide, -1)
	found := 0
	for _, block := range blocks {
		config, output := block[1], block[2]
		table := regexp.MustCompile(`path: ([a-z-]+\.csv)`).FindStringSubmatch(config)
		if table == nil {
			continue
		}
		text, err := os.ReadFile(filepath.Join("testdata", "unseen", table[1]))
		if err != nil {
			continue // of a published set
		}
		found++
		if lines := strings.Count(config, "\n"); lines > 10 {
			t.Errorf("found %d lines, expected at most ten:\n%s", lines, config)
		}
		t.Run(fmt.Sprintf("%d %s", found, table[1]), func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			write(t, filepath.Join(folder, table[1]), string(text))
			o := mustRun(t, "train", write(t, filepath.Join(folder, "mine.yaml"), config), "--out", filepath.Join(folder, "run"), "--quiet")
			verdict := regexp.MustCompile(`On the test part the (\w+) (beats|does not beat) the best baseline, ([\w -]+): (\w+) (-?\d+\.\d+) against (-?\d+\.\d+)`)
			said, shown := verdict.FindStringSubmatch(o.stdout), verdict.FindStringSubmatch(output)
			if said == nil || shown == nil {
				t.Fatalf("found no verdict in\n%s\nor in\n%s", o.stdout, output)
			}
			const own = 5 // the group with the model's number
			for i := 1; i < len(said); i++ {
				same := said[i] == shown[i]
				if i == own {
					same = number(t, said[i]) > 0.75*number(t, shown[i]) && number(t, said[i]) < 1.25*number(t, shown[i])
				}
				if !same {
					t.Errorf("found %s, expected %s as in the guide", said[0], shown[0])
				}
			}
		})
	}
	if found != 3 {
		t.Errorf("found %d configurations for the tables in testdata, expected 3", found)
	}
}
