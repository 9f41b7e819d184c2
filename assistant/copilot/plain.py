"""What somebody wrote in a message that another desk passes on: without HTML, quoted mail and signature."""

from __future__ import annotations

import re
from html.parser import HTMLParser

HTML = re.compile(r"</(?:p|div|span|a|b|i|body|html|table|td|li|blockquote)\s*>|<(?:br|p|div)\b[^>]*>", re.IGNORECASE)
BLOCKS = frozenset({"br", "p", "div", "li", "tr", "table", "ul", "ol", "blockquote", "h1", "h2", "h3", "body", "hr"})
UNSEEN = frozenset({"script", "style", "head", "title", "blockquote"})
"""Elements that hold nothing written now; mail quotes in a `blockquote`."""
QUOTING = re.compile(
    r"^[ \t]*(?:On\b(?:[^\n]{1,200}|[^\n]{1,120}\n[^\n]{1,120})\bwrote:[ \t]*$"
    r"|-{2,} ?(?:Original|Forwarded) message ?-{2,}|_{8,}[ \t]*$|From:[^\n]+\n(?:[^\n]+\n){0,2}?(?:Sent|Date|To):)",
    re.IGNORECASE | re.MULTILINE,
)
SIGNATURE = re.compile(r"^--[ \t]*$", re.MULTILINE)
QUOTED = re.compile(r"^[ \t]*>.*$\n?", re.MULTILINE)


def plain(text: str) -> str:
    """The words of a message that were written for it. What is only a quote or only markup is left as it is."""
    shown = _text_of(text) if HTML.search(text) else text
    begun = QUOTING.split(shown, maxsplit=1)[0]
    if begun == shown and not QUOTED.search(shown) and not SIGNATURE.search(shown):
        return shown.strip() or text if shown is not text else text
    written = SIGNATURE.split(QUOTED.sub("", begun), maxsplit=1)[0].strip()
    return written or shown.strip() or text


class _Text(HTMLParser):
    """Gathers what a reader of a page sees."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._unseen += tag in UNSEEN
        if tag in BLOCKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._unseen = max(0, self._unseen - (tag in UNSEEN))
        if tag in BLOCKS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.parts.append(data)


def _text_of(html: str) -> str:
    parser = _Text()
    parser.feed(html)
    parser.close()
    lines = (" ".join(line.split()) for line in "".join(parser.parts).splitlines())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines))
