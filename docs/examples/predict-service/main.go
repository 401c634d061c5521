// A service that predicts: POST rows as JSON, get the class and its probability.
package main

import (
	"encoding/json"
	"log"
	"net/http"
	"os"

	"github.com/gruexp/gruexp/trainer/predict"
)

// newHandler answers with the predictions of a model file or of the directory of a run.
func newHandler(path string) (http.Handler, error) {
	p, err := predict.Open(path)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var rows predict.Rows
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20)).Decode(&rows); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
		} else if found, err := p.Predict(r.Context(), rows); err != nil {
			http.Error(w, err.Error(), http.StatusUnprocessableEntity)
		} else {
			_ = json.NewEncoder(w).Encode(map[string]any{"class": found[0].Class, "probability": found[0].Probability})
		}
	}), err
}

func main() {
	handler, err := newHandler(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(http.ListenAndServe(os.Args[2], handler))
}
