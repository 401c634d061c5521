// Package atomicfile replaces a file as a whole or not at all.
//
// [Write] fills a temporary file beside the target, forces it to the disk and renames it over the target. Whoever
// opens the target, after a crash or a power cut too, finds the complete old content or the complete new one. A
// process that is killed in the middle leaves its temporary file behind; [RemoveLeftovers] deletes those.
package atomicfile
