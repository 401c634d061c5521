package postgres

// version is that of the tables.
const version = 1

// migrations are the changes that make tables of version i those of version i + 1. Those of version 0 are none.
//
// The column changed of a row is the number of the transaction that wrote it. All transactions before the oldest one that was under way
// when somebody read are finished, so who has read up to that number reads only rows from there on.
var migrations = [version]string{`
CREATE TABLE gruexp.studies (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	name text NOT NULL UNIQUE,
	kind text NOT NULL,
	fingerprint text NOT NULL,
	definition bytea NOT NULL,
	looks bigint NOT NULL DEFAULT 0, -- at the test part
	kernels text NOT NULL DEFAULT '', -- instruction set of the first worker, which all others use
	begun timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE gruexp.workers (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	study bigint NOT NULL REFERENCES gruexp.studies (id) ON DELETE CASCADE,
	host text NOT NULL,
	pid integer NOT NULL,
	lease timestamptz NOT NULL -- until when the trials of the worker are its own
);
CREATE TABLE gruexp.trials (
	study bigint NOT NULL REFERENCES gruexp.studies (id) ON DELETE CASCADE,
	id bigint NOT NULL, -- 1 for the first
	name text NOT NULL,
	arm text NOT NULL,
	settings text NOT NULL, -- JSON: path to value
	seeds text NOT NULL,    -- JSON
	state text NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'pruned', 'failed')),
	worker bigint REFERENCES gruexp.workers (id),
	claim text NOT NULL DEFAULT '', -- which call claimed it: a call whose answer was lost finds it again
	attempts bigint NOT NULL DEFAULT 0,
	deaths bigint NOT NULL DEFAULT 0, -- attempts that ended with the lease of their worker
	ended_by bigint, -- the worker that recorded the result
	value double precision,
	error text NOT NULL DEFAULT '',
	changed xid8 NOT NULL DEFAULT pg_current_xact_id(),
	PRIMARY KEY (study, id),
	UNIQUE (study, name),
	CHECK ((state = 'running') = (worker IS NOT NULL))
);
CREATE INDEX trials_changed ON gruexp.trials (study, changed);
CREATE INDEX trials_waiting ON gruexp.trials (study, id) WHERE state = 'waiting';
CREATE INDEX trials_running ON gruexp.trials (study, worker) WHERE state = 'running';
CREATE TABLE gruexp.runs (
	study bigint NOT NULL,
	trial bigint NOT NULL,
	number integer NOT NULL, -- in the order of the trial's seeds
	seed text NOT NULL,      -- up to 2^64−1
	dir text NOT NULL,
	value double precision NOT NULL,
	seconds double precision NOT NULL,
	epochs bigint NOT NULL,
	stop_reason text NOT NULL,
	test text NOT NULL, -- JSON: metric to value
	PRIMARY KEY (study, trial, number),
	FOREIGN KEY (study, trial) REFERENCES gruexp.trials (study, id) ON DELETE CASCADE
);
CREATE TABLE gruexp.reports (
	study bigint NOT NULL,
	trial bigint NOT NULL,
	epoch bigint NOT NULL,
	value double precision NOT NULL,
	seconds double precision NOT NULL,
	changed xid8 NOT NULL DEFAULT pg_current_xact_id(),
	PRIMARY KEY (study, trial, epoch),
	FOREIGN KEY (study, trial) REFERENCES gruexp.trials (study, id) ON DELETE CASCADE
);
CREATE INDEX reports_changed ON gruexp.reports (study, changed);
CREATE TABLE gruexp.files (
	study bigint NOT NULL REFERENCES gruexp.studies (id) ON DELETE CASCADE,
	name text NOT NULL, -- path below the directory of the study
	sha256 bytea NOT NULL,
	size bigint NOT NULL,
	changed timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (study, name)
);
CREATE TABLE gruexp.chunks (
	study bigint NOT NULL,
	name text NOT NULL,
	number integer NOT NULL,
	content bytea NOT NULL,
	PRIMARY KEY (study, name, number),
	FOREIGN KEY (study, name) REFERENCES gruexp.files (study, name) ON DELETE CASCADE
);
`}
