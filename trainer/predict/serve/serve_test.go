package serve_test

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gruexp/gruexp/trainer/predict"
	"github.com/gruexp/gruexp/trainer/predict/serve"
)

func open(name string) *predict.Predictor {
	p, err := predict.Open("../testdata/" + name + ".safetensors")
	if err != nil {
		log.Fatal(err)
	}
	return p
}

func ask(p *predict.Predictor, method, body string) (status int, text string) {
	w := httptest.NewRecorder()
	serve.Handler(p).ServeHTTP(w, httptest.NewRequest(method, "/", strings.NewReader(body)))
	content, _ := io.ReadAll(w.Body) // of a recorder
	return w.Code, strings.TrimSpace(string(content))
}

// A service that classifies the rows of a request.
func ExampleHandler() {
	service := httptest.NewServer(serve.Handler(open("kinds")))
	defer service.Close()
	rows := `[{"when": "2024-03-01 06:00:00", "x": -0.5, "station": "north"}, {"when": "2024-03-01 09:00:00", "x": 1.2, "station": "south"}]`
	answer, err := http.Post(service.URL, "application/json", strings.NewReader(rows))
	if err != nil {
		log.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(answer.StatusCode, strings.HasPrefix(string(text), `{"class":"`))
	// Output: 200 true
}

func TestHandler(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		model, method, body string
		status              int
		says                string
	}{
		{"load", "POST", `[{"x": 1}, {"x": 2}, {"x": null}, {"x": 4}]`, 200, `{"values":[{"target":"x","value":`},
		{"load", "POST", `[{"x": 1}]`, 422, "too few rows"},
		{"load", "POST", `[{"y": 1}]`, 422, `expected a column "x"`},
		{"load", "POST", `"text"`, 422, "the model reads numbers"},
		{"load", "POST", `[{"x": 1]`, 400, "request: found invalid character"},
		{"load", "POST", ``, 400, "request: found EOF"},
		{"load", "POST", `{"x": 1}`, 400, "request: found json: cannot unmarshal object"},
		{"load", "POST", `"` + strings.Repeat("x", serve.MostBytes) + `"`, 400, "too large"},
		{"load", "GET", "", 405, "expected POST"},
		{"verse", "POST", `"row, "`, 200, `{"class":"`},
	} {
		if status, text := ask(open(test.model), test.method, test.body); status != test.status || !strings.Contains(text, test.says) {
			t.Errorf("%s %s %.40s: found %d %.200s, expected %d and %q", test.model, test.method, test.body, status, text, test.status, test.says)
		}
	}
}
