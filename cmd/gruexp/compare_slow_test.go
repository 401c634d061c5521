//go:build slow && linux

package main_test

import (
	"math/rand/v2"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Four studies of 3 arms and 5 seeds, each killed ten times by SIGKILL at random moments: the study's process, all processes of it
// at once, or a single trial, which is named and repeated. Each ends with the very tables of one that was not killed. The moments are
// drawn from a fixed seed but fall where the machine happens to be: that is what it is about.
func TestKilledStudyAtRandom(t *testing.T) {
	text := strings.Replace(manySwings, "max_epochs: 2", "max_epochs: 40", 1)
	file := studyFile(t, text)
	whole := filepath.Join(t.TempDir(), "whole")
	began := time.Now()
	mustRun(t, "compare", file, "--out", whole)
	length := time.Since(began)
	r := rand.New(rand.NewPCG(20261, 0))
	for range 4 {
		out := filepath.Join(t.TempDir(), "killed")
		kinds := map[string]int{}
		for kills := 0; kills < 10; {
			s := startGroup(t, command(t, "compare", file, "--out", out, "--retry"))
			time.Sleep(time.Duration(r.Float64() * float64(length) / 5))
			kind := []string{"study", "group", "trial"}[r.IntN(3)]
			if kind == "trial" {
				id := processOf(filepath.Join(out, "trials", trialUnderWay(out)))
				if id == 0 || syscall.Kill(id, syscall.SIGKILL) != nil {
					kind = "study" // none is under way
				} else {
					kills++
					kinds[kind]++
					kind = "study" // the next kill, when this one is recorded
					for recorded := false; !recorded; {
						line, err := s.lines.ReadString('\n')
						recorded = err != nil || strings.Contains(line, "trial ")
					}
				}
			}
			if s.Process.Signal(syscall.Signal(0)) != nil {
				t.Fatalf("found the end after %d kills, expected time for ten", kills)
			}
			if o := s.stopOrGroup(t, kind == "group"); o.code != -1 {
				t.Fatalf("after %d kills: found %+v, expected that it was killed", kills, o)
			}
			kills++
			kinds[kind]++
		}
		mustRun(t, "compare", file, "--out", out, "--retry")
		mustRun(t, "compare", file, "--out", out, "--retry") // a trial may have failed by a kill of the last round
		sameStudy(t, out, whole)
		t.Logf("kills: %v", kinds)
	}
}

// trialUnderWay is one that has a process.
func trialUnderWay(out string) string {
	for _, arm := range []string{"small", "large", "sgd"} {
		for _, seed := range []string{"1", "2", "3", "4", "5"} {
			if processOf(filepath.Join(out, "trials", arm+"-"+seed)) != 0 {
				return arm + "-" + seed
			}
		}
	}
	return "none"
}
