package postgres_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/study"
	"github.com/gruexp/gruexp/trainer/study/postgres"
	"github.com/gruexp/gruexp/trainer/study/postgres/postgrestest"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func open(t *testing.T, address string, o postgres.Options) *postgres.Store {
	t.Helper()
	s, err := postgres.Open(t.Context(), address, o)
	must(t, err)
	t.Cleanup(func() { s.Close() })
	return s
}

// begin is a study with trials.
func begin(t *testing.T, address string, names ...string) *postgres.Store {
	t.Helper()
	s := open(t, address, postgres.Options{})
	must(t, s.Begin(t.Context(), study.Definition{Kind: "tune", Fingerprint: "f"}))
	for _, name := range names {
		must(t, s.Add(t.Context(), []study.Trial{{Name: name, Seeds: []uint64{1}}}))
	}
	return s
}

// database makes a database of a test.
func database(t *testing.T, name string) {
	t.Helper()
	if server == nil {
		t.Skip(postgrestest.ErrMissing)
	}
	must(t, server.Exec(t.Context(), "postgres", "CREATE DATABASE "+name))
}

// A worker's clock may be an hour off: here that of the server is, for all that it computes with.
func TestClocks(t *testing.T) {
	t.Parallel()
	database(t, "skewed")
	must(t, server.Exec(t.Context(), "skewed", `CREATE SCHEMA skewed; CREATE FUNCTION skewed.now() RETURNS timestamptz LANGUAGE sql STABLE AS $$ SELECT pg_catalog.now() + interval '1 hour' $$;
		ALTER DATABASE skewed SET search_path = skewed, pg_catalog, public`))
	skewed := suite
	skewed.New = func(t *testing.T) string { return address(t, "skewed") }
	skewed.Run(t)
}

// proxy passes bytes between a store and its server, and cuts the connection where it is told to.
type proxy struct {
	net.Listener
	cut atomic.Int32 // the next commit: one of those below
}

const (
	nowhere      = iota
	beforeCommit // the server never hears of the commit
	afterCommit  // the client never hears that it was carried out
)

func newProxy(t *testing.T) *proxy {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	must(t, err)
	p := &proxy{Listener: l}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			go p.serve(client)
		}
	}()
	return p
}

func (p *proxy) serve(client net.Conn) {
	defer client.Close()
	server, err := (&net.Dialer{}).Dial("tcp", server.Host())
	if err != nil {
		return
	}
	defer server.Close()
	var mute atomic.Bool
	go func() {
		buffer := make([]byte, 64<<10)
		for {
			n, err := server.Read(buffer)
			if mute.Load() { // it has answered the commit
				client.Close()
				return
			}
			if err != nil {
				client.Close()
				return
			}
			if _, err := client.Write(buffer[:n]); err != nil {
				return
			}
		}
	}()
	buffer := make([]byte, 64<<10)
	for {
		n, err := client.Read(buffer)
		if err != nil {
			return
		}
		if bytes.Contains(buffer[:n], []byte("commit\x00")) {
			if p.cut.CompareAndSwap(beforeCommit, nowhere) {
				return
			}
			if p.cut.CompareAndSwap(afterCommit, nowhere) {
				mute.Store(true)
			}
		}
		if _, err := server.Write(buffer[:n]); err != nil {
			return
		}
		if mute.Load() {
			_, _ = io.Copy(io.Discard, client) // until the other direction ends
			return
		}
	}
}

// A connection that is cut in the middle of a commit changes nothing: what was asked for is done once.
func TestConnectionCutInCommit(t *testing.T) {
	t.Parallel()
	for name, cut := range map[string]int32{"before it": beforeCommit, "after it": afterCommit} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			direct := address(t, "postgres")
			begin(t, direct)
			p := newProxy(t)
			s := open(t, strings.Replace(direct, server.Host(), p.Addr().String(), 1), postgres.Options{Patience: 20 * time.Second})
			p.cut.Store(cut)
			trial, _, err := s.Claim(t.Context(), nil) // the first attempt, which finds nothing, is cut
			if trial != nil || err != nil {
				t.Fatalf("found %v, %v, expected no trial", trial, err)
			}
			for want := 1; want <= 2; want++ {
				// The claim without a proposal commits first.
				var once sync.Once
				if trial, _, err = s.Claim(t.Context(), func(all []study.Trial) *study.Trial {
					once.Do(func() { p.cut.Store(cut) })
					return &study.Trial{Name: fmt.Sprint(len(all) + 1), Seeds: []uint64{1}}
				}); err != nil || trial == nil || trial.Name != fmt.Sprint(want) || trial.Attempts != 1 {
					t.Fatalf("found %+v, %v, expected trial %d", trial, err, want)
				}
				trial.State, trial.Value, trial.Runs = study.Done, 1, []study.Run{{Seed: 1, Value: 1}}
				p.cut.Store(cut)
				must(t, s.Finish(t.Context(), trial))
			}
			if p.cut.Load() != nowhere {
				t.Error("found no commit that was cut")
			}
			all, err := open(t, direct, postgres.Options{}).Trials(t.Context())
			must(t, err)
			if len(all) != 2 || all[0].State != study.Done || all[1].State != study.Done || len(all[0].Runs) != 1 {
				t.Errorf("found %+v, expected two trials that are done", all)
			}
		})
	}
}

// A server that is killed and started again is waited for.
func TestServerRestart(t *testing.T) {
	t.Parallel()
	if server == nil {
		t.Skip(postgrestest.ErrMissing)
	}
	own, err := postgrestest.Start(t.Context())
	must(t, err)
	t.Cleanup(own.Close)
	s := begin(t, own.Address("postgres")+"?study=restart", "a", "b", "c", "d", "e", "f")
	half, restarted := make(chan struct{}), make(chan struct{})
	var once sync.Once
	w := study.Worker{Store: s, Slots: 2, Prune: func(*study.View, study.Trial) bool { return false },
		Execute: func(_ context.Context, trial study.Trial, report func(study.Point) error) ([]study.Run, error) {
			for epoch := 1; epoch <= 3; epoch++ {
				if trial.Name == "c" && epoch == 2 {
					once.Do(func() { close(half) })
					<-restarted // the other slot meets a server that is away
				}
				if err := report(study.Point{Epoch: epoch, Value: float64(epoch)}); err != nil {
					return nil, err
				}
			}
			return []study.Run{{Seed: 1, Value: 1}}, nil
		}}
	go func() {
		<-half
		own.Kill()
		if err := own.Run(context.Background()); err != nil {
			t.Error(err)
		}
		close(restarted)
	}()
	must(t, w.Work(t.Context()))
	all, err := s.Trials(t.Context())
	must(t, err)
	for _, trial := range all {
		if trial.State != study.Done || trial.Attempts != 1 || len(trial.Curve) != 3 {
			t.Errorf("found %+v, expected it done at the first attempt", trial)
		}
	}
}

// A trial that three workers have died at has failed, and says so.
func TestThreeDeaths(t *testing.T) {
	t.Parallel()
	a := address(t, "postgres")
	s := begin(t, a, "deadly")
	for attempt := 1; attempt <= 3; attempt++ {
		dead := open(t, a, postgres.Options{Lease: 50 * time.Millisecond, Renew: time.Hour})
		for {
			trial, _, err := dead.Claim(t.Context(), nil)
			must(t, err)
			if trial != nil {
				if trial.Attempts != attempt {
					t.Fatalf("found %+v, expected attempt %d", trial, attempt)
				}
				break
			}
			time.Sleep(10 * time.Millisecond) // until the lease before has run out
		}
	}
	for busy := true; busy; {
		var (
			trial *study.Trial
			err   error
		)
		trial, busy, err = s.Claim(t.Context(), nil)
		must(t, err)
		if trial != nil {
			t.Fatalf("found %+v, expected no fourth attempt", trial)
		}
		time.Sleep(10 * time.Millisecond)
	}
	all, err := s.Trials(t.Context())
	must(t, err)
	if all[0].State != study.Failed || !strings.Contains(all[0].Error, "its worker died in 3 attempts") {
		t.Errorf("found %+v, expected that it has failed and why", all[0])
	}
	if n, err := s.Retry(t.Context()); err != nil || n != 1 {
		t.Errorf("found %d, %v, expected that it can be repeated", n, err)
	}
	if trial, _, err := s.Claim(t.Context(), nil); err != nil || trial == nil {
		t.Errorf("found %+v, %v, expected a fourth attempt", trial, err)
	}
}

// Every way in which a server says no has its words, and no word is the password.
func TestErrors(t *testing.T) {
	database(t, "errors")
	database(t, "weak")
	database(t, "later")
	sql := "CREATE ROLE weak LOGIN PASSWORD '" + postgrestest.Password + "'"
	must(t, server.Exec(t.Context(), "postgres", sql))
	s := begin(t, address(t, "errors"), "a")
	must(t, server.Exec(t.Context(), "errors", `CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$;
		CREATE TRIGGER full_disk BEFORE INSERT ON gruexp.reports EXECUTE FUNCTION full_disk()`))
	begin(t, address(t, "later"))
	must(t, server.Exec(t.Context(), "later", "UPDATE gruexp.version SET version = 99"))
	unused, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	must(t, err)
	must(t, unused.Close())
	opening := func(address string) error {
		s, err := postgres.Open(t.Context(), address, postgres.Options{})
		if err == nil {
			_, err = s.Definition(t.Context())
			s.Close()
		}
		return err
	}
	as := func(user, database string) string {
		return strings.Replace(address(t, database), postgrestest.User+"@", user+"@", 1)
	}
	secret := strings.Replace(address(t, "errors"), "@", ":"+postgrestest.Password+"@", 1)
	wrongPassword := func() error {
		t.Setenv("PGPASSWORD", "another one")
		defer t.Setenv("PGPASSWORD", postgrestest.Password)
		return opening(address(t, "errors"))
	}
	noPassword := func() error {
		t.Setenv("PGPASSWORD", "")
		t.Setenv("PGPASSFILE", "/nowhere")
		defer t.Setenv("PGPASSWORD", postgrestest.Password)
		return opening(address(t, "errors"))
	}
	fullDisk := func() error {
		trial, _, err := s.Claim(t.Context(), nil)
		must(t, err)
		return s.Report(t.Context(), trial.ID, study.Point{Epoch: 1})
	}
	for _, c := range []struct {
		name string
		err  error
		kind fault.Kind
		want string
	}{
		{"no server", opening("postgres://tester@" + unused.Addr().String() + "/x?study=a"), fault.Failed, "no server answers"},
		{"wrong password", wrongPassword(), fault.User, "does not accept the password"},
		{"no password", noPassword(), fault.User, "password"},
		{"no database", opening(address(t, "missing")), fault.User, "has no such database"},
		{"no tables and no right to make them", opening(as("weak", "weak")), fault.User, "lacks rights"},
		{"no right to read", opening(as("weak", "errors")), fault.User, "lacks rights"},
		{"a later version", opening(address(t, "later")), fault.User, "found version 99, expected version 1"},
		{"full disk", fullDisk(), fault.Failed, "the disk of the server is full"},
		{"no such study", opening(address(t, "errors")), fault.User, "has no study"},
		{"no study named", opening(server.Address("errors")), fault.User, "names no study"},
		{"a password in the address", opening(secret), fault.User, "has a password in it"},
		{"a password as a parameter", opening(address(t, "errors") + "&password=" + postgrestest.Password), fault.User, "has a password in it"},
		{"no address", opening("postgres://[" + postgrestest.Password), fault.User, "cannot be read"},
	} {
		faults := fault.Of(c.err)
		if len(faults) != 1 || faults[0].Kind != c.kind || !strings.Contains(c.err.Error(), c.want) {
			t.Errorf("%s: found %v, expected a fault of kind %d that says %q", c.name, c.err, c.kind, c.want)
		}
		for err := c.err; err != nil; err = errors.Unwrap(err) {
			if strings.Contains(fmt.Sprintf("%v %+v", err, err), postgrestest.Password) {
				t.Errorf("%s: found the password in %v", c.name, err)
			}
		}
		t.Log(c.err)
	}
}
