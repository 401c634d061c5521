package table

import (
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/parquet-go/parquet-go"
	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/data"
	"github.com/gruexp/gruexp/trainer/data/internal/calc"
	"github.com/gruexp/gruexp/trainer/data/internal/quote"
)

// parquetBatch is how many rows are read at a time.
const parquetBatch = 256

// parquetRecords is a Parquet file of flat columns: numbers, texts, booleans, dates and time stamps.
type parquetRecords struct {
	path    string
	groups  []parquet.RowGroup
	columns []parquetColumn

	rows   parquet.Rows // of the group that is read
	buffer []parquet.Row
	read   []parquet.Row // of the buffer, those that come next
	row    int
	cells  []data.Cell
}

type parquetColumn struct {
	name string
	cell func(parquet.Value) data.Cell
}

func openParquet(in *tableInput) (r data.Records, err error) {
	file, size, err := in.whole()
	if err != nil {
		return nil, err
	}
	p := &parquetRecords{path: in.path, buffer: make([]parquet.Row, parquetBatch)}
	defer p.catch(&err)
	if err := checkParquetFooter(file, size); err != nil {
		return nil, p.damaged(err.Error())
	}
	f, err := parquet.OpenFile(file, size, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return nil, p.damaged(err.Error())
	}
	for _, column := range f.Root().Columns() {
		c, err := p.column(column)
		if err != nil {
			return nil, err
		}
		p.columns = append(p.columns, c)
	}
	if err := checkParquetPages(file, size, f.Metadata()); err != nil {
		return nil, p.damaged(err.Error())
	}
	p.groups = f.RowGroups()
	p.cells = make([]data.Cell, len(p.columns))
	return p, nil
}

// catch makes an error of a panic: the decoder trusts the file in places.
func (p *parquetRecords) catch(err *error) {
	if cause := recover(); cause != nil {
		*err = p.damaged(fmt.Sprint(cause))
	}
}

func (p *parquetRecords) fault(what, found, expected string) error {
	return errors.WithStack(fault.Fault{Where: p.path, Line: p.row, What: what, Found: found, Expected: expected}.Err())
}

func (p *parquetRecords) damaged(found string) error {
	return p.fault("file", found, "an undamaged Parquet file")
}

func (p *parquetRecords) column(c *parquet.Column) (parquetColumn, error) {
	out := parquetColumn{name: c.Name()}
	if !c.Leaf() || c.Repeated() {
		return out, p.fault("column "+quote.Text(c.Name()), "lists or groups in it", "a value in each row")
	}
	whole := func(f func(parquet.Value) data.Cell) { out.cell = f }
	number := func(f func(parquet.Value) float64) {
		out.cell = func(v parquet.Value) data.Cell { return numeric(f(v)) }
	}
	zone := "" // of time stamps
	logical := c.Type().LogicalType()
	if logical != nil && logical.Timestamp != nil && logical.Timestamp.IsAdjustedToUTC {
		zone = data.Zoned
	}
	clock := func(perSecond float64, f func(parquet.Value) int64) {
		out.cell = func(v parquet.Value) data.Cell {
			return data.Cell{Kind: data.TimeCell, Number: float64(f(v)) / perSecond, Text: zone}
		}
	}
	unsigned := logical != nil && logical.Integer != nil && !logical.Integer.IsSigned
	day := func(v parquet.Value) int64 { return int64(v.Int32()) * 24 * 60 * 60 }
	switch {
	case logical != nil && logical.Timestamp != nil && logical.Timestamp.Unit.Millis != nil:
		clock(1e3, parquet.Value.Int64)
	case logical != nil && logical.Timestamp != nil && logical.Timestamp.Unit.Micros != nil:
		clock(1e6, parquet.Value.Int64)
	case logical != nil && logical.Timestamp != nil && logical.Timestamp.Unit.Nanos != nil:
		clock(1e9, parquet.Value.Int64)
	case logical != nil && logical.Date != nil:
		clock(1, day)
	case logical != nil && logical.Decimal != nil && c.Type().Kind() == parquet.Int32:
		scale := math.Pow10(int(logical.Decimal.Scale))
		number(func(v parquet.Value) float64 { return float64(v.Int32()) / scale })
	case logical != nil && logical.Decimal != nil && c.Type().Kind() == parquet.Int64:
		scale := math.Pow10(int(logical.Decimal.Scale))
		number(func(v parquet.Value) float64 { return float64(v.Int64()) / scale })
	case logical != nil && (logical.Decimal != nil || logical.Float16 != nil || logical.UUID != nil || logical.Bson != nil):
		return out, p.fault("column "+quote.Text(c.Name()), "the type "+c.Type().String(), "numbers, texts, dates or time stamps")
	default:
		switch c.Type().Kind() {
		case parquet.Boolean:
			number(func(v parquet.Value) float64 { return float64(calc.One(v.Boolean())) })
		case parquet.Int32:
			if unsigned {
				whole(func(v parquet.Value) data.Cell { return data.UnsignedCell(uint64(uint32(v.Int32()))) })
			} else {
				whole(func(v parquet.Value) data.Cell { return data.IntegerCell(int64(v.Int32())) })
			}
		case parquet.Int64:
			if unsigned {
				whole(func(v parquet.Value) data.Cell { return data.UnsignedCell(uint64(v.Int64())) })
			} else {
				whole(func(v parquet.Value) data.Cell { return data.IntegerCell(v.Int64()) })
			}
		case parquet.Float:
			number(func(v parquet.Value) float64 { return float64(v.Float()) })
		case parquet.Double:
			number(parquet.Value.Double)
		case parquet.Int96: // the day and its nanoseconds, as Spark and Impala write time stamps
			out.cell = func(v parquet.Value) data.Cell {
				t := v.Int96()
				const julian1970 = 2440588
				nanoseconds := float64(uint64(t[1])<<32 | uint64(t[0]))
				return data.Cell{Kind: data.TimeCell, Number: (float64(t[2])-julian1970)*24*60*60 + nanoseconds/1e9}
			}
		default:
			out.cell = func(v parquet.Value) data.Cell { return data.Cell{Text: strings.TrimSpace(string(v.ByteArray()))} }
		}
	}
	return out, nil
}

func (p *parquetRecords) Header() ([]string, error) {
	var names []string
	for _, c := range p.columns {
		names = append(names, c.name)
	}
	return names, data.CheckHeader(p.path, 0, names)
}

func (p *parquetRecords) Next() (cells []data.Cell, row int, err error) {
	defer p.catch(&err)
	for len(p.read) == 0 {
		if p.rows == nil {
			if len(p.groups) == 0 {
				return nil, 0, io.EOF
			}
			p.rows, p.groups = p.groups[0].Rows(), p.groups[1:]
		}
		n, err := p.rows.ReadRows(p.buffer)
		p.read = p.buffer[:n]
		if err == io.EOF || err == nil && n == 0 {
			err = p.rows.Close()
			p.rows = nil
		}
		if err != nil {
			return nil, 0, p.damaged(err.Error())
		}
	}
	p.row++
	for i := range p.cells {
		p.cells[i] = data.Cell{Kind: data.NullCell}
	}
	for _, value := range p.read[0] {
		i := value.Column()
		if i < 0 || i >= len(p.columns) {
			return nil, 0, p.damaged(fmt.Sprintf("a value of column %d", i))
		}
		if !value.IsNull() {
			p.cells[i] = p.columns[i].cell(value)
		}
	}
	p.read = p.read[1:]
	return p.cells, p.row, nil
}
