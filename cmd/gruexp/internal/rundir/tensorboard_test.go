package rundir_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"testing"

	"github.com/gruexp/gruexp/cmd/gruexp/internal/rundir"
)

// golden is what testdata/events.py prints, which spells out the format and computes the CRC bit by bit.
const golden = "1800000000000000a37f4b2209000000000000f83f1a0d627261696e2e4576656e743a322a28646c3700000000000000e7e8ca5909000000000000024010ac022a290a110a0a747261696e2f6c6f7373150000003f0a140a0d6c6561726e696e675f72617465156f12833aa836a575"

func TestBytes(t *testing.T) {
	var b bytes.Buffer
	if err := rundir.WriteHeader(&b, 1.5); err != nil {
		t.Fatal(err)
	}
	if err := rundir.WriteScalars(&b, 2.25, 300, []rundir.Scalar{{"train/loss", 0.5}, {"learning_rate", 1e-3}}); err != nil {
		t.Fatal(err)
	}
	if found := hex.EncodeToString(b.Bytes()); found != golden {
		t.Errorf("found\n%s\nexpected\n%s", found, golden)
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space") }

func TestFullDisk(t *testing.T) {
	if rundir.WriteHeader(full{}, 0) == nil || rundir.WriteScalars(full{}, 0, 1, nil) == nil {
		t.Error("found no error of a full disk")
	}
}
