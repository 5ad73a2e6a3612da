"""The child process that makes a file of tables out of an uploaded file.

The variable TABLES tells paths, media type, name and allowance. The output is one line of JSON.
"""

import json
import os
import signal
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import duckdb

from ai_llm_service.search.tables.build import MAX_COLUMNS, TableTooWide
from ai_llm_service.search.tables.cage import Allowance, leave_network, limit
from ai_llm_service.search.tables.find import find_tables

OPEN_FILES = 128


def main() -> None:
    order = json.loads(os.environ["TABLES"])
    # Nobody waits any more by then: a child must not outlive a worker that was killed.
    signal.alarm(int(order["wall_seconds"]) + 5)
    limit(Allowance(**order["allowance"]), OPEN_FILES)
    leave_network()
    try:
        answer = _built(order)
    except TableTooWide:
        answer = {"rejected": f"{order['name']} has more than {MAX_COLUMNS} columns."}
    except (MemoryError, duckdb.OutOfMemoryException):
        answer = {"rejected": f"{order['name']} needs more memory to be read than is allowed."}
    os.write(1, json.dumps(answer).encode() + b"\n")


def _built(order: dict[str, Any]) -> dict[str, Any]:
    path, target = Path(order["path"]), Path(order["target"])
    with tempfile.TemporaryDirectory(dir=target.parent, prefix="tables-") as folder:
        tempfile.tempdir = folder
        connection = duckdb.connect(
            str(target),
            config={
                "memory_limit": f"{order['database_mb']}MB",
                "threads": 2,
                "temp_directory": folder,
                "autoinstall_known_extensions": "false",
                "autoload_known_extensions": "false",
            },
        )
        connection.execute(f"ATTACH '{folder}/scratch.duckdb' AS scratch")
        tables = find_tables(connection, path, order["media_type"], order["label"], target.parent)
        connection.close()
    return {"tables": [asdict(table) for table in tables]}


if __name__ == "__main__":
    main()
