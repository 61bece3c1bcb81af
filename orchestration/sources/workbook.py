"""Reading publishers' workbooks (xlsx) without trusting how large they say they are.

Belongs here: opening a workbook, its sheets, and a cell as code or number. Does not: any one publisher's sheets.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from orchestration.errors import SourceError
from orchestration.landing.content import OLE_MAGIC
from orchestration.landing.unpack import CHUNK, DAMAGED, locked_problem, of_the_bytes

if TYPE_CHECKING:
    from python_calamine import CalamineWorkbook

# calamine holds a sheet in memory, 70 bytes a cell with its texts. The largest sheet read has 5 million cells in 90 MB.
MOST_BYTES = 512 << 20
MOST_CELLS = 20_000_000
AGAIN = "pull again later"
BY_HAND = "look at the workbook by hand; if the publisher meant it, tell them"
_ROW = re.compile(rb"<row[^>]*?\br=[\"'](\d+)")
_CELL = re.compile(rb"<c(?:\s+r=[\"']([A-Z]+)\d+|[\s>/])")


def open_workbook(dataset: str, file: Path) -> CalamineWorkbook:
    """A workbook, after a look at what it unpacks to: a cell far out or a zip bomb would take the process with it.

    The older form, xls, is no archive and holds at most 65,536 by 256 cells a sheet.

    Raises:
        SourceError: if it is damaged, or too large to be read into memory.

    Example:
        >>> open_workbook("bea_use", Path("Use.xlsx")).sheet_names  # doctest: +SKIP
        ['ReadMe', 'NAICS Codes', '2017']
    """
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        if not is_xls(file):
            with zipfile.ZipFile(file) as archive:
                _refuse_giants(dataset, file.name, archive)
        return CalamineWorkbook.from_path(str(file))
    except (CalamineError, NotImplementedError, OSError, *DAMAGED) as error:
        if isinstance(error, OSError) and not of_the_bytes(error):
            raise
        raise SourceError(dataset, file.name, f"not a readable workbook ({error})", AGAIN) from error


def is_xls(file: Path) -> bool:
    """Whether a file is of the older form, whatever it is called."""
    with file.open("rb") as stream:
        return stream.read(len(OLE_MAGIC)) == OLE_MAGIC


def sheet_rows(dataset: str, file: Path, workbook: CalamineWorkbook, name: str) -> Iterator[list[Any]]:
    """The rows of a sheet, each as wide as the widest: numbers are float, blank cells the empty text.

    Raises:
        SourceError: if there is no such sheet, or it is damaged.
    """
    from python_calamine import CalamineError, WorksheetNotFound

    try:
        return workbook.get_sheet_by_name(name).iter_rows()
    except WorksheetNotFound as error:
        found = ", ".join(workbook.sheet_names[:8])
        remedy = "look at the workbook; if the publisher renamed its sheets, adapt the parser in orchestration/sources"
        raise SourceError(dataset, file.name, f"sheet {name} is missing (there are {found})", remedy) from error
    except CalamineError as error:
        raise SourceError(dataset, file.name, f"sheet {name} cannot be read ({error})", AGAIN) from error


def text(cell: object) -> str:
    """A cell as text, without blanks round it; codes of digits only are numbers in some workbooks.

    Example:
        >>> text(111200.0), text("\\u00a01111A0 "), text("")
        ('111200', '1111A0', '')
    """
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()


def numbered(cells: Iterable[object], unknown: Sequence[str]) -> list[float | None]:
    """Number cells as they are, None for the marks in `unknown`.

    Raises:
        ValueError: if a cell holds anything else; its only argument is that cell.

    Example:
        >>> numbered([4.5, "**"], ["**"])
        [4.5, None]
    """
    numbers: list[float | None] = []
    for cell in cells:
        if type(cell) is float:
            numbers.append(cell)
        elif str(cell).strip() in unknown:
            numbers.append(None)
        else:
            raise ValueError(cell)
    return numbers


def _refuse_giants(dataset: str, file: str, archive: zipfile.ZipFile) -> None:
    size = 0
    for member in archive.infolist():
        if locked := locked_problem(member):
            raise SourceError(dataset, file, f"member {member.filename} {locked[0]}", locked[1])
        # Read to its end, and not only as far as it says it goes: what reads the workbook does not listen either.
        member.file_size = MOST_BYTES + 1
        with archive.open(member) as stream:
            height = width = 0
            for rows in _whole_rows(stream):
                size += len(rows)
                if size > MOST_BYTES:
                    raise SourceError(dataset, file, f"the workbook unpacks to more than {MOST_BYTES} bytes", BY_HAND)
                tall, wide = _extent(rows)
                height, width = max(height, tall), max(width, wide)
            if height * width > MOST_CELLS:
                problem = f"{member.filename} reaches to row {height} and column {width}, too large a table"
                raise SourceError(dataset, file, problem, BY_HAND)


def _whole_rows(stream: IO[bytes]) -> Iterator[bytes]:
    """The stream in pieces that end where a row of a sheet does, as far as it has rows."""
    rest = b""
    while chunk := stream.read(CHUNK):
        whole, end, after = chunk.rpartition(b"</row>")
        if end:
            yield rest + whole + end
            rest = after
        else:
            rest += chunk
        if len(rest) > CHUNK:
            yield rest
            rest = b""
    yield rest


def _extent(rows: bytes) -> tuple[int, int]:
    """The last row that is numbered, and the last column; a cell without a reference follows the one before it."""
    height = max(map(int, _ROW.findall(rows)), default=0)
    width = 0
    for row in rows.split(b"</row>"):
        cells = _CELL.findall(row)
        named = max((cell for cell in cells if cell), key=lambda cell: (len(cell), cell), default=b"")
        width = max(width, len(cells), _column(named))
    return height, width


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = 26 * number + letter - ord("A") + 1
    return number
