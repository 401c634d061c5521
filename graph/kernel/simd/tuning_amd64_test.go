//go:build !purego

package simd

import "testing"

func TestFamilyAndModel(t *testing.T) {
	for _, x := range []struct {
		signature     uint32
		family, model int
	}{
		{0x000c06f2, 6, 207}, // Emerald Rapids
		{0x00050657, 6, 85},  // Cascade Lake
		{0x00a10f11, 25, 17}, // Zen 4
		{0x00000f4a, 15, 4},
		{0x00000543, 5, 4},
	} {
		if family, model := familyAndModel(x.signature); family != x.family || model != x.model {
			t.Errorf("%#x: found family %d, model %d, expected %d, %d", x.signature, family, model, x.family, x.model)
		}
	}
	if found := letters(0x756e6547); found != "Genu" {
		t.Errorf("found %q", found)
	}
	if len(ThisProcessor().Vendor) != 12 {
		t.Errorf("found the vendor %q, expected 12 letters", ThisProcessor().Vendor)
	}
}
