package watch

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"io/fs"
	"log"
	"net"
	"net/http"
	"os"
	"path"
	"strconv"
	"sync"
	"time"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/rundir"
	"github.com/gruexp/gruexp/cmd/gruexp/internal/usererr"
	"github.com/gruexp/gruexp/graph/fault"
)

// Bounds of a request.
const (
	headTimeout = 5 * time.Second
	readTimeout = 10 * time.Second
	// An answer takes as long as reading a large study may; a stream of events sets its own limit for each.
	answerTimeout = 2 * time.Minute
	idleTimeout   = 2 * time.Minute
	mostHeader    = 32 << 10
	mostForm      = 8 << 10
	endTimeout    = 2 * time.Second
)

// mostTail is how much of a log is shown, in bytes.
const mostTail = 64 << 10

// Server shows a folder on 127.0.0.1.
type Server struct {
	folder   *Folder
	listener net.Listener
	guard    *guard
	instance string
	streams  chan struct{} // a place for each stream of events
	ended    <-chan struct{}
	bodies   bodies

	mutex   sync.Mutex
	stopped []string
}

// Listen opens a port of 127.0.0.1, any free one where port is 0.
func Listen(folder *Folder, port int) (*Server, error) {
	listener, err := net.Listen("tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		var op *net.OpError
		reason := err.Error()
		if errors.As(err, &op) {
			reason = op.Err.Error()
		}
		return nil, fault.Fault{Where: fmt.Sprintf("--port %d", port), What: "cannot be used", Found: reason, Expected: "a free port, or 0 for any"}.Err()
	}
	s := &Server{folder: folder, listener: listener, instance: rand.Text(), streams: make(chan struct{}, mostStreams), stopped: []string{}}
	s.guard = newGuard(listener.Addr().(*net.TCPAddr).Port, s.routes())
	return s, nil
}

// Address is where the page is.
func (s *Server) Address() string { return "http://" + s.listener.Addr().String() + "/" }

// Stopped are the runs and studies that were asked to stop through the page, by their paths in the folder.
func (s *Server) Stopped() []string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return append([]string{}, s.stopped...)
}

// Serve answers until the context ends, which is not an error.
func (s *Server) Serve(ctx context.Context) error {
	ctx, end := context.WithCancel(ctx)
	defer end()
	s.ended = ctx.Done()
	server := &http.Server{
		Handler: s.guard, BaseContext: func(net.Listener) context.Context { return ctx },
		ReadHeaderTimeout: headTimeout, ReadTimeout: readTimeout, WriteTimeout: answerTimeout, IdleTimeout: idleTimeout,
		MaxHeaderBytes: mostHeader,
		ErrorLog:       log.New(io.Discard, "", 0), // of clients that break off
	}
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		<-ctx.Done()
		short, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTimeout)
		defer cancel()
		if server.Shutdown(short) != nil {
			server.Close()
		}
	}()
	err := server.Serve(s.listener)
	end()
	<-closed
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return errors.Wrap(err, "watch")
}

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.page)
	mux.HandleFunc("GET /list", s.list)
	mux.HandleFunc("GET /head", s.head)
	mux.HandleFunc("GET /body", s.body)
	mux.HandleFunc("GET /log", s.log)
	mux.HandleFunc("GET /events", s.events)
	mux.HandleFunc("POST /stop", s.stop)
	mux.HandleFunc("/stop", func(w http.ResponseWriter, r *http.Request) {
		refuse(w, http.StatusMethodNotAllowed, "wrong method", r.Method, http.MethodPost)
	})
	mux.Handle("GET /assets/", assetServer())
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		refuse(w, http.StatusNotFound, "no such page", strconv.Quote(r.URL.Path), "/")
	})
	return mux
}

// asked is the item that a request is about. It is looked for among what was found: what is asked for is never made a path.
func (s *Server) asked(w http.ResponseWriter, r *http.Request, id string) *item {
	it := s.folder.now(r.Context()).find(id)
	if it == nil {
		refuse(w, http.StatusNotFound, "no such run and no such study", strconv.Quote(id), "one of the list; it may have been removed")
	}
	return it
}

func (s *Server) page(w http.ResponseWriter, r *http.Request) {
	l := s.folder.now(r.Context())
	id := r.URL.Query().Get("run")
	view := s.view(l, id)
	if it := view.Item; it != nil {
		view.Body = s.bodyOf(r.Context(), it)
	}
	s.write(w, "page", view)
}

func (s *Server) list(w http.ResponseWriter, r *http.Request) {
	s.write(w, "list", s.view(s.folder.now(r.Context()), r.URL.Query().Get("run")))
}

func (s *Server) head(w http.ResponseWriter, r *http.Request) {
	if it := s.asked(w, r, r.URL.Query().Get("run")); it != nil {
		s.write(w, "head", s.view(s.folder.now(r.Context()), it.ID))
	}
}

func (s *Server) body(w http.ResponseWriter, r *http.Request) {
	if it := s.asked(w, r, r.URL.Query().Get("run")); it != nil {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, string(s.bodyOf(r.Context(), it)))
	}
}

// write answers with a part of the page.
func (s *Server) write(w http.ResponseWriter, name string, view view) {
	var b bytes.Buffer
	if err := templates.ExecuteTemplate(&b, name, view); err != nil {
		refuse(w, http.StatusInternalServerError, "the page cannot be made", err.Error(), "no error")
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = b.WriteTo(w)
}

// logPart is the answer to a question for a log.
type logPart struct {
	tail
	Name  string   `json:"name"`  // which one it is
	Names []string `json:"names"` // which there are: trials of a study
	Fault string   `json:"fault"`
}

func (s *Server) log(w http.ResponseWriter, r *http.Request) {
	it := s.asked(w, r, r.URL.Query().Get("run"))
	if it == nil {
		return
	}
	names, files := s.folder.logFiles(it)
	answer := logPart{Name: r.URL.Query().Get("trial"), Names: names}
	file, ok := files[answer.Name]
	if !ok && len(names) > 0 && answer.Name == "" {
		answer.Name = names[0]
		file, ok = files[answer.Name]
	}
	if !ok {
		answer.Fault = "There is no log yet."
		if it.State != running {
			answer.Fault = "There is no log."
		}
		writeJSON(w, answer)
		return
	}
	err := s.folder.reading(func(root *os.Root) (err error) {
		answer.tail, err = readTail(root, file, mostTail)
		return err
	})
	if err != nil {
		answer.Fault = fmt.Sprintf("%s: the log cannot be read (found %s, expected a file).", file, usererr.Reason(err))
	}
	writeJSON(w, answer)
}

// stop asks a run or a study to stop, by a file in its directory.
func (s *Server) stop(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, mostForm)
	if err := r.ParseForm(); err != nil {
		refuse(w, http.StatusBadRequest, "not a form", err.Error(), "run and token")
		return
	}
	if !s.guard.knows(r.PostForm.Get("token")) {
		refuse(w, http.StatusForbidden, "an old page", "another token than this server's", "the page, loaded anew")
		return
	}
	s.folder.forget()
	it := s.asked(w, r, r.PostForm.Get("run"))
	if it == nil {
		return
	}
	if it.State != running {
		refuse(w, http.StatusConflict, it.Title+" is not running", "a "+string(it.Kind)+" that is "+string(it.State), "one at work, which can be stopped")
		return
	}
	err := s.folder.reading(func(root *os.Root) error { return askToStop(root, it.ID) })
	if err != nil {
		refuse(w, http.StatusInternalServerError, it.Title+" cannot be asked to stop", usererr.Reason(err), "a directory that can be written to")
		return
	}
	s.mutex.Lock()
	s.stopped = append(s.stopped, it.ID)
	s.mutex.Unlock()
	s.folder.forget()
	if r.Header.Get("Accept") == "text/plain" {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	http.Redirect(w, r, it.Link(), http.StatusSeeOther) // of a browser without scripts
}

// askToStop makes the file that a run looks for. One that is there already says the same.
func askToStop(root *os.Root, id string) error {
	f, err := root.OpenFile(path.Join(id, rundir.StopFile), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return f.Close()
}
