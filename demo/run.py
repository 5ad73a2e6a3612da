"""`make demo`: starts the service, asks it about three documents, and shows what comes back."""

import contextlib
import os
import secrets
import signal
import socket
import sys
import tempfile
import textwrap
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import NoReturn

from rich.console import Console

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))

from ai_llm_service.client import Client, Json, ServiceProblem  # noqa: E402
from ai_llm_service.processes import leash  # noqa: E402 - works without an installation

DOCUMENTS = [
    ROOT / "demo" / "documents" / n for n in ("handbook.pdf", "pipeline.log", "surveys.csv")
]
QUESTIONS = [
    "How much may a field mentor spend on one repair without asking?",
    "What happens within 24 hours and 48 hours when E. coli is found in a sample?",
    "Which database error made the model stg_lab_chemistry fail?",
    "What do we know about the solar pump CHN-0140 in Kodar?",
    "How many water points are closed for drinking?",
    "How many log entries in pipeline.log have the level WARNING?",
    "What went wrong in pipeline.log?",
]
FOLLOW_UP = "How is a result below the detection limit reported?"

# What the user chose is passed on; keys and brokers of other projects are not.
PASSED_ON = ("CHAT_MODEL", "OPENAI_", "MODEL_", "PATH", "HOME", "LANG", "LC_", "TMPDIR", "XDG_")
START_SECONDS = 60
STOP_SECONDS = 30
TASK_SECONDS = 120
WIDTH = 100

CURL = 'curl -H "Authorization: $KEY"'
JSON_TYPE = '"Content-Type: application/json"'
BODY = '{"session_id": "...", "queries": [...]}'
LAST_LINES = 15

out = Console(width=WIDTH, highlight=False, markup=False)


class DemoFailed(Exception):
    """Something did not work; the message says what."""


def main() -> int:
    on_signals(_interrupt)
    try:
        with (
            tempfile.TemporaryDirectory(prefix="ai-llm-demo-") as folder,
            contextlib.chdir(folder),
            running_service(Path(folder)) as (url, key),
            Client(url, key) as client,
        ):
            converse(client)
    except (DemoFailed, ServiceProblem, TimeoutError) as error:
        print(f"The demo failed: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("The demo was interrupted; the service is stopped.", file=sys.stderr)
        return 130
    say("Done: the service is stopped and its temporary folder is removed.")
    return 0


def converse(client: Client) -> None:
    """Upload, ask, ask again, close."""
    session_id = upload_all(client)
    say(
        f"Asking {len(QUESTIONS)} questions in one task",
        f"{CURL} -H {JSON_TYPE} -d '{BODY}' $URL/file/query",
    )
    ask(client, session_id, QUESTIONS)
    say("Asking once more in the same session, as a second task")
    ask(client, session_id, [FOLLOW_UP])
    say("Closing the session", f"{CURL} -X DELETE $URL/file/search/session/{session_id}")
    receipt = finished(client, client.close(session_id)["task_id"])["result"]
    for name in ("files_removed", "bytes_removed", "chunks_removed", "tasks_cancelled"):
        line(f"{name.replace('_', ' ')}: {receipt[name]:,}")


def upload_all(client: Client) -> str:
    """The first document opens the session, the others join it."""
    session_id: str | None = None
    tasks = []
    say(
        "Uploading a handbook, the log of a failed pipeline and a table",
        f"{CURL} -F file=@demo/documents/handbook.pdf $URL/file/upload",
    )
    for path in DOCUMENTS:
        added = client.upload(path, session_id)
        session_id = str(added["session_id"])
        tasks.append(added["task_id"])
    for task_id in tasks:
        finished(client, task_id)
    assert session_id is not None  # noqa: S101 - there are documents
    for document in client.session(session_id)["documents"]:
        pages = f"{document['pages']} pages, " if document["pages"] else ""
        size = f"{pages}{document['characters']:,} characters, {document['chunks']} chunks"
        line(f"{document['name']}: {document['state']}, {size}")
    return session_id


def ask(client: Client, session_id: str, questions: list[str]) -> None:
    asked = client.query(questions, session_id=session_id)
    line(f"task {asked['task_id']}", "dim")
    task = finished(client, asked["task_id"], show_progress())
    answers = task["result"]["answers"]
    for answer in answers:
        show_answer(answer)
    check_quotes(client, answers)


def finished(
    client: Client, task_id: str, on_progress: Callable[[Json], None] | None = None
) -> Json:
    """The task once it has ended well."""
    task = client.wait(task_id, TASK_SECONDS, on_progress)
    if task["status"] != "SUCCESS":
        raise DemoFailed(task["error"] or f"task {task_id} ended as {task['status']}.")
    return task


def show_progress() -> Callable[[Json], None]:
    """A line for each change that a poll of the task sees."""
    seen: list[str] = []

    def show(task: Json) -> None:
        progress = task["progress"]
        state = f"{task['status']}, {progress['done']} of {progress['total']} answered"
        if seen[-1:] != [state]:
            seen.append(state)
            line(f"$URL/task/...: {state}", "dim")

    return show


def show_answer(answer: Json) -> None:
    out.print()
    line(f"Q  {answer['query']}", "bold cyan")
    # The names of the files stand below, with the places.
    line(answer["text"].partition("\n\n[1] ")[0])
    if answer["computation"]:
        shown = f"computed: {answer['computation']['statement']}"
        line(textwrap.shorten(shown, WIDTH - 5, placeholder=" ..."), "yellow", 5)
    for citation in answer["citations"]:
        place = f"page {citation['page']}" if citation["page"] else f"line {citation['line']}"
        shown = f'[{citation["number"]}] {citation["document"]}, {place}: "{citation["quote"]}"'
        line(textwrap.shorten(shown, WIDTH - 5, placeholder=' ..."'), "green", 5)


def check_quotes(client: Client, answers: list[Json]) -> None:
    """Each quote must be what the stored text has at its place; each answer must cite."""
    checked = 0
    for answer in answers:
        if not answer["citations"]:
            raise DemoFailed(f"no citation came with the answer to: {answer['query']}")
        for citation in answer["citations"]:
            place = (citation["document_id"], citation["start"], citation["end"])
            if client.document_text(*place) != citation["quote"]:
                raise DemoFailed(f"a quote of {citation['document']} is not in its stored text.")
            checked += 1
    out.print()
    line(f"checked: {checked} of {checked} quotes stand word for word in the stored texts")


@contextlib.contextmanager
def running_service(folder: Path) -> Iterator[tuple[str, str]]:
    """A service of our own, with a key of its own, for as long as the demo runs."""
    port = _free_port()
    key = secrets.token_urlsafe(24)
    url = f"http://127.0.0.1:{port}"
    say("Starting broker, worker and API", f"ai-llm-service up --port {port}")
    command = [sys.executable, "-m", "ai_llm_service.cli", "up", "--port", str(port)]
    log = folder / "service.log"
    with log.open("wb") as output:
        service = leash.start(
            [*command, "--data-dir", str(folder / "data")],
            environment=_clean_environment(key),
            output=output,
        )
        try:
            _wait_until_ready(url, service.poll)
            yield url, key
        except (DemoFailed, ServiceProblem, TimeoutError) as error:
            raise DemoFailed("\n".join([str(error), *_last_lines(log)])) from error
        finally:
            # A second Ctrl-C must not leave the service behind.
            on_signals(signal.SIG_IGN)
            leash.stop(service, STOP_SECONDS)


def _last_lines(log: Path) -> list[str]:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return ["The last lines of the service's log:", *lines[-LAST_LINES:]]


def _wait_until_ready(url: str, ended: Callable[[], int | None]) -> None:
    started = time.monotonic()
    # Not through a proxy: the service is on this machine.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while time.monotonic() - started < START_SECONDS:
        if ended() is not None:
            break
        with contextlib.suppress(OSError), opener.open(f"{url}/health/ready", timeout=5):
            line(f"ready at {url} after {time.monotonic() - started:.1f} s, docs at {url}/docs")
            return
        time.sleep(0.2)
    raise DemoFailed("the service did not get ready.")


def _clean_environment(key: str) -> dict[str, str]:
    passed_on = {name: text for name, text in os.environ.items() if name.startswith(PASSED_ON)}
    return {**passed_on, "API_KEY": key, "PYTHONPATH": str(ROOT / "src")}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def say(what: str, request: str | None = None) -> None:
    """One step of the demo, with the request that does it."""
    out.print(f"\n> {what}", style="bold")
    if request:
        line(request, "dim")


def line(text: str, style: str = "", indent: int = 2) -> None:
    for paragraph in text.splitlines():
        out.print(
            textwrap.indent(textwrap.fill(paragraph, WIDTH - indent), " " * indent), style=style
        )


def on_signals(handler: Callable[[int, FrameType | None], NoReturn] | signal.Handlers) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, handler)


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


if __name__ == "__main__":
    os.environ["NO_PROXY"] = "127.0.0.1"
    sys.exit(main())
