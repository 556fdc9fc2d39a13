"""CSV as it comes, streamed into COPY: strict UTF-8, every row with the line it stands on, only the columns that are wanted.

Most blocks of a real export hold no quotation mark and nothing odd; those go on as bytes. Any other block is parsed cell by cell.
A broken row is told and passed on repaired, so that what follows it is still checked; the delivery is refused in the end.
"""

import bisect
import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from operator import itemgetter, methodcaller
from typing import IO

from governance.records.roster.bundle import Refused
from governance.records.roster.faults import Faults
from governance.records.roster.standard import spelled

BLOCK = 2**16  # what a socket holds: the next block is made while the server works on this one
MOST_IN_CELL = 10_000
LONGEST_ROW = 2**21  # what is longer holds a quotation mark that is never closed
MOST_NAMED = 30
SAYS_WHEN = frozenset({"datelastmodified", "datalastmodified", ""})  # of every file; not worth a word


_COMMAS = methodcaller("count", b",")


class _Picked:
    """Takes columns out of plain rows. Wanted neighbors at the end of a row are never split: most of it is copied as it is."""

    def __init__(self, picks: Sequence[int], width: int):
        self.everything = list(picks) == list(range(width))
        self.commas = width - 1
        self.end = width - 1 - max(picks, default=0)  # columns after the last one that is wanted
        tail = max(picks, default=0)
        while tail - 1 in picks:
            tail -= 1
        # from `tail` on all are wanted: that part of the row is not split
        self.tail = tail
        fronts = [place for place in picks if place < tail]
        self.pick = itemgetter(*fronts, tail) if fronts else None

    def of(self, block: bytes) -> bytes | None:
        """The block with the wanted columns alone; None where a row has too few or too many cells."""
        if self.everything:
            return block if block.endswith(b"\n") else block + b"\n"
        rows = block.removesuffix(b"\n").split(b"\n")
        if set(map(_COMMAS, rows)) != {self.commas}:
            return None
        if self.end:
            rows = [row.rsplit(b",", self.end)[0] for row in rows]
        if self.pick:
            rows = [b",".join(self.pick(row.split(b",", self.tail))) for row in rows]
        elif self.tail:
            rows = [row.split(b",", self.tail)[-1] for row in rows]
        return b"\n".join(rows) + b"\n"


class Lines:
    """On which line of the file the n-th row (from 1) begins. Kept as the places where rows and lines drift apart."""

    def __init__(self) -> None:
        self.rows = [1]
        self.lines = [2]

    def put(self, row: int, line: int) -> None:
        """The row begins on that line, and the following ones on the next lines until told otherwise."""
        if self.of(row) != line:
            self.rows.append(row)
            self.lines.append(line)

    def of(self, row: int) -> int:
        """The line of a row."""
        place = bisect.bisect_right(self.rows, row) - 1
        return self.lines[place] + row - self.rows[place]


class CsvFile:
    """One CSV file on its way into a staging table. `read` is what COPY calls; `columns` and what was found stand here afterwards.

    `wanted` maps a header, as `spelled` spells it, to a staging column; other columns are left out and never decoded further.
    Where COPY finds a row of another width, the file is read once more with `careful`, which tells the line.
    """

    def __init__(self, name: str, stream: IO[bytes], wanted: Mapping[str, str], *, faults: Faults, careful: bool = False):
        self.name = name
        self.faults = faults
        self._careful = careful
        self.lines = Lines()
        self.rows = 0
        self.columns: list[str] = []
        self.headers: dict[str, str] = {}
        self.left_out: list[str] = []
        self._line = 1
        self._blocks = self._whole_rows(stream)
        self._first = b""
        self._picks: list[int] = []
        self._width = 0
        self._dirty = False
        self._titles: dict[int, str] = {}
        self._chunks = self._copied()
        self._read_header(wanted)

    # -- The header --------------------------------------------------------------------------------------------------
    def _read_header(self, wanted: Mapping[str, str]) -> None:
        block = next(self._blocks, b"")
        if block.startswith((b"\xff\xfe", b"\xfe\xff")):
            self.faults.add(self.name, 1, "", "encoding")
            self._blocks = iter(())
            return
        block = block.removeprefix(b"\xef\xbb\xbf")
        head, _, self._first = block.partition(b"\n")
        try:
            text = head.decode("utf-8")
        except UnicodeDecodeError:
            self.faults.add(self.name, 1, "", "encoding")
            text = head.decode("utf-8", "replace")
        cells = [cell.strip() for cell in next(csv.reader([text]), [])]
        while cells and not cells[-1]:
            cells.pop()
        if not cells:
            self.faults.add(self.name, 1, "", "empty")
            self._blocks = iter(())
            self._first = b""
            return
        if len(cells) == 1 and (";" in cells[0] or "\t" in cells[0]):
            self.faults.add(self.name, 1, "", "separator")
        self._width = len(cells)
        for place, cell in enumerate(cells):
            column = wanted.get(spelled(cell))
            if column is None and spelled(cell) not in SAYS_WHEN:
                self.left_out.append(cell[:60])
            elif column is None:
                continue
            elif column in self.headers and spelled(self.headers[column]) == spelled(cell):
                self.faults.add(self.name, 1, cell, "header_twice")
            elif column in self.headers:
                self.left_out.append(cell[:60])  # another spelling of a column that is there
            else:
                self.headers[column] = cell
                self.columns.append(column)
                self._picks.append(place)
        self._titles = dict(enumerate(cells))

    def require(self, columns: Sequence[str], title_of: Callable[[str], str]) -> None:
        """Tells each of `columns` that the header lacks. What stands in the first row is not told then: it may be a person's."""
        missing = [column for column in columns if column not in self.headers] if self._width else []
        for column in missing:
            self.faults.add(self.name, 1, title_of(column), "no_column")
        if missing:
            self.left_out.clear()
            self._titles.clear()

    # -- What COPY reads ---------------------------------------------------------------------------------------------
    def read(self, _size: int = -1) -> bytes:
        """The next bytes in COPY's CSV, with the columns of `columns` in that order; b"" at the end, also where a limit ends it."""
        try:
            return next(self._chunks, b"")
        except Refused as refusal:
            self.faults.add(refusal.file, 0, "", refusal.code)
            return b""

    def cells(self) -> Iterator[tuple[int, list[str]]]:
        """Instead of `read`: each row's line and its cells, in the order of `columns`."""
        for block in self._all_blocks():
            yield from self._parsed(block)

    def _all_blocks(self) -> Iterator[bytes]:
        self._line = 2
        if self._first:
            yield self._first
        yield from self._blocks

    def _copied(self) -> Iterator[bytes]:
        picked = None
        for block in self._all_blocks():
            picked = picked or _Picked(self._picks, self._width)
            count = self._plain_rows(block) if self._picks else None
            out = picked.of(block) if count else None
            if count is None or out is None:
                out = "".join(_row(cells) for _, cells in self._parsed(block)).encode()
            else:
                self.lines.put(self.rows + 1, self._line)
                self.rows += count
                self._line += count
            if out:
                yield out

    def _plain_rows(self, block: bytes) -> int | None:
        """How many rows a block has in which bytes need no second look; None where they do.

        Together the rows have as many commas as they should. Whether each has, COPY tells (`careful` asks row by row) or the picking of columns.
        """
        if b'"' in block or b"\0" in block or b"\t" in block or self._width < 2:
            return None
        if b" " in block and (
            b", " in block or b" ," in block or b" \n" in block or b"\n " in block or block[:1] == b" " or block[-1:] == b" "
        ):
            return None
        if not block.isascii():
            try:
                block.decode("utf-8")
            except UnicodeDecodeError:
                return None
        rows, commas = block.count(b"\n") + (not block.endswith(b"\n")), self._width - 1
        empty = b"\n" + b"," * commas + b"\n"
        if block.count(b",") != rows * commas or empty in block or block.startswith(empty[1:]) or block.endswith(empty[:-1]):
            return None
        if any(block.find(b"\n", place, place + MOST_IN_CELL // 2) < 0 for place in range(0, len(block) - MOST_IN_CELL, MOST_IN_CELL // 2)):
            return None  # a row of many thousand bytes: a cell may be too long
        if self._careful and any(row.count(b",") != commas for row in block.removesuffix(b"\n").split(b"\n")):
            return None
        return rows

    def _parsed(self, block: bytes) -> Iterator[tuple[int, list[str]]]:
        before = self._line
        text = block.decode("utf-8", "surrogateescape")
        self._dirty = not text.isascii() and any("\ud800" <= letter <= "\udfff" for letter in text)
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        while True:
            line = before + reader.line_num
            try:
                cells = next(reader)
            except StopIteration:
                break
            except csv.Error as error:
                self.faults.add(self.name, line, "", "cell_too_long" if "field limit" in str(error) else "quoting")
                self.rows += 1
                self.lines.put(self.rows, line)
                yield line, [""] * len(self._picks)
                continue
            if not any(cell.strip() for cell in cells):
                continue
            self.rows += 1
            self.lines.put(self.rows, line)
            yield line, self._checked(cells, line)
        self._line = before + text.count("\n")

    def _checked(self, cells: list[str], line: int) -> list[str]:
        if len(cells) < self._width:
            self.faults.add(self.name, line, self._titles.get(len(cells), ""), "too_few_cells")
            cells = cells + [""] * (self._width - len(cells))
        elif any(cell.strip() for cell in cells[self._width :]):
            self.faults.add(self.name, line, "", "too_many_cells")
        if self._dirty:
            cells = [self._decoded(cell, line, place) for place, cell in enumerate(cells)]
        found = []
        for place in self._picks:
            cell = cells[place].strip()
            if len(cell) > MOST_IN_CELL // 4 and len(cell.encode("utf-8", "replace")) > MOST_IN_CELL:
                self.faults.add(self.name, line, self._titles.get(place, ""), "cell_too_long")
                cell = cell[:100]
            if "\0" in cell:
                self.faults.add(self.name, line, self._titles.get(place, ""), "nul")
                cell = cell.replace("\0", "")
            found.append(cell)
        return found

    def _decoded(self, cell: str, line: int, place: int) -> str:
        if not any("\ud800" <= letter <= "\udfff" for letter in cell):
            return cell
        self.faults.add(self.name, line, self._titles.get(place, ""), "encoding")
        return cell.encode("utf-8", "replace").decode()

    # -- From the stream to blocks of whole rows -----------------------------------------------------------------------
    def _whole_rows(self, stream: IO[bytes]) -> Iterator[bytes]:
        rest = b""
        while data := stream.read(BLOCK):
            if data.endswith(b"\r"):
                data += stream.read(1)
            if b"\r" in data:
                data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
            rest += data
            cut = _last_row_end(rest)
            if not cut and len(rest) > LONGEST_ROW:
                cut = rest.rfind(b"\n") + 1
                rest = rest if cut else rest[: LONGEST_ROW // 4]  # one endless row: what is left of it is long enough to be told
            if cut:
                yield rest[:cut]
                rest = rest[cut:]
        if rest:
            yield rest


def _last_row_end(data: bytes) -> int:
    """Where the last row ends that is whole: after a line end with an even number of quotation marks before it. 0 where there is none."""
    cut = data.rfind(b"\n") + 1
    odd = data.count(b'"', 0, cut) % 2 if b'"' in data else 0
    for _ in range(2000):
        if not odd or not cut:
            return cut
        before = data.rfind(b"\n", 0, cut - 1) + 1
        odd = (odd + data.count(b'"', before, cut)) % 2
        cut = before
    return 0


def _row(cells: Sequence[str]) -> str:
    """One row in COPY's CSV; an empty cell is NULL there."""
    return ",".join(_cell(cell) for cell in cells) + "\n"


def _cell(cell: str) -> str:
    if '"' in cell or "," in cell or "\n" in cell or cell == "\\.":
        return '"' + cell.replace('"', '""') + '"'
    return cell


def as_rows(rows: Iterable[Sequence[str]]) -> Iterator[bytes]:
    """Rows of cells as COPY's CSV, in blocks."""
    gathered: list[str] = []
    for cells in rows:
        gathered.append(_row(cells))
        if len(gathered) == 10_000:
            yield "".join(gathered).encode()
            gathered = []
    if gathered:
        yield "".join(gathered).encode()


def headers_of(stream: IO[bytes]) -> list[str]:
    """The names in the first row. Raises Unreadable."""
    faults = Faults()
    file = CsvFile("", stream, {}, faults=faults)
    if faults or not file.left_out:
        raise Unreadable("encoding")
    return file.left_out


def read_manifest(stream: IO[bytes], name: str, faults: Faults) -> dict[str, tuple[str, int]]:
    """The properties of a manifest, by name in lower case: value and line."""
    file = CsvFile(name, stream, {"propertyname": "name", "value": "value"}, faults=faults)
    file.require(("name", "value"), {"name": "propertyName", "value": "value"}.__getitem__)
    if set(file.columns) != {"name", "value"}:
        return {}
    order = [file.columns.index("name"), file.columns.index("value")]
    found: dict[str, tuple[str, int]] = {}
    for line, cells in file.cells():
        found.setdefault(cells[order[0]].lower(), (cells[order[1]], line))
    return found


class Unreadable(Exception):
    """A file in which the password column cannot be told from the rest, so that nothing of it may be kept. `code` is one of `faults.WORDS`."""

    def __init__(self, code: str):
        super().__init__(code)
        self.code = code


def without_passwords(stream: IO[bytes]) -> Iterator[bytes]:
    """A CSV file with every cell of every password column emptied and its rows on their lines; a file without such a column as it came.

    Bytes that are no UTF-8 stay as they are, for the check to tell. Raises Unreadable.
    """
    first = stream.read(BLOCK)
    if b"\0" in first[:1000]:
        raise Unreadable("encoding")
    if b"password" not in re.sub(rb"[\s_\-]+", b"", first).lower():
        yield first
        while data := stream.read(BLOCK):
            yield data
        return
    hidden: set[int] = set()
    width = slipped = 0
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    try:
        for cells in csv.reader(_lines(first, stream), strict=True):
            header = not width
            if header:
                hidden = {place for place, cell in enumerate(cells) if "password" in spelled(cell)}
                width = len(cells)
            elif any("\n" in cell and cell.count(",") >= width - 1 for cell in cells):
                raise Unreadable("quoting")  # a cell that has swallowed a row may hold a password
            elif len(cells) not in {0, width}:
                slipped += 1  # which cell holds the password is not known
                cells = [f"?{slipped}"] + ["?"] * (len(cells) - 1)
            writer.writerow(cells if header else ("" if place in hidden else cell for place, cell in enumerate(cells)))
            if out.tell() > BLOCK:
                yield _taken(out)
    except csv.Error:
        raise Unreadable("quoting") from None
    yield _taken(out)


def _lines(first: bytes, stream: IO[bytes]) -> Iterator[str]:
    rest, data = b"", first
    while data:
        rest += data.replace(b"\r\n", b"\n")
        *whole, rest = rest.split(b"\n")
        for line in whole:
            yield line.decode("latin-1") + "\n"
        data = stream.read(BLOCK)
    if rest:
        yield rest.decode("latin-1")


def _taken(out: io.StringIO) -> bytes:
    text = out.getvalue()
    out.seek(0)
    out.truncate()
    return text.encode("latin-1")
