"""Evaluates expressions: evaluate.py IN OUT. Each line of IN is {"from": relation, "select": [sql, …]}; each line of OUT the rows, as texts."""
import json, sys
from pyspark.sql import SparkSession

spark = (
    SparkSession.builder.appName("guiju-tests")
    .config("spark.sql.ansi.enabled", "false")
    .config("spark.sql.session.timeZone", "UTC")
    .config("spark.sql.variable.substitute", "false")
    # Otherwise constants and rows of the query itself would be evaluated by the optimiser, not by what runs on tables.
    .config(
        "spark.sql.optimizer.excludedRules",
        "org.apache.spark.sql.catalyst.optimizer.ConvertToLocalRelation,org.apache.spark.sql.catalyst.optimizer.ConstantFolding",
    )
    .getOrCreate()
)
spark.sparkContext.setLogLevel("ERROR")
with open(sys.argv[1], encoding="utf-8") as lines, open(sys.argv[2], "w", encoding="utf-8") as out:
    for line in lines:
        query = json.loads(line)
        sql = "SELECT %s FROM (%s)" % (", ".join("%s AS r%d" % (e, i) for i, e in enumerate(query["select"])), query["from"])
        out.write(json.dumps([list(row) for row in spark.sql(sql).collect()], ensure_ascii=False) + "\n")
