package postgres

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/gruexp/gruexp/graph/fault"
)

// Codes of errors of the server: see https://www.postgresql.org/docs/15/errcodes-appendix.html.
const (
	invalidPassword      = "28P01"
	invalidAuthorization = "28000"
	noSuchDatabase       = "3D000"
	noPrivilege          = "42501"
	diskFull             = "53100"
	tooManyConnections   = "53300"
	readOnly             = "25006"
	serialization        = "40001"
	deadlock             = "40P01"
	undefinedTable       = "42P01"
	undefinedSchema      = "3F000"
)

// code is that of an error of the server; empty for others.
func code(err error) string {
	var answered *pgconn.PgError
	if errors.As(err, &answered) {
		return answered.Code
	}
	return ""
}

// passes says whether an error may be gone at the next try: the server restarts, or the connection was cut.
func passes(err error) bool {
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) && !isNetwork(err) {
		return false
	}
	switch c := code(err); {
	case c == serialization, c == deadlock, c == tooManyConnections:
		return true
	case c != "":
		return strings.HasPrefix(c, "57P") || strings.HasPrefix(c, "08")
	}
	var refused *pgconn.ConnectError
	return errors.As(err, &refused) || isNetwork(err) || pgconn.SafeToRetry(err)
}

func isNetwork(err error) bool {
	var network net.Error
	return errors.As(err, &network) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		strings.Contains(err.Error(), "conn closed")
}

// worded is an error of the server in words for people, with the way out. Those of other packages pass.
func worded(where string, err error) error {
	if err == nil || fault.Of(err) != nil || errors.Is(err, context.Canceled) {
		return err
	}
	var answered *pgconn.PgError
	said := ""
	if errors.As(err, &answered) {
		said = answered.Message
	}
	f := fault.Fault{Where: where, Cause: err}
	switch code(err) {
	case invalidPassword:
		f.What, f.Expected = "the server does not accept the password", "the user's password in PGPASSWORD or ~/.pgpass"
	case invalidAuthorization:
		f.What, f.Found, f.Expected = "the server does not let this user in", said, "a user that pg_hba.conf of the server allows from this machine"
	case noSuchDatabase:
		f.What, f.Expected = "the server has no such database", "one that exists: 'createdb NAME' makes it"
	case noPrivilege:
		f.What, f.Found, f.Expected = "the user lacks rights", said, "a user who owns the schema gruexp, or may make it: GRANT CREATE ON DATABASE … TO …"
	case readOnly:
		f.What, f.Expected = "the server is read-only", "a primary server, not a replica"
	case diskFull:
		f.Kind, f.What, f.Expected = fault.Failed, "the disk of the server is full", "free space there; the same command continues"
	case tooManyConnections:
		f.Kind, f.What, f.Expected = fault.Failed, "the server has no connection left", "a greater max_connections: every worker needs up to four"
	case "":
		if !passes(err) && !isNetwork(err) {
			return err
		}
		f.Kind, f.What, f.Found, f.Expected = fault.Failed, "no server answers", reason(err), "a PostgreSQL server that runs and that this machine reaches; the same command continues"
		if strings.Contains(f.Found, "password") { // the driver found none for the method that the server asks for
			f.Kind, f.What, f.Expected = fault.User, "the server wants a password", "the user's password in PGPASSWORD or ~/.pgpass"
		}
	default:
		f.Kind, f.What = fault.Failed, "the server has an error: "+said+" ("+code(err)+")"
	}
	return f.Err()
}

// reason is the innermost error: those around it only repeat the address.
func reason(err error) string {
	for {
		switch inner := err.(type) { //nolint:errorlint // the chain is walked here
		case interface{ Unwrap() error }:
			if next := inner.Unwrap(); next != nil {
				err = next
				continue
			}
		case interface{ Unwrap() []error }:
			if all := inner.Unwrap(); len(all) > 0 {
				err = all[len(all)-1]
				continue
			}
		}
		return err.Error()
	}
}
