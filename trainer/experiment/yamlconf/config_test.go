package yamlconf_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/experiment/yamlconf"
)

// config has every kind of field that a configuration may have.
type config struct {
	Task    task              `yaml:"task"`
	Seed    uint64            `yaml:"seed"`
	Data    dataConfig        `yaml:"data"`
	Model   modelConfig       `yaml:"model"`
	Solver  solverConfig      `yaml:"solver"`
	Trainer trainerConfig     `yaml:"trainer"`
	Labels  map[string]string `yaml:"labels"`
	Search  map[string]any    `yaml:"search"`
	Note    string            `yaml:"note,omitempty"`
	Verbose bool              `yaml:"verbose"`
	Small   int8              `yaml:"small"`
	Skipped string            `yaml:"-"`
	hidden  int
}

type task string

type dataConfig struct {
	Name    string         `yaml:"name"`
	Markers []string       `yaml:"markers"`
	Columns *columnsConfig `yaml:"columns"`
}

type columnsConfig struct {
	Inputs []string `yaml:"inputs"`
	Target string   `yaml:"target"`
}

type modelConfig struct {
	Layers []layer `yaml:"layers"`
}

// layer is a choice.
type layer struct {
	GRU   *gruConfig `yaml:"gru"`
	Dense *struct {
		Units int `yaml:"units"`
	} `yaml:"dense"`
	Last *struct{} `yaml:"last"`
}

func (layer) OneOf() {}

type gruConfig struct {
	Units       int `yaml:"units"`
	dropouts    `yaml:",inline"`
	Form        form  `yaml:"form"`
	Directions  []int `yaml:"directions"`
	Regularizer *l2   `yaml:"regularizer"`
}

type dropouts struct {
	Dropout          float64 `yaml:"dropout"`
	RecurrentDropout float32 `yaml:"recurrent_dropout"`
}

type l2 struct {
	Rate float64 `yaml:"rate"`
}

// form reads and writes itself.
type form int

func (f *form) UnmarshalText(text []byte) error {
	i := slices.Index(forms, string(text))
	if i < 0 {
		return errors.New("one of " + strings.Join(forms, ", "))
	}
	*f = form(i)
	return nil
}

func (f *form) MarshalText() ([]byte, error) { return []byte(forms[*f]), nil }

var forms = []string{"reset-after", "reset-before"}

type solverConfig struct {
	Name         string    `yaml:"name"`
	LearningRate float64   `yaml:"learning_rate"`
	ClipNorm     float64   `yaml:"clip_norm"`
	Schedule     *schedule `yaml:"schedule"`
}

type schedule struct {
	Every  int     `yaml:"every"`
	Factor float64 `yaml:"factor"`
}

type trainerConfig struct {
	MaxEpochs     int64       `yaml:"max_epochs"`
	EarlyStopping *stopConfig `yaml:"early_stopping"`
}

type stopConfig struct {
	Monitor  string  `yaml:"monitor"`
	Patience int     `yaml:"patience"`
	MinDelta float64 `yaml:"min_delta"`
}

func defaults() config {
	return config{
		Task: "classify", Seed: 1,
		Data:    dataConfig{Name: "jsb", Markers: []string{"", "NA"}},
		Solver:  solverConfig{Name: "adam", LearningRate: 0.001, ClipNorm: 1},
		Trainer: trainerConfig{MaxEpochs: 100, EarlyStopping: &stopConfig{Monitor: "valid.loss", Patience: 10}},
		Labels:  map[string]string{"a": "first"},
		Skipped: "kept", hidden: 1,
	}
}

// load parses src, applies sets and decodes into the defaults.
func load(t *testing.T, src string, sets ...string) (config, fault.List) {
	t.Helper()
	doc, err := yamlconf.Parse("exp.yaml", []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range sets {
		if err := doc.Set(s); err != nil {
			t.Fatal(err)
		}
	}
	c := defaults()
	return c, doc.Decode(&c)
}

func lines(problems fault.List) string {
	var b strings.Builder
	for _, p := range problems {
		b.WriteString(p.Error() + "\n")
	}
	return b.String()
}
