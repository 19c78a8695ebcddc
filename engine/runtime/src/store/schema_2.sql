-- Sets of rulebooks that were put in force by a server, in order.
CREATE TABLE changes (
    seq      INTEGER PRIMARY KEY REFERENCES runs (seq),
    epoch    BLOB NOT NULL REFERENCES epochs (hash),
    before   BLOB CHECK (length(before) = 32),   -- what was in force
    origin   TEXT NOT NULL CHECK (origin IN ('files', 'apply', 'rollback')),
    author   TEXT,
    approver TEXT,
    reason   TEXT,
    at       INTEGER NOT NULL,
    fates    TEXT NOT NULL                       -- JSON: what became of what rules remember
) STRICT;
