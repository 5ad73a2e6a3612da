"""Tables: from a question to the result, and a table of ten million rows from upload to answer."""

import random
import tempfile
import threading
import time
from pathlib import Path

from benchmarks.figure import Figure, at_most, percentile, size
from tests.hostile_statements import EXHAUSTING, REFUSED
from tests.service import Service, children, running
from tests.table_shelf import SANDBOX, TableShelf

SMALL_ROWS = 500
PLACES = ("North", "South", "East", "West")
QUESTIONS = (
    "How many sites are in North?",
    "What is the average load in South?",
    "Which site has the highest meter?",
)
BIG_QUESTION = "What is the total amount of North?"


def question() -> list[Figure]:
    """Questions over a table of 500 rows, planned by rules and run, one after the other."""
    with tempfile.TemporaryDirectory() as folder:
        shelf = TableShelf(Path(folder))
        lines = [f"site {n},{PLACES[n % 4]},{n % 97}.5,{n}" for n in range(SMALL_ROWS)]
        shelf.add_table("sites.csv", "\n".join(["site,region,load,meter", *lines]))
        samples, alone = [], []
        for turn in range(size("TABLE_QUESTIONS", 60) + 3):
            began = time.perf_counter()
            answer = shelf.answer(QUESTIONS[turn % 3])
            samples.append(time.perf_counter() - began)
            assert answer.computation is not None
            began = time.perf_counter()
            shelf.run(answer.computation.statement)
            alone.append(time.perf_counter() - began)
    return [
        at_most("question to result, 500 rows, p50", 1000 * percentile(samples[3:], 50), "ms", 50),
        Figure("question to result, 500 rows, p95", 1000 * percentile(samples[3:], 95), "ms"),
        Figure("statement alone, 500 rows, p50", 1000 * percentile(alone[3:], 50), "ms"),
    ]


def hostile() -> list[Figure]:
    """Statements that must not run: how many do, and how many end the process that runs them."""
    through = 0
    with tempfile.TemporaryDirectory() as folder:
        shelf = TableShelf(Path(folder))
        shelf.add_table(
            "wells.csv", "village,flow\n" + "".join(f"V{n},{n}.5\n" for n in range(300))
        )
        shelf.run("SELECT 1 FROM wells")
        warm = SANDBOX.process_ids()
        for statement in (*REFUSED, *EXHAUSTING):
            through += shelf.run(statement) is not None
        deaths = len(warm - SANDBOX.process_ids())
    return [
        Figure("hostile statements tried", len(REFUSED) + len(EXHAUSTING), ""),
        at_most("hostile statements that got through", through, "", 0),
        at_most("processes that died of them", deaths, "", 0),
    ]


def big() -> list[Figure]:
    """A CSV of ten million rows, about 1 GB: from the upload to the first aggregate."""
    rows = size("TABLE_ROWS", 10_000_000)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sales.csv"
        expected = _write(path, rows)
        with running(Path(folder), MAX_FILE_BYTES=str(4 << 30)) as service:
            memory = _Memory(service.process.pid)
            with memory:
                began = time.perf_counter()
                text = _upload_and_ask(service, path)
                seconds = time.perf_counter() - began
        assert str(expected) in text, text
        gigabytes = path.stat().st_size / 1e9
    return [
        Figure(f"size of {rows:,} rows", gigabytes, "GB"),
        at_most("upload to first aggregate", seconds, "s", 120),
        at_most("memory of all processes, at most", memory.most / 1e9, "GB", 1.5),
    ]


def _write(path: Path, rows: int) -> int:
    """Write the table; the sum that will be asked for."""
    rng = random.Random(1)
    total = 0
    with path.open("w", encoding="utf-8") as file:
        file.write("id,day,region,product,customer,amount,price,note\n")
        for n in range(rows):
            amount, place = rng.randrange(1000), PLACES[n % 4]
            total += amount if place == "North" else 0
            file.write(
                f"{n},2025-{n % 12 + 1:02d}-{n % 28 + 1:02d},{place},product {n % 500},"
                f"customer {n % 100_000},{amount},{amount % 90}.{n % 90 + 10},"
                f"delivered to the gate by the usual carrier\n"
            )
    return total


def _upload_and_ask(service: Service, path: Path) -> str:
    with service.http() as http, path.open("rb") as file:
        answer = http.post("/api/file/upload", files={"file": (path.name, file)}, timeout=300)
    answer.raise_for_status()
    uploaded = answer.json()
    asked = service.ask([BIG_QUESTION], session_id=uploaded["session_id"], mode="compute")
    task = service.finished(asked["task_id"], seconds=600)
    return str(task["result"]["result"][0])


class _Memory:
    """The most memory that a process and all below it held at once."""

    def __init__(self, pid: int) -> None:
        self.most = 0
        self._pid = pid
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._done.wait(0.3):
            waiting, total = [self._pid], 0
            while waiting:
                pid = waiting.pop()
                total += _resident(pid)
                waiting += children(pid)
            self.most = max(self.most, total)


def _resident(pid: int) -> int:
    """Count shared pages once among those that share them."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text("ascii").splitlines()
    except OSError:
        return 0
    sizes = [line.split()[1] for line in lines if line.startswith("Pss:")]
    return 1024 * int(sizes[0]) if sizes else 0
