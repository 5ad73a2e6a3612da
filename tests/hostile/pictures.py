"""Hostile pictures: giants, lies and loops."""

import struct
import zlib
from collections.abc import Callable

from tests import files

Make = Callable[[], bytes]
MEGABYTE = 1024 * 1024
PNG = b"\x89PNG\r\n\x1a\n"


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, data: bytes = b"") -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return PNG + _chunk(b"IHDR", head) + _chunk(b"IDAT", zlib.compress(data)) + _chunk(b"IEND", b"")


def tiff(width: int, height: int, following: int, count: int = 2) -> bytes:
    entries = struct.pack("<HHII", 256, 4, 1, width) + struct.pack("<HHII", 257, 4, 1, height)
    return b"II*\x00" + struct.pack("<IH", 8, count) + entries + struct.pack("<I", following)


def jpeg(width: int, height: int) -> bytes:
    frame = struct.pack(">BHHB", 8, height, width, 1) + b"\x01\x11\x00"
    return b"\xff\xd8\xff\xc0" + struct.pack(">H", len(frame) + 2) + frame + b"\xff\xd9"


def hostile() -> dict[str, Make]:
    return {
        "giant.png": lambda: png(60_000, 60_000),
        "giant-bomb.png": lambda: png(9_000, 9_000, bytes(81 * MEGABYTE)),
        "zero.png": lambda: png(0, 0),
        "negative.png": lambda: png(0xFFFFFFFF, 0xFFFFFFFF),
        "no-data.png": lambda: png(100, 100),
        "head.png": lambda: PNG,
        "noise.png": lambda: PNG + bytes(range(256)) * 1000,
        "bad-sum.png": lambda: files.image("x")[:-20] + bytes(20),
        "text-bomb.png": lambda: (
            PNG + _chunk(b"zTXt", b"a\x00\x00" + zlib.compress(bytes(64 * MEGABYTE)))
        ),
        "blank.png": lambda: png(200, 200, (b"\x00" + b"\xff" * 200) * 200),
        "giant.jpg": lambda: jpeg(65_500, 65_500),
        "no-data.jpg": lambda: jpeg(100, 100),
        "markers.jpg": lambda: b"\xff\xd8" + b"\xff" * 100_000,
        "short.jpg": lambda: b"\xff\xd8\xff\xe0\x00\x00" * 1000,
        "loop.tif": lambda: tiff(10, 10, 8),
        "giant.tif": lambda: tiff(100_000, 100_000, 0),
        "far.tif": lambda: tiff(10, 10, 0xFFFFFFF0),
        "entries.tif": lambda: tiff(10, 10, 0, count=0xFFFF),
        "pages.tif": lambda: (
            b"II*\x00"
            + struct.pack("<I", 8)
            + b"".join(struct.pack("<HI", 0, 8 + 6 * n) for n in range(1, 900))
        ),
    }
