"""Written by guiju for Apache Spark @VERSION@.

    spark-submit job.py OUT [--guiju PROGRAM --bundle FILE]

Finds the rows on which some rule acts and writes them to the folder OUT: `chosen_N` (a row's columns, its position in its source,
and for each rule whether it acts), `looked_up_N` (rows that those look up) and, when everything else is there, `done.json`.
The logical time, the zone and the trading days are constants in here. OUT must be visible to all workers.
"""
import argparse, json, os, subprocess, sys
from pyspark import SparkFiles
from pyspark.sql import SparkSession

arguments = argparse.ArgumentParser()
arguments.add_argument("out")
arguments.add_argument("--guiju", help="the program that computes what SQL cannot say")
arguments.add_argument("--bundle", help="what it needs to know")
arguments = arguments.parse_args()

spark = (
    SparkSession.builder.appName("guiju")
    .config("spark.sql.ansi.enabled", "false")
    .config("spark.sql.session.timeZone", "UTC")
    .config("spark.sql.variable.substitute", "false")
    .config("spark.sql.caseSensitive", "true")
    .config("spark.sql.decimalOperations.allowPrecisionLoss", "true")
    .config("spark.sql.parquet.outputTimestampType", "TIMESTAMP_MICROS")
    .config("spark.sql.parquet.datetimeRebaseModeInRead", "CORRECTED")
    .config("spark.sql.parquet.datetimeRebaseModeInWrite", "CORRECTED")
    .config("spark.sql.parquet.int96RebaseModeInRead", "CORRECTED")
    .config("spark.sql.parquet.int96RebaseModeInWrite", "CORRECTED")
    .getOrCreate()
)
spark.sparkContext.setLogLevel("ERROR")
done = {"version": spark.version, "rows": {}, "counts": {}}


def finish():
    os.makedirs(arguments.out, exist_ok=True)
    path = os.path.join(arguments.out, "done.json")
    with open(path + ".part", "w", encoding="utf-8") as out:
        json.dump(done, out)
    os.replace(path + ".part", path)


if spark.version != "@VERSION@":
    # Another version rounds, casts or sorts in its own way somewhere.
    finish()
    sys.exit("this is Spark " + spark.version + ", the job was written for @VERSION@")


def files(name, files):
    """Parquet files as a view, each row with its position in the source they make up."""
    raw = spark.read.option("mergeSchema", "false").parquet(*[path for path, _ in files])
    position = "_metadata.row_index"
    if len(files) > 1:
        uri = lambda path: spark._jvm.java.io.File(path).toURI().toString()
        firsts = spark.createDataFrame([(uri(path), first) for path, first in files], "uri STRING, first BIGINT")
        raw = raw.selectExpr("*", "_metadata.file_path AS `guiju uri`", position + " AS `guiju row`")
        raw = raw.join(firsts.hint("broadcast"), raw["guiju uri"] == firsts["uri"], "left")
        # A file that nobody listed has no place: better no answer than a wrong one.
        position = "coalesce(first, raise_error('a file that is not listed')) + `guiju row`"
    raw.selectExpr("*", position + " AS pos").createOrReplaceTempView(name)


def view(name, query):
    spark.sql(query).createOrReplaceTempView(name)


def rows(name, query):
    """A part of the answer. It is computed once, then put in order."""
    folder = os.path.join(arguments.out, name)
    spark.sql(query).write.mode("overwrite").parquet(folder + ".unordered")
    found = spark.read.parquet(folder + ".unordered")
    done["rows"][name] = found.count()
    found.sort("pos").write.mode("overwrite").parquet(folder)
    spark.read.parquet(folder).createOrReplaceTempView(name)


def count(name, query):
    many, example = spark.sql(query).collect()[0]
    done["counts"][name] = [many or 0, example]


def stage(name, table, query):
    """What SQL cannot say: `guiju` reads the rows of a partition as lines, and answers each with a line."""
    if not arguments.guiju or not arguments.bundle:
        sys.exit("this job calls guiju on the workers: --guiju PROGRAM --bundle FILE")
    spark.sparkContext.addFile(arguments.bundle)
    program, bundle = arguments.guiju, os.path.basename(arguments.bundle)

    def answer(lines):
        import threading

        command = [program, "stage", SparkFiles.get(bundle), "--table", table]
        child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

        def ask():
            with child.stdin as to:
                for (line,) in lines:
                    to.write(line.encode("utf-8") + b"\n")

        asking = threading.Thread(target=ask)
        asking.start()
        for line in child.stdout:
            yield (line.decode("utf-8").rstrip("\n"),)
        asking.join()
        if child.wait() != 0:
            raise RuntimeError("guiju stage ended with %d" % child.returncode)

    answers = spark.sql(query).rdd.mapPartitions(answer)
    spark.createDataFrame(answers, "line STRING").createOrReplaceTempView(name)


# @STEPS@

finish()
spark.stop()
