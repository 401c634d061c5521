package report

import (
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"testing"
)

// TestLibraryIsUnmodified holds the library to the file dist/echarts.min.js of the package echarts 6.1.0 of npm.
func TestLibraryIsUnmodified(t *testing.T) {
	const published = "b66b25aeb4df84e33199dc21694014d336d222cbd9deb0e5a7c14bd6aa0d0fd0"
	content, err := fs.ReadFile(Assets(), ChartsFile)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(content)
	if found := hex.EncodeToString(sum[:]); found != published {
		t.Errorf("%s: found SHA-256 %s, expected %s", ChartsFile, found, published)
	}
}
