// Package storetest tests implementations of [study.Store]: one suite that every store passes, and a load that measures them.
package storetest
