package reproduce_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/reproduce"
	"github.com/gruexp/gruexp/graph/fault"
)

// content is more than a server writes at once, and the same in every test.
func content() []byte {
	b := make([]byte, 300<<10)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

// scene is a file on a server and the place that it is to come to.
type scene struct {
	content []byte
	file    reproduce.Published
	path    string
	limits  reproduce.Limits
	asked   []string // the ranges of the requests
	shown   int64    // by the progress
}

func newScene(t *testing.T, handle func(s *scene, w http.ResponseWriter, r *http.Request)) *scene {
	t.Helper()
	s := &scene{content: content(), path: filepath.Join(t.TempDir(), "file"), limits: reproduce.DefaultLimits()}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.asked = append(s.asked, r.Header.Get("Range"))
		handle(s, w, r)
	}))
	t.Cleanup(server.Close)
	sum := sha256.Sum256(s.content)
	s.file = reproduce.Published{URL: server.URL + "/file", Size: int64(len(s.content)), SHA256: hex.EncodeToString(sum[:])}
	return s
}

// serve is a server as it should be.
func serve(s *scene, w http.ResponseWriter, r *http.Request) {
	http.ServeContent(w, r, "file", time.Time{}, bytes.NewReader(s.content))
}

func (s *scene) get(ctx context.Context) error {
	return reproduce.Download(ctx, s.file, s.path, s.limits, func(n int64) { s.shown = n })
}

func (s *scene) leavePart(t *testing.T, b []byte) {
	t.Helper()
	if err := os.WriteFile(s.path+".part", b, 0o644); err != nil {
		t.Fatal(err)
	}
}

// mustArrive downloads and checks that the file is there and nothing else.
func (s *scene) mustArrive(t *testing.T) {
	t.Helper()
	if err := s.get(t.Context()); err != nil {
		t.Fatal(err)
	}
	found, err := os.ReadFile(s.path)
	if err != nil || !bytes.Equal(found, s.content) {
		t.Errorf("found %d bytes (%v), expected the %d of the file", len(found), err, len(s.content))
	}
	if files, _ := filepath.Glob(filepath.Dir(s.path) + "/*"); len(files) != 1 {
		t.Errorf("found the files %v, expected one", files)
	}
}

// mustFail downloads in vain and gives the size of what it leaves, -1 for nothing.
func (s *scene) mustFail(t *testing.T, words ...string) int64 {
	t.Helper()
	err := s.get(t.Context())
	if found := fault.Of(err); len(found) != 1 || found[0].Kind != fault.Failed {
		t.Fatalf("found error %v, expected one fault of kind Failed", err)
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("found %q, expected it to say %q", err, word)
		}
	}
	if strings.Count(err.Error(), s.file.URL) > 1 {
		t.Errorf("found the address twice in %q", err)
	}
	if _, err := os.Stat(s.path); err == nil {
		t.Error("found the file, expected none under its name")
	}
	return s.part()
}

func (s *scene) part() int64 {
	info, err := os.Stat(s.path + ".part")
	if err != nil {
		return -1
	}
	return info.Size()
}

func TestGet(t *testing.T) {
	s := newScene(t, serve)
	s.mustArrive(t)
	if s.shown != s.file.Size {
		t.Errorf("found a progress up to %d, expected %d", s.shown, s.file.Size)
	}
}

// While one process downloads a file, another one does not touch what has arrived.
func TestTwoDownloadsOfOneFile(t *testing.T) {
	begun, goOn := make(chan struct{}), make(chan struct{})
	s := newScene(t, func(s *scene, w http.ResponseWriter, r *http.Request) {
		close(begun)
		<-goOn
		serve(s, w, r)
	})
	ended := make(chan error)
	go func() { ended <- s.get(t.Context()) }()
	<-begun
	err := reproduce.Download(t.Context(), s.file, s.path, s.limits, func(int64) {})
	if found := fault.Of(err); len(found) != 1 || found[0].Kind != fault.Failed || !strings.Contains(err.Error(), "another process") {
		t.Errorf("found error %v, expected the one that another process downloads", err)
	}
	close(goOn)
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if files, _ := filepath.Glob(filepath.Dir(s.path) + "/*"); len(files) != 1 {
		t.Errorf("found the files %v, expected one", files)
	}
}

func TestResume(t *testing.T) {
	for name, c := range map[string]struct {
		part   int
		asked  string
		handle func(s *scene, w http.ResponseWriter, r *http.Request)
	}{
		"from the middle": {1000, "bytes=1000-", serve},
		"all but one":     {300<<10 - 1, "bytes=307199-", serve},
		"nothing there":   {0, "", serve},
		"a server without ranges": {1000, "bytes=1000-", func(s *scene, w http.ResponseWriter, r *http.Request) {
			r.Header.Del("Range")
			serve(s, w, r)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, c.handle)
			s.leavePart(t, s.content[:c.part])
			s.mustArrive(t)
			if len(s.asked) != 1 || s.asked[0] != c.asked {
				t.Errorf("found the requests %q, expected %q", s.asked, c.asked)
			}
		})
	}
	t.Run("all there", func(t *testing.T) {
		s := newScene(t, serve)
		s.leavePart(t, s.content)
		s.mustArrive(t)
		if len(s.asked) > 0 {
			t.Errorf("found the requests %q, expected none", s.asked)
		}
	})
	t.Run("more than all there", func(t *testing.T) {
		s := newScene(t, serve)
		s.leavePart(t, append(s.content, 1))
		s.mustArrive(t)
	})
	t.Run("a range refused", func(t *testing.T) {
		s := newScene(t, func(s *scene, w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Range") != "" {
				w.WriteHeader(http.StatusRequestedRangeNotSatisfiable)
				return
			}
			serve(s, w, r)
		})
		s.leavePart(t, s.content[:10])
		s.mustArrive(t)
	})
	t.Run("another range than asked for", func(t *testing.T) {
		s := newScene(t, func(s *scene, w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Range", "bytes 0-9/307200")
			w.WriteHeader(http.StatusPartialContent)
		})
		s.leavePart(t, s.content[:10])
		s.mustFail(t, `the range "bytes 0-9/307200"`, "bytes 10-307199")
	})
}

func TestAnswers(t *testing.T) {
	for _, status := range []int{400, 403, 404, 429, 500, 503, 204} {
		s := newScene(t, func(_ *scene, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
		if left := s.mustFail(t, fmt.Sprint(status), "200 OK"); left != -1 {
			t.Errorf("%d: found a part of %d bytes, expected nothing", status, left)
		}
	}
}

func TestRedirects(t *testing.T) {
	s := newScene(t, func(s *scene, w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/file" {
			http.Redirect(w, r, "/moved", http.StatusFound)
			return
		}
		serve(s, w, r)
	})
	s.leavePart(t, s.content[:10])
	s.mustArrive(t) // the range goes along

	endless := newScene(t, func(_ *scene, w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/file", http.StatusFound) })
	endless.mustFail(t, "more than 10 redirects")
}

func TestLengths(t *testing.T) {
	t.Run("another length announced", func(t *testing.T) {
		s := newScene(t, func(s *scene, w http.ResponseWriter, _ *http.Request) { w.Write(s.content[:1000]) })
		if left := s.mustFail(t, "a file of 1000 bytes", "307200"); left != -1 {
			t.Errorf("found a part of %d bytes", left)
		}
	})
	t.Run("cut off, and then the rest", func(t *testing.T) {
		s := newScene(t, func(s *scene, w http.ResponseWriter, r *http.Request) {
			if len(s.asked) > 1 {
				serve(s, w, r)
				return
			}
			w.Header().Set("Content-Length", fmt.Sprint(len(s.content)))
			w.Write(s.content[:100<<10])
		})
		if left := s.mustFail(t, "unexpected EOF", "continues here"); left <= 0 || left > 100<<10 {
			t.Errorf("found a part of %d bytes, expected what had arrived", left)
		}
		s.mustArrive(t)
		if s.asked[1] == "" {
			t.Error("found a second request for everything")
		}
	})
	chunked := func(w http.ResponseWriter, b []byte) {
		w.(http.Flusher).Flush() // without a length
		w.Write(b)
	}
	t.Run("no length, too short", func(t *testing.T) {
		s := newScene(t, func(s *scene, w http.ResponseWriter, _ *http.Request) { chunked(w, s.content[:5000]) })
		if left := s.mustFail(t, "the end of what the server sends", "byte 5000 of 307200"); left != 5000 {
			t.Errorf("found a part of %d bytes", left)
		}
	})
	t.Run("no length, endless", func(t *testing.T) {
		s := newScene(t, func(s *scene, w http.ResponseWriter, r *http.Request) {
			chunked(w, s.content)
			for r.Context().Err() == nil {
				if _, err := w.Write(s.content); err != nil {
					return
				}
			}
		})
		if left := s.mustFail(t, "a longer file", "307200 bytes"); left != -1 {
			t.Errorf("found a part of %d bytes, expected nothing of a wrong file", left)
		}
	})
	t.Run("no length, right", func(t *testing.T) {
		s := newScene(t, func(s *scene, w http.ResponseWriter, _ *http.Request) { chunked(w, s.content) })
		s.mustArrive(t)
	})
}

func TestWrongContent(t *testing.T) {
	s := newScene(t, func(s *scene, w http.ResponseWriter, r *http.Request) {
		wrong := bytes.Clone(s.content)
		wrong[1234] ^= 1
		http.ServeContent(w, r, "file", time.Time{}, bytes.NewReader(wrong))
	})
	if left := s.mustFail(t, "not the published file", s.file.SHA256); left != -1 {
		t.Errorf("found a part of %d bytes, expected a wrong file to be deleted", left)
	}
	// The beginning of another file, and then the right rest.
	s = newScene(t, serve)
	s.leavePart(t, make([]byte, 1000))
	s.mustFail(t, "not the published file")
	s.mustArrive(t)
}

func TestStall(t *testing.T) {
	for name, before := range map[string]int{"before the answer": -1, "in the middle": 100 << 10} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, func(s *scene, w http.ResponseWriter, r *http.Request) {
				if before >= 0 {
					w.Header().Set("Content-Length", fmt.Sprint(len(s.content)))
					w.Write(s.content[:before])
					w.(http.Flusher).Flush()
				}
				<-r.Context().Done() // until the other side gives up
			})
			s.limits.Idle = 50 * time.Millisecond
			s.mustFail(t, "no byte in 50ms", "continues here")
		})
	}
}

func TestTotal(t *testing.T) {
	s := newScene(t, func(s *scene, w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(len(s.content)))
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	s.limits.Total = 50 * time.Millisecond
	s.mustFail(t, "no end in 50ms")
}

func TestNobodyListens(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close() // the address is free again
	s := newScene(t, serve)
	s.file.URL = server.URL
	s.mustFail(t, "refused")
}

func TestInterruption(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := newScene(t, func(s *scene, w http.ResponseWriter, r *http.Request) {
		if len(s.asked) > 1 {
			serve(s, w, r)
			return
		}
		w.Header().Set("Content-Length", fmt.Sprint(len(s.content)))
		w.Write(s.content[:100<<10])
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	err := reproduce.Download(ctx, s.file, s.path, s.limits, func(n int64) {
		if n >= 50<<10 {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("found error %v, expected context.Canceled", err)
	}
	if left := s.part(); left < 50<<10 {
		t.Errorf("found a part of %d bytes, expected what had arrived", left)
	}
	s.mustArrive(t)
	if s.asked[1] == "" {
		t.Error("found a second request for everything")
	}
}

func TestNoPlace(t *testing.T) {
	s := newScene(t, serve)
	s.path = filepath.Join(s.path, "nowhere")
	s.mustFail(t, "cannot be written")
	// The file comes in place of a directory of its name.
	s = newScene(t, serve)
	if err := os.MkdirAll(filepath.Join(s.path, "full"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := s.get(t.Context()); err == nil || !strings.Contains(err.Error(), "cannot be written") {
		t.Errorf("found error %v", err)
	}
}
