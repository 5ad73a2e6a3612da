"""Writes a model in the ONNX format: the few messages of its protobuf schema that we need.

The package `onnx` would be installed for these lines alone. Large constants lie in a file of
their own, which the runtime maps: the processes of a machine share its pages.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

FLOAT, INT32, INT64 = 1, 6, 7
DATA_TYPES = {"float32": FLOAT, "int8": 3, "int32": INT32, "int64": INT64}
MICROSOFT = "com.microsoft"
IR_VERSION, OPSET, MICROSOFT_OPSET = 8, 17, 1
ATTRIBUTE_FLOAT, ATTRIBUTE_INT = 1, 2
EXTERNAL = 1
# Constants begin at a page; smaller ones are not worth theirs.
PAGE_BYTES = 4096

Array = NDArray[Any]


@dataclass(slots=True)
class ConstantsFile:
    """The large constants of a model, in a file of that name beside it."""

    name: str
    content: bytearray = field(default_factory=bytearray)

    def place(self, data: bytes) -> bytes:
        """Add a constant; the fields that say where it lies."""
        self.content += bytes(-len(self.content) % PAGE_BYTES)
        where = {"location": self.name, "offset": str(len(self.content)), "length": str(len(data))}
        self.content += data
        entries = (_bytes(13, _bytes(1, key) + _bytes(2, said)) for key, said in where.items())
        return b"".join(entries) + _int(14, EXTERNAL)


def node(
    operator: str, inputs: Sequence[str], output: str, domain: str = "", **attributes: float
) -> bytes:
    """A NodeProto. An attribute is a float or an int by its type."""
    return b"".join(
        [
            *(_bytes(1, name) for name in inputs),
            _bytes(2, output),
            _bytes(4, operator),
            *(_bytes(5, _attribute(name, value)) for name, value in attributes.items()),
            _bytes(7, domain),
        ]
    )


def value(name: str, data_type: int, shape: Sequence[str | int]) -> bytes:
    """A ValueInfoProto of an input or output; a dimension with a name is of any size."""
    dimensions = b"".join(
        _bytes(1, _bytes(2, size) if isinstance(size, str) else _int(1, size)) for size in shape
    )
    return _bytes(1, name) + _bytes(2, _bytes(1, _int(1, data_type) + _bytes(2, dimensions)))


def model(
    nodes: Sequence[bytes],
    constants: Mapping[str, Array],
    inputs: Sequence[bytes],
    outputs: Sequence[bytes],
    file: ConstantsFile,
) -> bytes:
    """A ModelProto; its large constants are added to the file."""
    graph = b"".join(
        [
            *(_bytes(1, each) for each in nodes),
            _bytes(2, "graph"),
            *(_bytes(5, _tensor(name, array, file)) for name, array in constants.items()),
            *(_bytes(11, each) for each in inputs),
            *(_bytes(12, each) for each in outputs),
        ]
    )
    opsets = (("", OPSET), (MICROSOFT, MICROSOFT_OPSET))
    return b"".join(
        [
            _int(1, IR_VERSION),
            _bytes(7, graph),
            *(_bytes(8, _bytes(1, domain) + _int(2, version)) for domain, version in opsets),
        ]
    )


def _tensor(name: str, array: Array, file: ConstantsFile) -> bytes:
    sizes = b"".join(_int(1, size) for size in array.shape)
    data = np.ascontiguousarray(array).tobytes()
    held = _bytes(9, data) if len(data) < PAGE_BYTES else file.place(data)
    return sizes + _int(2, DATA_TYPES[array.dtype.name]) + _bytes(8, name) + held


def _attribute(name: str, number: float) -> bytes:
    if isinstance(number, int):
        return _bytes(1, name) + _int(3, number) + _int(20, ATTRIBUTE_INT)
    raw = np.array(number, "<f4").tobytes()
    return _bytes(1, name) + _varint(2 << 3 | 5) + raw + _int(20, ATTRIBUTE_FLOAT)


def _int(field: int, number: int) -> bytes:
    return _varint(field << 3) + _varint(number)


def _bytes(field: int, content: str | bytes) -> bytes:
    raw = content.encode() if isinstance(content, str) else content
    return _varint(field << 3 | 2) + _varint(len(raw)) + raw


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)
