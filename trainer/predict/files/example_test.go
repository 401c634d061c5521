package files_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/gruexp/gruexp/trainer/predict"
	"github.com/gruexp/gruexp/trainer/predict/files"
)

// A table with the columns of the training becomes a table of classes with their probabilities.
func Example() {
	folder, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(folder)
	path := filepath.Join(folder, "new.csv")
	table := "id,when,x,station\n" +
		"first,2024-03-01 06:00,-0.5,north\nfirst,2024-03-01 07:00,,north\nfirst,2024-03-01 08:00,0.4,south\nfirst,2024-03-01 09:00,1.2,south\n" +
		"second,2024-03-01 06:00,2.5,north\nsecond,2024-03-01 07:00,1.5,north\nsecond,2024-03-01 08:00,0.1,north\nsecond,2024-03-01 09:00,-1,north\n"
	if err := os.WriteFile(path, []byte(table), 0o600); err != nil {
		log.Fatal(err)
	}

	p, err := predict.Open("../testdata/kinds.safetensors")
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	in, err := files.Read(ctx, p, path, "")
	if err != nil {
		log.Fatal(err)
	}
	found, err := p.PredictPrepared(ctx, in.Sequences)
	if err != nil {
		log.Fatal(err)
	}
	out, err := files.NewOutput(p, in, found, false)
	if err != nil {
		log.Fatal(err)
	}
	var written bytes.Buffer
	if err := files.Write(&written, out, files.CSV); err != nil {
		log.Fatal(err)
	}
	rows, err := csv.NewReader(&written).ReadAll()
	if err != nil {
		log.Fatal(err)
	}
	for _, row := range rows {
		fmt.Println(row[0], row[1], row[2][:3]) // of a name or a number its beginning
	}
	// Output:
	// sequence class pro
	// first up 0.7
	// second down 0.6
}
