"""The database's own clock as an SQL expression, so that all processes share one time."""

from typing import Any

from sqlalchemy import Double, String
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement


class now(FunctionElement[float]):  # noqa: N801 - reads as the SQL function that it is
    """Seconds since 1970, with fractions; the same in all of a statement, so an index serves it."""

    type = Double()
    inherit_cache = True


@compiles(now, "sqlite")
def _now_in_sqlite(_element: now, _compiler: Any, **_options: Any) -> str:
    return "((julianday('now') - 2440587.5) * 86400.0)"


@compiles(now, "postgresql")
def _now_in_postgres(_element: now, _compiler: Any, **_options: Any) -> str:
    return "CAST(EXTRACT(EPOCH FROM statement_timestamp()) AS DOUBLE PRECISION)"


class day_of(FunctionElement[str]):  # noqa: N801 - reads as the SQL function that it is
    """The day of a time of ours, in UTC: `2026-11-22`."""

    type = String()
    inherit_cache = True


@compiles(day_of, "sqlite")
def _day_in_sqlite(element: day_of, compiler: Any, **options: Any) -> str:
    return f"strftime('%Y-%m-%d', {compiler.process(element.clauses, **options)}, 'unixepoch')"


@compiles(day_of, "postgresql")
def _day_in_postgres(element: day_of, compiler: Any, **options: Any) -> str:
    seconds = compiler.process(element.clauses, **options)
    return f"to_char(to_timestamp({seconds}) AT TIME ZONE 'UTC', 'YYYY-MM-DD')"
