"""The columns of a log in a file: found once, at ingest, and loaded by every worker."""

import json
import zipfile
import zlib
from pathlib import Path

import numpy as np

from ai_llm_service.search.logs.read import reader_of
from ai_llm_service.search.logs.table import PIECE_CHARACTERS, LogTable

LOG_FILE = "log.npz"
# Of another way to read logs nothing is loaded.
RECIPE = 1


def keep_table(table: LogTable, path: Path) -> None:
    """Write all but the text, which is kept elsewhere."""
    names = [table.level_names, table.source_names, table.template_texts]
    with path.open("wb") as file:
        np.savez(
            file,
            starts=table.starts,
            records=table.records,
            times=table.times,
            levels=table.levels,
            sources=table.sources,
            templates=table.templates,
            names=np.frombuffer(json.dumps(names).encode(), np.uint8),
            text=np.array([RECIPE, _sum_of(table.text)], np.int64),
        )


def kept_table(path: Path, text: str) -> LogTable | None:
    """Load the table of this text; None where it is missing, damaged, or of another text."""
    try:
        with np.load(path, allow_pickle=False) as file:
            reader = reader_of(text)
            if reader is None or file["text"].tolist() != [RECIPE, _sum_of(text)]:
                return None
            levels, sources, templates = json.loads(file["names"].tobytes())
            return LogTable(
                text=text,
                reader=reader,
                starts=file["starts"],
                records=file["records"],
                times=file["times"],
                levels=file["levels"],
                sources=file["sources"],
                templates=file["templates"],
                level_names=tuple(levels),
                source_names=tuple(sources),
                template_texts=tuple(templates),
            )
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None


def _sum_of(text: str) -> int:
    total = 0
    for start in range(0, len(text), PIECE_CHARACTERS):
        total = zlib.crc32(text[start : start + PIECE_CHARACTERS].encode(errors="replace"), total)
    return total
