package sets

import (
	"bytes"
	"compress/zlib"
	"context"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/data/internal/datatest"
)

// matElement encodes an element as MATLAB does: up to four bytes stand in the tag.
func matElement(kind uint32, content []byte) []byte {
	if n := len(content); n > 0 && n <= 4 {
		b := binary.LittleEndian.AppendUint32(nil, uint32(n)<<16|kind)
		return append(append(b, content...), make([]byte, 4-n)...)
	}
	b := binary.LittleEndian.AppendUint32(nil, kind)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(content)))
	b = append(b, content...)
	return append(b, make([]byte, (8-len(content)%8)%8)...)
}

func matArray(class byte, rows, columns int, name string, content []byte) []byte {
	var size []byte
	size = binary.LittleEndian.AppendUint32(size, uint32(rows))
	size = binary.LittleEndian.AppendUint32(size, uint32(columns))
	return matElement(matMatrix, slices.Concat(
		matElement(matUint32, []byte{class, 0, 0, 0, 0, 0, 0, 0}), matElement(matInt32, size), matElement(matInt8, []byte(name)), content))
}

// matPiece is a matrix of these MIDI notes, as bytes or as doubles.
func matPiece(kind uint32, steps ...[]int) []byte {
	on := make([]byte, len(steps)*data.PianoKeys)
	for step, chord := range steps {
		for _, note := range chord {
			on[(note-data.LowestNote)*len(steps)+step] = 1
		}
	}
	if kind == matDouble {
		var b []byte
		for _, v := range on {
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(float64(v)))
		}
		on = b
	}
	return matArray(matDoubleClass, len(steps), data.PianoKeys, "", matElement(kind, on))
}

func matFile(variables ...[]byte) string {
	b := make([]byte, 128)
	copy(b, matMagic)
	copy(b[124:], "\x00\x01IM")
	for _, v := range variables {
		var packed bytes.Buffer
		w := zlib.NewWriter(&packed)
		w.Write(v)
		w.Close()
		b = binary.LittleEndian.AppendUint32(b, matCompressed)
		b = binary.LittleEndian.AppendUint32(b, uint32(packed.Len()))
		b = append(b, packed.Bytes()...)
	}
	return string(b)
}

func matCells(name string, pieces ...[]byte) []byte {
	return matArray(matCellClass, 1, len(pieces), name, slices.Concat(pieces...))
}

// smallMat is smallMusic for MATLAB.
func smallMat() string {
	return matFile(
		matCells("traindata", matPiece(matUint8, []int{21, 108}, nil, []int{60}), matPiece(matUint8, []int{60}), matPiece(matUint8)),
		matCells("validdata"),
		matCells("testdata", matPiece(matDouble, []int{60}, []int{60, 64})),
	)
}

func TestMatIsTheSameMusic(t *testing.T) {
	want, err := parseMusic(t, smallMusic)
	if err != nil {
		t.Fatal(err)
	}
	found, err := parseMusic(t, smallMat())
	if err != nil {
		t.Fatal(err)
	}
	for p := range want {
		if !slices.EqualFunc(want[p], found[p], func(a, b piece) bool { return slices.Equal(a, b) }) {
			t.Errorf("part %s: found %v, expected %v", data.Part(p), found[p], want[p])
		}
	}
}

func TestDamagedMat(t *testing.T) {
	good := smallMat()
	twoSteps := matPiece(matUint8, []int{60}, []int{61})
	for name, c := range map[string]struct {
		text  string
		words []string
	}{
		"header":        {good[:50], []string{"header"}},
		"byte order":    {good[:126] + "MI" + good[128:], []string{"little-endian"}},
		"cut off":       {good[:200], []string{"variable"}},
		"no variables":  {good[:128], []string{"part train", "two steps"}},
		"plain":         {good[:128] + string(matCells("traindata", twoSteps)), []string{"type 14", "compressed"}},
		"other name":    {matFile(matCells("songs", twoSteps)), []string{`"songs"`}},
		"twice":         {matFile(matCells("traindata", twoSteps), matCells("traindata", twoSteps)), []string{`"traindata"`, "once"}},
		"no cells":      {matFile(matArray(matDoubleClass, 1, 1, "traindata", nil)), []string{"class 6", "cells"}},
		"other width":   {matFile(matCells("traindata", matArray(matDoubleClass, 2, 87, "", nil))), []string{`"traindata", cell 1`, "2 by 87"}},
		"missing":       {matFile(matArray(matCellClass, 1, 2, "traindata", twoSteps)), []string{"cell 2", "end of the variable"}},
		"loud":          {matFile(matCells("traindata", matArray(matDoubleClass, 1, data.PianoKeys, "", matElement(matUint8, bytes.Repeat([]byte{2}, data.PianoKeys))))), []string{"found 2 in step 0"}},
		"too few":       {matFile(matCells("traindata", matArray(matDoubleClass, 2, data.PianoKeys, "", matElement(matUint8, make([]byte, data.PianoKeys))))), []string{"88 bytes", "176"}},
		"enormous":      {matFile(matCells("traindata", matArray(matDoubleClass, 1<<30, data.PianoKeys, "", nil))), []string{"steps"}},
		"enormous size": {matFile(binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(matElement(matMatrix, nil)[:8], matUint32), 1<<31)), []string{"2147483648 bytes"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := parseMusic(t, c.text)
			datatest.WantFault(t, err, 0, append(c.words, "m.json")...)
		})
	}
}

// FuzzMat: a variable is unpacked and read twice, with the same pieces in bounded memory.
func FuzzMat(f *testing.F) {
	f.Add(matCells("traindata", matPiece(matUint8, []int{60}, []int{61})))
	f.Add(matCells("traindata", matPiece(matDouble, []int{60}, []int{61, 108}), matPiece(matUint8)))
	if dir := os.Getenv("GRUEXP_DATA"); dir != "" {
		file, err := os.Open(filepath.Join(dir, "musedata", "MuseData.mat"))
		if err != nil {
			f.Fatal(err)
		}
		pieces, err := readMusic(context.Background(), "m.mat", file)
		file.Close()
		if err != nil {
			f.Fatal(err)
		}
		var steps [][]int // the beginning of a published piece
		for _, c := range pieces[data.TrainPart][0][:8] {
			var notes []int
			for note := data.LowestNote; note <= data.HighestNote; note++ {
				if c.has(note - data.LowestNote) {
					notes = append(notes, note)
				}
			}
			steps = append(steps, notes)
		}
		f.Add(matCells("traindata", matPiece(matUint8, steps...)))
	}
	test := matCells("testdata", matPiece(matUint8, []int{60}, []int{60, 64}))
	f.Fuzz(func(t *testing.T, content []byte) {
		read := func() (pieces [data.Parts][]piece, err error) {
			datatest.Bounded(t, func() {
				pieces, err = readMusic(context.Background(), "m.mat", strings.NewReader(matFile(content, test)))
			})
			return pieces, err
		}
		pieces, err := read()
		again, second := read()
		var file fault.Fault
		switch {
		case err != nil && !errors.As(err, &file):
			t.Fatalf("found error %v, expected a fault", err)
		case err != nil && (second == nil || second.Error() != err.Error()):
			t.Fatalf("found error %v, and %v the second time", err, second)
		case err == nil && (second != nil || !reflect.DeepEqual(pieces, again)):
			t.Fatalf("found other pieces the second time (error %v)", second)
		case err == nil && (!predictable(pieces[data.TrainPart]) || !predictable(pieces[data.TestPart])):
			t.Fatal("accepted a file without a predictable sequence")
		}
	})
}
