//go:build slow && unix

package main_test

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// TestKills kills runs of many configurations at random moments, 200 times (or GRUEXP_KILLS times), with SIGKILL. Every run is gone on
// with until it has been killed a few times, then to its end, and must then be the run that was never killed, to the bit and with
// every epoch. The moments are drawn from a fixed seed but fall where the machine happens to be: that is what it is about.
func TestKills(t *testing.T) {
	wanted := 200
	if text := os.Getenv("GRUEXP_KILLS"); text != "" {
		var err error
		if wanted, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	strategies := []struct {
		config string
		sets   []string
	}{
		{classifySwings, nil},
		{classifySwings, []string{"trainer.accumulate=3", "trainer.weight_noise=0.05"}},
		{classifySwings, []string{"solver.average={kind: ema, decay: 0.9}", "trainer.curriculum={epochs: 6}", "trainer.checkpoint_every=3"}},
		{classifySwings, []string{"solver.average={kind: swa, after: 3}", "trainer.metrics=[auc, ece]", "trainer.gradient_norms=true"}},
		{classifySwings, []string{"loss=focal", "loss_options.class_weights=[1, 2]", "trainer.keep_best=4"}},
		{classifySwings, []string{"data.fold={of: 3, number: 2}", "solver={name: asgd, learning_rate: 0.05, average_after: 2, spikes: {policy: skip, threshold: 2}}"}},
		{classifySwings, []string{"solver.lookahead={}", "solver.gradient_noise={}", "trainer.reduce_on_plateau={patience: 2}"}},
		{regressSwings, []string{"loss=quantile", "trainer.early_stopping={patience: 100, baseline: 0.1}"}},
		{nextTemperature, []string{
			"trainer.truncate={steps: 8}", "trainer.accumulate=2", "model.layers.0.gru.stateful=true", "model.layers.0.gru.zoneout=0.1",
		}},
		{forecastTemperature, []string{"loss=huber", "trainer.metrics=[mase]", "solver.schedule={name: cosine, warmup_epochs: 1}"}},
	}
	r := rand.New(rand.NewPCG(20260, 0))
	kills, runs := 0, 0
	for ; kills < wanted; runs++ {
		s := strategies[runs%len(strategies)]
		file := experiment(t, s.config)
		args := []string{"--set", "trainer.max_epochs=15"}
		for _, set := range s.sets {
			args = append(args, "--set", set)
		}
		whole, out := filepath.Join(t.TempDir(), "whole"), filepath.Join(t.TempDir(), "run")
		began := time.Now()
		mustRun(t, append([]string{"train", file, "--out", whole}, args...)...)
		length := time.Since(began)
		next := func() []string {
			threads := strconv.Itoa(1 + r.IntN(2))
			if _, err := os.Stat(filepath.Join(out, "config.yaml")); err == nil {
				return []string{"resume", out, "--threads", threads}
			}
			return append([]string{"train", file, "--out", out, "--threads", threads}, args...)
		}
		for attempt, hit := 0, 0; attempt < 20 && hit < 6 && kills < wanted; attempt++ {
			c := start(t, command(t, next()...))
			time.Sleep(time.Duration(r.Float64() * float64(length) * 0.7))
			if o := c.stop(t, syscall.SIGKILL); o.code == 2 {
				t.Fatalf("%v: found %+v", s.sets, o)
			} else if o.code == -1 {
				hit, kills = hit+1, kills+1
			} else {
				break // it was quicker
			}
		}
		mustRun(t, next()...)
		sameRun(t, out, whole)
		if t.Failed() {
			t.Fatalf("after %d kills: %v", kills, s.sets)
		}
	}
	t.Logf("%d kills of %d runs", kills, runs)
}
