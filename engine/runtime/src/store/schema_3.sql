-- Effects that their sink refused for good.
CREATE TABLE dead (
    id       INTEGER PRIMARY KEY,
    delivery INTEGER NOT NULL REFERENCES deliveries (id),
    row      INTEGER NOT NULL,           -- among the segment's rows for this sink
    reason   TEXT NOT NULL,
    at       INTEGER NOT NULL,
    again    INTEGER NOT NULL DEFAULT 0, -- somebody wants it sent once more
    arrived  INTEGER,                    -- when it did after all
    UNIQUE (delivery, row)
) STRICT;
CREATE INDEX dead_again ON dead (id) WHERE again = 1;
