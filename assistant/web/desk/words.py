"""What the desk's pages say of times, variants and quotes, as template filters."""

from __future__ import annotations

from datetime import UTC, datetime

from markupsafe import Markup, escape

from assistant.service.records import OrderItem, Variant


def ago(timestamp: str | None, now: datetime | None = None) -> str:
    """How long ago a time is, short: `now`, `4 min`, `3 h`, `2 d`; nothing for a time that is none."""
    try:
        then = datetime.fromisoformat(timestamp or "")
    except ValueError:
        return ""
    then = then if then.tzinfo is not None else then.replace(tzinfo=UTC)
    minutes = int(((now or datetime.now(UTC)) - then).total_seconds() // 60)
    if minutes < 1:
        return "now"
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // (24 * 60)} d"


def options(item: OrderItem | Variant) -> str:
    """A variant's options in words, for example `red, 42`."""
    return ", ".join(item.options.values())


def readable(value: str) -> str:
    """A record's value as a person writes it: a time as its day, `31 October 2026`; all else as it is."""
    if len(value) < len("2026-10-31T00:00") or value[4:5] != "-":
        return value
    try:
        then = datetime.fromisoformat(value)
    except ValueError:
        return value
    return f"{then.day} {then:%B %Y}"


def marked(text: object, quote: str) -> Markup:
    """A record's text, escaped, with the first place that says exactly `quote` marked."""
    before, found, after = str(text).partition(quote) if quote else (str(text), "", "")
    return escape(before) + Markup("<mark>{}</mark>").format(found) + escape(after) if found else escape(before)
