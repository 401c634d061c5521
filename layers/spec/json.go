package spec

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph/fault"
)

// MarshalJSON writes the model by the keys of a configuration file.
func (c ModelConfig) MarshalJSON() ([]byte, error) { return encode(c) }

// UnmarshalJSON reads what MarshalJSON writes. A model with kinds of layers that are not built in needs [Kinds.DecodeModel].
func (c *ModelConfig) UnmarshalJSON(text []byte) (err error) {
	*c, err = Kinds{}.DecodeModel(text)
	return err
}

// MarshalJSON writes the head by the keys of its fields.
func (h Head) MarshalJSON() ([]byte, error) { return encode(h) }

// UnmarshalJSON reads what MarshalJSON writes. A head with a loss that is not built in needs [Kinds.DecodeHead].
func (h *Head) UnmarshalJSON(text []byte) (err error) {
	*h, err = Kinds{}.DecodeHead(text)
	return err
}

// DecodeModel reads the JSON of a model whose layers are built in or of kinds of k. Keys that do not exist are errors.
func (k Kinds) DecodeModel(text []byte) (ModelConfig, error) {
	var c ModelConfig
	return c, k.decode(text, &c)
}

// DecodeHead reads the JSON of a head whose loss is built in or one of k.
func (k Kinds) DecodeHead(text []byte) (Head, error) {
	var h Head
	if err := k.decode(text, &h); err != nil {
		return h, err
	}
	if _, known := lossRuleOf(h.Loss); !known {
		if h.Custom, known = k.Losses[string(h.Loss)]; !known {
			return h, missingKind("the loss", string(h.Loss))
		}
	}
	return h, nil
}

// The codec below writes structs by their yaml tags, so that one tag is the key in configurations and in model files, of
// options that are not built in, too.

// encode writes a struct as JSON in the order of its fields.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	if err := encodeValue(&b, reflect.ValueOf(v)); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func encodeValue(b *bytes.Buffer, v reflect.Value) error {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			b.WriteString("null")
			return nil
		}
		return encodeValue(b, v.Elem())
	case reflect.Struct:
		return encodeStruct(b, v)
	case reflect.Slice, reflect.Array:
		if v.Kind() == reflect.Slice && v.IsNil() {
			b.WriteString("null")
			return nil
		}
		b.WriteByte('[')
		for i := range v.Len() {
			if i > 0 {
				b.WriteByte(',')
			}
			if err := encodeValue(b, v.Index(i)); err != nil {
				return err
			}
		}
		b.WriteByte(']')
		return nil
	case reflect.Bool, reflect.String, reflect.Map,
		reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Float32, reflect.Float64:
		text, err := json.Marshal(v.Interface())
		b.Write(text)
		return err
	default:
		return errors.Errorf("found a field of type %v, expected numbers, texts, lists and structs", v.Type())
	}
}

func encodeStruct(b *bytes.Buffer, v reflect.Value) error {
	b.WriteByte('{')
	first := true
	member := func(key string, value reflect.Value) error {
		if !first {
			b.WriteByte(',')
		}
		first = false
		b.WriteString(strconv.Quote(key) + ":")
		return encodeValue(b, value)
	}
	for i := range v.NumField() {
		key, omitEmpty := keyOf(v.Type().Field(i))
		if key == "" || omitEmpty && v.Field(i).IsZero() {
			continue
		}
		if err := member(key, v.Field(i)); err != nil {
			return err
		}
	}
	if l, ok := v.Interface().(LayerConfig); ok && l.Custom != nil {
		if err := member(l.Custom.Kind, reflect.ValueOf(l.Custom.Options)); err != nil {
			return err
		}
	}
	b.WriteByte('}')
	return nil
}

// keyOf is the key of a field, empty for a field without one.
func keyOf(f reflect.StructField) (key string, omitEmpty bool) {
	key, options, _ := strings.Cut(f.Tag.Get("yaml"), ",")
	if key == "-" || !f.IsExported() {
		return "", false
	}
	return key, strings.Contains(options, "omitempty")
}

// decode fills the struct that into points to.
func (k Kinds) decode(text []byte, into any) error {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	var tree any
	if err := dec.Decode(&tree); err != nil {
		return errors.WithStack(err)
	}
	if dec.More() {
		return errors.New("found more than one value")
	}
	return k.decodeValue("", tree, reflect.ValueOf(into).Elem())
}

func (k Kinds) decodeValue(path string, from any, v reflect.Value) error {
	mismatch := func(expected string) error {
		found := fmt.Sprintf("%T", from)
		switch from := from.(type) {
		case nil:
			found = "null"
		case map[string]any:
			found = "an object"
		case []any:
			found = "a list"
		case json.Number:
			found = from.String()
		case string:
			found = strconv.Quote(from)
		case bool:
			found = strconv.FormatBool(from)
		}
		return errors.Errorf("%s: found %s, expected %s", orWhole(path), found, expected)
	}
	switch v.Kind() {
	case reflect.Pointer:
		if from == nil {
			v.SetZero()
			return nil
		}
		v.Set(reflect.New(v.Type().Elem()))
		return k.decodeValue(path, from, v.Elem())
	case reflect.Struct:
		members, ok := from.(map[string]any)
		if !ok {
			return mismatch("an object")
		}
		return k.decodeStruct(path, members, v)
	case reflect.Slice:
		if from == nil {
			v.SetZero()
			return nil
		}
		items, ok := from.([]any)
		if !ok {
			return mismatch("a list")
		}
		v.Set(reflect.MakeSlice(v.Type(), len(items), len(items)))
		for i, item := range items {
			if err := k.decodeValue(join(path, strconv.Itoa(i)), item, v.Index(i)); err != nil {
				return err
			}
		}
		return nil
	case reflect.String:
		text, ok := from.(string)
		if !ok {
			return mismatch("a text")
		}
		v.SetString(text)
		return nil
	case reflect.Bool:
		b, ok := from.(bool)
		if !ok {
			return mismatch("true or false")
		}
		v.SetBool(b)
		return nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		n, ok := from.(json.Number)
		if !ok {
			return mismatch("a whole number")
		}
		i, err := n.Int64()
		if err != nil {
			if f, err := n.Float64(); err == nil && f == math.Trunc(f) && math.Abs(f) < 1<<53 {
				i = int64(f)
			} else {
				return mismatch("a whole number")
			}
		}
		if v.OverflowInt(i) {
			return mismatch("a whole number")
		}
		v.SetInt(i)
		return nil
	case reflect.Float32, reflect.Float64:
		n, ok := from.(json.Number)
		if !ok {
			return mismatch("a number")
		}
		f, err := n.Float64()
		if err != nil {
			return mismatch("a number")
		}
		v.SetFloat(f)
		return nil
	case reflect.Map:
		text, err := json.Marshal(from)
		if err != nil {
			return errors.WithStack(err)
		}
		if err := json.Unmarshal(text, v.Addr().Interface()); err != nil {
			return mismatch("an object of " + v.Type().Elem().String())
		}
		return nil
	default:
		return errors.Errorf("%s: found a field of type %v, expected numbers, texts, lists and structs", path, v.Type())
	}
}

func (k Kinds) decodeStruct(path string, members map[string]any, v reflect.Value) error {
	fields := map[string]int{}
	for i := range v.NumField() {
		if key, _ := keyOf(v.Type().Field(i)); key != "" {
			fields[key] = i
		}
	}
	for key, value := range members {
		if i, ok := fields[key]; ok {
			if err := k.decodeValue(join(path, key), value, v.Field(i)); err != nil {
				return err
			}
			continue
		}
		layer, ok := v.Addr().Interface().(*LayerConfig)
		if !ok {
			return errors.Errorf("%s: found the unknown key %q", orWhole(path), key)
		}
		if err := k.decodeCustom(path, key, value, layer); err != nil {
			return err
		}
	}
	return nil
}

// decodeCustom reads the options of a layer of a kind that is not built in.
func (k Kinds) decodeCustom(path, key string, value any, layer *LayerConfig) error {
	options, ok := k.Options(key)
	if !ok {
		return missingKind(orWhole(path)+": the layer", key)
	}
	v := reflect.ValueOf(options)
	if v.Kind() != reflect.Pointer || v.Elem().Kind() != reflect.Struct {
		return errors.Errorf("%s: found options of type %T, expected a pointer to a struct", join(path, key), options)
	}
	if err := k.decodeValue(join(path, key), value, v.Elem()); err != nil {
		return err
	}
	layer.SetCustom(key, options)
	return nil
}

// missingKind is the error of a model with a part that is not built in and that the reader does not have.
func missingKind(what, name string) error {
	return fault.Fault{
		Where: formatName, What: fmt.Sprintf("%s %q is not built in", what, name),
		Expected: "a program that has it: pass the extensions that the model was trained with",
	}
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// orWhole names the place of an error: the path, or the whole text for an empty path.
func orWhole(path string) string {
	if path == "" {
		return "the whole text"
	}
	return path
}
