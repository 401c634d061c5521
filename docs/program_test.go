package docs_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// programFolder is where the program is built to.
var programFolder = sync.OnceValues(func() (string, error) { return os.MkdirTemp("", "gruexp-docs") })

var buildProgram = sync.OnceValues(func() (string, error) {
	folder, err := programFolder()
	if err != nil {
		return "", err
	}
	path := filepath.Join(folder, "gruexp.exe")
	command := exec.Command("go", "build", "-o", path, "../cmd/gruexp")
	command.Stderr = os.Stderr
	return path, command.Run()
})

func TestMain(m *testing.M) {
	code := m.Run()
	if folder, err := programFolder(); err == nil {
		os.RemoveAll(folder)
	}
	os.Exit(code)
}

// gruexp runs the program as a user does.
func gruexp(t *testing.T, args ...string) (stdout, stderr string, ok bool) {
	t.Helper()
	path, err := buildProgram()
	if err != nil {
		t.Fatal(err)
	}
	var out, problems bytes.Buffer
	command := exec.Command(path, args...)
	command.Stdout, command.Stderr = &out, &problems
	err = command.Run()
	return out.String(), problems.String(), err == nil
}
