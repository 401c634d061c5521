package table

import (
	"fmt"
	"io"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/parquet-go/parquet-go"
	parquetformat "github.com/parquet-go/parquet-go/format"
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
	count   int // of the rows of all groups

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
	p.groups, p.count = f.RowGroups(), int(f.NumRows())
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
	clock := func(perSecond float64, zone string, f func(parquet.Value) int64) {
		out.cell = func(v parquet.Value) data.Cell {
			n := f(v)
			c := data.Cell{Kind: data.TimeCell, Number: float64(n) / perSecond, Text: zone}
			if perSecond == 1e9 && n%1e3 != 0 {
				c.Nanoseconds = n
			}
			return c
		}
	}
	kind, unsigned := c.Type().Kind(), false
	var logical parquetformat.LogicalTypeValue
	if t := c.Type().LogicalType(); t != nil {
		logical = t.Value
	}
	other := func() (parquetColumn, error) {
		return out, p.fault("column "+quote.Text(c.Name()), "the type "+c.Type().String(), "numbers, texts, dates or time stamps")
	}
	switch logical := logical.(type) {
	case *parquetformat.TimestampType:
		zone := ""
		if logical.IsAdjustedToUTC {
			zone = data.Zoned
		}
		if logical.Unit.Value == nil || kind != parquet.Int64 {
			return other()
		}
		clock(float64(time.Second/logical.Unit.Value.Duration()), zone, parquet.Value.Int64)
		return out, nil
	case *parquetformat.DateType:
		clock(1, "", func(v parquet.Value) int64 { return int64(v.Int32()) * 24 * 60 * 60 })
		return out, nil
	case *parquetformat.DecimalType:
		out.cell = decimals(kind, logical.Scale)
		if out.cell == nil {
			return other()
		}
		return out, nil
	case *parquetformat.Float16Type, *parquetformat.UUIDType, *parquetformat.BsonType, *parquetformat.VariantType, *parquetformat.GeometryType, *parquetformat.GeographyType:
		return other()
	case *parquetformat.IntType:
		unsigned = !logical.IsSigned
	}
	switch kind {
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
		out.cell = func(v parquet.Value) data.Cell { return single(v.Float()) }
	case parquet.Double:
		number(parquet.Value.Double)
	case parquet.Int96: // the day and its nanoseconds, as Spark and Impala write time stamps
		out.cell = func(v parquet.Value) data.Cell {
			t := v.Int96()
			const julian1970, day = 2440588, 24 * 60 * 60
			days, nanoseconds := int64(t[2])-julian1970, uint64(t[1])<<32|uint64(t[0])
			c := data.Cell{Kind: data.TimeCell, Number: float64(days)*day + float64(nanoseconds)/1e9}
			// Within the range of 64 bits.
			if nanoseconds%1e3 != 0 && nanoseconds < day*1e9 && days > -1e5 && days < 1e5 {
				c.Nanoseconds = days*day*1e9 + int64(nanoseconds)
			}
			return c
		}
	default:
		out.cell = func(v parquet.Value) data.Cell { return data.Cell{Text: strings.TrimSpace(string(v.ByteArray()))} }
	}
	return out, nil
}

// maxDecimalBytes is far above the 16 bytes of the widest decimal numbers of other programs.
const maxDecimalBytes = 64

// decimals reads decimal numbers of a kind exactly: whole ones keep their digits, others become the float64 that is nearest. It is nil for a
// kind that holds none.
func decimals(kind parquet.Kind, scale int32) func(parquet.Value) data.Cell {
	var digits func(v parquet.Value) string
	switch kind {
	case parquet.Int32:
		digits = func(v parquet.Value) string { return strconv.FormatInt(int64(v.Int32()), 10) }
	case parquet.Int64:
		digits = func(v parquet.Value) string { return strconv.FormatInt(v.Int64(), 10) }
	case parquet.ByteArray, parquet.FixedLenByteArray: // in two's complement, the greatest byte first
		digits = func(v parquet.Value) string {
			bytes := v.ByteArray()
			n := new(big.Int).SetBytes(bytes)
			if len(bytes) > 0 && bytes[0] >= 1<<7 {
				n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(bytes))))
			}
			return n.String()
		}
	default:
		return nil
	}
	return func(v parquet.Value) data.Cell {
		if v.Kind() >= parquet.ByteArray && len(v.ByteArray()) > maxDecimalBytes {
			return data.Cell{Kind: data.NumberCell, Number: math.Inf(1)}
		}
		text := digits(v)
		if scale == 0 {
			if n, err := strconv.ParseInt(text, 10, 64); err == nil {
				return data.IntegerCell(n)
			}
		}
		x, _ := strconv.ParseFloat(text+"e"+strconv.Itoa(-int(scale)), 64) // infinite where float64 cannot hold it, which is told later
		c := data.Cell{Kind: data.NumberCell, Number: x}
		if scale == 0 {
			c.Text = text
		}
		return c
	}
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
				if p.row != p.count {
					return nil, 0, p.damaged(fmt.Sprintf("%d rows where it says %d", p.row, p.count))
				}
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
	if n := len(p.read[0]); n != len(p.columns) {
		return nil, 0, p.damaged(fmt.Sprintf("%d values in a row of %d columns", n, len(p.columns)))
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
