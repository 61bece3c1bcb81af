"""The older workbook format (.xls) of the Census Bureau's earlier lists: one sheet of text cells.

Belongs here: Excel 97's records (BIFF8) and the compound file around them, as far as text needs them. Does not: what
is in the cells. Layouts: Microsoft, [MS-XLS] and [MS-CFB]. The same cells always give the same bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from itertools import pairwise

_SECTOR = 512
_FREE, _END, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
# Streams shorter than this would have to lie in sectors of another size.
_SHORTEST = 4096
_GLOBALS, _SHEET = 0x0005, 0x0010


def xls_bytes(sheet: str, rows: Iterable[Sequence[str | None]]) -> bytes:
    """A workbook of one sheet; None and empty text are empty cells.

    Example:
        >>> xls_bytes("List 1", [["CBSA Code", None, "90100"]])[:4].hex()
        'd0cf11e0'
    """
    cells = b"".join(_label(r, c, text) for r, row in enumerate(rows) for c, text in enumerate(row) if text)
    body = _begin(_SHEET) + cells + _record(0x000A)
    name = struct.pack("<BB", len(sheet), 0) + sheet.encode("latin-1")
    start = _begin(_GLOBALS) + _record(0x0042, struct.pack("<H", 1200))
    # BOUNDSHEET says where the sheet's own records begin: after itself and the end of the workbook's.
    after = len(start) + 4 + 6 + len(name) + 4
    stream = start + _record(0x0085, struct.pack("<IBB", after, 0, 0) + name) + _record(0x000A) + body
    return _compound(stream.ljust(_SHORTEST, b"\0"))


def _record(kind: int, content: bytes = b"") -> bytes:
    return struct.pack("<HH", kind, len(content)) + content


def _begin(kind: int) -> bytes:
    return _record(0x0809, struct.pack("<HHHHII", 0x0600, kind, 0x0DBB, 0x07CC, 0, 6))


def _label(row: int, column: int, text: str) -> bytes:
    encoded = text.encode("utf-16-le")
    return _record(0x0204, struct.pack("<HHHHB", row, column, 0, len(text), 1) + encoded)


def _compound(stream: bytes) -> bytes:
    """A compound file with the one stream `Workbook`: header, table of sectors, directory, stream."""
    count = -(-len(stream) // _SECTOR)
    tables = 1
    while tables * _SECTOR // 4 < tables + 1 + count:
        tables += 1
    chain = [*range(tables + 1, tables + 1 + count)]
    follow = [_FAT] * tables + [_END] + [after for _, after in pairwise(chain)] + [_END]
    follow += [_FREE] * (tables * _SECTOR // 4 - len(follow))
    header = struct.pack(
        "<8s16sHHHHH6sIIIIIIIII109I", bytes.fromhex("d0cf11e0a1b11ae1"), b"", 0x3E, 3, 0xFFFE, 9, 6, b"", 0, tables,
        tables, 0, _SHORTEST, _END, 0, _END, 0, *range(tables), *[_FREE] * (109 - tables),
    )  # fmt: skip
    entries = _entry("Root Entry", 5, 1, _END, 0) + _entry("Workbook", 2, _FREE, chain[0], len(stream))
    directory = (entries + 2 * _entry("", 0, _FREE, 0, 0)).ljust(_SECTOR, b"\0")
    table = struct.pack(f"<{len(follow)}I", *follow)
    return header + table + directory + stream.ljust(count * _SECTOR, b"\0")


def _entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
    encoded = f"{name}\0".encode("utf-16-le") if name else b""
    return struct.pack(
        "<64sHBBIII16sIQQIQ", encoded, len(encoded), kind, 1, _FREE, _FREE, child, b"", 0, 0, 0, start, size
    )
