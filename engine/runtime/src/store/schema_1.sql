-- Times are microseconds since 1970-01-01 UTC.

CREATE TABLE epochs (
    hash    BLOB PRIMARY KEY CHECK (length(hash) = 32),
    created INTEGER NOT NULL,             -- logical time of the first run under it
    author  TEXT,
    bundle  BLOB NOT NULL                 -- version byte, then zstd of JSON [[file, text], ...]
) STRICT;

-- One row per attempt; seq is the order of publication, the only clock that cells know.
CREATE TABLE runs (
    seq          INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant       TEXT NOT NULL,
    run_id       TEXT NOT NULL,
    attempt      INTEGER NOT NULL,
    epoch        BLOB NOT NULL REFERENCES epochs (hash),
    occurrence   TEXT NOT NULL,
    logical_time INTEGER NOT NULL,
    started      INTEGER NOT NULL,
    ended        INTEGER NOT NULL,
    status       TEXT NOT NULL CHECK (status IN ('published', 'abandoned')),
    reason       TEXT,
    sources      TEXT NOT NULL,           -- JSON
    counts       TEXT NOT NULL,           -- JSON {rule: [new, already, doubled]}
    UNIQUE (tenant, run_id, attempt)
) STRICT;
CREATE INDEX runs_by_occurrence ON runs (occurrence);

CREATE TABLE segments (
    id    INTEGER PRIMARY KEY,
    run   INTEGER NOT NULL REFERENCES runs (seq),
    kind  TEXT NOT NULL,                  -- of effect
    file  TEXT NOT NULL UNIQUE,           -- below segments/
    rows  INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    hash  BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;
CREATE INDEX segments_by_run ON segments (run);

-- Which rows of a segment are a rule's.
CREATE TABLE segment_rules (
    rule      TEXT NOT NULL,
    segment   INTEGER NOT NULL REFERENCES segments (id),
    first_row INTEGER NOT NULL,
    rows      INTEGER NOT NULL,
    PRIMARY KEY (rule, segment, first_row)
) STRICT, WITHOUT ROWID;

-- The log of state: what run `seq` put into a cell, or (checkpoint = 1) everything put into it up to `seq`.
-- Many keys to a block: a row per key would make publishing slower than evaluating.
CREATE TABLE cell_blocks (
    cell       BLOB NOT NULL CHECK (length(cell) = 16),
    partition  TEXT NOT NULL,
    seq        INTEGER NOT NULL REFERENCES runs (seq),
    checkpoint INTEGER NOT NULL,
    tenant     TEXT NOT NULL,
    rule       TEXT NOT NULL,
    entries    INTEGER NOT NULL,
    block      BLOB NOT NULL,             -- version byte, then zstd
    UNIQUE (cell, partition, seq, checkpoint)
) STRICT;

CREATE TABLE deliveries (
    id           INTEGER PRIMARY KEY,
    segment      INTEGER NOT NULL REFERENCES segments (id),
    sink         TEXT NOT NULL,
    at_most_once INTEGER NOT NULL,
    rows         INTEGER NOT NULL,        -- of the segment that go to this sink
    done         INTEGER NOT NULL,        -- settled
    sending      INTEGER NOT NULL,        -- announced; done <= sending <= rows
    updated      INTEGER NOT NULL,
    UNIQUE (segment, sink)
) STRICT;
CREATE INDEX deliveries_due ON deliveries (segment) WHERE done < rows;

-- At-most-once rows that were announced and never confirmed.
CREATE TABLE uncertain (
    id       INTEGER PRIMARY KEY,
    delivery INTEGER NOT NULL REFERENCES deliveries (id),
    first    INTEGER NOT NULL,
    rows     INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    decided  TEXT CHECK (decided IN ('arrived', 'lost')),
    UNIQUE (delivery, first)
) STRICT;
