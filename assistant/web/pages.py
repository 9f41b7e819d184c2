"""The page's regions as HTML. Templates escape whatever they print, so text from catalogues and shoppers is inert."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from assistant.records import Intent, Pick, Reply
from assistant.session import Session
from assistant.web import points, words
from assistant.web.browse import Browser, starters
from assistant.web.view import MOST_COMPARED, View
from retrieval.product import Product

if TYPE_CHECKING:
    from assistant.assistant import Assistant

HERE = Path(__file__).parent
RECENT = 6


@dataclass(frozen=True)
class Card:
    """A pick with its product, as a card shows it."""

    pick: Pick
    product: Product


@dataclass(frozen=True)
class Turn:
    """One message with what belongs under it. `cards` are shown large only where `current` is set."""

    index: int
    role: str
    text: str
    reply: Reply | None
    cards: tuple[Card, ...]
    current: bool
    thumb: str


class Pages:
    """Renders regions of the page for one assistant; holds nothing of any shopper."""

    def __init__(self, assistant: Assistant) -> None:
        self.assistant = assistant
        self.shop = assistant.settings.shop
        self.environment = templates(self.shop.currency)

    @cached_property
    def browser(self) -> Browser:
        """The catalogue's departments, read once."""
        return Browser(self.assistant.index)

    @cached_property
    def starters(self) -> list[str]:
        """Examples for the empty chat."""
        return starters(self.browser, self.shop.currency, bool(self.assistant.shop.policies))

    def header(self) -> str:
        """The shop's name; its element also carries the page's one event listener."""
        return self._render("header", name=self.shop.name)

    def talk(self, session: Session, view: View) -> str:
        """The chat so far with the picks on the table, or the empty state."""
        turns, updated = self._turns(session)
        return self._render("talk", session=session, turns=turns, updated=updated, view=view, starters=self.starters)

    def live(self, message: str = "", text: str = "", problem: str = "") -> str:
        """The message under way with what has been said so far, or what went wrong with it."""
        return self._render("live", message=message, text=text, problem=problem)

    def needs(self, session: Session, view: View) -> str:
        """The need card: what was understood, from which words, all of it editable."""
        conversation = session.conversation
        ids = {item.item_id for event in session.events for item in event.items}
        titles = {i: p.title for i in ids if (p := self.product(i)) is not None}
        return self._render(
            "needs", session=session, view=view, conversation=conversation, titles=titles, stages=words.STAGES
        )

    def basket(self, session: Session, view: View) -> str:
        """The basket with quantities and the total of the known prices."""
        lines = [(quantity, p) for i, quantity in session.basket.items() if (p := self.product(i)) is not None]
        total = sum(quantity * product.amount for quantity, product in lines if product.amount is not None)
        return self._render("basket", lines=lines, total=total, view=view, count=sum(q for q, _ in lines))

    def intent(self, intent: Intent | None) -> str:
        """Purchase intent with its drivers; empty for those who may not see it."""
        return self._render("intent", intent=intent)

    def sheet(self, view: View) -> str:
        """What lies over the page: one product, a comparison, or the products chosen for one; and a notice."""
        return self._render("toast", view=view) + self._sheet(view)

    def catalogue(self, view: View) -> str:
        """Departments, search and one page of products."""
        return self._render(
            "catalogue", browsing=view.browsing, shelf=self.browser.shelf(view.browsing), view=view,
            departments=self.browser.departments,
        )  # fmt: skip

    def recent(self, session: Session) -> str:
        """The strip of products viewed last, newest first, each once."""
        viewed = [e for e in session.events if e.event_name in {"view_item", "select_item"}]
        ids = dict.fromkeys(item.item_id for event in reversed(viewed) for item in event.items)
        return self._render("recent", products=self.products(ids)[:RECENT])

    def product(self, product_id: str) -> Product | None:
        """The product of the catalogue with this id."""
        return self.assistant.index.catalogue.get(product_id)

    def products(self, ids: Iterable[str]) -> list[Product]:
        """The products of the catalogue with these ids, without those that it no longer has."""
        return [product for i in ids if (product := self.product(i)) is not None]

    def _turns(self, session: Session) -> tuple[list[Turn], tuple[Card, ...]]:
        """All turns, and the picks on the table where an edit made them differ from the last reply's."""
        last = max((i for i, reply in session.replies.items() if reply.picks), default=None)
        unchanged = last is not None and session.replies[last].picks == session.picks
        thumbs = {feedback.message_index: feedback.value for feedback in session.feedback}
        turns = []
        for i, message in enumerate(session.messages):
            reply = session.replies.get(i)
            cards = self._cards(reply.picks if reply else ())
            current = unchanged and i == last
            turns.append(Turn(i, message.role, message.content, reply, cards, current, thumbs.get(i, "")))
        return turns, () if unchanged else self._cards(session.picks)

    def _sheet(self, view: View) -> str:
        if view.comparing:
            return self._render("compare", comparison=self.assistant.compare(view.compared))
        if view.product is not None and (product := self.product(view.product)) is not None:
            return self._render("product", product=product, variants=self._variants(product), view=view)
        return self._render("tray", products=self.products(view.compared), most=MOST_COMPARED)

    def _variants(self, product: Product) -> list[Product]:
        return [other for other in self.assistant.index.catalogue.group(product) if other.id != product.id]

    def _cards(self, picks: Iterable[Pick]) -> tuple[Card, ...]:
        return tuple(Card(pick, product) for pick in picks if (product := self.product(pick.id)) is not None)

    def _render(self, template: str, **values: Any) -> str:
        return self.environment.get_template(f"{template}.html").render(**values)


def templates(currency: str, *folders: Path) -> Environment:
    """Templates of `folders`, then of this page, that escape what they print and write prices in `currency`."""
    environment = Environment(
        loader=FileSystemLoader([*folders, HERE / "templates"]),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.globals["words"] = words
    environment.globals["points"] = points
    environment.filters["picture"] = picture
    environment.filters["web_link"] = web_link
    environment.filters["price"] = lambda product: words.money(product.amount, product.currency or currency)
    environment.filters["full_price"] = lambda product: words.money(product.price, product.currency or currency)
    environment.filters["money"] = lambda amount: words.money(amount, currency)
    return environment


def picture(product: Product) -> str:
    """The address of a product's picture: the shop's own where it is a web address, else the drawn one."""
    return web_link(product.image_link) or f"/pictures/{quote(product.id, safe='')}.svg"


def web_link(link: str | None) -> str | None:
    """A link if it is one that may be followed (http, https); anything else, `javascript:` too, is `None`."""
    return link if link is not None and link.lower().startswith(("http://", "https://")) else None
