package spec_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/layers/spec"
)

type oneGate struct{}

func (oneGate) Gates() []string { return []string{"forget"} }

func (oneGate) Step(e spec.Equations, h spec.Value) spec.Value {
	return e.Between(e.Gate("forget", e.Sum(e.Input("forget"), e.Recurrent("forget", h))), e.X(), h)
}

// A zero that was written in place of a default is an error, of layers that are built in and of an added cell: a decoder of
// configurations restores it after defaults were filled in.
func TestWrittenZeros(t *testing.T) {
	t.Parallel()
	configs := map[string]spec.Layer{}
	for _, kind := range spec.LayerKinds() {
		var l spec.LayerConfig
		field := fieldOf(reflect.ValueOf(&l).Elem(), kind)
		field.Set(reflect.New(field.Type().Elem()))
		if kind == "residual" {
			continue // it has layers alone
		}
		configs[kind], _, _ = l.WithDefaults().Selected()
	}
	added, ok := spec.Kinds{Cells: map[string]spec.Cell{"own": oneGate{}}}.Layer("own")
	if !ok {
		t.Fatal("found no cell, expected the added one")
	}
	configs["own"] = added.Custom.Options
	looked := 0
	for kind, config := range configs {
		full := reflect.ValueOf(config)
		for i := range full.NumField() {
			key, _, _ := strings.Cut(full.Type().Field(i).Tag.Get("yaml"), ",")
			if key == "-" || full.Field(i).IsZero() || !slices.Contains([]reflect.Kind{reflect.Int, reflect.String, reflect.Float64}, full.Field(i).Kind()) {
				continue
			}
			looked++
			zeroed := reflect.New(full.Type()).Elem()
			zeroed.Set(full)
			zeroed.Field(i).SetZero()
			faults := zeroed.Interface().(spec.Layer).Validate()
			if !slices.ContainsFunc(faults, func(f fault.Fault) bool { return f.Path == key }) {
				t.Errorf("%s: found faults %v of a written zero, expected one of %s", kind, faults, key)
			}
		}
	}
	if looked < 50 {
		t.Errorf("found %d options with a default, expected those of all layers", looked)
	}
}

func fieldOf(v reflect.Value, key string) reflect.Value {
	for i := range v.NumField() {
		if tag, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("yaml"), ","); tag == key {
			return v.Field(i)
		}
	}
	return reflect.Value{}
}
