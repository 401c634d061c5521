package predict

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/gruexp/gruexp/graph/fault"
)

// stateMagic begins a saved stream. The digit is the version.
const stateMagic = "gruexp stream 1\n"

// Save returns all that a stream carries from row to row. [Stream.Restore] of a stream of the same model continues from it.
func (s *Stream) Save() ([]byte, error) {
	if s.err != nil {
		return nil, s.err
	}
	parts := [][]float64{{float64(s.seen), s.clock}, nil, nil}
	if s.base != 0 { // in two halves, which float64 holds exactly
		parts[0] = append(parts[0], float64(s.base>>32), float64(uint32(s.base)))
	}
	if s.rows != nil {
		parts[1] = s.rows.State()
	}
	if s.stepper != nil {
		var err error
		if parts[2], err = s.stepper.state(); err != nil {
			return nil, err
		}
	}
	parts = append(parts, s.window...)
	state := []byte(stateMagic)
	for _, part := range parts {
		state = binary.LittleEndian.AppendUint32(state, uint32(len(part)))
		for _, v := range part {
			state = binary.LittleEndian.AppendUint64(state, math.Float64bits(v))
		}
	}
	return state, nil
}

// Restore continues from what [Stream.Save] of a stream of the same model returned, which need not be trusted. After an error
// the stream is at the beginning of a sequence.
func (s *Stream) Restore(state []byte) error {
	if s.err != nil {
		return s.err
	}
	s.Reset()
	parts, err := partsOf(state)
	if err == nil {
		err = s.restore(parts)
	}
	if err != nil {
		s.Reset()
		return fault.Fault{
			Kind: fault.Damaged, Where: "stream", What: "the saved state does not fit the model", Found: err.Error(),
			Expected: "what Save of a stream of the same model returned", Cause: err,
		}.Err()
	}
	return nil
}

// partsOf reads lists of numbers.
func partsOf(state []byte) ([][]float64, error) {
	if len(state) < len(stateMagic) || string(state[:len(stateMagic)]) != stateMagic {
		return nil, fmt.Errorf("%d bytes of another kind", len(state))
	}
	var parts [][]float64
	for rest := state[len(stateMagic):]; len(rest) > 0; {
		if len(rest) < 4 {
			return nil, fmt.Errorf("an end within a number")
		}
		n := uint64(binary.LittleEndian.Uint32(rest))
		if rest = rest[4:]; uint64(len(rest)) < 8*n {
			return nil, fmt.Errorf("%d bytes for %d numbers", len(rest), n)
		}
		part := make([]float64, n)
		for i := range part {
			part[i] = math.Float64frombits(binary.LittleEndian.Uint64(rest[8*i:]))
		}
		parts, rest = append(parts, part), rest[8*n:]
	}
	return parts, nil
}

func (s *Stream) restore(parts [][]float64) error {
	if len(parts) < 3 || len(parts[0]) != 2 && len(parts[0]) != 4 {
		return fmt.Errorf("%d parts", len(parts))
	}
	if len(parts[0]) == 4 {
		high, low := parts[0][2], parts[0][3]
		if !(math.Abs(high) <= 1<<31) || !(low >= 0 && low < 1<<32) {
			return fmt.Errorf("the times %v and %v", high, low)
		}
		s.base = int64(high)<<32 + int64(low)
	}
	window := s.predictor.window()
	seen := parts[0][0]
	if !(seen >= 0 && seen <= 1<<53) || len(parts)-3 > window || s.stepper == nil && len(parts)-3 != min(window, int(seen)) {
		return fmt.Errorf("%v rows and a window of %d", seen, len(parts)-3)
	}
	if s.rows != nil {
		if err := s.rows.SetState(parts[1]); err != nil {
			return err
		}
	}
	if s.stepper != nil {
		if err := s.stepper.setState(parts[2]); err != nil {
			return err
		}
	}
	for _, row := range parts[3:] {
		if len(row) != s.predictor.size {
			return fmt.Errorf("a row of %d numbers", len(row))
		}
		s.window = append(s.window, row)
	}
	s.seen, s.clock = int(seen), parts[0][1]
	return nil
}
