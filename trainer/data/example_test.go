package data_test

import (
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/data/sets"
)

func Example() {
	set, err := sets.Load(context.Background(), data.Config{Name: "languages"}, data.Classify, sets.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(len(set.Spec.Classes), "classes; the inputs are tokens:", set.Spec.Vocabulary > 0)

	var batch data.Batch
	random := rand.New(rand.NewPCG(1, 0))
	for _, indices := range data.Batches(data.Lengths(set.Train), 32, random, true) {
		batch.Steps = 0
		if err := set.Train.Fill(&batch, indices); err != nil {
			fmt.Println(err)
			return
		}
		if len(batch.Tokens) != batch.Steps*batch.Size {
			fmt.Println("not time-major")
		}
	}
	// Output: 36 classes; the inputs are tokens: true
}
