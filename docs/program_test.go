package docs_test

import (
	"bytes"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/gruexp/gruexp/cmd/gruexp/app"
)

// programFolder is where the examples are built to.
var programFolder = sync.OnceValues(func() (string, error) { return os.MkdirTemp("", "gruexp-docs") })

// asProgram is a variable of the environment that makes a process of this test be gruexp.
const asProgram = "TEST_IS_GRUEXP"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		app.Main(app.Extensions{})
	}
	code := m.Run()
	if folder, err := programFolder(); err == nil {
		os.RemoveAll(folder)
	}
	os.Exit(code)
}

// gruexp is a call of the program, in this process.
func gruexp(t *testing.T, args ...string) (stdout, stderr string, ok bool) {
	t.Helper()
	var out, problems bytes.Buffer
	code := app.Run(t.Context(), args, strings.NewReader(""), &out, &problems, app.Extensions{})
	return out.String(), problems.String(), code == 0
}
