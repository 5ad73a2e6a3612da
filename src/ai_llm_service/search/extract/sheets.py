"""The parser of workbooks (xlsx, xlsb, xls, ods): a line for each row, a section for each sheet."""

import datetime as dt
from collections.abc import Iterator, Sequence

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError

from ai_llm_service.domain import Extraction, Section, SectionKind
from ai_llm_service.errors import DocumentRejected
from ai_llm_service.search.extract import media_types as types
from ai_llm_service.search.extract.decode import clean
from ai_llm_service.search.extract.headers import SEARCHED_ROWS, header_row
from ai_llm_service.search.extract.source import Source
from ai_llm_service.search.extract.zip_gate import GatedZip

CELL_BORDER = " | "
# Larger whole numbers are not exact in a spreadsheet, either.
EXACT = 1e15
FREE_CELLS = 1_000_000
CELLS_PER_BYTE = 100
MACROS = ("xl/vbaProject.bin",)

Cell = int | float | str | bool | dt.date | dt.datetime | dt.time | dt.timedelta
Row = tuple[int, list[str]]


def parse_sheets(source: Source) -> Extraction:
    """Read each sheet that has cells; rows are numbered as the spreadsheet numbers them."""
    notes = _gate(source)
    source.file.seek(0)
    try:
        workbook = CalamineWorkbook.from_filelike(source.file)
        return _read(workbook, source, notes)
    except PasswordError as error:
        raise DocumentRejected(
            f"{source.name} is encrypted: it opens only with a password."
        ) from error
    except CalamineError as error:
        raise DocumentRejected(f"{source.name} can't be read: the workbook is damaged.") from error


def _gate(source: Source) -> tuple[str, ...]:
    if source.media_type == types.XLS:
        return ()
    names = GatedZip(source.file, source.name).names
    return ("Its macros were not looked at.",) if set(MACROS) & set(names) else ()


def _read(workbook: CalamineWorkbook, source: Source, notes: tuple[str, ...]) -> Extraction:
    text = _SheetText()
    names = workbook.sheet_names
    for number, name in enumerate(names, 1):
        try:
            sheet = workbook.get_sheet_by_name(name)
        except CalamineError:
            notes += (f"The sheet {name} can't be read.",)
            continue
        _refuse_void(sheet, source)
        text.add(clean(name).replace("\n", " "), sheet)
        source.told(number, len(names))
    return Extraction(text.text(), tuple(text.sections), None, notes)


def _refuse_void(sheet: CalamineSheet, source: Source) -> None:
    """A few bytes may claim cells at the far end of a sheet, and blank ones all the way there."""
    cells = sheet.total_height * max(1, sheet.total_width)
    if cells > max(FREE_CELLS, CELLS_PER_BYTE * source.file.seek(0, 2)):
        raise DocumentRejected(f"{source.name} spans far more cells than a file of its size holds.")


class _SheetText:
    """The text of a workbook as far as it is written."""

    def __init__(self) -> None:
        self.sections: list[Section] = []
        self._pieces: list[str] = []
        self._length = 0

    def text(self) -> str:
        return "".join(self._pieces)

    def add(self, name: str, sheet: CalamineSheet) -> None:
        rows = _rows(sheet)
        head = [row for row, _ in zip(rows, range(5 * SEARCHED_ROWS), strict=False)]
        if not head:
            return
        if self._pieces:
            self._write("\n")
        at, place = self._length, len(self.sections)
        self._write(f"{name}\n")
        self._write_head(head)
        self._run(rows, head[-1][0])
        self.sections.insert(place, Section(SectionKind.SHEET, name, at, self._length))

    def _write_head(self, head: Sequence[Row]) -> None:
        found = header_row([cells for _, cells in head])
        if found is None:
            self._run(iter(head), -1)
            return
        self._run(iter(head[:found]), -1)
        number, cells = head[found]
        line = CELL_BORDER.join(cells)
        start = self._length
        self._run(iter(head[found:]), -1)
        header = Section(SectionKind.HEADER, str(number), start, start + len(line))
        self.sections.append(header)

    def _run(self, rows: Iterator[Row], last: int) -> None:
        """Write rows; those whose numbers follow each other are one section."""
        start, first = self._length, 0
        for number, cells in rows:
            if number != last + 1 or not first:
                self._end_run(first, start)
                start, first = self._length, number
            self._write(CELL_BORDER.join(cells) + "\n")
            last = number
        self._end_run(first, start)

    def _end_run(self, first: int, start: int) -> None:
        if self._length > start:
            self.sections.append(Section(SectionKind.ROWS, str(first), start, self._length))

    def _write(self, piece: str) -> None:
        self._pieces.append(piece)
        self._length += len(piece)


def _rows(sheet: CalamineSheet) -> Iterator[Row]:
    """Take the rows that have cells, each with its number, without the blank cells at its end."""
    for number, row in enumerate(sheet.iter_rows(), 1):
        cells = [_shown(cell) for cell in row]
        while cells and not cells[-1]:
            cells.pop()
        if cells:
            yield number, cells


def _shown(cell: Cell) -> str:
    if isinstance(cell, str):
        return " ".join(clean(cell).split())
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < EXACT else f"{cell:.15g}"
    if isinstance(cell, dt.datetime):
        is_day = cell.time() == dt.time()
        return cell.date().isoformat() if is_day else cell.isoformat(" ", "seconds")
    return str(cell)
