package spec_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/gruexp/gruexp/layers/spec"
)

// A minGRU says of every option that a GRU has and it has not why that is so.
func TestMinGRUSaysWhatItLacks(t *testing.T) {
	t.Parallel()
	keys := func(config any) map[string]bool {
		all := map[string]bool{}
		for i := range reflect.TypeOf(config).NumField() {
			key, _, _ := strings.Cut(reflect.TypeOf(config).Field(i).Tag.Get("yaml"), ",")
			all[key] = true
		}
		return all
	}
	own := keys(spec.MinGRUConfig{})
	for key := range keys(spec.GRUConfig{}) {
		if reason := (spec.MinGRUConfig{}).Lacks(key); (reason == "") != own[key] {
			t.Errorf("%s: found the reason %q, and that the key exists: %v", key, reason, own[key])
		}
	}
}
