package watch

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// mostStreams bounds the pages that listen at a time.
const mostStreams = 32

// Times of a stream of events.
const (
	every     = time.Second
	heartbeat = 15 * time.Second // of silence, after which a sign of life is sent
	sendLimit = 10 * time.Second // after which a client that takes nothing is given up
)

// change is an event: versions of what a page shows. A page fetches what has another one than it has.
type change struct {
	Server string `json:"server"` // another one after a restart
	List   string `json:"list"`
	Head   string `json:"head"` // of the run that the page shows, empty where there is none
	Body   string `json:"body"`
	Log    string `json:"log"`
}

// events is the stream of a page. It ends with the request, which ends with the client, or with the server.
func (s *Server) events(w http.ResponseWriter, r *http.Request) {
	select {
	case s.streams <- struct{}{}:
		defer func() { <-s.streams }()
	default:
		refuse(w, http.StatusServiceUnavailable, "too many pages", strconv.Itoa(mostStreams), "some of them closed")
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	control := http.NewResponseController(w)
	send := func(text string) bool {
		_ = control.SetWriteDeadline(time.Now().Add(sendLimit))
		_, err := fmt.Fprint(w, text)
		return err == nil && control.Flush() == nil
	}
	if !send("retry: 1000\n\n") {
		return
	}
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	var said change
	last := time.Now()
	for id := r.URL.Query().Get("run"); ; {
		now := s.changeOf(s.folder.now(r.Context()), id)
		switch {
		case now != said:
			text, err := json.Marshal(now)
			if err != nil || !send("event: change\ndata: "+string(text)+"\n\n") {
				return
			}
			said, last = now, time.Now()
		case time.Since(last) >= heartbeat:
			if !send(": still here\n\n") {
				return
			}
			last = time.Now()
		}
		select {
		case <-r.Context().Done():
			return
		case <-s.ended:
			return
		case <-ticker.C:
		}
	}
}

func (s *Server) changeOf(l *look, id string) change {
	c := change{Server: s.instance, List: l.list}
	if it := l.find(id); it != nil {
		c.Head, c.Body, c.Log = it.Head, it.Body, it.Log
	}
	return c
}

// writeJSON answers with JSON.
func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}
