package watch

import (
	"bytes"
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"io/fs"
	"mime"
	"net/http"
	"net/url"
	"path"
	"strings"
	"sync"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/report"
)

//go:embed assets
var ownAssets embed.FS

var templates = template.Must(template.New("watch").ParseFS(ownAssets, "assets/*.html"))

// view is what a page shows.
type view struct {
	Folder string
	Path   string
	Items  []*item
	Fault  string
	Item   *item // the one that is shown, nil where there is none
	Asked  string
	Token  string
	Assets string // version of the style and the scripts
	Change string // the versions of what is shown, as the script compares them
	Body   template.HTML
}

// view shows an item; where none is asked for, one that is running, or the newest.
func (s *Server) view(l *look, id string) view {
	v := view{Folder: s.folder.name(), Path: s.folder.path, Items: l.items, Fault: l.fault, Asked: id, Token: s.guard.token, Assets: assetVersion}
	if v.Item = l.find(id); v.Item == nil && id == "" {
		for _, it := range l.items {
			if v.Item == nil || it.State == running && v.Item.State != running {
				v.Item = it
			}
		}
	}
	if v.Item != nil {
		id = v.Item.ID
	}
	versions, err := json.Marshal(s.changeOf(l, id))
	if err == nil {
		v.Change = string(versions)
	}
	return v
}

// Link is the page of an item.
func (it *item) Link() string { return "/?run=" + url.QueryEscape(it.ID) }

// Percent is how much is done, in whole percent.
func (it *item) Percent() int { return int(100 * it.Part) }

// Running says whether a process is at work on it.
func (it *item) Running() bool { return it.State == running }

// bodies are the reports that were drawn last, each as long as nothing has changed.
type bodies struct {
	mutex sync.Mutex // one is drawn at a time: reading a study takes memory
	drawn map[string]body
}

type body struct {
	version string
	html    template.HTML
}

// mostBodies bounds the reports that are kept.
const mostBodies = 8

// bodyOf is the report of an item.
func (s *Server) bodyOf(ctx context.Context, it *item) template.HTML {
	s.bodies.mutex.Lock()
	defer s.bodies.mutex.Unlock()
	if b, ok := s.bodies.drawn[it.ID]; ok && b.version == it.Body {
		return b.html
	}
	html, err := s.draw(ctx, it)
	if err != nil {
		return template.HTML(`<p class="fault">` + template.HTMLEscapeString(strings.Join(strings.Fields(err.Error()), " ")) + "</p>")
	}
	if len(s.bodies.drawn) >= mostBodies || s.bodies.drawn == nil {
		s.bodies.drawn = map[string]body{}
	}
	s.bodies.drawn[it.ID] = body{it.Body, html}
	return html
}

func (s *Server) draw(ctx context.Context, it *item) (template.HTML, error) {
	if err := s.folder.check(ctx, it); err != nil {
		return "", err
	}
	r, err := report.Read(ctx, []string{s.folder.pathOf(it)}, s.folder.extensions)
	if err != nil {
		return "", err
	}
	var b bytes.Buffer
	if err := r.WriteBody(&b); err != nil {
		return "", err
	}
	return template.HTML(b.String()), nil // of a template that has escaped what is in it
}

// asset gives the content of a style or a script: this package's, or the report's.
func asset(name string) ([]byte, error) {
	if content, err := fs.ReadFile(ownAssets, path.Join("assets", name)); err == nil && !strings.HasSuffix(name, ".html") {
		return content, nil
	}
	switch name {
	case report.StyleFile, report.ChartsFile, report.ScriptFile:
		return fs.ReadFile(report.Assets(), name)
	default:
		return nil, errors.WithStack(fs.ErrNotExist)
	}
}

// assetVersion changes with the files, so that a browser may keep them.
var assetVersion = func() string {
	var parts []string
	for _, name := range []string{styleFile, scriptFile, report.StyleFile, report.ChartsFile, report.ScriptFile} {
		content, err := asset(name)
		if err != nil {
			panic(err) // they are embedded
		}
		parts = append(parts, string(content))
	}
	return versionOf(parts...)
}()

// Names of the page's own assets.
const (
	styleFile  = "watch.css"
	scriptFile = "watch.js"
)

func assetServer() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := strings.TrimPrefix(r.URL.Path, "/assets/")
		content, err := asset(name)
		if err != nil {
			refuse(w, http.StatusNotFound, "no such file", fmt.Sprintf("%q", name), "one that the page names")
			return
		}
		w.Header().Set("Content-Type", mime.TypeByExtension(path.Ext(name)))
		w.Header().Set("Cache-Control", "private, max-age=86400, immutable")
		_, _ = w.Write(content)
	})
}
