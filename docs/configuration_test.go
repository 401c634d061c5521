package docs_test

import (
	"flag"
	"os"
	"regexp"
	"slices"
	"testing"
)

var update = flag.Bool("update", false, "write what is generated instead of comparing it")

// TestConfigurationReference generates the tables of configuration.md. Keys, types and meanings come from the source of
// the configurations; defaults and what is allowed are the program's own answers.
func TestConfigurationReference(t *testing.T) {
	r := newReference(t)
	var sections []string
	table := regexp.MustCompile(`(?s)(<!-- keys of (\S+) -->\n).*?(<!-- end -->)`)
	generate(t, "configuration.md", func(text string) string {
		return table.ReplaceAllStringFunc(text, func(block string) string {
			m := table.FindStringSubmatch(block)
			sections = append(sections, m[2])
			return m[1] + r.table(m[2]) + m[3]
		})
	})
	for _, section := range r.sections {
		if !slices.Contains(sections, section.path) {
			t.Errorf("configuration.md: found no table of %s", section.path)
		}
	}
	for path := range meanings() {
		if !r.explained[path] {
			t.Errorf("meanings: found %s, which is no key that needs it", path)
		}
	}
}

// generate compares a document with what f makes of it, or rewrites it.
func generate(t *testing.T, document string, f func(text string) string) {
	t.Helper()
	text, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	fresh := f(string(text))
	switch {
	case fresh == string(text):
	case *update:
		if err := os.WriteFile(document, []byte(fresh), 0o644); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("%s is not what the code says: run go test ./docs -update", document)
	}
}

// meanings are those of keys whose comment is missing or is for programmers.
func meanings() map[string]string {
	return map[string]string{
		"task":                                   "what is predicted; required",
		"description":                            "what the experiment is about",
		"seed":                                   "of all random numbers of the run",
		"precision":                              "of the model's numbers",
		"data":                                   "which data, and how they are read",
		"model":                                  "the layers",
		"solver":                                 "how parameters follow their gradients",
		"trainer":                                "how long, and what is watched",
		"loss":                                   "what is minimized; `auto`: what suits the task",
		"loss_options":                           "what some losses have and others do not: [math.md](math.md#losses)",
		"class_weights":                          "of the loss, by the names of the classes, as `{a: 1, b: 2.5}`; `balanced`: n/(k·count), of the n targets of the training part, k classes and the count of each; a run records the numbers as `loss_options.class_weights`",
		"label_smoothing":                        "ε of the loss `cross_entropy`",
		"data.name":                              "a known set: [data.md](data.md)",
		"data.table":                             "a table of your own",
		"data.forecast":                          "windows of rows",
		"data.missing":                           "missing values",
		"data.scale":                             "how numbers are scaled, fitted on the training part",
		"data.fold.kind":                         "`k_fold`: sequences in an order drawn once, each fold is validation once, all others training; `rolling_origin`: in the order of the file, which must be that of time, what comes before the fold is training",
		"data.split":                             "which rows belong to which part",
		"data.batch_size":                        "sequences in a training step",
		"data.table.path":                        "one file, which is split; without `train` and `test`",
		"data.table.train":                       "the training part; with `test`, without `path`",
		"data.table.test":                        "the test part",
		"data.forecast.target":                   "column to forecast; required with the task `forecast`",
		"data.missing.fill":                      "what stands in for a missing input",
		"data.missing.markers":                   "cells that mean missing, spaces trimmed",
		"data.split.by":                          "what stays together in one part; `time` by default where there is no sequence column",
		"model.input":                            "sizes of the input; they follow from the data",
		"model.layers":                           "one layer after the other; each item has one of the keys below",
		"model.layers.gru":                       "gated recurrent units",
		"model.layers.gru_d":                     "gated recurrent units for values that are missing",
		"model.layers.lstm":                      "long short-term memory",
		"model.layers.rnn":                       "the simple recurrence of Elman; the options of `lstm`",
		"model.layers.mingru":                    "minimal gated recurrent units, whose gates do not depend on the state",
		"model.decoder":                          "writes a sequence of its own, with the task `translate` alone; the layers are its encoder then",
		"model.layers.dense":                     "a fully connected layer; on a sequence the same at every step (TimeDistributed in Keras)",
		"model.layers.embedding":                 "a vector for each token",
		"model.layers.category_embedding":        "a vector for each category of columns of texts, beside other inputs",
		"model.layers.dropout":                   "dropout between layers",
		"model.layers.pool":                      "one vector of a sequence",
		"goal":                                   "what the experiment is measured by; changes nothing about a run",
		"goal.pytorch":                           "what a GRU in PyTorch was measured at: a number, or the least and the greatest of several runs",
		"model.layers.gru.form":                  "the equations: [math.md](math.md#the-recurrence)",
		"model.layers.gru.engine":                "one operation for the whole sequence, or a node for each elementary operation and step; the same numbers up to rounding",
		"model.layers.gru.dropout_mask":          "how often `dropout` and `output_dropout` are drawn: for every step, or once for a sequence",
		"model.layers.gru.kernel_regularizer.l1": "λ₁ of λ₁·Σ abs(w)",
		"model.layers.gru.kernel_regularizer.l2": "λ₂ of λ₂·Σ w²",
		"model.layers.gru.kernel_regularizer.orthogonality":      "λ of λ·Σ ‖WᵀW − 1‖² over the gates",
		"model.layers.gru.kernel_initializer":                    "of the kernel, gate by gate",
		"model.layers.gru.recurrent_initializer":                 "of the recurrent kernel, gate by gate",
		"model.layers.dense.activation":                          "element by element",
		"model.layers.dense.kernel_initializer":                  "of the kernel",
		"model.layers.dense.bias_initializer":                    "of the bias",
		"model.layers.embedding.embeddings_initializer":          "of the vectors",
		"model.layers.category_embedding.embeddings_initializer": "of the vectors",
		"model.layers.attention_pool":                            "one vector of a sequence, by attention",
		"model.layers.attention_pool.kernel_initializer":         "of the kernel and the score vector",
		"model.layers.attention_pool.bias_initializer":           "of the bias",
		"model.layers.conv1d":                                    "a convolution over time",
		"model.layers.conv1d.padding":                            "which steps around that of the output are seen: as many before as after, or only earlier ones",
		"model.layers.conv1d.activation":                         "element by element",
		"model.layers.conv1d.kernel_initializer":                 "of the kernel",
		"model.layers.conv1d.bias_initializer":                   "of the bias",
		"model.layers.batch_norm":                                "every feature normalized over the batch",
		"model.layers.layer_norm":                                "every vector normalized by itself",
		"model.layers.activity_regularization":                   "adds to what is minimized what the size and the changes of the layer in front cost",
		"model.layers.residual":                                  "what its layers make of the input, added to the input",
		"model.layers.pool.kind":                                 "the last step, the mean or the greatest value of each element",
		"solver.name":                                            "the update rule",
		"solver.learning_rate":                                   "η, where the schedule begins",
		"solver.schedule":                                        "how the learning rate changes",
		"solver.schedule.name":                                   "the shape",
		"solver.schedule.warmup_epochs":                          "epochs of linear rise in front; 0: none",
		"solver.penalties.ROLE.l1":                               "λ₁ of the role",
		"solver.penalties.ROLE.l2":                               "λ₂ of the role",
		"trainer.metrics":                                        "measured beside those that the data always have: some of [these](math.md#metrics)",
		"trainer.early_stopping.mode":                            "which way is better; `auto` knows it of the metric",
		"trainer.early_stopping.monitor":                         "the metric that counts, as `valid.loss` or `train.accuracy`",
		"trainer.reduce_on_plateau.monitor":                      "as in `early_stopping`",
		"trainer.reduce_on_plateau.mode":                         "as in `early_stopping`",
		"trainer.reduce_on_plateau.min_delta":                    "as in `early_stopping`",
		"trainer.reduce_on_plateau.min_delta_mode":               "of what `min_delta` is an amount: of the metric, or a share of the size of the best value so far",
		"trainer.reduce_on_plateau.factor":                       "what the learning rate is multiplied by",
	}
}
