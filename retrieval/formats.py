"""The raw records of a product file with their lines, whatever its format. Knows nothing of products."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any
from xml.sax import SAXException
from xml.sax.handler import ContentHandler, feature_external_ges
from xml.sax.xmlreader import AttributesImpl

from retrieval.errors import FeedError

Record = dict[str, Any]
Numbered = tuple[int, "Record | str"]
"""A line (from 1) and either the record there or what is wrong with it."""

ENDINGS = (".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".txt", ".parquet", ".yaml", ".yml", ".xml", ".rss")
OWN_ENCODING = (".parquet", ".xml", ".rss")
"""Endings of files that say themselves how their text is encoded; all others are UTF-8."""
_BLOCK = 1 << 16
_LONGEST_CELL = 1 << 24


def records(path: Path) -> Iterator[Numbered]:
    """Every record of a file in order. Raises `FeedError` if the file cannot be read at all."""
    name = path.name.lower().removesuffix(".gz")
    ending = next((e for e in ENDINGS if name.endswith(e)), None)
    if ending is None:
        raise FeedError(f"{path}: expected a file ending on {', '.join(ENDINGS)} (each also .gz), found {path.name}")
    if not path.is_file():
        raise FeedError(f"{path}: there is no such file. Check the name and the directory")
    readers = {".json": _json, ".csv": _csv, ".tsv": _tsv, ".txt": _tsv, ".parquet": _parquet,
               ".yaml": _yaml, ".yml": _yaml, ".xml": _xml, ".rss": _xml}
    try:
        with _opened(path) as file:
            if ending not in OWN_ENCODING and _is_utf16(file.peek(2)[:2]):  # type: ignore[attr-defined]
                raise FeedError(f"{path}: expected UTF-8, found UTF-16: save the file as UTF-8 and try again")
            yield from readers.get(ending, _jsonl)(file)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        yield 0, f"the gzip file is cut off or damaged ({error}): fetch it again; records before this point were read"
    except OSError as error:
        raise FeedError(f"{path}: cannot be read: {error}") from error


def _opened(path: Path) -> IO[bytes]:
    with path.open("rb") as file:
        zipped = file.read(2) == b"\x1f\x8b"
    return gzip.open(path, "rb") if zipped else path.open("rb")  # type: ignore[return-value]


def _is_utf16(start: bytes) -> bool:
    """Whether text begins with UTF-16's byte order mark, or with a letter of two bytes."""
    return start in (b"\xff\xfe", b"\xfe\xff") or (len(start) == 2 and start.count(0) == 1)


def _decoded(line: bytes) -> str:
    """The text of a line without byte order mark. Raises `UnicodeDecodeError`."""
    return line.removeprefix(b"\xef\xbb\xbf").decode("utf-8")


def _not_utf8(error: UnicodeDecodeError) -> str:
    return f"expected UTF-8, found the byte 0x{error.object[error.start]:02x}: save the file as UTF-8"


def _jsonl(file: IO[bytes]) -> Iterator[Numbered]:
    number = 0
    for number, line in enumerate(file, 1):
        if not line.strip():
            continue
        try:
            value = json.loads(_decoded(line))
        except UnicodeDecodeError as error:
            yield number, _not_utf8(error)
        except (ValueError, RecursionError) as error:
            half = "" if line.endswith(b"\n") else "; the last line has no end: the file may be cut off"
            yield number, f"expected one JSON object, found {_start(line)} ({error}){half}"
        else:
            yield number, value if isinstance(value, dict) else f"expected one JSON object, found {_start(line)}"


def _json(file: IO[bytes]) -> Iterator[Numbered]:
    """An array of objects, or an object that holds one array (`{"products": [...]}`); or lines after all."""
    content = file.read()
    try:
        text = _decoded(content)
    except UnicodeDecodeError as error:
        yield content[: error.start].count(b"\n") + 1, _not_utf8(error)
        return
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        lines = list(_jsonl(io.BytesIO(content)))
        if any(isinstance(record, dict) for _, record in lines):
            yield from lines
            return
        yield getattr(error, "lineno", 1), f"expected a JSON array of objects ({error})"
        return
    arrays = [v for v in value.values() if isinstance(v, list)] if isinstance(value, dict) else [value]
    if len(arrays) != 1 or not isinstance(arrays[0], list):
        arrays = [[value]]
    yield from ((number, _object(each)) for number, each in zip(_item_lines(text), arrays[0], strict=False))


def _item_lines(text: str) -> Iterator[int]:
    """The line on which each object of the outermost array starts; good enough to find it by."""
    decoder = json.JSONDecoder()
    place = text.find("[") + 1
    while True:
        while place < len(text) and text[place] in " \t\r\n,":
            place += 1
        yield text.count("\n", 0, place) + 1
        try:
            _, place = decoder.raw_decode(text, place)
        except ValueError:
            while True:
                yield text.count("\n", 0, place) + 1


def _csv(file: IO[bytes]) -> Iterator[Numbered]:
    yield from _table(file, None)


def _tsv(file: IO[bytes]) -> Iterator[Numbered]:
    yield from _table(file, "\t")


def _table(file: IO[bytes], delimiter: str | None) -> Iterator[Numbered]:
    csv.field_size_limit(_LONGEST_CELL)
    bad: dict[int, str] = {}
    quotes = 0

    def text() -> Iterator[str]:
        nonlocal quotes
        for number, line in enumerate(file, 1):
            quotes += line.count(b'"')
            try:
                yield _decoded(line).replace("\0", "")
            except UnicodeDecodeError as error:
                bad[number] = _not_utf8(error)
                yield line.decode("utf-8", "replace")

    lines = text()
    first = next(lines, "")
    delimiter = delimiter or max(",;\t|", key=first.count)
    rows = csv.reader(_chain(first, lines), delimiter=delimiter)
    try:
        header = next(rows, [])
    except csv.Error as error:
        yield 1, f"expected a header and lines that end with a line feed ({error}): save the file as CSV in UTF-8"
        return
    start = rows.line_num + 1
    while True:
        quotes = 0
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            yield rows.line_num, f"expected a row of {len(header)} cells ({error})"
            start = rows.line_num + 1
            continue
        wrong = next((bad[n] for n in range(start, rows.line_num + 1) if n in bad), None)
        if wrong is None and rows.line_num > start and quotes % 2:
            wrong = f'expected a closing quote, found none up to line {rows.line_num}: close it, and write "" in a cell'
        number, start = start, rows.line_num + 1
        if not any(cell.strip() for cell in row):
            continue
        if wrong is None and len(row) != len(header):
            wrong = f"expected {len(header)} cells as in the header, found {len(row)}"
        yield number, wrong or _row(header, row)


def _row(header: list[str], row: list[str]) -> Record:
    """Cells by column; columns of the same name become a list."""
    record: Record = {}
    for name, cell in zip(header, row, strict=True):
        if cell.strip() and name in record:
            kept = record[name]
            record[name] = [*(kept if isinstance(kept, list) else [kept]), cell.strip()]
        elif name not in record:
            record[name] = cell.strip()
    return record


def _chain(first: str, rest: Iterator[str]) -> Iterator[str]:
    yield first
    yield from rest


def _parquet(file: IO[bytes]) -> Iterator[Numbered]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    number = 0
    try:
        table = pq.ParquetFile(pa.BufferReader(file.read()))
        for batch in table.iter_batches(batch_size=1024):
            for row in batch.to_pylist():
                number += 1
                yield number, row
    except (pa.ArrowException, ValueError) as error:
        yield number, f"the Parquet file is cut off or damaged ({error})"


def _yaml(file: IO[bytes]) -> Iterator[Numbered]:
    import yaml

    content = file.read()
    try:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(_decoded(content))
    except UnicodeDecodeError as error:
        yield content[: error.start].count(b"\n") + 1, _not_utf8(error)
        return
    except yaml.YAMLError as error:
        yield _yaml_line(error), f"expected a YAML list ({_one_line(error)})"
        return
    try:
        root = loader.get_single_node()
        for node in _yaml_items(root):
            yield node.start_mark.line + 1, _object(loader.construct_object(node, deep=True))
    except (yaml.YAMLError, ValueError) as error:
        yield _yaml_line(error), f"expected a YAML list of products ({_one_line(error)})"
    finally:
        loader.dispose()


def _yaml_items(root: Any) -> list[Any]:
    if root is None:
        return []
    if root.id == "mapping":
        lists = [value for _, value in root.value if value.id == "sequence"]
        return list(lists[0].value) if len(lists) == 1 else [root]
    return list(root.value) if root.id == "sequence" else [root]


def _yaml_line(error: Exception) -> int:
    mark = getattr(error, "problem_mark", None)
    return 1 if mark is None else int(mark.line) + 1


def _xml(file: IO[bytes]) -> Iterator[Numbered]:
    """A Merchant feed: the `item`s of RSS or the `entry`s of Atom, streamed; entities and DTDs are refused."""
    from defusedxml.common import DefusedXmlException
    from defusedxml.expatreader import create_parser

    parser = create_parser(forbid_dtd=True)
    handler = _Items(parser.getLineNumber)
    parser.setContentHandler(handler)
    parser.setFeature(feature_external_ges, False)
    try:
        while block := file.read(_BLOCK):
            parser.feed(block)
            yield from handler.taken()
        parser.close()
    except (SAXException, DefusedXmlException) as error:
        yield from handler.taken()
        line = getattr(error, "getLineNumber", parser.getLineNumber)()
        yield int(line or 0), f"expected a Merchant feed in XML ({_one_line(error)})"
    yield from handler.taken()


class _Items(ContentHandler):
    """Collects items as they end. Repeated elements become lists, nested ones objects."""

    def __init__(self, line: Callable[[], int | None]) -> None:
        super().__init__()
        self._now = line
        self._done: list[tuple[int, Record]] = []
        self._stack: list[tuple[str, Record, list[str]]] = []
        self._line = 0

    def taken(self) -> list[Numbered]:
        """The items that ended since the last call."""
        done, self._done = self._done, []
        return list(done)

    def startElement(self, name: str, attrs: AttributesImpl) -> None:  # noqa: N802
        name = name.rpartition(":")[2]
        if self._stack:
            self._stack.append((name, {}, []))
        elif name in ("item", "entry"):
            self._line = self._now() or 0
            self._stack.append((name, {}, []))
        if self._stack and name == "link" and "href" in attrs:
            self._stack[-1][2].append(attrs["href"])

    def characters(self, content: str) -> None:
        if self._stack:
            self._stack[-1][2].append(content)

    def endElement(self, name: str) -> None:  # noqa: N802
        if not self._stack:
            return
        own, children, text = self._stack.pop()
        if not self._stack:
            self._done.append((self._line, children))
            return
        value: Any = children or "".join(text).strip()
        parent = self._stack[-1][1]
        if own not in parent:
            parent[own] = value
        elif isinstance(parent[own], list):
            parent[own].append(value)
        else:
            parent[own] = [parent[own], value]


def _object(value: Any) -> Record | str:
    return value if isinstance(value, dict) else f"expected an object of fields, found {_start(repr(value).encode())}"


def _start(line: bytes) -> str:
    text = line.decode("utf-8", "replace").strip()
    return repr(text if len(text) <= 40 else text[:37] + "...")


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
