// Package serve answers requests over HTTP with the predictions of a trained model.
//
//	p, err := predict.Open("model.safetensors")
//	http.ListenAndServe("127.0.0.1:8321", serve.Handler(p))
//
// It is separate from package predict, so that programs without a server stay small.
package serve

import (
	"encoding/json"
	"net/http"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/predict"
)

// MostBytes bounds the body of a request.
const MostBytes = 1 << 20

// Value is a predicted number in the units of the data.
type Value struct {
	Target    string    `json:"target"`
	Value     float64   `json:"value"`
	Quantiles []float64 `json:"quantiles,omitempty"` // in the order of [predict.Predictor.Quantiles]
}

// Answer is the prediction of one sequence. The members that do not belong to the model are left out.
type Answer struct {
	Sequence    string    `json:"sequence,omitempty"` // its name
	Class       string    `json:"class,omitempty"`
	Probability *float64  `json:"probability,omitempty"` // of the class
	Values      []Value   `json:"values,omitempty"`
	Events      []float64 `json:"events,omitempty"` // the probability of each
	Text        string    `json:"text,omitempty"`
	Tokens      []int     `json:"tokens,omitempty"` // of a model whose tokens have no texts
}

// NewAnswer makes an answer of a prediction of p: of a model that predicts at every step, that of the last step.
func NewAnswer(p *predict.Predictor, found predict.Prediction) Answer {
	a := Answer{Sequence: found.Name, Class: found.Class, Events: found.Events, Text: found.Text}
	if p.Kind() == predict.OfClasses {
		a.Probability = &found.Probability
	}
	if found.Text == "" {
		a.Tokens = found.Tokens
	}
	for _, v := range found.Values {
		one := Value{Target: v.Target, Value: v.Value}
		for _, q := range v.Quantiles {
			one.Quantiles = append(one.Quantiles, q.Value)
		}
		a.Values = append(a.Values, one)
	}
	return a
}

// Handler predicts what is posted as JSON: [{"x": 1.5, "station": "north"}, …] are the rows of one sequence, or of several if the
// model has a column that names it; "…" is a text. The answer is an [Answer], or a list of them for rows of several sequences. What
// is not JSON of this form is answered by status 400, what does not fit the model by 422 with a line that says what was found and what
// is expected. The handler may serve several requests at the same time.
func Handler(p *predict.Predictor) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			w.Header().Set("Allow", http.MethodPost)
			http.Error(w, "found "+r.Method+", expected POST", http.StatusMethodNotAllowed)
			return
		}
		var body json.RawMessage
		err := json.NewDecoder(http.MaxBytesReader(w, r.Body, MostBytes)).Decode(&body)
		var sequence predict.Sequence
		if err == nil {
			sequence, err = sequenceOf(body)
		}
		if err != nil {
			http.Error(w, "request: found "+err.Error()+", expected rows as [{\"column\": value}] or a text", http.StatusBadRequest)
			return
		}
		found, err := p.Predict(r.Context(), sequence)
		if err != nil {
			status := http.StatusInternalServerError
			if fault.Of(err) != nil {
				status = http.StatusUnprocessableEntity
			}
			http.Error(w, err.Error(), status)
			return
		}
		answers := make([]Answer, len(found))
		for i, one := range found {
			answers[i] = NewAnswer(p, one)
		}
		w.Header().Set("Content-Type", "application/json")
		if len(answers) == 1 {
			_ = json.NewEncoder(w).Encode(answers[0])
			return
		}
		_ = json.NewEncoder(w).Encode(answers)
	})
}

// sequenceOf reads a text or rows.
func sequenceOf(body json.RawMessage) (predict.Sequence, error) {
	if len(body) > 0 && body[0] == '"' {
		var text string
		err := json.Unmarshal(body, &text)
		return predict.Text(text), err
	}
	var rows predict.Rows
	err := json.Unmarshal(body, &rows)
	return rows, err
}
