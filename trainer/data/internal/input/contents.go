package input

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
	"os"
)

// Content is what a file had when it was read.
type Content struct {
	Size   int64
	SHA256 string // in hexadecimal
}

// Contents remembers the contents of files as they are read, so that no file is read again for its checksum.
type Contents struct{ of map[string]Content }

type contentsKey struct{}

// WithContents returns a context whose files are remembered.
func WithContents(ctx context.Context) (context.Context, *Contents) {
	c := &Contents{map[string]Content{}}
	return context.WithValue(ctx, contentsKey{}, c), c
}

// Of returns the content of a file that was read to its end.
func (c *Contents) Of(path string) (Content, bool) {
	if c == nil {
		return Content{}, false
	}
	content, known := c.of[path]
	return content, known
}

// File is an open file of data. What is read in order is summed up on the way.
type File struct {
	file     *os.File
	path     string
	contents *Contents // nil: nobody asks
	sum      hash.Hash
	size     int64
}

func newFile(ctx context.Context, path string, file *os.File) *File {
	f := &File{file: file, path: path}
	if f.contents, _ = ctx.Value(contentsKey{}).(*Contents); f.contents != nil {
		f.sum = sha256.New()
	}
	return f
}

// Read reads what comes next.
func (f *File) Read(p []byte) (int, error) {
	n, err := f.file.Read(p)
	if f.sum != nil {
		f.sum.Write(p[:n])
		f.size += int64(n)
	}
	return n, err
}

// ReadAt reads from anywhere and moves nothing: Finish sums up what only ReadAt has read.
func (f *File) ReadAt(p []byte, at int64) (int, error) { return f.file.ReadAt(p, at) }

// Stat describes the file.
func (f *File) Stat() (os.FileInfo, error) { return f.file.Stat() }

// Finish tells the contents of the context what the file has. It reads what is left of it, such as bytes after the end of an archive.
func (f *File) Finish() error {
	if f.sum == nil {
		return nil
	}
	if _, err := io.Copy(io.Discard, f); err != nil {
		return Unreadable(f.path, err)
	}
	f.contents.of[f.path] = Content{f.size, hex.EncodeToString(f.sum.Sum(nil))}
	return nil
}

// Close closes the file.
func (f *File) Close() error { return f.file.Close() }
