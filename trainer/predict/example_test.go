package predict_test

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"log"
	"time"

	"github.com/gruexp/gruexp/trainer/predict"
)

// A run that classifies sequences: rows have the names of the columns that it was trained on. A row without a number, or
// without a category, is one in which it is missing.
func ExampleOpen() {
	p, err := predict.Open("testdata/kinds.safetensors") // or the directory of a run
	if err != nil {
		log.Fatal(err)
	}
	at := func(hour int) time.Time { return time.Date(2024, 3, 1, hour, 0, 0, 0, time.UTC) }
	found, err := p.Predict(context.Background(), predict.Rows{
		{"when": at(6), "x": -0.5, "station": "north"},
		{"when": at(7), "station": "north"},
		{"when": at(9), "x": 0.4},
		{"when": at(10), "x": 1.2, "station": "south"},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s, with probability %.1f; classes: %v\n", found[0].Class, found[0].Probability, p.Names())
	// Output: up, with probability 0.8; classes: [down up]
}

// Several sequences at once: each has its prediction.
func ExamplePredictor_Predict() {
	p, err := predict.Open("testdata/load.safetensors")
	if err != nil {
		log.Fatal(err)
	}
	found, err := p.Predict(context.Background(),
		predict.Numbers{{1}, {1.1}, {1.2}, {1.3}},
		predict.Columns{"x": []float64{2, 2, 2, 2}},
	)
	if err != nil {
		log.Fatal(err)
	}
	for _, one := range found {
		v := one.Values[0]
		low, high := v.Quantiles[0], v.Quantiles[len(v.Quantiles)-1]
		fmt.Println(v.Target, low.Value < v.Value && v.Value < high.Value, low.Level, high.Level)
	}

	// What does not fit is an error that says what was found and what is expected.
	_, err = p.Predict(context.Background(), predict.Rows{{"y": 1.0}})
	fmt.Println(err)
	_, err = p.Predict(context.Background(), predict.Numbers{{1}, {1}})
	fmt.Println(err)
	// Output:
	// x true 0.1 0.9
	// x true 0.1 0.9
	// sequence 0: missing column (found the columns y, expected a column "x")
	// sequence 0: too few rows for a forecast (found 2, expected at least the 4 rows of the window that the model was trained on)
}

//go:embed testdata/kinds.safetensors
var kinds []byte

// A service that is given one row at a time. The model file is part of the program.
func ExamplePredictor_Stream() {
	p, err := predict.Read(bytes.NewReader(kinds))
	if err != nil {
		log.Fatal(err)
	}
	stream := p.Stream()
	at := time.Date(2024, 3, 1, 6, 0, 0, 0, time.UTC)
	for _, x := range []float64{0, -0.4, -0.9, -1.3, -1.9, -2.4} {
		found, err := stream.Step(predict.Row{"when": at, "x": x, "station": "south"})
		if err != nil {
			log.Fatal(err)
		}
		at = at.Add(time.Hour)
		fmt.Print(found.Class, " ")
	}
	state, err := stream.Save() // Restore of another stream continues
	fmt.Println(len(state) > 0, err)
	// Output: up up down down down down true <nil>
}

// A model of the next character continues a text. At temperature 0 it takes the most probable character; above it, it draws.
func ExamplePredictor_Generate() {
	p, err := predict.Open("testdata/verse.safetensors")
	if err != nil {
		log.Fatal(err)
	}
	found, err := p.Generate(context.Background(), predict.Text("row, "), predict.Generation{Steps: 40, Temperature: new(0.0)})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%q\n", found[0].Text)
	// Output: "row, row your boat\nrow, row, row your boat\nro"
}
