package experiment

import (
	"slices"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/layers"
	"github.com/gruexp/gruexp/trainer/experiment/yamlconf"
)

// ReadModelConfig reads a configuration of which only the model and its precision are wanted, for weights that come from
// elsewhere. The sizes of input and output must be in it. An error is as that of [ReadConfig].
func ReadModelConfig(source string, extensions *Extensions) (*Config, error) {
	return read(source, nil, extensions, func(c Config) fault.List {
		faults := slices.DeleteFunc(c.Validate(), func(f fault.Fault) bool { return f.Path != "name" && f.Path != "precision" })
		misfits := c.Model.Validate()
		if len(misfits) == 0 {
			_, misfits = layers.PredictionHead(c.Model)
		}
		faults.Under("model", misfits)
		return faults
	})
}

// MarshalModel writes what [ReadModelConfig] wants, with every default.
func MarshalModel(c *Config) ([]byte, error) {
	return yamlconf.Marshal(struct {
		Name      string             `yaml:"name"`
		Precision string             `yaml:"precision"`
		Model     layers.ModelConfig `yaml:"model"`
	}{c.Name, c.Precision, c.Model})
}
