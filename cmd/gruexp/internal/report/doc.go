// Package report makes one HTML file of runs and studies: what was run, how it did, and what is inside. The file needs nothing
// but itself.
//
//	report.go     what is in directories: [Read]
//	run.go        of a run
//	study.go      of a comparison or a search
//	document.go   sections, tables and charts: pure data, without HTML
//	build*.go     what is said of runs and studies, as sections
//	page.go       sections as HTML
//	assets/       style, script and the library of charts, which the file carries with it
package report
