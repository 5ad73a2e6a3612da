"""Pieces of SQL: names and texts quoted, written cells read as values of a form."""

from ai_llm_service.domain import ColumnType
from ai_llm_service.search.tables.forms import Form
from ai_llm_service.search.tables.raw import NULL_WORDS

MAX_DECIMALS, MAX_WHOLE_DIGITS = 6, 18
# Behind the name of a column whose values were read from what was written in a form of its own.
WRITTEN = " (as written)"


def name_of(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'


def text_of(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def null_words() -> str:
    return ", ".join(text_of(word) for word in sorted(NULL_WORDS))


def read_as(cell: str, form: Form, decimals: int = 0) -> str:
    """Return the expression that reads a written cell; empty where it does not have the form."""
    if form.type is ColumnType.TEXT:
        # Nobody writes the blank that does not break when they ask for a value.
        return f"nullif(replace({cell}, '\u00a0', ' '), '')"
    cell = f"CASE WHEN lower(trim({cell})) IN ({null_words()}) THEN NULL ELSE trim({cell}) END"
    if form.type is ColumnType.BOOLEAN:
        return f"TRY_CAST({cell} AS BOOLEAN)"
    if form.formats:
        return _read_date(cell, form)
    return f"TRY_CAST({number_text(cell, form)} AS {_sql_type(form, decimals)})"


def number_text(cell: str, form: Form) -> str:
    """Return the expression of a number's canonical text: a sign, digits and a point alone."""
    if form.around:
        cell = f"replace({cell}, '−', '-')"
        sign = f"CASE WHEN regexp_matches({cell}, '^[(].*[)]$|\\d-$') THEN '-' ELSE '' END"
        cell = f"{sign} || regexp_extract({cell}, '[-+]?[\\d.,’''\\s\\x{{00A0}}\\x{{202F}}]*\\d')"
        cell = f"regexp_replace({cell}, '^([-+])\\D*', '\\1')" if form.around else cell
    elif form.grouping or form.decimal == ",":
        cell = f"replace({cell}, '−', '-')"
    if form.grouping == " ":
        cell = f"regexp_replace({cell}, '[\\s\\x{{00A0}}\\x{{202F}}’'']', '', 'g')"
    elif form.grouping:
        cell = f"replace({cell}, {text_of(form.grouping)}, '')"
    return f"replace({cell}, ',', '.')" if form.decimal == "," else cell


def _sql_type(form: Form, decimals: int) -> str:
    if form.type is ColumnType.INTEGER:
        return "BIGINT"
    # Decimal numbers add up exactly; those with many places or exponents are floating.
    return f"DECIMAL({MAX_WHOLE_DIGITS}, {decimals})" if 0 < decimals <= MAX_DECIMALS else "DOUBLE"


def _read_date(cell: str, form: Form) -> str:
    formats = ", ".join(text_of(fmt.replace("%S.%f", "%S.%g")) for fmt in form.formats)
    if form.type is ColumnType.DATE:
        return f"CAST(try_strptime({cell}, [{formats}]) AS DATE)"
    bare = f"regexp_replace({cell}, '(Z|[+-]\\d\\d:?\\d\\d)$', '')"
    return f"try_strptime({bare}, [{formats}])"
