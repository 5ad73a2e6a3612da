"""The chunks of a text, made when they are looked at: a large log has a million of them."""

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import overload

import numpy as np
from numpy.typing import NDArray

from ai_llm_service.domain import Chunk
from ai_llm_service.text.sentences import Span


class Chunks(Sequence[Chunk]):
    """All chunks of one document, as the spans of its text."""

    def __init__(self, document_id: str, text: str, spans: Iterable[Span]) -> None:
        self._document_id = document_id
        self._text = text
        self._spans = np.fromiter(chain.from_iterable(spans), np.int64).reshape(-1, 2)

    @classmethod
    def unpacked(cls, document_id: str, text: str, packed: bytes) -> "Chunks":
        """The chunks that `pack` made bytes of."""
        chunks = cls(document_id, text, ())
        chunks._spans = np.frombuffer(packed, "<i8").reshape(-1, 2).astype(np.int64)
        return chunks

    @property
    def starts(self) -> NDArray[np.int64]:
        return self._spans[:, 0]

    @property
    def ends(self) -> NDArray[np.int64]:
        return self._spans[:, 1]

    def __len__(self) -> int:
        return len(self._spans)

    @overload
    def __getitem__(self, number: int) -> Chunk: ...
    @overload
    def __getitem__(self, number: slice) -> tuple[Chunk, ...]: ...
    def __getitem__(self, number: int | slice) -> Chunk | tuple[Chunk, ...]:
        if isinstance(number, slice):
            return tuple(self[each] for each in range(*number.indices(len(self))))
        number = range(len(self))[number]
        start, end = map(int, self._spans[number])
        return Chunk(self._document_id, number, start, end, self._text[start:end])


def pack(chunks: Sequence[Chunk]) -> bytes:
    """The spans of the chunks: two little-endian 64-bit numbers each, start and end."""
    if isinstance(chunks, Chunks):
        return np.column_stack((chunks.starts, chunks.ends)).astype("<i8").tobytes()
    return np.array([(chunk.start, chunk.end) for chunk in chunks], "<i8").tobytes()
