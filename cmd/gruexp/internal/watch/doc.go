// Package watch is a page about the runs and studies of a folder, live, for a browser on the same machine.
//
// A [Folder] finds what is there and what has changed; it reads through an [os.Root], so nothing outside is reached by a path
// or a link. A server shows it: whole pages by GET, which change nothing, a stream of events that says what to fetch anew, and
// one POST, which asks a run to stop. Who may ask is checked before anything else, see guard.go.
//
// What a run or a study has to show is the report of it: package report draws it, here as there.
package watch
