package weights

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

const (
	npyMagic     = "\x93NUMPY"
	maxNPYHeader = 1 << 16
	maxNPYRank   = 32 // NumPy's own limit
)

// npyType is a type of elements in an .npy file.
type npyType struct {
	descr string
	size  int
}

// npyTypes are the types that are read. Each becomes the type of [Tensor] that holds all of its values.
func npyTypes() []npyType {
	return []npyType{{"<f4", 4}, {"<f8", 8}, {"<i8", 8}, {"<i4", 4}, {"<i2", 2}, {"|i1", 1}, {"<u8", 8}, {"<u4", 4}, {"<u2", 2}, {"|u1", 1}, {"|b1", 1}}
}

// npyHeader is the checked header of an .npy file.
type npyHeader struct {
	npyType
	columnMajor bool // NumPy's fortran_order
	shape       []int
	elements    int
}

// parseNPYHeader reads the literal of a Python dictionary that is an .npy header, as
//
//	{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }
//
// and checks that an array of that kind has size bytes.
func parseNPYHeader(text string, size int64) (*npyHeader, error) {
	p := &npyParser{rest: text}
	h := &npyHeader{}
	if err := p.dictionary(h); err != nil {
		return nil, err
	}
	var ok bool
	if h.elements, ok = countElements(h.shape, math.MaxInt/h.size); !ok {
		return nil, damagedNPY("header, shape", fmt.Sprint(h.shape), shapeLimit(h.shape, math.MaxInt/h.size))
	}
	if bytes := int64(h.elements) * int64(h.size); bytes != size {
		return nil, damagedNPY("data", fmt.Sprintf("%d bytes", size), fmt.Sprintf("%d for %s of shape %v", bytes, h.descr, h.shape))
	}
	return h, nil
}

// npyParser parses a header from left to right.
type npyParser struct{ rest string }

func (p *npyParser) refuse(expected string) error {
	return damagedNPY("header", quote(p.rest), expected)
}

// accept consumes a token and spaces before it.
func (p *npyParser) accept(token string) bool {
	rest, ok := strings.CutPrefix(strings.TrimLeft(p.rest, " "), token)
	if ok {
		p.rest = rest
	}
	return ok
}

func (p *npyParser) expect(token string) error {
	if !p.accept(token) {
		return p.refuse(quote(token))
	}
	return nil
}

func (p *npyParser) dictionary(h *npyHeader) error {
	if err := p.expect("{"); err != nil {
		return err
	}
	given := map[string]bool{}
	for !p.accept("}") {
		key, err := p.text()
		if err != nil {
			return err
		}
		if given[key] {
			return damagedNPY("header", "the key "+quote(key)+" twice", "every key once")
		}
		given[key] = true
		if err := p.expect(":"); err != nil {
			return err
		}
		if err := p.value(key, h); err != nil {
			return err
		}
		if !p.accept(",") && !strings.HasPrefix(strings.TrimLeft(p.rest, " "), "}") {
			return p.refuse("a comma or the end of the dictionary")
		}
	}
	if strings.TrimRight(p.rest, " \n") != "" {
		return p.refuse("nothing after the dictionary")
	}
	if len(given) != 3 { // value knows no other
		return damagedNPY("header", fmt.Sprintf("%d keys", len(given)), "descr, fortran_order and shape")
	}
	return nil
}

func (p *npyParser) value(key string, h *npyHeader) (err error) {
	switch key {
	case "descr":
		h.npyType, err = p.elementType()
	case "fortran_order":
		h.columnMajor, err = p.boolean()
	case "shape":
		h.shape, err = p.shape()
	default:
		err = damagedNPY("header", "the key "+quote(key), "descr, fortran_order and shape")
	}
	return err
}

// text reads a string without escapes; none that is known needs any.
func (p *npyParser) text() (string, error) {
	for _, mark := range []string{"'", `"`} {
		if p.accept(mark) {
			text, rest, closed := strings.Cut(p.rest, mark)
			if !closed {
				return "", p.refuse("the end of a string")
			}
			p.rest = rest
			return text, nil
		}
	}
	return "", p.refuse("a string")
}

func (p *npyParser) elementType() (npyType, error) {
	const expected = "one of <f4, <f8, <i8, <i4, <i2, |i1, <u8, <u4, <u2, |u1, |b1"
	if p.accept("[") {
		return npyType{}, damagedNPY("header, descr", "a structured type", expected)
	}
	descr, err := p.text()
	if err != nil {
		return npyType{}, err
	}
	types := npyTypes()
	at := slices.IndexFunc(types, func(t npyType) bool { return t.descr == descr })
	if at < 0 {
		return npyType{}, damagedNPY("header, descr", quote(descr), expected)
	}
	return types[at], nil
}

func (p *npyParser) boolean() (bool, error) {
	switch {
	case p.accept("True"):
		return true, nil
	case p.accept("False"):
		return false, nil
	default:
		return false, p.refuse("True or False")
	}
}

func (p *npyParser) shape() ([]int, error) {
	if err := p.expect("("); err != nil {
		return nil, err
	}
	var shape []int
	for !p.accept(")") {
		p.rest = strings.TrimLeft(p.rest, " ")
		digits := len(p.rest) - len(strings.TrimLeft(p.rest, "0123456789"))
		n, err := strconv.ParseUint(p.rest[:digits], 10, 64)
		if err != nil || n > maxNumber || n > math.MaxInt || len(shape) == maxNPYRank {
			return nil, damagedNPY("header, shape", quote(p.rest), fmt.Sprintf("at most %d whole numbers from 0 to 2^53", maxNPYRank))
		}
		shape = append(shape, int(n))
		p.rest = p.rest[digits:]
		if !p.accept(",") && !strings.HasPrefix(strings.TrimLeft(p.rest, " "), ")") {
			return nil, p.refuse("a comma or the end of the shape")
		}
	}
	return shape, nil
}
