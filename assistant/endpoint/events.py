"""The data of server-sent events, from bytes as they arrive."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

LONGEST_LINE = 1 << 20


class NoEventsError(ValueError):
    """What arrived is no stream of server-sent events."""


def event_data(chunks: Iterable[bytes]) -> Iterator[str]:
    """The `data` of each event, its lines joined; comments and other fields are passed over.

    An event that the stream ends in the middle of is not given. Raises `NoEventsError` for a line of over a MiB or
    one that is not UTF-8.
    """
    data: list[str] = []
    for line in _lines(chunks):
        field, _, value = line.partition(":")
        if field == "data":
            data.append(value.removeprefix(" "))
        elif not line and data:
            yield "\n".join(data)
            data = []


def _lines(chunks: Iterable[bytes]) -> Iterator[str]:
    """Whole lines, which end in LF or CRLF."""
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        if len(rest) > LONGEST_LINE:
            raise NoEventsError(f"a line of over {LONGEST_LINE:,} bytes")
        for line in whole:
            try:
                yield line.decode("utf-8").removesuffix("\r")
            except UnicodeDecodeError as error:
                raise NoEventsError(f"bytes that are not UTF-8: {line[:60]!r}") from error
