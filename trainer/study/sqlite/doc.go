// Package sqlite keeps the record of a study in one file, an SQLite database that other programs can read as well.
//
// Several processes of one machine may have the file open. A process that carries out trials holds a lock on a file of its
// own in the folder beside, FILE-workers, as long as it lives; the system takes the lock away when the process ends, however
// it ends, and its trials are then given to others. No clock decides about that. The folder of the file must be on a disk
// of this machine: neither SQLite's locks nor these hold over networks.
package sqlite
