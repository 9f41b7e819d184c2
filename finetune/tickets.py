"""Support tickets on disk, in eShopSupport's layout: tickets with their threads, products, and questions with answers.

A folder holds `tickets.json` and may hold `products.json`, `evalquestions.json` and `manual-chunks.json`, each a JSON
list, also gzipped; a file on its own is taken as the tickets. Unknown fields are ignored.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from assistant.records import Conversation, Message

TICKETS, PRODUCTS, QUESTIONS, MANUALS = "tickets.json", "products.json", "evalquestions.json", "manual-chunks.json"
LAYOUT = "eShopSupport's layout"
Id = Annotated[str, BeforeValidator(lambda value: str(value) if isinstance(value, int) else value)]


class Row(BaseModel):
    """Base of the records of a file, by the names that they have there."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)


class Post(Row):
    """One message of a ticket's thread, a customer's or the staff's."""

    by_customer: bool = Field(alias="IsCustomerMessage")
    text: str = Field(alias="Text")


class Ticket(Row):
    """One ticket. What nobody entered is `None` or empty: its product, type, satisfaction and summaries."""

    id: Id = Field(alias="TicketId")
    customer: Id = Field(alias="CustomerId")
    product: Id | None = Field(default=None, alias="ProductId")
    type: str | None = Field(default=None, alias="TicketType")
    satisfaction: float | None = Field(default=None, alias="CustomerSatisfaction", allow_inf_nan=False)
    short: str = Field(default="", alias="ShortSummary")
    long: str = Field(default="", alias="LongSummary")
    posts: tuple[Post, ...] = Field(alias="Messages")

    @property
    def messages(self) -> tuple[Message, ...]:
        """The thread, without empty messages."""
        said = ((post.by_customer, post.text.strip()) for post in self.posts)
        return tuple(Message(role="user" if own else "agent", content=text) for own, text in said if text)

    @property
    def conversation(self) -> Conversation:
        """The thread as a conversation."""
        return Conversation(id=self.id, messages=self.messages)


class Described(Row):
    """A product, as far as questions about it need it."""

    id: Id = Field(alias="ProductId")
    description: str = Field(default="", alias="Description")


class AskedQuestion(Row):
    """A question about a product with the answer that is right."""

    id: Id = Field(alias="QuestionId")
    product: Id = Field(alias="ProductId")
    question: str = Field(alias="Question", min_length=1)
    answer: str = Field(alias="Answer", min_length=1)


class Chunk(Row):
    """A passage of a product's manual."""

    id: Id = Field(alias="ChunkId")
    product: Id = Field(alias="ProductId")
    text: str = Field(alias="Text")


@dataclass(frozen=True)
class TicketData:
    """All that a folder holds."""

    tickets: tuple[Ticket, ...]
    products: tuple[Described, ...] = ()
    questions: tuple[AskedQuestion, ...] = ()
    manuals: tuple[Chunk, ...] = ()


R = TypeVar("R", bound=Row)


def read_tickets(path: Path) -> TicketData:
    """The data in a folder, or in one file of tickets.

    Raises `ValueError` naming file, record and field where it is not in the layout, and where there is no ticket in
    which a customer said something."""
    if not path.is_dir():
        return TicketData(_said(_rows(path, Ticket), path))
    file = _file(path, TICKETS)
    if file is None:
        there = ", ".join(sorted(each.name for each in path.iterdir())[:5]) or "nothing"
        raise ValueError(f"{path}: expected {TICKETS} or {TICKETS}.gz in {LAYOUT}, found {there}.")

    def rows(name: str, record: type[R]) -> tuple[R, ...]:
        optional = _file(path, name)
        return _rows(optional, record) if optional is not None else ()

    return TicketData(
        tickets=_said(_rows(file, Ticket), file),
        products=rows(PRODUCTS, Described),
        questions=rows(QUESTIONS, AskedQuestion),
        manuals=rows(MANUALS, Chunk),
    )


def fingerprint(messages: Sequence[Message]) -> str:
    """Twelve letters that tell one thread from another by what its customer said."""
    said = "\n".join(message.content for message in messages if message.role == "user")
    return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def split_by_customer(tickets: Sequence[Ticket], percent: int, seed: int = 0) -> tuple[list[Ticket], list[Ticket]]:
    """Tickets to learn from and about `percent` of them held out; all that one customer wrote on the same side, which
    depends on who they are and the seed alone."""

    def held(customer: str) -> bool:
        digest = hashlib.sha256(f"{seed}:{customer}".encode()).hexdigest()
        return int(digest, 16) % 100 >= 100 - percent

    return [t for t in tickets if not held(t.customer)], [t for t in tickets if held(t.customer)]


def _file(folder: Path, name: str) -> Path | None:
    return next((file for file in (folder / name, folder / f"{name}.gz") if file.is_file()), None)


def _said(tickets: tuple[Ticket, ...], path: Path) -> tuple[Ticket, ...]:
    _unique(path, [ticket.id for ticket in tickets], "TicketId")
    if not any(message.role == "user" for ticket in tickets for message in ticket.messages):
        raise ValueError(f"{path}: expected tickets with messages of customers, found none.")
    return tuple(ticket for ticket in tickets if any(message.role == "user" for message in ticket.messages))


def _unique(path: Path, ids: Sequence[str], field: str) -> None:
    seen: set[str] = set()
    for place, id in enumerate(ids, 1):
        if id in seen:
            raise ValueError(f"{path}: record {place}: {field}: expected a new one, found {id!r} again.")
        seen.add(id)


def _rows(path: Path, record: type[R]) -> tuple[R, ...]:
    rows: list[R] = []
    for place, item in enumerate(_listed(path), 1):
        try:
            rows.append(record.model_validate(item))
        except ValidationError as error:
            fault = error.errors()[0]
            where = ".".join(map(str, fault["loc"])) or "record"
            found = "" if fault["type"] == "missing" else f", found {fault['input']!r:.60}"
            raise ValueError(f"{path}: record {place}: {where}: {fault['msg']}{found}; expected {LAYOUT}.") from error
    return tuple(rows)


def _listed(path: Path) -> list[Any]:
    try:
        packed = path.read_bytes()
        items = json.loads(gzip.decompress(packed) if path.suffix == ".gz" else packed)
    except (ValueError, EOFError, gzip.BadGzipFile) as error:
        raise ValueError(f"{path}: expected a JSON list of records in {LAYOUT}; {error}.") from error
    if not isinstance(items, list):
        raise ValueError(f"{path}: expected a JSON list of records, found {type(items).__name__}.")
    return items
