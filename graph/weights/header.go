package weights

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/pkg/errors"
)

// maxNumber is the largest number that every JSON reader keeps exactly.
const maxNumber = 1 << 53

// header is the checked header of a file.
type header struct {
	metadata map[string]string
	tensors  []placement // in the order of their data
}

type placement struct {
	name       string
	dtype      DType
	shape      []int
	elements   int
	begin, end int64 // bytes after the header
}

// parseHeader reads the JSON of a header and checks that its tensors cover dataSize bytes exactly. It reads
// tokens, since encoding/json would keep the last of two equal keys without an error.
func parseHeader(raw []byte, dataSize int64) (*header, error) {
	switch {
	case !utf8.Valid(raw):
		return nil, damaged("header", "bytes that are not UTF-8", "JSON in UTF-8")
	case !bytes.HasPrefix(raw, []byte("{")):
		return nil, damaged("header", quote(string(raw)), "a JSON object")
	}
	if err := json.Unmarshal(raw, new(ignored)); err != nil {
		return nil, damaged("header", "invalid JSON ("+err.Error()+")", "a JSON object")
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	reader := headerReader{dec}

	h := &header{metadata: map[string]string{}}
	err := reader.object("header", func(name string) (err error) {
		if name == metadataKey {
			return reader.object("metadata", func(key string) (err error) {
				h.metadata[key], err = reader.text("metadata " + quote(key))
				return err
			})
		}
		p, err := reader.placement(name)
		h.tensors = append(h.tensors, p)
		return err
	})
	if err != nil {
		return nil, err
	}
	return h, h.checkCoverage(dataSize)
}

func (h *header) checkCoverage(dataSize int64) error {
	slices.SortFunc(h.tensors, func(a, b placement) int {
		return cmp.Or(cmp.Compare(a.begin, b.begin), cmp.Compare(a.end, b.end), strings.Compare(a.name, b.name))
	})
	covered := int64(0)
	for _, p := range h.tensors {
		part := tensorPart(p.name) + ", data_offsets"
		found := fmt.Sprintf("[%d, %d]", p.begin, p.end)
		switch {
		case p.begin != covered:
			return damaged(part, found, fmt.Sprintf("data that begins at %d, without a gap or an overlap", covered))
		case p.end > dataSize:
			return damaged(part, found, fmt.Sprintf("an end within the %d bytes of data", dataSize))
		}
		covered = p.end
	}
	if covered != dataSize {
		return damaged("data", fmt.Sprintf("%d bytes", dataSize), fmt.Sprintf("the %d bytes that the header describes", covered))
	}
	return nil
}

// ignored makes [json.Unmarshal] check a text without a copy of it.
type ignored struct{}

// UnmarshalJSON accepts every value.
func (*ignored) UnmarshalJSON([]byte) error { return nil }

// headerReader reads the tokens of a header that is known to be valid JSON.
type headerReader struct{ dec *json.Decoder }

func (r headerReader) token(part string) (json.Token, error) {
	t, err := r.dec.Token()
	return t, errors.Wrapf(err, "safetensors: %s", part)
}

// open consumes the bracket that begins an object or a list.
func (r headerReader) open(part string, bracket json.Delim, expected string) error {
	t, err := r.token(part)
	if err != nil {
		return err
	}
	if t != bracket {
		return damaged(part, describe(t), expected)
	}
	return nil
}

// object calls member for every key, which then consumes the value.
func (r headerReader) object(part string, member func(key string) error) error {
	if err := r.open(part, '{', "a JSON object"); err != nil {
		return err
	}
	seen := map[string]bool{}
	for r.dec.More() {
		t, err := r.token(part)
		if err != nil {
			return err
		}
		key := t.(string) // no other key is valid JSON
		if seen[key] {
			return damaged(part, "the key "+quote(key)+" twice", "every key once")
		}
		if seen[key] = true; len(seen) > maxKeys {
			return damaged(part, fmt.Sprintf("more than %d keys", maxKeys), "fewer")
		}
		if err := member(key); err != nil {
			return err
		}
	}
	_, err := r.token(part)
	return err
}

func (r headerReader) text(part string) (string, error) {
	t, err := r.token(part)
	if err != nil {
		return "", err
	}
	s, ok := t.(string)
	if !ok {
		return "", damaged(part, describe(t), "a string")
	}
	return s, nil
}

func (r headerReader) numbers(part string) ([]int64, error) {
	if err := r.open(part, '[', "a list of whole numbers"); err != nil {
		return nil, err
	}
	numbers := []int64{}
	for r.dec.More() {
		t, err := r.token(part)
		if err != nil {
			return nil, err
		}
		digits, ok := t.(json.Number)
		n, err := strconv.ParseUint(digits.String(), 10, 64) // rejects a sign, a fraction, an exponent
		if !ok || err != nil || n > maxNumber {
			return nil, damaged(part, describe(t), "whole numbers from 0 to 2^53")
		}
		if numbers = append(numbers, int64(n)); len(numbers) > maxRank {
			return nil, damaged(part, fmt.Sprintf("more than %d numbers", maxRank), "fewer")
		}
	}
	_, err := r.token(part)
	return numbers, err
}

// placement reads what the header says of one tensor and checks that it agrees with itself.
func (r headerReader) placement(name string) (placement, error) {
	part := tensorPart(name)
	p := placement{name: name}
	var dtype string
	var shape, offsets []int64
	given := 0
	err := r.object(part, func(key string) (err error) {
		given++
		switch key {
		case "dtype":
			dtype, err = r.text(part + ", dtype")
		case "shape":
			shape, err = r.numbers(part + ", shape")
		case "data_offsets":
			offsets, err = r.numbers(part + ", data_offsets")
		default:
			err = damaged(part, "the key "+quote(key), "dtype, shape and data_offsets")
		}
		return err
	})
	if err != nil {
		return p, err
	}
	if given != 3 { // none twice, no other
		return p, damaged(part, fmt.Sprintf("%d keys", given), "dtype, shape and data_offsets")
	}

	p.dtype = DType(dtype)
	if p.dtype.Size() == 0 {
		return p, damaged(part+", dtype", quote(dtype), knownDTypes)
	}
	if len(offsets) != 2 || offsets[0] > offsets[1] {
		return p, damaged(part+", data_offsets", describeNumbers(offsets), "a begin and an end not before it")
	}
	p.begin, p.end = offsets[0], offsets[1]

	size := int64(p.dtype.Size())
	largest := min(maxNumber, math.MaxInt) / size
	for _, n := range shape {
		if n > largest {
			return p, damaged(part+", shape", describeNumbers(shape), fmt.Sprintf("at most %d elements", largest))
		}
		p.shape = append(p.shape, int(n))
	}
	count, ok := countElements(p.shape, int(largest))
	if !ok {
		return p, damaged(part+", shape", describeNumbers(shape), shapeLimit(p.shape, int(largest)))
	}
	elements := int64(count)
	if elements*size != p.end-p.begin {
		return p, damaged(part+", data_offsets", fmt.Sprintf("%d bytes", p.end-p.begin),
			fmt.Sprintf("%d for %s of shape %s", elements*size, dtype, describeNumbers(shape)))
	}
	p.elements = int(elements)
	return p, nil
}

func describe(t json.Token) string {
	switch t := t.(type) {
	case string:
		return "the string " + quote(t)
	case json.Number:
		return "the number " + t.String()
	case json.Delim:
		if t == '{' {
			return "an object"
		}
		return "a list"
	case nil:
		return "null"
	default:
		return fmt.Sprint(t)
	}
}

func describeNumbers(numbers []int64) string {
	const most = 16
	if len(numbers) > most {
		return fmt.Sprintf("%v and %d more", numbers[:most], len(numbers)-most)
	}
	return fmt.Sprint(numbers)
}
