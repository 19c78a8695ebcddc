-- What is older than a place in the history may have been forgotten: what is found again there is refused, not doubled.
CREATE TABLE forgotten (
    one    INTEGER PRIMARY KEY CHECK (one = 1),
    before INTEGER NOT NULL              -- runs.seq
) STRICT;
CREATE INDEX cell_blocks_by_seq ON cell_blocks (seq);
CREATE INDEX segment_rules_by_segment ON segment_rules (segment);
