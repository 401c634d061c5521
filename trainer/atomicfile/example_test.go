package atomicfile_test

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/gruexp/gruexp/trainer/atomicfile"
)

func Example() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)

	path := filepath.Join(dir, "result.json")
	for epoch := 1; epoch <= 2; epoch++ {
		err := atomicfile.Write(path, 0o644, func(w io.Writer) error {
			_, err := fmt.Fprintf(w, `{"epoch": %d}`, epoch)
			return err
		})
		if err != nil {
			fmt.Println(err)
			return
		}
	}
	content, err := os.ReadFile(path)
	fmt.Printf("%s %v\n", content, err)
	// Output: {"epoch": 2} <nil>
}
