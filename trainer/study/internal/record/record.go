// Package record has what the stores of studies share: how values are written to a table and read back.
package record

import (
	"encoding/json"
	"strconv"
	"strings"
)

// Texts are the settings and the seeds of a trial, as they are written to a table.
func Texts(settings map[string]any, seeds []uint64) (settingsText, seedsText string, err error) {
	s, err := json.Marshal(settings)
	if err != nil {
		return "", "", err
	}
	numbers, err := json.Marshal(seeds)
	return string(s), string(numbers), err
}

// Settings reads the settings of a trial. Numbers are float64, but for integers that float64 cannot hold.
func Settings(text string) (map[string]any, error) {
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var settings map[string]any
	if err := decoder.Decode(&settings); err != nil {
		return nil, err
	}
	for name, v := range settings {
		settings[name] = exact(v)
	}
	return settings, nil
}

// exact replaces the numbers in a value that was read from JSON.
func exact(v any) any {
	switch v := v.(type) {
	case json.Number:
		f, _ := v.Float64()
		if i, err := strconv.ParseInt(v.String(), 10, 64); err == nil && (int64(f) != i || f >= 1<<63) {
			return i
		}
		if u, err := strconv.ParseUint(v.String(), 10, 64); err == nil && (f >= 1<<64 || uint64(f) != u) {
			return u
		}
		return f
	case []any:
		for i := range v {
			v[i] = exact(v[i])
		}
		return v
	case map[string]any:
		for name := range v {
			v[name] = exact(v[name])
		}
		return v
	default:
		return v
	}
}
