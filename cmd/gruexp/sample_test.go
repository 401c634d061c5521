package main_test

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// verse is a text of 26 kinds of lines, so that there is something to learn and something to draw.
func verse() string {
	var b strings.Builder
	for i := range 400 {
		b.WriteString(strings.Repeat(string(rune('a'+i*i%26)), 1+i%3) + "b,\n")
	}
	return b.String()
}

// scales is pieces of music in the format of the set jsb: two voices that go up and down.
func scales() string {
	var pieces [][][]int
	for p := range 12 {
		var piece [][]int
		for t := range 20 {
			piece = append(piece, []int{60 + (p+t)%7, 72 - (p*t)%5})
		}
		pieces = append(pieces, piece)
	}
	text, _ := json.Marshal(map[string]any{"train": pieces, "valid": pieces[:2], "test": pieces[2:4]})
	return string(text)
}

// trainWriter trains a model of the next step of a known set on files of our own.
func trainWriter(t *testing.T, experiment, place, content string, sets ...string) (run string) {
	t.Helper()
	folder := t.TempDir()
	if err := os.MkdirAll(filepath.Join(folder, filepath.Dir(place)), 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(folder, place), content)
	run = filepath.Join(folder, "run")
	args := []string{"train", experiment, "--data", folder, "--out", run, "--set", "trainer.max_epochs=3"}
	for _, set := range sets {
		args = append(args, "--set", set)
	}
	mustRun(t, args...)
	return run
}

func trainPoet(t *testing.T, sets ...string) string {
	t.Helper()
	return trainWriter(t, "tinyshakespeare", "tinyshakespeare/input.txt", verse(), append(sets,
		"data.batch_size=8", "trainer.truncate.steps=20", "solver.learning_rate=0.02",
		"model.layers=[embedding: {units: 4}, gru: {units: 8, return_sequences: true, stateful: true}, dense]")...)
}

func trainComposer(t *testing.T) string {
	t.Helper()
	return trainWriter(t, "jsb", "jsb_chorales/jsb_chorales.json", scales(), "model.layers.0.gru.units=8", "solver.learning_rate=0.01")
}

// predictions are the outputs of the verb predict for the one sequence of a line, which the graph makes.
func predictions(t *testing.T, run, line string) [][]float64 {
	t.Helper()
	input := write(t, filepath.Join(t.TempDir(), "in.jsonl"), line+"\n")
	var found struct{ Outputs [][]float64 }
	if err := json.Unmarshal([]byte(read(t, predict(t, run, input, ".jsonl"))), &found); err != nil {
		t.Fatal(err)
	}
	return found.Outputs
}

// alphabetOf is what the model of verse knows: sorted, behind the unknown token.
func alphabetOf() []rune {
	letters := []rune(verse())
	slices.Sort(letters)
	return append([]rune{0}, slices.Compact(letters)...)
}

// The most probable character at each step is that which the graph finds behind all before it.
func TestSampledTextIsWhatTheModelPredicts(t *testing.T) {
	t.Parallel()
	for _, precision := range []string{"float32", "float64"} {
		run := trainPoet(t, "precision="+precision)
		text := strings.TrimSuffix(mustRun(t, "sample", run, "--temperature", "0", "--steps", "40", "--prime", "b,\n").stdout, "\n")
		if !strings.HasPrefix(text, "b,\n") || len(text) != 43 {
			t.Fatalf("found %q, expected 40 characters behind the prime", text)
		}
		line, err := json.Marshal(map[string]string{"text": text})
		if err != nil {
			t.Fatal(err)
		}
		letters := alphabetOf()
		for at, outputs := range predictions(t, run, string(line))[2 : len(text)-1] {
			best := 1
			for k := range outputs {
				if k > 0 && outputs[k] > outputs[best] {
					best = k
				}
			}
			if found := rune(text[at+3]); found != letters[best] {
				t.Errorf("%s: character %d: found %q, expected %q", precision, at+3, found, letters[best])
			}
		}
	}
}

func TestSampledTextFollowsTheSeed(t *testing.T) {
	t.Parallel()
	run := trainPoet(t)
	sample := func(flags ...string) string {
		return mustRun(t, append([]string{"sample", run, "--steps", "60"}, flags...)...).stdout
	}
	first := sample()
	if again := sample("--seed", "1"); again != first || len(first) != 61 {
		t.Errorf("found %q and %q, expected the same 60 characters and a line break", first, again)
	}
	if other := sample("--seed", "2"); other == first {
		t.Errorf("found %q with another seed, too", other)
	}
	if three := sample("--count", "3"); !strings.HasPrefix(three, "==> 1 <==\n"+first+"==> 2 <==\n") || strings.Count(three, "<==") != 3 {
		t.Errorf("found %q, expected three texts, the first of them %q", three, first)
	}
	if greedy := sample("--temperature", "0"); greedy != sample("--top-k", "1") {
		t.Errorf("found another text among the one most probable character, expected %q", greedy)
	}

	folder := t.TempDir()
	prime := write(t, filepath.Join(folder, "begin.txt"), "b,\n")
	o := mustRun(t, "sample", run, "--steps", "60", "--count", "2", "--prime", prime, "--output", filepath.Join(folder, "out.txt"))
	one, two := read(t, filepath.Join(folder, "out-1.txt")), read(t, filepath.Join(folder, "out-2.txt"))
	if one == two || len(one) != 63 || len(two) != 63 || !strings.HasPrefix(two, "b,\n") || strings.Count(o.stdout, ": 60 steps\n") != 2 {
		t.Errorf("found %q, %q and %q, expected two texts of 63 characters", o.stdout, one, two)
	}
}

// midiNote is a note as a reader of MIDI files hears it, in ticks.
type midiNote struct{ key, from, to int }

// readMIDI reads a file as the Standard MIDI Files specification 1.0 has it: a header chunk and one track, in which every
// event follows a time of variable length. Only what we expect to find is known.
func readMIDI(file []byte) (division, tempo int, notes []midiNote, err error) {
	if len(file) < 22 || string(file[:8]) != "MThd\x00\x00\x00\x06" || binary.BigEndian.Uint16(file[8:]) != 0 || binary.BigEndian.Uint16(file[10:]) != 1 {
		return 0, 0, nil, errors.New("expected the header of a file of format 0 with one track")
	}
	division = int(binary.BigEndian.Uint16(file[12:]))
	track := file[22:]
	if string(file[14:18]) != "MTrk" || int(binary.BigEndian.Uint32(file[18:])) != len(track) {
		return 0, 0, nil, errors.New("expected one track to the end of the file")
	}
	next := func() int {
		if len(track) == 0 {
			return -1
		}
		b := track[0]
		track = track[1:]
		return int(b)
	}
	variable := func() (v int) {
		for {
			b := next()
			v = v<<7 | b&0x7f
			if b < 0x80 {
				return v
			}
		}
	}
	now, status := 0, 0
	sounding := map[int]int{} // since when
	for len(track) > 0 {
		now += variable()
		if int(track[0]) >= 0x80 {
			status = next()
		}
		switch status {
		case 0xff:
			kind, length := next(), variable()
			if length > len(track) {
				return 0, 0, nil, errors.New("expected the whole meta event")
			}
			content := track[:length]
			track = track[length:]
			switch {
			case kind == 0x51 && length == 3:
				tempo = int(content[0])<<16 | int(content[1])<<8 | int(content[2])
			case kind == 0x2f && length == 0:
				if len(track) > 0 || len(sounding) > 0 {
					return 0, 0, nil, fmt.Errorf("expected the end, found %d bytes and %d notes behind it", len(track), len(sounding))
				}
				return division, tempo, notes, nil
			default:
				return 0, 0, nil, fmt.Errorf("found the meta event %#x of %d bytes", kind, length)
			}
		case 0x80, 0x90:
			key, velocity := next(), next()
			from, sounds := sounding[key]
			if on := status == 0x90 && velocity > 0; on == sounds || key < 0 || key > 127 || velocity < 0 || velocity > 127 {
				return 0, 0, nil, fmt.Errorf("found note %d at %d with velocity %d, which sounds: %v", key, now, velocity, sounds)
			} else if on {
				sounding[key] = now
			} else {
				notes = append(notes, midiNote{key, from, now})
				delete(sounding, key)
			}
		default:
			return 0, 0, nil, fmt.Errorf("found the status %#x at %d", status, now)
		}
	}
	return 0, 0, nil, errors.New("expected an end of track")
}

// chordsOf gives the notes of each step of a file.
func chordsOf(t *testing.T, path string, microseconds int) [][]int {
	t.Helper()
	division, tempo, notes, err := readMIDI([]byte(read(t, path)))
	if err != nil || division <= 0 || tempo != microseconds {
		t.Fatalf("found %v, %d ticks and %d µs a quarter note, expected %d µs", err, division, tempo, microseconds)
	}
	steps := 0
	for _, n := range notes {
		if n.from%division != 0 || n.to%division != 0 || n.to <= n.from {
			t.Errorf("found %+v, expected a note of whole quarter notes of %d ticks", n, division)
		}
		steps = max(steps, n.to/division)
	}
	chords := make([][]int, steps)
	for _, n := range notes {
		for at := n.from / division; at < n.to/division; at++ {
			chords[at] = append(chords[at], n.key)
		}
	}
	for _, c := range chords {
		slices.Sort(c)
	}
	return chords
}

// The notes of a file of music are the prime, and then those that the graph finds more probable than not.
func TestSampledMusicIsWhatTheModelPredicts(t *testing.T) {
	t.Parallel()
	run := trainComposer(t)
	folder := t.TempDir()
	file := filepath.Join(folder, "piece.mid")
	prime := [][]int{{21, 60, 72}, {60, 72}, {}, {62, 108}}
	text, err := json.Marshal(prime)
	if err != nil {
		t.Fatal(err)
	}
	mustRun(t, "sample", run, "--prime", write(t, filepath.Join(folder, "prime.json"), string(text)), "--steps", "12", "--temperature", "0",
		"--tempo", "100", "--output", file)
	chords := chordsOf(t, file, 600_000)
	if len(chords) > 16 || !reflect.DeepEqual(append([][]int{}, chords[:2]...), prime[:2]) || len(chords[2]) > 0 || !reflect.DeepEqual(chords[3], prime[3]) {
		t.Fatalf("found %v, expected at most 16 steps that begin with %v", chords, prime)
	}
	for len(chords) < 16 { // silence at the end
		chords = append(chords, nil)
	}
	inputs := make([][]float64, 16)
	for at, chord := range chords {
		inputs[at] = make([]float64, 88)
		for _, note := range chord {
			inputs[at][note-21] = 1
		}
	}
	line, err := json.Marshal(map[string]any{"inputs": inputs})
	if err != nil {
		t.Fatal(err)
	}
	some := false
	for at, outputs := range predictions(t, run, string(line))[3:15] {
		for k, logit := range outputs {
			if sounds := slices.Contains(chords[at+4], 21+k); sounds != (logit > 0) {
				t.Errorf("step %d, note %d: found %v of a logit of %v", at+4, 21+k, sounds, logit)
			}
			some = some || logit > 0
		}
	}
	if !some {
		t.Error("found no note at all, expected a model that has learned some")
	}

	mustRun(t, "sample", run, "--prime", string(text), "--steps", "12", "--top-k", "3", "--count", "2", "--output", file)
	for i := range 2 {
		for at, chord := range chordsOf(t, filepath.Join(folder, fmt.Sprintf("piece-%d.mid", i+1)), 500_000) {
			if at >= len(prime) && len(chord) > 3 {
				t.Errorf("step %d: found the notes %v, expected at most 3", at, chord)
			}
		}
	}
}

const nextSwings = `task: next
data:
  table: {path: swings.csv, sequence: run, inputs: [angle, speed]}
  missing: {mask: true, gap: true}
model:
  layers:
    - gru: {units: 6, return_sequences: true}
    - dense
solver: {learning_rate: 0.02}
trainer: {max_epochs: 3}
`

// A row is what the graph predicts behind all rows before it, in the units of the table.
func TestSampledRowsAreWhatTheModelPredicts(t *testing.T) {
	t.Parallel()
	run := filepath.Join(t.TempDir(), "run")
	mustRun(t, "train", experiment(t, nextSwings), "--out", run)
	folder := t.TempDir()
	const head = "run,angle,speed\n"
	primes := []string{"a,0.1,0.9\na,0.2,0.8\na,NA,0.7\na,0.4,0.6\n", "b,-0.5,0.1\n"}
	prime := write(t, filepath.Join(folder, "prime.csv"), head+primes[0]+primes[1])
	output := filepath.Join(folder, "out.csv")
	mustRun(t, "sample", run, "--prime", prime, "--steps", "5", "--output", output)
	rows := strings.SplitAfter(strings.TrimPrefix(read(t, output), head), "\n")
	if len(rows) != 11 {
		t.Fatalf("found %q, expected 5 rows of each sequence behind the head %q", rows, head)
	}
	whole := write(t, filepath.Join(folder, "whole.csv"), head+primes[0]+strings.Join(rows[:5], "")+primes[1]+strings.Join(rows[5:], ""))
	next := map[string][]map[string]string{} // the rows of each sequence
	for _, r := range records(t, whole) {
		next[r["run"]] = append(next[r["run"]], r)
	}
	steps := map[string]int{}
	for _, p := range records(t, predict(t, run, whole, ".csv", "--unscaled")) {
		name := p["sequence"]
		steps[name]++
		first := map[string]int{"a": 4, "b": 1}[name]
		if at := steps[name]; at >= first && at < first+5 {
			for _, column := range []string{"angle", "speed"} {
				// both are near 1 and go through float32 in scaled units
				if found, expected := parse(t, next[name][at][column]), parse(t, p[column]); math.Abs(found-expected) > 1e-5 {
					t.Errorf("sequence %s, row %d: found %s %v, expected %v", name, at, column, found, expected)
				}
			}
		}
	}
	if steps["a"] != 9 || steps["b"] != 6 {
		t.Errorf("found predictions for %v rows", steps)
	}

	gruexp(t, "sample", run, "--output", output).mustFail(t, 2, "gruexp: --prime: rows to begin with (found no --prime, expected --prime FILE that ends in .csv")
	gruexp(t, "sample", run, "--prime", prime, "--count", "2", "--temperature", "0.5", "--output", output).mustFail(t, 2,
		"gruexp: sample: flag without a use (found --count, expected no such flag: the model gives the numbers of the next row themselves",
		"gruexp: sample: flag without a use (found --temperature, expected no such flag")
}

func TestWrongSamples(t *testing.T) {
	t.Parallel()
	poet, composer := trainPoet(t), trainComposer(t)
	folder := t.TempDir()
	for _, c := range []struct {
		run  string
		args []string
		want string
	}{
		{poet, []string{"--prime", "aé"}, `gruexp: --prime: character 2 (found "é", expected one of those that the model was trained on, "\n,`},
		{poet, []string{"--prime", filepath.Join(folder, "none.txt")}, `none.txt: cannot be read (found no such file or directory, expected a file`},
		{poet, []string{"--prime", write(t, filepath.Join(folder, "empty.txt"), "")}, `empty.txt: nothing to begin with (found an empty text`},
		{poet, []string{"--output", "x.mid"}, `gruexp: --output x.mid: unknown kind of file (found ".mid", expected --output FILE that ends in .txt)`},
		{poet, []string{"--tempo", "100"}, `gruexp: sample: flag without a use (found --tempo, expected no such flag: the model writes text, not music)`},
		{poet, []string{"--steps", "0"}, `gruexp: sample: wrong value of --steps (found 0, expected 1 to`},
		{poet, []string{"--count", "0"}, `gruexp: sample: wrong value of --count (found 0, expected 1 to`},
		{poet, []string{"--steps", "1000000", "--count", "1000"}, `gruexp: sample: too many steps (found 1000 sequences of 1000001 steps, expected at most`},
		{poet, []string{"--temperature", "-1"}, `gruexp: sample: wrong value of --temperature (found -1, expected a finite number of 0 or more)`},
		{poet, []string{"--temperature", "NaN"}, `gruexp: sample: wrong value of --temperature (found NaN, expected`},
		{poet, []string{"--temperature", "warm"}, `gruexp: sample: wrong value of --temperature (found "warm", expected a number)`},
		{poet, []string{"--top-k", "-1"}, `gruexp: sample: wrong value of --top-k (found -1, expected 1 or more, or 0 for all)`},
		{composer, nil, `gruexp: sample: missing flag (found no --output, expected --output FILE that ends in .mid or .midi)`},
		{composer, []string{"--output", "x.txt"}, `gruexp: --output x.txt: unknown kind of file (found ".txt", expected`},
		{composer, []string{"--output", "nowhere/x.mid"}, `gruexp: nowhere/x.mid: cannot be written (found …, expected a path where a file can be made)`},
		{composer, []string{"--output", "x.mid", "--prime", "[[60,200]]"}, `gruexp: --prime: step 0 (found note 200, expected chords as [[60,64,67],[]]: …from 21 to 108)`},
		{composer, []string{"--output", "x.mid", "--prime", "[]"}, `gruexp: --prime: music to begin with (found no step, expected chords`},
		{composer, []string{"--output", "x.mid", "--prime", "C E G"}, `gruexp: --prime: music to begin with (found invalid character 'C'…, expected chords`},
		{composer, []string{"--output", "x.mid", "--tempo", "1"}, `gruexp: sample: wrong value of --tempo (found 1, expected 4 to 6000 steps a minute)`},
		{importNumbers(t), []string{"--output", "x.csv"}, `: cannot be sampled (found a model whose outputs are not the next inputs, expected one that 'gruexp train' has made with the task next`},
		{folder, nil, `: is not a run (found no config.yaml, expected`},
	} {
		gruexp(t, append([]string{"sample", c.run}, c.args...)...).mustFail(t, 2, c.want)
	}
	classifier := filepath.Join(folder, "classifier")
	mustRun(t, "train", experiment(t, classifySwings), "--out", classifier, "--set", "trainer.max_epochs=1")
	gruexp(t, "sample", classifier).mustFail(t, 2, "classifier: cannot be sampled (found a model whose outputs are not the next inputs")
}
