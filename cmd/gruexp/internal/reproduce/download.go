package reproduce

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	stderrors "errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/usererr"
	"github.com/gruexp/gruexp/graph/fault"
	"github.com/gruexp/gruexp/trainer/atomicfile"
)

// File is what is to be downloaded.
type Published struct {
	URL    string
	Size   int64
	SHA256 string // in hexadecimal
}

// Limits are times after which a download gives up.
type Limits struct {
	Connect time.Duration // to reach a server
	Idle    time.Duration // without a byte
	Total   time.Duration
}

// DefaultLimits are patient with slow lines, and not with dead ones.
func DefaultLimits() Limits {
	return Limits{Connect: 30 * time.Second, Idle: time.Minute, Total: time.Hour}
}

// Causes of a canceled request.
var (
	errIdle  = stderrors.New("no byte for too long")
	errTotal = stderrors.New("more time than allowed")
)

// What the names of the files of an unfinished download end in: the bytes so far, and what one process locks while it downloads.
const (
	partSuffix = ".part"
	lockSuffix = ".part.lock"
)

// Download downloads a file to path, in a directory that exists, through the proxy that the environment names. What has arrived
// is in path.part until it is whole and its size and checksum are right; then it takes its name. After an interruption
// Download continues after what is there. A file that is whole but wrong is deleted. Of several processes that download to the same path
// one does, and the others fail.
//
// Progress is told how many bytes are there, time and again. An error is a [fault.Error] of kind Failed, or that of a canceled context.
func Download(ctx context.Context, file Published, path string, limits Limits, progress func(bytes int64)) error {
	for _, suffix := range []string{partSuffix, lockSuffix} {
		if info, err := os.Lstat(path + suffix); err == nil && !info.Mode().IsRegular() { // a link would be followed
			return onDisk(path+suffix, atomicfile.ErrNotRegular)
		}
	}
	lock := flock.New(path+lockSuffix, flock.SetPermissions(0o644))
	switch free, err := lock.TryLock(); {
	case err != nil:
		return onDisk(path+lockSuffix, err)
	case !free || !isAt(lock): // another process has it, or had it when this one opened it and has deleted it since
		_ = lock.Unlock()
		return fault.Fault{
			Kind: fault.Failed, Where: path, What: "is being downloaded by another process", Found: "a lock on " + filepath.Base(path) + lockSuffix,
			Expected: "one process at a time; run the same command again when the other one has ended",
		}.Err()
	}
	defer func() {
		_ = os.Remove(lock.Path())
		_ = lock.Unlock()
	}()
	part, err := os.OpenFile(path+partSuffix, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return onDisk(path+partSuffix, err)
	}
	defer part.Close() // once more where it went well, which is harmless
	d := &download{Published: file, part: part, limits: limits, progress: progress}
	if err := d.fetch(ctx); err != nil {
		if d.have == 0 { // nothing to go on from
			_ = part.Close()
			_ = os.Remove(part.Name())
		}
		return err
	}
	if err := d.verify(); err != nil {
		return err
	}
	if err := stderrors.Join(part.Sync(), part.Close()); err != nil {
		return onDisk(part.Name(), err)
	}
	if err := os.Rename(part.Name(), path); err != nil {
		return onDisk(path, err)
	}
	return nil
}

// isAt says whether a locked file is still the one of its name.
func isAt(lock *flock.Flock) bool {
	locked, err := lock.Stat()
	if err != nil {
		return false
	}
	named, err := os.Stat(lock.Path())
	return err == nil && os.SameFile(locked, named)
}

// download is a file under way.
type download struct {
	Published
	part     *os.File
	limits   Limits
	progress func(int64)

	have int64 // bytes in part, which is positioned behind them
}

func onDisk(path string, err error) error {
	return fault.Fault{
		Kind: fault.Failed, Where: path, What: "cannot be written or read", Found: usererr.Reason(err), Expected: "a file of ours on a disk with room", Cause: err,
	}.Err()
}

func (d *download) fault(found, expected string, cause error) error {
	return fault.Fault{
		Kind: fault.Failed, Where: d.URL, What: fmt.Sprintf("download failed at byte %d of %d", d.have, d.Size), Found: found, Expected: expected, Cause: cause,
	}.Err()
}

// keep cuts what is there to so many bytes.
func (d *download) keep(bytes int64) error {
	if err := d.part.Truncate(bytes); err != nil {
		return onDisk(d.part.Name(), err)
	}
	_, err := d.part.Seek(bytes, io.SeekStart)
	if err != nil {
		return onDisk(d.part.Name(), err)
	}
	d.have = bytes
	return nil
}

// fetch gets the bytes that are missing.
func (d *download) fetch(ctx context.Context) error {
	info, err := d.part.Stat()
	if err != nil {
		return onDisk(d.part.Name(), err)
	}
	have := info.Size()
	if have > d.Size {
		have = 0
	}
	if err := d.keep(have); err != nil || have == d.Size {
		return err
	}

	total, cancelTotal := context.WithTimeoutCause(ctx, d.limits.Total, errTotal)
	defer cancelTotal()
	busy, cancel := context.WithCancelCause(total)
	defer cancel(nil)
	idle := time.AfterFunc(d.limits.Idle, func() { cancel(errIdle) })
	defer idle.Stop()

	client := d.client()
	defer client.CloseIdleConnections()
	response, err := d.ask(busy, client)
	if err == nil && response.StatusCode == http.StatusRequestedRangeNotSatisfiable {
		response.Body.Close()
		if err := d.keep(0); err != nil {
			return err
		}
		response, err = d.ask(busy, client)
	}
	if err != nil {
		return d.broken(ctx, busy, err)
	}
	defer response.Body.Close()
	if err := d.accept(response); err != nil {
		return err
	}
	return d.receive(ctx, busy, idle, response.Body)
}

func (d *download) client() *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.DialContext = (&net.Dialer{Timeout: d.limits.Connect}).DialContext
	transport.TLSHandshakeTimeout = d.limits.Connect
	// Sizes and ranges are those of the file, not of a packed form.
	transport.DisableCompression = true
	return &http.Client{Transport: transport, CheckRedirect: func(next *http.Request, before []*http.Request) error {
		const most = 10
		if len(before) > most {
			return errors.Errorf("more than %d redirects", most)
		}
		if before[0].URL.Scheme == "https" && next.URL.Scheme != "https" {
			return errors.Errorf("a redirect from https to %s", next.URL.Scheme)
		}
		return nil
	}}
}

func (d *download) ask(ctx context.Context, client *http.Client) (*http.Response, error) {
	question, err := http.NewRequestWithContext(ctx, http.MethodGet, d.URL, nil)
	if err != nil {
		return nil, err
	}
	if d.have > 0 {
		question.Header.Set("Range", fmt.Sprintf("bytes=%d-", d.have))
	}
	return client.Do(question)
}

// accept looks at what the server is about to send. A server that knows no ranges sends everything again.
func (d *download) accept(response *http.Response) error {
	switch response.StatusCode {
	case http.StatusOK:
		if err := d.keep(0); err != nil {
			return err
		}
	case http.StatusPartialContent:
		var first, last int64
		if n, _ := fmt.Sscanf(response.Header.Get("Content-Range"), "bytes %d-%d/", &first, &last); n != 2 || first != d.have {
			return d.fault(fmt.Sprintf("the range %q", response.Header.Get("Content-Range")), fmt.Sprintf("bytes %d-%d", d.have, d.Size-1), nil)
		}
	default:
		return d.fault("the answer "+response.Status, "200 OK", nil)
	}
	if n := response.ContentLength; n >= 0 && d.have+n != d.Size {
		return d.fault(fmt.Sprintf("a file of %d bytes", d.have+n), fmt.Sprint(d.Size), nil)
	}
	return nil
}

// receive writes what arrives.
func (d *download) receive(ctx, busy context.Context, idle *time.Timer, body io.Reader) error {
	buffer := make([]byte, 64<<10)
	for {
		n, err := body.Read(buffer)
		idle.Reset(d.limits.Idle)
		if d.have+int64(n) > d.Size {
			if err := d.keep(0); err != nil {
				return err
			}
			return d.fault("a longer file", fmt.Sprintf("%d bytes", d.Size), nil)
		}
		if _, err := d.part.Write(buffer[:n]); err != nil {
			return onDisk(d.part.Name(), err)
		}
		d.have += int64(n)
		d.progress(d.have)
		switch {
		case err == io.EOF && d.have == d.Size:
			return nil
		case err == io.EOF:
			return d.fault("the end of what the server sends", "the whole file; the next attempt continues here", nil)
		case err != nil:
			return d.broken(ctx, busy, err)
		}
	}
}

// broken says why a connection failed: as asked for, by a limit, or by itself.
func (d *download) broken(ctx, busy context.Context, err error) error {
	const expected = "the whole file; the next attempt continues here"
	if ctx.Err() != nil {
		return errors.WithStack(ctx.Err())
	}
	switch cause := context.Cause(busy); cause {
	case errIdle:
		return d.fault(fmt.Sprintf("no byte in %v", d.limits.Idle), expected, cause)
	case errTotal:
		return d.fault(fmt.Sprintf("no end in %v", d.limits.Total), expected, cause)
	}
	var named *url.Error // of an address that the message has already
	if errors.As(err, &named) {
		err = named.Err
	}
	return d.fault(err.Error(), expected, err)
}

// verify checks the whole file and deletes a wrong one.
func (d *download) verify() error {
	if _, err := d.part.Seek(0, io.SeekStart); err != nil {
		return onDisk(d.part.Name(), err)
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, d.part); err != nil {
		return onDisk(d.part.Name(), err)
	}
	if found := hex.EncodeToString(sum.Sum(nil)); found != d.SHA256 {
		wrong := fault.Fault{Kind: fault.Failed, Where: d.URL, What: "not the published file", Found: "SHA-256 " + found, Expected: d.SHA256}
		// Closed first: not every system deletes an open file.
		if err := stderrors.Join(d.part.Close(), os.Remove(d.part.Name())); err != nil {
			return onDisk(d.part.Name(), err)
		}
		return wrong.Err()
	}
	return nil
}
