// A service that predicts: POST rows as JSON, get the class and its probability.
package main

import (
	"log"
	"net/http"
	"os"

	"github.com/gruexp/gruexp/trainer/predict"
	"github.com/gruexp/gruexp/trainer/predict/serve"
)

func main() {
	p, err := predict.Open(os.Args[1]) // a model file or the directory of a run
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(http.ListenAndServe(os.Args[2], serve.Handler(p)))
}
