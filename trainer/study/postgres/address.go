package postgres

import (
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/gruexp/gruexp/graph/fault"
)

// studyKey is the parameter of an address that names the study.
const studyKey = "study"

// Address is where the record of a study is: a database, and a study in it. It holds no password.
type Address struct {
	url   url.URL
	Study string // empty: none is named
}

// IsAddress says whether a text is meant as an address, not as a path.
func IsAddress(text string) bool {
	return strings.HasPrefix(text, "postgres://") || strings.HasPrefix(text, "postgresql://")
}

// ParseAddress reads an address, as postgres://user@host/database?study=NAME. Parameters are those of PostgreSQL's own clients. A password
// is an error: it comes from PGPASSWORD or from ~/.pgpass, because addresses are seen in lists of processes, logs and reports.
func ParseAddress(text string) (Address, error) {
	wrong := func(what string) (Address, error) {
		return Address{}, fault.Fault{Where: "address of a store", What: what, Expected: "postgres://USER@HOST/DATABASE?study=NAME"}.Err()
	}
	u, err := url.Parse(text)
	if err != nil || !IsAddress(text) { // the error would quote the text, which may have a password in it
		return wrong("cannot be read")
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return wrong("cannot be read")
	}
	_, secret := u.User.Password()
	if secret || query.Has("password") || query.Has("sslpassword") {
		return Address{}, fault.Fault{Where: "address of a store", What: "has a password in it, which others can see", Expected: "none: the password comes from PGPASSWORD or from ~/.pgpass"}.Err()
	}
	a := Address{Study: query.Get(studyKey)}
	query.Del(studyKey)
	u.RawQuery = query.Encode()
	a.url = *u
	if _, err := a.config(); err != nil {
		return wrong("cannot be read: " + err.Error())
	}
	return a, nil
}

// String is the address as it was given.
func (a Address) String() string {
	u := a.url
	if a.Study != "" {
		query := u.Query()
		query.Set(studyKey, a.Study)
		u.RawQuery = query.Encode()
	}
	return u.String()
}

// config is what the driver makes of the address and of the environment.
func (a Address) config() (*pgxpool.Config, error) {
	c, err := pgxpool.ParseConfig(a.url.String())
	if err != nil {
		// The driver leaves passwords out of this message, and there is none in the address.
		return nil, fmt.Errorf("%w", err)
	}
	return c, nil
}

// server names the server and the database for messages.
func server(c *pgxpool.Config) string {
	host := c.ConnConfig.Host
	if !strings.HasPrefix(host, "/") {
		host = net.JoinHostPort(host, strconv.Itoa(int(c.ConnConfig.Port)))
	}
	return "postgres://" + strings.TrimPrefix(host, "/") + "/" + c.ConnConfig.Database
}
