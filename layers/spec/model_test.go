package spec

import (
	"reflect"
	"strings"
	"testing"
)

func TestEveryFieldOfLayerConfigIsAKind(t *testing.T) {
	var l LayerConfig
	kinds, fields := l.kinds(), reflect.TypeFor[LayerConfig]()
	if len(kinds) != fields.NumField()-1 { // Custom is for all others
		t.Fatalf("found %d kinds, expected one for each of %d fields", len(kinds), fields.NumField()-1)
	}
	for i, k := range kinds {
		if tag, _, _ := strings.Cut(fields.Field(i).Tag.Get("yaml"), ","); k.name != tag {
			t.Errorf("kind %d: found %s, expected %s", i, k.name, tag)
		}
	}
	all := reflect.ValueOf(&l).Elem()
	for i := range kinds {
		l = LayerConfig{}
		all.Field(i).Set(reflect.New(fields.Field(i).Type.Elem()))
		given := all.Field(i).Pointer()
		_, name, faults := l.Selected()
		if name != kinds[i].name || faults != nil {
			t.Errorf("%s: found kind %q and faults %v", kinds[i].name, name, faults)
		}
		if l.WithDefaults(); all.Field(i).Pointer() != given {
			t.Errorf("%s: WithDefaults changed its receiver", name)
		}
		if l = l.WithDefaults(); all.Field(i).IsNil() || all.Field(i).Pointer() == given {
			t.Errorf("%s: WithDefaults made no copy", name)
		}
	}
}
