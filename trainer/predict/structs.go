package predict

import (
	"fmt"
	"reflect"

	"github.com/gruexp/gruexp/graph/fault"
)

// RowsOf makes rows of structs: a column for each exported field, by the name in its tag `column`, otherwise by the name of the
// field. A field with the tag `column:"-"` is left out. A nil pointer is a missing value.
func RowsOf[T any](values []T) (Rows, error) {
	rows := make(Rows, len(values))
	for i, value := range values {
		row, err := RowOf(value)
		if err != nil {
			return nil, err
		}
		rows[i] = row
	}
	return rows, nil
}

// RowOf is [RowsOf] of one struct, as for [Stream.Step].
func RowOf(value any) (Row, error) {
	v := reflect.ValueOf(value)
	for v.Kind() == reflect.Pointer && !v.IsNil() {
		v = v.Elem()
	}
	if v.Kind() != reflect.Struct {
		return nil, fault.Fault{Where: "row", What: "not a struct", Found: fmt.Sprintf("%T", value), Expected: "a struct with a field for each column, or a Row"}.Err()
	}
	row := Row{}
	for i := range v.NumField() {
		field := v.Type().Field(i)
		name, tagged := field.Tag.Lookup("column")
		if !field.IsExported() || name == "-" {
			continue
		}
		if !tagged {
			name = field.Name
		}
		row[name] = v.Field(i).Interface()
	}
	return row, nil
}
