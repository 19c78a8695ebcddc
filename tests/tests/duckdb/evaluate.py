"""Conditions over tables, as DuckDB sees them: a line of JSON for each table; the ids of every condition's rows, a line for each."""

import json
import sys

import duckdb

db = duckdb.connect(config={"threads": 2})
# The engine's integers have 64 bits, and what leaves them is missing; so is what no real number is.
db.execute("CREATE MACRO fit(x) AS CASE WHEN x BETWEEN -9223372036854775808 AND 9223372036854775807 THEN x::BIGINT END")
db.execute("CREATE MACRO finite(x) AS CASE WHEN isfinite(x) THEN x::DOUBLE END")

with open(sys.argv[1], encoding="utf-8") as asked, open(sys.argv[2], "w", encoding="utf-8") as answered:
    for line in asked:
        ask = json.loads(line)
        db.execute(f"CREATE OR REPLACE TABLE t AS SELECT {', '.join(ask['columns'])} FROM read_parquet('{ask['table']}')")
        found = []
        for condition in ask["conditions"]:
            try:
                rows = db.execute(f"SELECT id FROM t WHERE {condition} ORDER BY id").fetchall()
            except duckdb.Error as error:
                raise SystemExit(f"{condition}\n{error}") from error
            found.append([row[0] for row in rows])
        print(json.dumps(found), file=answered)
