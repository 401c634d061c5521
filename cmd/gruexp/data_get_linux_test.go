package main_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// publisher stands in for the host that files are published on: a server with a certificate of its name, and a proxy that
// leads there. The program is told of both by its environment, as a user's would be.
func publisher(t *testing.T, handle http.HandlerFunc) (environment []string) {
	t.Helper()
	const host = "raw.githubusercontent.com"
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: host}, DNSNames: []string{host},
		NotBefore: time.Unix(0, 0), NotAfter: time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC), IsCA: true, BasicConstraintsValid: true,
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(handle)
	server.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{certificate}, PrivateKey: key}}}
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // a refused certificate is no news
	server.StartTLS()
	t.Cleanup(server.Close)
	t.Cleanup(server.CloseClientConnections)

	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodConnect || r.Host != host+":443" {
			http.Error(w, "found "+r.Method+" "+r.Host, http.StatusForbidden)
			return
		}
		there, err := net.Dial("tcp", server.Listener.Addr().String())
		if err != nil {
			t.Error(err)
			return
		}
		w.WriteHeader(http.StatusOK)
		here, buffered, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		go func() {
			_, _ = io.Copy(there, buffered)
			there.Close()
		}()
		_, _ = io.Copy(here, there)
		here.Close()
	}))
	t.Cleanup(proxy.Close)

	file := filepath.Join(t.TempDir(), "certificate.pem")
	write(t, file, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate})))
	return []string{"HTTPS_PROXY=" + proxy.URL, "SSL_CERT_FILE=" + file, "SSL_CERT_DIR="}
}

// from is a call of the program whose files come from that publisher.
func from(t *testing.T, publisher []string, args ...string) *exec.Cmd {
	t.Helper()
	c := command(t, args...)
	c.Env = append(c.Env, publisher...)
	return c
}

// shakespeare is the size of the published file.
const shakespeare = 1115394

func TestGetFails(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		handle http.HandlerFunc
		want   string
	}{
		"not there": {http.NotFound, "input.txt: download failed at byte 0 of 1115394 (found the answer 404 Not Found, expected 200 OK)"},
		"other length": {
			func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "moved") },
			"(found a file of 5 bytes, expected 1115394)",
		},
		"other content": {
			func(w http.ResponseWriter, r *http.Request) {
				http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(make([]byte, shakespeare)))
			},
			"input.txt: not the published file (found SHA-256 …, expected 86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed)",
		},
		"to plain HTTP": {
			func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, "http://"+r.Host+r.URL.Path, http.StatusFound)
			},
			"a redirect from https to http",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			get := from(t, publisher(t, c.handle), "data", "get", "tinyshakespeare")
			finish(t, get).mustFail(t, 1, c.want)
			if left, _ := filepath.Glob(get.Dir + "/gruexp/data/*/input.txt"); len(left) > 0 {
				t.Errorf("found %v", left)
			}
		})
	}
	get := from(t, publisher(t, http.NotFound), "data", "get", "tinyshakespeare")
	get.Env = append(get.Env, "SSL_CERT_FILE=/dev/null")
	finish(t, get).mustFail(t, 1, "certificate signed by unknown authority")
}

// Ctrl-C leaves what has arrived, and the same command goes on from there.
func TestGetInterrupted(t *testing.T) {
	t.Parallel()
	const arrived = 100 << 10
	var text []byte // the real one, where it is at hand
	if folder := userData; folder != "" {
		text = []byte(read(t, filepath.Join(folder, "tinyshakespeare", "input.txt")))
	}
	asked := make(chan string, 10)
	environment := publisher(t, func(w http.ResponseWriter, r *http.Request) {
		asked <- r.Header.Get("Range")
		if r.Header.Get("Range") != "" {
			http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(text))
			return
		}
		w.Header().Set("Content-Length", fmt.Sprint(shakespeare))
		_, _ = w.Write(append(bytes.Clone(text), make([]byte, arrived)...)[:arrived])
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	get := from(t, environment, "data", "get", "tinyshakespeare")
	part := filepath.Join(get.Dir, "gruexp", "data", "tinyshakespeare", "input.txt.part")
	s := start(t, get)
	for {
		if info, err := os.Stat(part); err == nil && info.Size() == arrived {
			break
		}
	}
	s.stop(t, syscall.SIGINT).mustFail(t, 1,
		"data get: interrupted; 'gruexp data get tinyshakespeare' continues with what has arrived")
	if info, err := os.Stat(part); err != nil || info.Size() != arrived {
		t.Fatalf("found %v (%v), expected the %d bytes that had arrived", info, err, arrived)
	}
	if text == nil {
		t.Skip("GRUEXP_DATA is not set: going on needs the published file")
	}
	if r := <-asked; r != "" {
		t.Errorf("found the range %q at first", r)
	}

	again := func(args ...string) outcome {
		c := from(t, environment, args...)
		c.Env, c.Dir = get.Env, get.Dir
		return finish(t, c)
	}
	o := again("data", "get", "tinyshakespeare")
	file := strings.TrimSuffix(part, ".part")
	if o.code != 0 || !strings.Contains(o.stdout, "tinyshakespeare: "+file+", 1.1 MiB") || !strings.Contains(o.stdout, "as published") || strings.ContainsAny(o.stderr, "\r\x1b") {
		t.Fatalf("found %+v", o)
	}
	if r := <-asked; r != fmt.Sprintf("bytes=%d-", arrived) {
		t.Errorf("found the range %q, expected what was missing", r)
	}
	if _, err := os.Stat(part); err == nil {
		t.Error("found the part beside the file")
	}
	if o := again("data", "list"); !strings.Contains(o.stdout, file) || !strings.Contains(o.stdout, "registered") {
		t.Errorf("found\n%s", o.stdout)
	}
	// It is there now.
	if o := again("data", "get", "tinyshakespeare"); o.code != 0 || o.stderr != "" || len(asked) > 0 {
		t.Errorf("found %+v, expected no download", o)
	}
}

// Into a data folder nothing is registered; files that are there already stay.
func TestGetIntoFolder(t *testing.T) {
	t.Parallel()
	source := dataFolder(t, "japanese_vowels/ae.train")
	asked := make(chan string, 10)
	environment := publisher(t, func(w http.ResponseWriter, r *http.Request) {
		asked <- r.URL.Path
		http.ServeFile(w, r, filepath.Join(source, "japanese_vowels", filepath.Base(r.URL.Path)))
	})
	folder := t.TempDir()
	get := from(t, environment, "data", "get", "japanese-vowels", "--data", folder)
	if err := os.MkdirAll(filepath.Join(folder, "japanese_vowels"), 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(folder, "japanese_vowels", "ae.test"), read(t, filepath.Join(source, "japanese_vowels", "ae.test")))
	if o := finish(t, get); o.code != 0 || strings.Count(o.stdout, folder) != 2 || !strings.Contains(o.stdout, "as published") {
		t.Fatalf("found %+v", o)
	}
	if path := <-asked; !strings.HasSuffix(path, "/ae.train") || len(asked) > 0 {
		t.Errorf("found a download of %s and %d more, expected ae.train alone", path, len(asked))
	}
	if _, err := os.Stat(filepath.Join(get.Dir, "gruexp")); err == nil {
		t.Error("found a registry")
	}

	write(t, filepath.Join(folder, "japanese_vowels", "ae.test"), "mine")
	o := finish(t, from(t, environment, "data", "get", "japanese-vowels", "--data", folder))
	if o.code != 0 || len(asked) > 0 || !strings.Contains(o.stdout, "not as published") {
		t.Errorf("found %+v, expected that a file of the user stays", o)
	}
}
