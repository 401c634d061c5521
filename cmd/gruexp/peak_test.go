//go:build !linux

package main_test

// runAndMeasure is for Linux, where a process can read what it used.
func runAndMeasure(string) int { panic("memory is measured on Linux only") }

func runEach(string) int { panic("memory is measured on Linux only") }
