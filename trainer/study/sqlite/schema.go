package sqlite

// version is that of the tables, kept as the file's user_version.
const version = 2

// tick is the number of the next change: those who know the record up to a number read only what has changed since.
const tick = "(SELECT 1 + max((SELECT coalesce(max(changed), 0) FROM trials), (SELECT coalesce(max(changed), 0) FROM reports)))"

// changes makes tables of version 1 those of version 2.
const changes = `
ALTER TABLE trials ADD COLUMN changed INTEGER NOT NULL DEFAULT 0; -- greater than that of every earlier change of trials and reports
ALTER TABLE reports ADD COLUMN changed INTEGER NOT NULL DEFAULT 0;
CREATE INDEX trials_changed ON trials (changed);
CREATE INDEX reports_changed ON reports (changed);
CREATE INDEX trials_waiting ON trials (id) WHERE state = 'waiting';
CREATE INDEX trials_running ON trials (worker) WHERE worker IS NOT NULL;
`

// schema is version 1.
const schema = `
CREATE TABLE study (
	one INTEGER PRIMARY KEY CHECK (one = 1),
	kind TEXT NOT NULL,
	fingerprint TEXT NOT NULL,
	definition BLOB NOT NULL,
	looks INTEGER NOT NULL DEFAULT 0 -- at the test part
) STRICT;
CREATE TABLE workers (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	pid INTEGER NOT NULL
) STRICT;
CREATE TABLE trials (
	id INTEGER PRIMARY KEY,
	name TEXT NOT NULL UNIQUE,
	arm TEXT NOT NULL,
	settings TEXT NOT NULL, -- JSON: path to value
	seeds TEXT NOT NULL,    -- JSON
	state TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'pruned', 'failed')),
	worker INTEGER REFERENCES workers (id),
	attempts INTEGER NOT NULL DEFAULT 0,
	value REAL,
	error TEXT NOT NULL DEFAULT '',
	CHECK ((state = 'running') = (worker IS NOT NULL))
) STRICT;
CREATE TABLE runs (
	trial INTEGER NOT NULL REFERENCES trials (id),
	number INTEGER NOT NULL, -- in the order of the trial's seeds
	seed TEXT NOT NULL,      -- up to 2^64−1
	dir TEXT NOT NULL,
	value REAL NOT NULL,
	seconds REAL NOT NULL,
	epochs INTEGER NOT NULL,
	stop_reason TEXT NOT NULL,
	test TEXT NOT NULL,      -- JSON: metric to value
	PRIMARY KEY (trial, number)
) STRICT;
CREATE TABLE reports (
	trial INTEGER NOT NULL REFERENCES trials (id),
	epoch INTEGER NOT NULL,
	value REAL NOT NULL,
	seconds REAL NOT NULL,
	PRIMARY KEY (trial, epoch)
) STRICT;
`
