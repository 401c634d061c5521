package weights_test

import (
	"bytes"
	"fmt"

	"github.com/gruexp/gruexp/graph/weights"
)

func Example() {
	var disk bytes.Buffer
	err := weights.Encode(&disk, []weights.Tensor{
		{Name: "gru0/bias", Shape: []int{3}, Data: []float32{0.5, -1, 2}},
		{Name: "step", Data: []int64{1200}},
	}, map[string]string{"epoch": "4"})
	if err != nil {
		fmt.Println(err)
		return
	}
	file, err := weights.Decode(&disk, int64(disk.Len()))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("epoch", file.Metadata["epoch"])
	for _, t := range file.Tensors {
		fmt.Println(t.Name, t.DType(), t.Shape, t.Data)
	}
	// Output:
	// epoch 4
	// step I64 [] [1200]
	// gru0/bias F32 [3] [0.5 -1 2]
}
