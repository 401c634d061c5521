package main_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
)

// swings is a table of sequences: pendulums that swing slowly or fast, seen by two sensors that now and then miss a value.
// A sequence has its kind (slow or fast) and its period.
func swings(sequences int, seed uint64) string {
	r := rand.New(rand.NewPCG(seed, 0))
	var b strings.Builder
	b.WriteString("run,second,angle,speed,kind,period\n")
	for s := range sequences {
		kind, period := "slow", 20+4*r.Float64()
		if s%2 == 0 {
			kind, period = "fast", 8+2*r.Float64()
		}
		phase, steps := 2*math.Pi*r.Float64(), 10+r.IntN(6)
		for t := range steps {
			x := 2*math.Pi*float64(t)/period + phase
			angle := fmt.Sprintf("%.3f", math.Sin(x)+0.05*r.NormFloat64())
			if r.IntN(20) == 0 {
				angle = "NA"
			}
			fmt.Fprintf(&b, "r%d,%d,%s,%.3f,%s,%.2f\n", s, t, angle, math.Cos(x)+0.05*r.NormFloat64(), kind, period)
		}
	}
	return b.String()
}

// temperatures is one long series, hour by hour, of a day's rhythm and weather that changes slowly.
func temperatures(hours int) string {
	r := rand.New(rand.NewPCG(5, 0))
	var b strings.Builder
	b.WriteString("time,temperature,pressure\n")
	weather := 0.0
	for h := range hours {
		weather = 0.98*weather + 0.3*r.NormFloat64()
		fmt.Fprintf(&b, "2024-%02d-%02d %02d:00,%.2f,%.1f\n", 1+h/24/28, 1+h/24%28, h%24,
			10+5*math.Sin(2*math.Pi*float64(h)/24)+weather, 1013-4*weather+0.5*r.NormFloat64())
	}
	return b.String()
}

// The experiments below are whole configurations of about ten lines, as a user writes them.
const (
	classifySwings = `task: classify
data:
  table: {path: swings.csv, sequence: run, time: second, inputs: [angle, speed], target: kind}
  batch_size: 16
model:
  layers:
    - gru: {units: 6, dropout: 0.1, recurrent_dropout: 0.1}
    - dense
solver: {name: adam, learning_rate: 0.02}
trainer: {max_epochs: 5}
`
	regressSwings = `task: regress
data:
  table: {train: swings.csv, test: more.csv, sequence: run, time: second, inputs: [angle, speed], target: period}
  missing: {fill: linear, mask: true}
  split: {valid: 0.2}
model:
  layers:
    - gru: {units: 6}
    - dense
solver: {name: rmsprop, learning_rate: 0.01, schedule: {name: step, every: 2, factor: 0.5}}
trainer: {max_epochs: 3, early_stopping: {patience: 2}}
`
	forecastTemperature = `task: forecast
data:
  table: {path: temperatures.csv, time: time}
  forecast: {target: temperature, window: 24, horizon: 6}
  missing: {gap: true}
model:
  layers:
    - gru: {units: 6}
    - dense
solver: {name: adamw, learning_rate: 0.01, clip_norm: 1}
trainer: {max_epochs: 2}
`
	forecastHours = `task: forecast
data:
  table: {path: temperatures.csv, time: time}
  forecast: {target: temperature, window: 24, from: 1, horizon: 6, season: 24}
model: {layers: [gru: {units: 6}, dense]}
loss: quantile
solver: {learning_rate: 0.01}
trainer: {max_epochs: 2}
`
	labelSwings = `task: label
data:
  table: {path: swings.csv, sequence: run, time: second, inputs: [angle, speed], target: kind}
  missing: {fill: linear, mask: true}
model: {layers: [gru: {units: 6, bidirectional: true, return_sequences: true}, dense]}
solver: {learning_rate: 0.01}
trainer: {max_epochs: 2}
`
	nextTemperature = `task: next
data:
  table: {path: temperatures.csv, time: time}
  forecast: {window: 24}
  scale: minmax
model:
  layers:
    - gru: {units: 6, return_sequences: true}
    - dense
solver: {name: momentum, learning_rate: 0.1}
trainer: {max_epochs: 2}
`
)

// experiment writes a configuration and its tables into a new folder.
func experiment(t *testing.T, config string) string {
	t.Helper()
	folder := t.TempDir()
	write(t, filepath.Join(folder, "swings.csv"), swings(80, 1))
	write(t, filepath.Join(folder, "more.csv"), swings(20, 2))
	write(t, filepath.Join(folder, "temperatures.csv"), temperatures(600))
	return write(t, filepath.Join(folder, "mine.yaml"), config)
}
