package report

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	studydir "github.com/gruexp/gruexp/cmd/gruexp/internal/study"
)

// A record was touched a moment ago, or it was not: a time in the future says nothing of a process that writes now.
func TestTouched(t *testing.T) {
	t.Parallel()
	s := &Study{Path: t.TempDir()}
	record := studydir.RecordFiles(s.Path)[0]
	if err := os.MkdirAll(filepath.Dir(record), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(record, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for age, want := range map[time.Duration]bool{0: true, time.Hour: false, -time.Hour: false} {
		when := time.Now().Add(-age)
		if err := os.Chtimes(record, when, when); err != nil {
			t.Fatal(err)
		}
		if found := s.touched(); found != want {
			t.Errorf("age %v: found %t, expected %t", age, found, want)
		}
	}
}
