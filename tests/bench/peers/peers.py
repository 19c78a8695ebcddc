"""The same events by other engines, each in one pass over the customers, with two threads; and whether the rows are the same.

    peers.py duckdb|polars|spark CUSTOMERS RELATION CONDITIONS ROWS   evaluates, says what it took, then writes ROWS (Parquet)
    peers.py compare CONDITIONS TRUTH NAME=ROWS...                    rows of (event, customer, manager) against TRUTH's

Timed is what stands between the files and the rows in memory: neither the interpreter's start nor the engine's import nor the
writing of ROWS. Says one line of JSON: wall and processor seconds, the peak of memory in bytes, rows.
"""

import json
import os
import resource
import sys
import time

# The least value of these columns' top shares: so many of a million.
TOP = {"total_asset": 500, "commission_1y": 200}
THREADS = 2


def conditions(path):
    """Names and conditions, the event that keeps three per manager last and apart."""
    with open(path, encoding="utf-8") as lines:
        events = [line.rstrip("\n").split("\t") for line in lines if not line.startswith("#")]
    return events[:-1], events[-1]


def share(column):
    """The share of values below the top, exactly as a decimal."""
    return f"0.{1_000_000 - TOP[column]:06d}"


class Measured:
    """What a piece of work took."""

    def __enter__(self):
        self.wall, self.cpu = time.monotonic(), processor()
        return self

    def __exit__(self, *_):
        self.wall, self.cpu = time.monotonic() - self.wall, processor() - self.cpu
        self.peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

    def say(self, rows):
        print(json.dumps({"wall": self.wall, "cpu": self.cpu, "peak": self.peak, "rows": rows}))


def processor():
    return sum(os.times()[:2])


def duckdb(customers, relation, path, out):
    import duckdb

    events, (_, among) = conditions(path)
    db = connection(duckdb)
    with Measured() as measured:
        db.execute(f"CREATE VIEW customers AS FROM read_parquet('{customers}')")
        db.execute(f"CREATE VIEW rel AS FROM read_parquet('{relation}')")
        shares = ", ".join(f"quantile_disc({column}, {share(column)})" for column in TOP)
        least = dict(zip(TOP, db.execute(f"SELECT {shares} FROM customers").fetchone()))
        marks = ", ".join(f"CASE WHEN {when.format(**least)} THEN {n} END" for n, (_, when) in enumerate(events))
        db.execute(f"""CREATE TABLE found AS
            WITH marked AS (SELECT cust_id, [{marks}] AS marks FROM customers),
            hits AS (SELECT unnest(list_filter(marks, lambda n: n IS NOT NULL)) AS event, cust_id FROM marked)
            SELECT event::INTEGER AS event, cust_id, mgr_id FROM hits LEFT JOIN rel USING (cust_id)
            UNION ALL
            SELECT {len(events)}, cust_id, mgr_id FROM (
                SELECT cust_id, mgr_id, row_number() OVER (PARTITION BY mgr_id ORDER BY deposit_7d DESC, cust_id) AS place
                FROM customers JOIN rel USING (cust_id) WHERE {among}) WHERE place <= 3""")
    measured.say(db.execute("SELECT count(*) FROM found").fetchone()[0])
    db.execute(f"COPY found TO '{out}' (FORMAT parquet)")


def connection(duckdb):
    db = duckdb.connect(config={"threads": THREADS})
    db.execute("SET preserve_insertion_order = false")
    return db


def polars(customers, relation, path, out):
    os.environ["POLARS_MAX_THREADS"] = str(THREADS)
    import polars as pl

    events, (_, among) = conditions(path)
    with Measured() as measured:
        table, managers = pl.scan_parquet(customers), pl.scan_parquet(relation).select("cust_id", "mgr_id")
        least = table.select(
            pl.col(column).top_k(pl.col(column).count().cast(pl.Int64) * top // 1_000_000 + 1).min() for column, top in TOP.items()
        ).collect(engine="streaming")
        least = dict(zip(TOP, least.row(0)))
        true = [pl.sql_expr(when.format(**least)).fill_null(False).alias(str(n)) for n, (_, when) in enumerate(events)]
        names = [str(n) for n in range(len(true))]
        # Only rows that have a mark go on.
        marked = table.select("cust_id", *true).filter(pl.any_horizontal(names))
        hits = marked.unpivot(on=names, index="cust_id", variable_name="event").filter("value")
        hits = hits.select(pl.col("event").cast(pl.Int32), "cust_id")
        found = hits.join(managers, on="cust_id", how="left").collect(engine="streaming")
        order = pl.struct(-pl.col("deposit_7d").cast(pl.Float64), "cust_id")
        best = (
            table.filter(pl.sql_expr(among))
            .select("cust_id", "deposit_7d")
            .join(managers, on="cust_id")
            .filter(order.rank("ordinal").over("mgr_id") <= 3)
            .select(pl.lit(len(events), dtype=pl.Int32).alias("event"), "cust_id", "mgr_id")
            .collect(engine="streaming")
        )
        found = pl.concat([found, best])
    measured.say(found.height)
    found.write_parquet(out)


def spark(customers, relation, path, out):
    from pyspark.sql import SparkSession

    events, (_, among) = conditions(path)
    settings = {"spark.driver.memory": "8g", "spark.ui.enabled": "false", "spark.sql.shuffle.partitions": "4"}
    builder = SparkSession.builder.master(f"local[{THREADS}]").config(map=settings)
    session = builder.config("spark.local.dir", os.path.dirname(os.path.abspath(out))).getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    session.sql("SELECT 1").collect()
    java = session.sparkContext._gateway.proc.pid
    with Measured() as measured:
        before = process(java)[0]
        session.read.parquet(customers).createOrReplaceTempView("customers")
        session.read.parquet(relation).createOrReplaceTempView("rel")
        least = {}
        for column, top in TOP.items():
            count = session.sql(f"SELECT count({column}) FROM customers").first()[0]
            most = f"SELECT {column} AS value FROM customers ORDER BY value DESC LIMIT {count * top // 1_000_000 + 1}"
            least[column] = session.sql(f"SELECT min(value) FROM ({most})").first()[0]
        marks = ", ".join(f"CASE WHEN {when.format(**least)} THEN {n} END" for n, (_, when) in enumerate(events))
        hits = f"""SELECT hit.event, hit.cust_id, rel.mgr_id FROM (
                SELECT explode(filter(array({marks}), n -> n IS NOT NULL)) AS event, cust_id FROM customers) hit
            LEFT JOIN rel ON hit.cust_id = rel.cust_id"""
        best = f"""SELECT {len(events)} AS event, cust_id, mgr_id FROM (
                SELECT customers.cust_id, mgr_id,
                    row_number() OVER (PARTITION BY mgr_id ORDER BY deposit_7d DESC, customers.cust_id) AS place
                FROM customers JOIN rel ON customers.cust_id = rel.cust_id WHERE {among}) WHERE place <= 3"""
        # Two jobs into two folders: in memory, the driver's Python would be measured rather than Spark.
        for name, query in (("hits", hits), ("best", best)):
            session.sql(query).write.parquet(f"{out}/{name}.parquet")
    after, peak = process(java)
    measured.cpu, measured.peak = measured.cpu + after - before, measured.peak + peak
    measured.say(session.read.parquet(f"{out}/hits.parquet", f"{out}/best.parquet").count())
    session.stop()


def process(number):
    """Processor seconds and the peak of memory of another process."""
    with open(f"/proc/{number}/stat", encoding="utf-8") as stat:
        ticks = stat.read().rsplit(") ", 1)[1].split()[11:13]
    with open(f"/proc/{number}/status", encoding="utf-8") as status:
        peak = next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))
    return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK"), peak


def compare(path, truth, *others):
    import duckdb

    events, last = conditions(path)
    db = connection(duckdb)
    db.execute("CREATE TABLE names (event INTEGER, name VARCHAR)")
    db.executemany("INSERT INTO names VALUES (?, ?)", list(enumerate(name for name, _ in [*events, last])))
    load(db, "truth", truth)
    differ = {}
    for name, rows in (other.split("=", 1) for other in others):
        load(db, "other", rows)
        differ[name] = {
            side: dict(db.execute(f"SELECT name, count(*) FROM (FROM {a} EXCEPT ALL FROM {b}) GROUP BY name").fetchall())
            for side, a, b in (("missing", "truth", "other"), ("extra", "other", "truth"))
        }
    counts = dict(db.execute("SELECT name, count(*) FROM truth GROUP BY name").fetchall())
    print(json.dumps({"counts": counts, "differ": differ}))


def load(db, table, rows):
    """Rows of (name, customer, manager): of a peer, or of the sink that the engine has delivered to."""
    if rows.endswith(".db"):
        import csv
        import sqlite3

        tasks = sqlite3.connect(f"file:{rows}?mode=ro", uri=True).execute("SELECT rule, key, assignee FROM effects")
        with open(f"{rows}.csv", "w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows((rule.rsplit(".", 1)[1], key, manager) for rule, key, manager in tasks)
        columns = "{'name': 'VARCHAR', 'cust_id': 'BIGINT', 'mgr_id': 'BIGINT'}"
        found = f"SELECT * FROM read_csv('{rows}.csv', header = false, columns = {columns})"
    else:
        files = f"{rows}/*/*.parquet" if os.path.isdir(rows) else rows
        found = f"SELECT name, cust_id::BIGINT AS cust_id, mgr_id::BIGINT AS mgr_id FROM '{files}' JOIN names USING (event)"
    db.execute(f"CREATE OR REPLACE TABLE {table} AS {found}")


if __name__ == "__main__":
    what, *words = sys.argv[1:]
    {"duckdb": duckdb, "polars": polars, "spark": spark, "compare": compare}[what](*words)
