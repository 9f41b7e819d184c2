"""The desk's pieces as HTML. Templates escape whatever they print, so text of shoppers and catalogues is inert."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from assistant.copilot.queue import Need, Waiting
from assistant.copilot.records import Moment, PastCase, Suggestion, WrapUp
from assistant.receipts import in_words
from assistant.records import Citation
from assistant.service import Outcome, Proposal, Refusal
from assistant.session import Session
from assistant.web.desk.chart import Chart, chart_of, mood_words
from assistant.web.desk.context import CustomerContext
from assistant.web.desk.forms import OF_ORDER, TITLES, ActionForm
from assistant.web.desk.log import log_lines
from assistant.web.desk.words import ago, marked, options, readable
from assistant.web.pages import templates
from retrieval.product import Product

if TYPE_CHECKING:
    from assistant.assistant import Assistant

HERE = Path(__file__).parent
NEEDS: dict[str, str] = {
    "asked": "Asked for a person", "complaint": "Complaint", "stuck": "Stuck", "unsure": "Unsure", "none": "",
}  # fmt: skip


class Views:
    """Renders the desk of one assistant; holds nothing of any shopper or agent."""

    def __init__(self, assistant: Assistant) -> None:
        self.assistant = assistant
        self.shop = assistant.settings.shop
        self.environment = templates(self.shop.currency, HERE / "templates")
        self.environment.globals.update(needs=NEEDS, need_names=get_args(Need)[:-1], titles=TITLES, of_order=OF_ORDER)
        self.environment.filters.update(
            ago=ago, marked=marked, mood_words=mood_words, options=options, path=Chart.path, readable=readable
        )
        self.environment.filters["in_words"] = lambda constraint: in_words(constraint, self.shop.currency)

    @cached_property
    def style(self) -> str:
        """The desk's style sheet."""
        return (HERE / "static" / "desk.css").read_text(encoding="utf-8")

    @cached_property
    def script(self) -> str:
        """The desk's script."""
        return (HERE / "static" / "desk.js").read_text(encoding="utf-8")

    def login(self, possible: bool, name: str = "", problem: str = "") -> str:
        """The form to sign in, and what was wrong with the last try. `possible`: whether there is any agent."""
        return self._render("login", possible=possible, name=name, problem=problem, style=self.style)

    def desk(self, agent: str) -> str:
        """The page, empty: its script asks for the pieces."""
        return self._render("desk", agent=agent, style=self.style)

    def queue(self, waiting: Sequence[Waiting], names: dict[str, str], chosen: str, agent: str) -> str:
        """The conversations of the queue; `names` are customers' names by session."""
        return self._render("queue", waiting=waiting, names=names, chosen=chosen, agent=agent)

    def conversation(
        self, session: Session, agent: str, context: CustomerContext | None, moments: Sequence[Moment]
    ) -> dict[str, str]:
        """The pieces of the chosen conversation by the element that they go into."""
        ids = {item.item_id for event in session.events for item in event.items}
        seen = {i: product.title for i in ids if (product := self.product(i)) is not None}
        desk, last = self.assistant.desk, moments[-1] if moments else None
        log = log_lines(desk.audit(context.customer.id)) if desk is not None and context is not None else ()
        return {
            "head": self._render("head", session=session, agent=agent, context=context, last=last),
            "talk": self._render("transcript", session=session, product=self.product),
            "needs": self._render("need_card", session=session, conversation=session.conversation, seen=seen),
            "course": self._render("course", chart=chart_of(moments)),
            "customer": self._render("customer", context=context, session=session, product=self.product,
                                     served=desk is not None, agent=agent),
            "log": self._render("log", log=log),
        }

    def copilot(self, suggestion: Suggestion, past: Sequence[PastCase] | None = None) -> str:
        """What the copilot suggests: summary, replies, products and similar cases; without `past` it is not whole yet.
        """
        return self._render("copilot", suggestion=suggestion, past=past, product=self.product)

    def action(self, form: ActionForm, context: CustomerContext) -> str:
        """A service action's form."""
        return self._render("action", form=form, context=context)

    def proposed(self, answer: Proposal | Refusal) -> str:
        """What a checked form would do, to be confirmed, or the clause that forbids it."""
        return self._render("proposed", answer=answer, refused=isinstance(answer, Refusal))

    def outcome(self, outcome: Outcome) -> str:
        """What came of a confirmed or declined proposal."""
        return self._render("outcome", outcome=outcome)

    def wrap_up(self, notes: WrapUp, types: Sequence[str]) -> str:
        """The form of a wrap-up note; `types` are those that the shop's tickets have."""
        return self._render("wrap_up", notes=notes, types=types)

    def citation(self, citation: Citation, context: CustomerContext | None) -> str:
        """The record that a citation quotes: the clause, the product, the order."""
        policy = self.assistant.desk.policy if self.assistant.desk is not None else None
        clauses = policy.clauses if policy is not None else self.assistant.shop.policies
        clause = next((clause for clause in clauses if clause.id == citation.id), None)
        product = self.product(citation.id)
        order = context.order(citation.id.split("/")[0]) if context is not None else None
        return self._render("citation", citation=citation, clause=clause, product=product, order=order)

    def product(self, product_id: str) -> Product | None:
        """The product of the catalogue with this id."""
        return self.assistant.index.catalogue.get(product_id)

    def _render(self, template: str, **values: Any) -> str:
        return self.environment.get_template(f"desk_{template}.html").render(shop=self.shop, **values)
