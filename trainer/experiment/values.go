package experiment

import (
	"reflect"
	"strings"

	"github.com/gruexp/gruexp/trainer/experiment/yamlconf"
)

// Value is one of a configuration.
type Value struct {
	Path    string // as --set has it
	Value   string
	Default string // empty: there is none, the value has to be given
	Differs bool   // from the default
}

// Values lists all values of a resolved configuration in its order. The default of a part that was chosen, as a solver, a layer or
// early stopping, is that of the part's own keys; the choice itself differs where it is not the usual one.
func Values(c *Config) ([]Value, error) {
	own, err := flat(*c)
	if err != nil {
		return nil, err
	}
	of := Config{Task: c.Task, Seed: 1}
	chosen := reflect.ValueOf(&of).Elem()
	choose(chosen, reflect.ValueOf(*c))
	like, err := flat(of.WithDefaults())
	if err != nil {
		return nil, err
	}
	usual, err := flat(Config{Seed: 1}.WithDefaults())
	if err != nil {
		return nil, err
	}
	defaults, plain := byPath(like), byPath(usual)
	var values []Value
	for _, v := range own {
		switch {
		case v.Path == "name" || v.Path == "description" || strings.HasPrefix(v.Path, "goal."):
			continue // they change nothing about a run
		case v.Path == "task" || strings.HasPrefix(v.Path, "model.input."):
		case isChoice(v.Path):
			v.Default = plain[v.Path]
		default:
			v.Default = defaults[v.Path]
		}
		v.Differs = v.Value != v.Default && !strings.HasPrefix(v.Path, "model.input.")
		values = append(values, v)
	}
	return values, nil
}

// isChoice tells a key that says which part is meant.
func isChoice(path string) bool {
	return path == "name" || strings.HasSuffix(path, ".name")
}

func byPath(values []Value) map[string]string {
	found := map[string]string{}
	for _, v := range values {
		found[v.Path] = v.Value
	}
	return found
}

// choose makes in an empty value the parts that the other has, without their values.
func choose(empty, other reflect.Value) {
	switch other.Kind() {
	case reflect.Pointer:
		if !other.IsNil() && other.Type().Elem().Kind() == reflect.Struct {
			empty.Set(reflect.New(other.Type().Elem()))
			choose(empty.Elem(), other.Elem())
		}
	case reflect.Slice:
		if !other.IsNil() && other.Type().Elem().Kind() == reflect.Struct {
			empty.Set(reflect.MakeSlice(other.Type(), other.Len(), other.Len()))
			for i := range other.Len() {
				choose(empty.Index(i), other.Index(i))
			}
		}
	case reflect.Struct:
		for i := range other.NumField() {
			field := other.Type().Field(i)
			switch key, _, _ := strings.Cut(field.Tag.Get("yaml"), ","); {
			case !field.IsExported():
			case (key == "name" || key == "kind") && field.Type.Kind() == reflect.String:
				empty.Field(i).Set(other.Field(i))
			default:
				choose(empty.Field(i), other.Field(i))
			}
		}
	}
}

// flat gives the values of a configuration by path, as they are written.
func flat(c Config) ([]Value, error) {
	text, err := yamlconf.Marshal(c)
	if err != nil {
		return nil, err
	}
	document, err := yamlconf.Parse("configuration", text)
	if err != nil {
		return nil, err
	}
	var values []Value
	for path, value := range document.Values() {
		values = append(values, Value{Path: path, Value: value})
	}
	return values, nil
}
