"""Asks DuckDB about a folder of Parquet files: a query a line on standard input, the rows of each as a JSON line.

tables.py FOLDER
"""

import json
import sys

import duckdb

folder = sys.argv[1].replace("'", "''")
database = duckdb.connect()
database.execute("SET TimeZone = 'UTC'")
database.execute(
    "CREATE VIEW reports AS SELECT * FROM read_parquet("
    f"'{folder}/**/*.parquet', hive_partitioning = true, union_by_name = true)"
)
for query in sys.stdin:
    print(json.dumps(database.execute(query).fetchall(), default=str), flush=True)
