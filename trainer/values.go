package trainer

import (
	"encoding/json"
	"maps"
	"math"
	"slices"
)

// Values are metrics by name. A metric that is undefined, as the area under the curve of a single class, is NaN, and null in JSON.
type Values map[string]float64

// MarshalJSON writes null for numbers that are not finite.
func (v Values) MarshalJSON() ([]byte, error) {
	if v == nil {
		return []byte("null"), nil
	}
	nullable := make(map[string]number, len(v))
	for name, x := range v {
		nullable[name] = number(x)
	}
	return json.Marshal(nullable)
}

// UnmarshalJSON reads null as NaN.
func (v *Values) UnmarshalJSON(text []byte) error {
	var nullable map[string]*float64
	if err := json.Unmarshal(text, &nullable); err != nil {
		return err
	}
	if nullable == nil {
		*v = nil
		return nil
	}
	*v = make(Values, len(nullable))
	for name, x := range nullable {
		(*v)[name] = math.NaN()
		if x != nil {
			(*v)[name] = *x
		}
	}
	return nil
}

// Undefined lists the metrics that have no value, in alphabetical order.
func (v Values) Undefined() []string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(v)) {
		if math.IsNaN(v[name]) {
			names = append(names, name)
		}
	}
	return names
}

// number is a float64 that JSON can always hold: null means a number that is not finite.
type number float64

func (n number) MarshalJSON() ([]byte, error) {
	if !isFinite(float64(n)) {
		return []byte("null"), nil
	}
	return json.Marshal(float64(n))
}

func (n *number) UnmarshalJSON(text []byte) error {
	var v *float64
	if err := json.Unmarshal(text, &v); err != nil {
		return err
	}
	*n = number(math.NaN())
	if v != nil {
		*n = number(*v)
	}
	return nil
}
