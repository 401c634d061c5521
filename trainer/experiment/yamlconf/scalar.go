package yamlconf

import (
	"math"
	"regexp"
	"strconv"
	"strings"
)

// scalarKind is what a scalar without quotes is by the core schema of YAML 1.2.2, section 10.3.2. The YAML library's
// own choice is not used: it follows YAML 1.1 in places, so 010 is 8, 1_000 is a number and 2024-01-01 a time; docs/decisions/yaml.md has more.
type scalarKind int

const (
	nullScalar scalarKind = iota
	booleanScalar
	integerScalar
	floatScalar
	stringScalar
)

var (
	nullText    = regexp.MustCompile(`^(null|Null|NULL|~|)$`)
	booleanText = regexp.MustCompile(`^(true|True|TRUE|false|False|FALSE)$`)
	integerText = regexp.MustCompile(`^([-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)$`)
	floatText   = regexp.MustCompile(`^([-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))$`)
)

func resolve(plain string) scalarKind {
	switch {
	case nullText.MatchString(plain):
		return nullScalar
	case booleanText.MatchString(plain):
		return booleanScalar
	case integerText.MatchString(plain):
		return integerScalar
	case floatText.MatchString(plain):
		return floatScalar
	default:
		return stringScalar
	}
}

func parseBoolean(plain string) bool { return strings.EqualFold(plain, "true") }

// parseFloat reads an integer or a float. It fails where the number is too large for a float64.
func parseFloat(plain string) (float64, error) {
	digits := strings.TrimLeft(plain, "+-")
	sign := 1.0
	if strings.HasPrefix(plain, "-") {
		sign = -1
	}
	switch strings.ToLower(digits) {
	case ".nan":
		return math.NaN(), nil
	case ".inf":
		return math.Inf(int(sign)), nil
	}
	if hasBase(digits) {
		n, err := strconv.ParseUint(digits, 0, 64)
		return float64(n), err
	}
	f, err := strconv.ParseFloat(digits, 64)
	return sign * f, err
}

// parseInteger reads an integer, or a float without a fraction such as 1e6, as its magnitude and its sign. It is not
// ok for a fraction and for a number beyond 64 bits.
func parseInteger(plain string) (magnitude uint64, negative, ok bool) {
	digits := strings.TrimLeft(plain, "+-")
	negative = strings.HasPrefix(plain, "-")
	if resolve(digits) == floatScalar {
		f, err := parseFloat(digits)
		exact := err == nil && f == math.Trunc(f) && f <= 1<<53 // beyond, floats leave whole numbers out
		if !exact {
			return 0, negative, false
		}
		return uint64(f), negative, true
	}
	base := 10
	if hasBase(digits) {
		base = 0 // by the prefix
	}
	magnitude, err := strconv.ParseUint(digits, base, 64)
	return magnitude, negative, err == nil
}

func hasBase(digits string) bool {
	return strings.HasPrefix(digits, "0o") || strings.HasPrefix(digits, "0x")
}
