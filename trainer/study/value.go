package study

import (
	"encoding/json"
	"math"
)

// Value is a number that may be unknown, which is NaN, and null in JSON.
type Value float64

const unknown = "null"

var _ json.Marshaler = Value(0)

// nan is the unknown value.
var nan = Unknown()

// Unknown is the value that is not known.
func Unknown() Value { return Value(math.NaN()) }

// Known says whether there is a number.
func (v Value) Known() bool { return !math.IsNaN(float64(v)) && !math.IsInf(float64(v), 0) }

// MarshalJSON writes null for what JSON has no number for.
func (v Value) MarshalJSON() ([]byte, error) {
	if !v.Known() {
		return []byte(unknown), nil
	}
	return json.Marshal(float64(v))
}

// UnmarshalJSON reads what MarshalJSON writes.
func (v *Value) UnmarshalJSON(text []byte) error {
	if string(text) == unknown {
		*v = nan
		return nil
	}
	return json.Unmarshal(text, (*float64)(v))
}
