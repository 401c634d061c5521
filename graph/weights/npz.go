package weights

import (
	"archive/zip"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/pkg/errors"

	"github.com/gruexp/gruexp/graph/fault"
)

const (
	npySuffix = ".npy"

	// The most that packed members may unpack to: a hundred times the file plus 1 MiB. DEFLATE could reach a thousand
	// times.
	maxGrowth   = 100
	freeGrowth  = 1 << 20
	encryptFlag = 1
)

// ReadNPZ reads the .npz file path. Its errors are those of [DecodeNPZ] with the path.
func ReadNPZ(path string) ([]Tensor, error) {
	f, size, err := openRegular(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	tensors, err := DecodeNPZ(f, size)
	return tensors, fault.In(path, err)
}

// DecodeNPZ reads the arrays of an .npz file of size bytes, as numpy.savez and numpy.savez_compressed write it: a ZIP
// archive of .npy files. The name of a tensor is that of its member without ".npy"; the order is that of the archive.
//
// What is wrong with the file is an error of [Damaged]. Before anything is unpacked, all of the following hold: no name
// comes twice; every member is an .npy file, stored or deflated, not encrypted; the members do not share bytes; all
// together they unpack to at most a hundred times the file. Checksums are verified.
func DecodeNPZ(r io.ReaderAt, size int64) ([]Tensor, error) {
	archive, err := zip.NewReader(r, size)
	if err != nil {
		return nil, damagedNPZ("archive", err.Error(), "a ZIP archive of .npy files")
	}
	if err := checkMembers(archive.File, size); err != nil {
		return nil, err
	}
	tensors := make([]Tensor, len(archive.File))
	for i, member := range archive.File {
		if tensors[i], err = readMember(member); err != nil {
			return nil, err
		}
	}
	return tensors, nil
}

func memberPart(member *zip.File) string { return "member " + quote(member.Name) }

func checkMembers(members []*zip.File, size int64) error {
	seen := make(map[string]bool, len(members))
	packed, unpacked := uint64(0), uint64(0)
	limit := uint64(size)*maxGrowth + freeGrowth
	for _, member := range members {
		part := memberPart(member)
		switch {
		case seen[member.Name]:
			return damagedNPZ(part, "the name twice", "every name once")
		case !strings.HasSuffix(member.Name, npySuffix):
			return damagedNPZ(part, "another kind of file", "members that end in "+npySuffix)
		case member.Flags&encryptFlag != 0:
			return damagedNPZ(part, "an encrypted member", "one that is not")
		case member.Method != zip.Store && member.Method != zip.Deflate:
			return damagedNPZ(part, fmt.Sprintf("packing method %d", member.Method), "stored or deflated members")
		case member.Method == zip.Store && member.CompressedSize64 != member.UncompressedSize64:
			return damagedNPZ(part, fmt.Sprintf("%d bytes stored as %d", member.UncompressedSize64, member.CompressedSize64), "equal sizes")
		case member.CompressedSize64 > uint64(size)-packed:
			return damagedNPZ(part, fmt.Sprintf("%d packed bytes after %d of others", member.CompressedSize64, packed),
				fmt.Sprintf("at most the %d of the file together", size))
		case member.UncompressedSize64 > limit-unpacked:
			return damagedNPZ(part, fmt.Sprintf("%d unpacked bytes after %d of others", member.UncompressedSize64, unpacked),
				fmt.Sprintf("at most %d together for a file of %d", limit, size))
		}
		seen[member.Name] = true
		packed += member.CompressedSize64
		unpacked += member.UncompressedSize64
	}
	return checkApart(members)
}

// checkApart rejects members that share bytes: a small file could unpack the same bytes many times.
func checkApart(members []*zip.File) error {
	type span struct{ begin, end uint64 }
	spans := make([]span, len(members))
	for i, member := range members {
		begin, err := member.DataOffset()
		if err != nil {
			return damagedNPZ(memberPart(member), err.Error(), "a local header")
		}
		spans[i] = span{uint64(begin), uint64(begin) + member.CompressedSize64}
	}
	slices.SortFunc(spans, func(a, b span) int { return cmp.Or(cmp.Compare(a.begin, b.begin), cmp.Compare(a.end, b.end)) })
	for i := 1; i < len(spans); i++ {
		if spans[i].begin < spans[i-1].end {
			return damagedNPZ("archive", "members that overlap", "members that share no bytes")
		}
	}
	return nil
}

func readMember(member *zip.File) (Tensor, error) {
	content, err := member.Open()
	if err != nil {
		return Tensor{}, damagedNPZ(memberPart(member), err.Error(), "a member that can be read")
	}
	defer content.Close()
	t, err := DecodeNPY(content, int64(member.UncompressedSize64))
	if err == nil {
		err = readToEnd(content)
	}
	if err != nil {
		return Tensor{}, asNPZ(member, err)
	}
	t.Name = strings.TrimSuffix(member.Name, npySuffix)
	return t, nil
}

// readToEnd makes the archive verify the checksum, which it does at the end of a member.
func readToEnd(content io.Reader) error {
	n, err := content.Read(make([]byte, 1))
	if n > 0 {
		return damagedNPY("data", "more bytes than the archive tells", "none")
	}
	if err == io.EOF {
		return nil
	}
	return err
}

// asNPZ adds the member to an error. Data that cannot be unpacked are damage of the file, too.
func asNPZ(member *zip.File, err error) error {
	var f fault.Fault
	if errors.As(err, &f) {
		return damagedNPZ(memberPart(member)+", "+partOf(f), f.Found, f.Expected)
	}
	return damagedNPZ(memberPart(member), errors.Cause(err).Error(), "data that can be unpacked")
}

// EncodeNPZ writes tensors as an .npz file as numpy.savez does: stored members, in the order of their names
// and without a date, so that the bytes depend on the tensors alone. Names must be unique and not empty. It does not
// close w.
func EncodeNPZ(w io.Writer, tensors []Tensor) error {
	tensors = slices.SortedFunc(slices.Values(tensors), func(a, b Tensor) int { return strings.Compare(a.Name, b.Name) })
	for i, t := range tensors {
		if t.Name == "" || i > 0 && t.Name == tensors[i-1].Name {
			return errors.Errorf("tensor %s: found an empty name or one that comes twice, expected unique names", quote(t.Name))
		}
		if err := t.check(); err != nil {
			return err
		}
	}
	archive := zip.NewWriter(w)
	for _, t := range tensors {
		member, err := archive.CreateHeader(&zip.FileHeader{Name: t.Name + npySuffix, Method: zip.Store})
		if err != nil {
			return errors.Wrapf(err, "write npz: tensor %s", quote(t.Name))
		}
		if err := EncodeNPY(member, t); err != nil {
			return errors.WithMessagef(err, "tensor %s", quote(t.Name))
		}
	}
	return errors.Wrap(archive.Close(), "write npz")
}
