package sets

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/data/internal/input"
	"github.com/gruexp/gruexp/trainer/data/internal/quote"
)

// Limits of a music file: far above every published one, low enough that a damaged file cannot fill the memory.
const (
	maxMusicBytes = 256 << 20 // unpacked
	maxMusicSteps = 1 << 23   // in all parts together
	maxPieces     = 1 << 20   // in all parts together
)

// loadMusic reads a music set from its one file.
func loadMusic(ctx context.Context, _ data.Config, files []string) (*data.Data, error) {
	path := files[0]
	f, err := input.Open(ctx, path, "a file of music, JSON or MATLAB 5")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	pieces, err := readMusic(ctx, path, f)
	if err != nil {
		return nil, err
	}
	if err := f.Finish(); err != nil {
		return nil, err
	}
	datasets := [data.Parts]*music{}
	for p := range data.Parts {
		datasets[p] = newMusic(pieces[p])
	}
	loaded := &data.Data{
		Spec:      datasets[data.TrainPart].spec,
		Split:     data.Split{Train: datasets[data.TrainPart], Test: datasets[data.TestPart]},
		Baselines: func() []data.Baseline { return musicBaselines(pieces[data.TrainPart], pieces[data.TestPart]) },
	}
	if len(pieces[data.ValidPart]) > 0 {
		loaded.Valid = datasets[data.ValidPart]
	}
	return loaded, nil
}

// readMusic reads {"train":[[[midi,...],...],...],"valid":...,"test":...}: in each part a list of pieces, each a list of
// steps, each a list of the sounding MIDI notes; or the same for MATLAB, see [readMat]. The file may be packed by gzip.
func readMusic(ctx context.Context, path string, file io.Reader) (pieces [data.Parts][]piece, err error) {
	r := &musicReader{ctx: ctx, path: path}
	unpacked, err := input.Unpack(path, file)
	if err != nil {
		return pieces, err
	}
	if magic, _ := unpacked.Peek(len(matMagic)); string(magic) == matMagic {
		return readMat(ctx, path, unpacked)
	}
	// One byte more than allowed tells a file that is too large from one that just fits.
	r.limited = &io.LimitedReader{R: unpacked, N: maxMusicBytes + 1}
	r.json = json.NewDecoder(r.limited)
	return r.file()
}

// musicReader walks through the tokens of the file, so that it never holds more than one.
type musicReader struct {
	ctx     context.Context
	path    string
	limited *io.LimitedReader
	json    *json.Decoder

	part        string
	piece, step int // -1 outside
	pieces      int
	steps       int
}

// where names the place of the last token.
func (r *musicReader) where() string {
	var b strings.Builder
	if r.part != "" {
		fmt.Fprintf(&b, "%s ", r.part)
		if r.piece >= 0 {
			fmt.Fprintf(&b, "sequence %d, ", r.piece)
		}
		if r.step >= 0 {
			fmt.Fprintf(&b, "step %d, ", r.step)
		}
	}
	fmt.Fprintf(&b, "byte %d", r.json.InputOffset())
	return b.String()
}

func (r *musicReader) fault(found, expected string, cause error) error {
	return errors.WithStack(fault.Fault{Where: r.path, What: r.where(), Found: found, Expected: expected, Cause: cause}.Err())
}

// token reads the next token; expected describes it for the error.
func (r *musicReader) token(expected string) (json.Token, error) {
	token, err := r.json.Token()
	switch {
	case err == nil:
		return token, nil
	case r.limited.N <= 0:
		return nil, r.fault("more data", fmt.Sprintf("at most %d bytes unpacked", maxMusicBytes), nil)
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return nil, r.fault("the end of the file", expected, err)
	default:
		return nil, r.fault(err.Error(), expected, err)
	}
}

// delimiter reads a token that must be this one of [ ] { }.
func (r *musicReader) delimiter(want json.Delim, expected string) error {
	token, err := r.token(expected)
	if err != nil {
		return err
	}
	if token != want {
		return r.fault(describeToken(token), expected, nil)
	}
	return nil
}

// describeToken says what a token is. A number comes out as it would be written, not as %v's exponent form.
func describeToken(token json.Token) string {
	switch token := token.(type) {
	case json.Delim:
		return token.String()
	case string:
		return quote.Text(token)
	case float64:
		return strconv.FormatFloat(token, 'g', -1, 64)
	case nil:
		return "null"
	default:
		return fmt.Sprint(token)
	}
}

func (r *musicReader) file() (pieces [data.Parts][]piece, err error) {
	r.piece, r.step = -1, -1
	if err := r.delimiter('{', "an object with the parts train, valid and test"); err != nil {
		return pieces, err
	}
	seen := map[string]bool{}
	for r.json.More() {
		r.part = ""
		token, err := r.token("the name of a part")
		if err != nil {
			return pieces, err
		}
		// The decoder lets only strings be keys.
		key := token.(string)
		p, known := partNamed(key)
		if !known || seen[key] {
			return pieces, r.fault("part "+quote.Text(key), "each of train, valid and test once", nil)
		}
		seen[key] = true
		r.part = key
		if pieces[p], err = r.readPart(); err != nil {
			return pieces, err
		}
	}
	r.part = ""
	if err := r.delimiter('}', "the end of the object"); err != nil {
		return pieces, err
	}
	if token, err := r.json.Token(); err != io.EOF {
		if err != nil {
			return pieces, r.fault(err.Error(), "nothing after the object", err)
		}
		return pieces, r.fault(describeToken(token), "nothing after the object", nil)
	}
	for _, p := range []data.Part{data.TrainPart, data.TestPart} {
		if !predictable(pieces[p]) {
			return pieces, r.fault("no sequence of two steps in part "+p.String(), "at least one", nil)
		}
	}
	return pieces, nil
}

func predictable(pieces []piece) bool {
	for _, p := range pieces {
		if len(p) >= 2 {
			return true
		}
	}
	return false
}

func partNamed(name string) (data.Part, bool) {
	for p := range data.Parts {
		if p.String() == name {
			return p, true
		}
	}
	return 0, false
}

func (r *musicReader) readPart() ([]piece, error) {
	if err := r.delimiter('[', "a list of sequences"); err != nil {
		return nil, err
	}
	var pieces []piece
	for r.piece = 0; r.json.More(); r.piece++ {
		if err := r.ctx.Err(); err != nil {
			return nil, errors.WithStack(err)
		}
		if r.pieces++; r.pieces > maxPieces {
			return nil, r.fault("one sequence more", fmt.Sprintf("at most %d", maxPieces), nil)
		}
		p, err := r.readPiece()
		if err != nil {
			return nil, err
		}
		pieces = append(pieces, p)
	}
	r.piece = -1
	return pieces, r.delimiter(']', "the end of the list of sequences")
}

func (r *musicReader) readPiece() (piece, error) {
	if err := r.delimiter('[', "a list of steps"); err != nil {
		return nil, err
	}
	var p piece
	for r.step = 0; r.json.More(); r.step++ {
		if r.steps++; r.steps > maxMusicSteps {
			return nil, r.fault("one step more", fmt.Sprintf("at most %d", maxMusicSteps), nil)
		}
		c, err := r.readChord()
		if err != nil {
			return nil, err
		}
		p = append(p, c)
	}
	r.step = -1
	return p, r.delimiter(']', "the end of the list of steps")
}

func (r *musicReader) readChord() (c chord, err error) {
	if err := r.delimiter('[', "a list of notes"); err != nil {
		return c, err
	}
	const expected = "a whole MIDI note number from 21 to 108"
	for r.json.More() {
		token, err := r.token(expected)
		if err != nil {
			return c, err
		}
		note, isNumber := token.(float64)
		if !isNumber || note < data.LowestNote || note > data.HighestNote || note != float64(int(note)) {
			return c, r.fault(describeToken(token), expected, nil)
		}
		c.add(int(note) - data.LowestNote)
	}
	return c, r.delimiter(']', "the end of the list of notes")
}
