"""Logs: one line per event to stderr, whoever wrote it, with ids and without secrets."""

import logging
import re
import sys
from typing import Any, Literal

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

LogFormat = Literal["json", "console"]

REDACTED = "[redacted]"
_SECRET_NAME = re.compile(
    r"(authorization|api[_-]?key|password|passwd|secret|cookie|credentials?|(^|[_-])token)$",
    re.IGNORECASE,
)
_SECRET_VALUES = (
    (re.compile(r"\b(sk-|als_)[A-Za-z0-9_-]{6,}"), r"\1" + REDACTED),
    (re.compile(r"(://)[^/\s@]*:[^/\s]*@"), r"\1" + REDACTED + "@"),
    (re.compile(r"\b(bearer\s+)[^\s'\",}]+", re.IGNORECASE), r"\1" + REDACTED),
    (
        re.compile(
            r"\b((?:authorization|x-api-key|api[_-]?key|password)['\"]?\s*[:=]\s*b?['\"]?)"
            r"(?!bearer\b)[^\s'\",}]+",
            re.IGNORECASE,
        ),
        r"\1" + REDACTED,
    ),
)

# At their own debug and info levels these write request bodies and statement parameters.
_TOO_TALKATIVE = (
    "openai", "httpx2", "httpcore2", "sqlalchemy", "alembic", "amqp", "asyncio", "python_multipart",
)  # fmt: skip


def redact(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Replace whatever looks like a key or a password; the last step before a line is written."""
    return {name: _clean(name, value) for name, value in event.items()}


def _clean(name: str, value: Any) -> Any:
    if isinstance(name, str) and _SECRET_NAME.search(name):
        return REDACTED
    if isinstance(value, bytes):
        value = value.decode(errors="replace")
    if isinstance(value, str):
        return _clean_text(value)
    if isinstance(value, dict):
        return {key: _clean(key, item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_clean("", item) for item in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return _clean_text(str(value))


def _clean_text(text: str) -> str:
    for pattern, replacement in _SECRET_VALUES:
        text = pattern.sub(replacement, text)
    return text


def configure_logging(level: str = "INFO", log_format: LogFormat = "json") -> None:
    """Send our logs and those of every library through one chain to stderr."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                redact,
                _renderer(log_format),
            ],
        )
    )
    _take_over(handler, level)


def _renderer(log_format: LogFormat) -> Processor:
    if log_format == "json":
        return structlog.processors.JSONRenderer(ensure_ascii=False)
    # The default shows the local variables of each frame: prompts and keys.
    return structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
    )


def _take_over(handler: logging.Handler, level: str) -> None:
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "celery", "tornado"):
        library = logging.getLogger(name)
        library.handlers = []
        library.propagate = True
    # The API writes one line per request itself, without query strings.
    logging.getLogger("uvicorn.access").disabled = True
    for name in _TOO_TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.captureWarnings(capture=True)


def keep_logging(loglevel: int | str | None = None, **_: object) -> None:
    """Receive Celery's signal `setup_logging`: its command line may set the level, nothing else."""
    if loglevel is not None:
        logging.getLogger().setLevel(loglevel)
