package table

import "testing"

func TestCSVCell(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "plain": "plain", "=1+1": "'=1+1", "@x": "'@x", "+x": "'+x", "-x": "'-x", "-1.5": "-1.5", "+3e5": "+3e5", "\tx": "'\tx", "a=b": "a=b",
	} {
		if found := CSVCell(text); found != want {
			t.Errorf("%q: found %q, expected %q", text, found, want)
		}
	}
}
