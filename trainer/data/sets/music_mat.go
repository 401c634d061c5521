package sets

import (
	"bytes"
	"compress/zlib"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/data/internal/quote"
)

// matMagic is how a MATLAB 5 file begins.
const matMagic = "MATLAB 5.0 MAT-file"

// Types and classes of the MAT-file format, level 5 (MathWorks, "MAT-File Format").
const (
	matInt8       = 1
	matUint8      = 2
	matInt32      = 5
	matUint32     = 6
	matDouble     = 9
	matMatrix     = 14
	matCompressed = 15

	matCellClass   = 1
	matDoubleClass = 6
	matUint8Class  = 9
)

// readMat reads music as Boulanger-Lewandowski published it for MATLAB: the variables traindata, validdata and testdata
// are rows of cells, each a matrix [steps, 88] of zeros and ones. Nothing else of the format is understood, and
// little-endian files only.
func readMat(ctx context.Context, path string, file io.Reader) (pieces [data.Parts][]piece, err error) {
	r := &matReader{ctx: ctx, path: path, what: "header"}
	header := make([]byte, 128)
	if _, err := io.ReadFull(file, header); err != nil {
		return pieces, r.fault("the end of the file", "128 bytes", err)
	}
	if order := string(header[126:]); order != "IM" {
		return pieces, r.fault(fmt.Sprintf("the byte order %q", order), `"IM", little-endian`, nil)
	}
	var seen [data.Parts]bool
	for number := 1; ; number++ {
		r.what = fmt.Sprintf("variable %d", number)
		var tag [8]byte
		if _, err := io.ReadFull(file, tag[:]); err == io.EOF {
			break
		} else if err != nil {
			return pieces, r.fault("the end of the file", "another variable", err)
		}
		kind, size := binary.LittleEndian.Uint32(tag[:]), binary.LittleEndian.Uint32(tag[4:])
		if kind != matCompressed {
			return pieces, r.fault(fmt.Sprintf("an element of type %d", kind), "a compressed variable", nil)
		}
		packed := io.LimitReader(file, int64(size))
		unpacked, err := zlib.NewReader(packed)
		if err != nil {
			return pieces, r.fault(err.Error(), "data compressed by zlib", err)
		}
		r.in = &io.LimitedReader{R: unpacked, N: maxMusicBytes + 1}
		name, own, err := r.variable()
		if err != nil {
			return pieces, err
		}
		p, known := partNamed(strings.TrimSuffix(name, "data"))
		if !known || seen[p] {
			return pieces, r.fault("the name "+quote.Text(name), "each of traindata, validdata and testdata once", nil)
		}
		seen[p], pieces[p] = true, own
		if _, err := io.Copy(io.Discard, packed); err != nil {
			return pieces, r.fault(err.Error(), "the next variable", err)
		}
	}
	for _, p := range []data.Part{data.TrainPart, data.TestPart} {
		if !predictable(pieces[p]) {
			r.what = "part " + p.String()
			return pieces, r.fault("no sequence of two steps", "at least one", nil)
		}
	}
	return pieces, nil
}

// matReader reads the elements of a variable one after the other.
type matReader struct {
	ctx   context.Context
	path  string
	what  string            // is being read, for errors
	in    *io.LimitedReader // of the variable, unpacked
	steps int
	count int // of pieces
}

func (r *matReader) fault(found, expected string, cause error) error {
	return errors.WithStack(fault.Fault{Where: r.path, What: r.what, Found: found, Expected: expected, Cause: cause}.Err())
}

// read fills b.
func (r *matReader) read(b []byte, expected string) error {
	_, err := io.ReadFull(r.in, b)
	switch {
	case err == nil:
		return nil
	case r.in.N <= 0:
		return r.fault("more data", fmt.Sprintf("at most %d bytes unpacked", maxMusicBytes), nil)
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return r.fault("the end of the variable", expected, err)
	default:
		return r.fault(err.Error(), expected, err)
	}
}

// tag reads the head of an element: its type and, where the four bytes that follow are all of it, those.
func (r *matReader) tag(expected string) (kind uint32, size int64, small []byte, err error) {
	var head [8]byte
	if err := r.read(head[:], expected); err != nil {
		return 0, 0, nil, err
	}
	kind, size = binary.LittleEndian.Uint32(head[:]), int64(binary.LittleEndian.Uint32(head[4:]))
	if n := kind >> 16; n != 0 {
		if n > 4 {
			return 0, 0, nil, r.fault(fmt.Sprintf("a short element of %d bytes", n), "at most 4", nil)
		}
		return kind & 0xffff, int64(n), head[4 : 4+n], nil
	}
	return kind, size, nil, nil
}

// element reads an element, which ends at a multiple of eight bytes.
func (r *matReader) element(expected string) (kind uint32, content []byte, err error) {
	kind, size, small, err := r.tag(expected)
	if err != nil || small != nil {
		return kind, small, err
	}
	if size > r.in.N {
		return 0, nil, r.fault(fmt.Sprintf("an element of %d bytes", size), fmt.Sprintf("at most %d", r.in.N), nil)
	}
	// The buffer grows with what is really there: a damaged size fills no memory.
	var b bytes.Buffer
	if n, err := io.CopyN(&b, r.in, size); err != nil {
		return 0, nil, r.fault(fmt.Sprintf("%d bytes", n), fmt.Sprintf("%s of %d", expected, size), err)
	}
	var padding [8]byte
	return kind, b.Bytes(), r.read(padding[:(8-size%8)%8], "the padding of an element")
}

// matrix reads the head of a matrix: class, dimensions and name.
func (r *matReader) matrix() (class byte, rows, columns int, name string, err error) {
	kind, _, _, err := r.tag("a matrix")
	if err != nil {
		return
	}
	if kind != matMatrix {
		err = r.fault(fmt.Sprintf("an element of type %d", kind), "a matrix", nil)
		return
	}
	kind, flags, err := r.element("the flags of a matrix")
	if err != nil {
		return
	}
	if kind != matUint32 || len(flags) != 8 {
		err = r.fault(fmt.Sprintf("%d bytes of type %d", len(flags), kind), "the flags of a matrix", nil)
		return
	}
	kind, dimensions, err := r.element("the dimensions of a matrix")
	if err != nil {
		return
	}
	if kind != matInt32 || len(dimensions) != 8 {
		err = r.fault(fmt.Sprintf("%d bytes of type %d", len(dimensions), kind), "two dimensions", nil)
		return
	}
	rows = int(int32(binary.LittleEndian.Uint32(dimensions)))
	columns = int(int32(binary.LittleEndian.Uint32(dimensions[4:])))
	kind, text, err := r.element("the name of a matrix")
	if err == nil && kind != matInt8 {
		err = r.fault(fmt.Sprintf("an element of type %d", kind), "the name of a matrix", nil)
	}
	return flags[0], rows, columns, string(text), err
}

// variable reads a row of cells.
func (r *matReader) variable() (name string, pieces []piece, err error) {
	class, rows, columns, name, err := r.matrix()
	if err != nil {
		return name, nil, err
	}
	r.what = "variable " + quote.Text(name)
	if class != matCellClass || rows < 0 || columns < 0 || min(rows, columns) > 1 {
		return name, nil, r.fault(fmt.Sprintf("class %d of %d by %d", class, rows, columns), "a row of cells", nil)
	}
	variable := r.what
	for i := range rows * columns {
		if err := r.ctx.Err(); err != nil {
			return name, nil, errors.WithStack(err)
		}
		r.what = fmt.Sprintf("%s, cell %d", variable, i+1)
		if r.count++; r.count > maxPieces {
			return name, nil, r.fault("one sequence more", fmt.Sprintf("at most %d", maxPieces), nil)
		}
		p, err := r.piece()
		if err != nil {
			return name, nil, err
		}
		pieces = append(pieces, p)
	}
	r.what = variable
	return name, pieces, nil
}

// piece reads a matrix [steps, 88], column by column as MATLAB has it.
func (r *matReader) piece() (piece, error) {
	class, rows, columns, _, err := r.matrix()
	if err != nil {
		return nil, err
	}
	if class != matDoubleClass && class != matUint8Class || rows < 0 || columns != data.PianoKeys {
		return nil, r.fault(fmt.Sprintf("class %d of %d by %d", class, rows, columns), fmt.Sprintf("numbers, steps by %d", data.PianoKeys), nil)
	}
	if r.steps += rows; r.steps > maxMusicSteps {
		return nil, r.fault(fmt.Sprintf("%d steps", r.steps), fmt.Sprintf("at most %d", maxMusicSteps), nil)
	}
	kind, content, err := r.element("the numbers of a matrix")
	if err != nil {
		return nil, err
	}
	width := 1
	if kind == matDouble {
		width = 8
	}
	if kind != matInt8 && kind != matUint8 && kind != matDouble || len(content) != rows*data.PianoKeys*width {
		return nil, r.fault(fmt.Sprintf("%d bytes of type %d", len(content), kind), fmt.Sprintf("%d numbers as bytes or doubles", rows*data.PianoKeys), nil)
	}
	p := make(piece, rows)
	for i := range rows * data.PianoKeys {
		value := float64(content[i*width])
		if kind == matDouble {
			value = math.Float64frombits(binary.LittleEndian.Uint64(content[i*width:]))
		}
		switch value {
		case 0:
		case 1:
			p[i%rows].add(i / rows)
		default:
			return nil, r.fault(fmt.Sprintf("%g in step %d", value, i%rows), "0 or 1", nil)
		}
	}
	return p, nil
}
