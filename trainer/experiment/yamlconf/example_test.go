package yamlconf_test

import (
	"fmt"

	"github.com/gruexp/gruexp/trainer/experiment/yamlconf"
)

func Example() {
	type experiment struct {
		Seed   int `yaml:"seed"`
		Solver struct {
			Name         string  `yaml:"name"`
			LearningRate float64 `yaml:"learning_rate"`
		} `yaml:"solver"`
	}
	doc, err := yamlconf.Parse("exp.yaml", []byte("seed: 0.5\nsolver:\n  learning_rat: 0.01\n"))
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := doc.Set("solver.name=7"); err != nil {
		fmt.Println(err)
		return
	}
	var e experiment
	for _, p := range doc.Decode(&e) {
		fmt.Println(p.Error())
	}

	e.Solver.LearningRate = 0.001
	text, err := yamlconf.Marshal(e)
	fmt.Printf("%s%v\n", text, err)
	// Output:
	// exp.yaml:1: wrong value of seed (found the number 0.5, expected a whole number)
	// exp.yaml:3: unknown key in solver (found "learning_rat"; did you mean "learning_rate"? expected one of name, learning_rate)
	// --set solver.name: wrong value (found the number 7, expected a string (in quotes))
	// seed: 0
	// solver:
	//   name: ""
	//   learning_rate: 0.001
	// <nil>
}
