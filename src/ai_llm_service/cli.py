"""The command line: `ai-llm-service up` runs everything, the other commands one part each."""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

import ai_llm_service
from ai_llm_service import programs, wiring
from ai_llm_service.errors import InvalidConfiguration, ServiceError
from ai_llm_service.processes import supervisor
from ai_llm_service.processes.broker import BrokerKeeper
from ai_llm_service.processes.lean_memory import ensure_lean_memory, with_lean_memory
from ai_llm_service.processes.supervisor import Part
from ai_llm_service.settings import Settings

SERVICE_FAILED = 1

app = typer.Typer(
    help="Document questions and other LLM work, as queued tasks behind an HTTP API.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
keys = typer.Typer(help="Make, list and revoke API keys.", no_args_is_help=True)
app.add_typer(keys, name="keys")
webhooks = typer.Typer(help="Make the secrets that sign webhooks.", no_args_is_help=True)
app.add_typer(webhooks, name="webhooks")

Host = Annotated[str | None, typer.Option(help="The address to listen on; default: HOST.")]
Port = Annotated[
    int | None, typer.Option(min=1, max=65535, help="The port to listen on; default: PORT.")
]


@app.command()
def up(
    host: Host = None,
    port: Port = None,
    data_dir: Annotated[
        Path | None, typer.Option(help="Where everything is kept; default: DATA_DIR.")
    ] = None,
) -> None:
    """Run broker, worker and API together until Ctrl-C."""
    # The parts read the same settings from the environment that they inherit.
    given = {"HOST": host, "PORT": port, "DATA_DIR": data_dir and data_dir.resolve()}
    os.environ.update({name: str(value) for name, value in given.items() if value is not None})
    settings = wiring.load()
    supervisor.ensure_address_is_free(settings.host, settings.port)
    programs.ensure_startable(settings)
    code = supervisor.run_tree(
        _parts(settings),
        data_dir=settings.data_dir,
        broker=None if settings.broker_url else BrokerKeeper(settings.data_dir),
        is_ready=lambda: supervisor.is_healthy(settings.host, settings.port),
        announce=lambda: _say(programs.greeting(settings, shows_key=True)),
    )
    raise typer.Exit(code)


def _parts(settings: Settings) -> list[Part]:
    package_parent = str(Path(ai_llm_service.__file__).parents[1])
    search_path = os.pathsep.join(filter(None, [package_parent, os.environ.get("PYTHONPATH")]))
    environment = {**os.environ, "PYTHONPATH": search_path}
    lean = with_lean_memory(environment)

    def command(*words: str) -> tuple[str, ...]:
        return (sys.executable, "-m", "ai_llm_service.cli", *words)

    grace_seconds = settings.stop_grace_seconds
    return [
        Part("worker", command("worker"), grace_seconds, lean),
        Part(
            "api",
            command("api", "--quiet"),
            grace_seconds,
            environment,
            before_start=lambda: supervisor.ensure_address_is_free(settings.host, settings.port),
        ),
    ]


@app.command()
def api(
    host: Host = None,
    port: Port = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Do not print the address.")] = False,
) -> None:
    """Run the HTTP API alone."""
    programs.serve_api(host, port, announces=not quiet)


@app.command()
def worker(
    concurrency: Annotated[
        int | None, typer.Option(min=1, help="Tasks at a time; default: WORKER_CONCURRENCY.")
    ] = None,
    pool: Annotated[
        str | None, typer.Option(help="threads or prefork; default: WORKER_POOL.")
    ] = None,
) -> None:
    """Run one Celery worker alone."""
    if pool not in {None, "threads", "prefork"}:
        raise InvalidConfiguration(f"--pool {pool!r} is not accepted: give threads or prefork.")
    ensure_lean_memory()
    wiring.load()  # what is wrong is told before Celery takes over
    programs.run_worker(concurrency, pool)


@app.command()
def flower(port: Annotated[int, typer.Option(min=1, max=65535)] = 5555) -> None:
    """Run Flower, the monitor of Celery, behind a password."""
    wiring.load()
    programs.run_flower(port)


@app.command()
def migrate() -> None:
    """Bring the database to the newest schema."""
    programs.migrate()
    _say("The database has the newest schema.")


@app.command()
def doctor() -> None:
    """Look at every part and say what to do; exit code 1 when something is wrong."""
    findings = programs.examine()
    for finding in findings:
        _say(f"{'ok' if finding.healthy else 'WRONG':5}  {finding.subject}: {finding.sentence}")
    if not all(finding.healthy for finding in findings):
        raise typer.Exit(SERVICE_FAILED)


@app.command("eval")
def evaluate(
    questions: Annotated[
        Path, typer.Argument(help="A JSONL file of questions, or a folder of sets.")
    ],
    documents: Annotated[
        Path | None, typer.Option(help="The folder of the documents; left out for sets.")
    ] = None,
    only: Annotated[list[str] | None, typer.Option(help="Of the sets these alone.")] = None,
    output: Annotated[Path, typer.Option(help="Where the reports are written.")] = Path("eval"),
) -> None:
    """Ask questions whose answers are known, and print how well they are answered."""
    for line in programs.evaluate(questions, documents, only or [], output):
        _say(line)


@app.command()
def version() -> None:
    """Print the version."""
    _say(ai_llm_service.__version__)


@keys.command("create")
def create_key(
    tenant: Annotated[str, typer.Option(help="Whose key it is; a new name makes a new tenant.")],
    name: Annotated[str, typer.Option(help="What the key is for.")] = "",
) -> None:
    """Make a key and print it, this one time."""
    _say(programs.create_key(tenant, name))
    Console(stderr=True).print("Keep it now: it is stored hashed and not shown again.")


@keys.command("list")
def list_keys() -> None:
    """List the keys without their secrets."""
    rows = [
        (key.id, key.tenant, key.label, _moment(key.created_at), _moment(key.revoked_at))
        for key in programs.list_keys()
    ]
    if not sys.stdout.isatty():
        for row in rows:
            typer.echo("\t".join(" ".join(cell.split()) for cell in row))
        return
    table = Table("id", "tenant", "name", "created", "revoked")
    for row in rows:
        table.add_row(*map(escape, row))
    Console().print(table)


@keys.command("revoke")
def revoke_key(key_id: Annotated[str, typer.Argument(metavar="ID")]) -> None:
    """Make a key worthless at once."""
    programs.revoke_key(key_id)
    _say(f"Key {key_id} is revoked.")


@webhooks.command("secret")
def make_webhook_secret(
    tenant: Annotated[str, typer.Option(help="Whose webhooks it signs.")],
) -> None:
    """Make a new signing secret and print it, this one time."""
    made = programs.rotate_webhook_secret(tenant)
    _say(made.secret)
    old = f" The old one signs too until {_moment(made.old_until)}." if made.old_until else ""
    Console(stderr=True, soft_wrap=True).print(f"Keep it now: it is not shown again.{old}")


def _moment(seconds: float | None) -> str:
    return "" if seconds is None else f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%SZ}"


def _say(text: str) -> None:
    Console(soft_wrap=True, highlight=False, markup=False).print(text)


def main() -> None:
    """Run the command; what is wrong is told in one sentence on stderr."""
    try:
        app(prog_name="ai-llm-service")
    except ServiceError as error:
        Console(stderr=True, soft_wrap=True, highlight=False, markup=False).print(error.message)
        wrong_settings = isinstance(error, InvalidConfiguration)
        sys.exit(supervisor.CONFIGURATION_EXIT_CODE if wrong_settings else SERVICE_FAILED)


if __name__ == "__main__":
    main()
