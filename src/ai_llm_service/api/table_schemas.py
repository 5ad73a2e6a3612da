"""The bodies that tell of tables."""

from typing import Any, Self

from pydantic import BaseModel, Field

from ai_llm_service.domain import DocumentTable, TableColumn


class ColumnResponse(BaseModel):
    """A column of a table, and how its values were understood."""

    name: str = Field(examples=["flow_lpm"])
    type: str = Field(
        description="`integer`, `number`, `date`, `timestamp`, `boolean` or `text`.",
        examples=["number"],
    )
    form: str | None = Field(
        description="How its values are written, where that is not plain.",
        examples=["numbers are written like 1.234,5"],
    )
    empty: int = Field(description="How many rows have no value.", examples=[3])
    distinct: int = Field(description="How many values differ; over 60, about.", examples=[41])
    samples: list[str] = Field(examples=[["18.0", "4.9"]])

    @classmethod
    def of(cls, column: TableColumn) -> Self:
        return cls(
            name=column.name,
            type=column.type.value,
            form=column.form,
            empty=column.empty,
            distinct=column.distinct,
            samples=list(column.samples),
        )


class TableResponse(BaseModel):
    """A table that questions can be computed over, and what was assumed in reading it."""

    name: str = Field(examples=["surveys"])
    sheet: str | None = Field(description="Null where there are no sheets.", examples=[None])
    rows: int = Field(examples=[122])
    columns: list[ColumnResponse]
    assumptions: list[str] = Field(examples=[["price: numbers are written like 1.234,5; with €."]])

    @classmethod
    def of(cls, table: DocumentTable) -> Self:
        return cls(
            name=table.name,
            sheet=table.sheet,
            rows=table.rows,
            columns=[ColumnResponse.of(column) for column in table.columns],
            assumptions=list(table.assumptions),
        )


class RowResponse(BaseModel):
    """One row, its cells as they were written."""

    row: int = Field(description="Its number in the file, from 1, the header counted.")
    cells: list[Any]


class RowsResponse(BaseModel):
    """Some rows of a table, in the order of the file."""

    document_id: str
    table: str = Field(examples=["surveys"])
    columns: list[str] = Field(examples=[["visit_id", "flow_lpm"]])
    total: int = Field(description="How many rows the table has.", examples=[122])
    offset: int
    rows: list[RowResponse]
    next_offset: int | None = Field(description="Null at the end.", examples=[100])
