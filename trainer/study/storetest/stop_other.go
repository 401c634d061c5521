//go:build !unix

package storetest

import "testing"

func stopped(t *testing.T, _ Suite) { t.Skip("this system stops no processes") }
