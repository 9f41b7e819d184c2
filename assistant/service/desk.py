"""The one interface to a shop's own systems: what can be looked up, and how something is done.

Doing takes two steps, so that nothing happens unasked::

    proposal = desk.propose(actor, customer_id, request)      # checked against the policy, nothing changed yet
    outcome = desk.confirm(proposal.token, actor)             # someone who may agree has agreed; once, whatever happens
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from assistant.service.policy import Policy
from assistant.service.records import Customer, Order, Product
from assistant.service.requests import Actor, AuditEntry, Outcome, Proposal, Refusal, Request


class ServiceDesk(Protocol):
    """A shop's service desk. `assistant.service.EmbeddedDesk` keeps one in a database of its own; a shop's adapter to
    its own systems has the same methods."""

    @property
    def policy(self) -> Policy:
        """The policy that requests are checked against."""
        ...

    def customer(self, customer_id: str) -> Customer | None:
        """The customer of that id."""
        ...

    def customers(self, customer_ids: Sequence[str]) -> dict[str, Customer]:
        """Those of these customers whom the shop knows, by id."""
        ...

    def customer_by_email(self, email: str) -> Customer | None:
        """The customer with that e-mail address, in any case of letters."""
        ...

    def customer_by_name(self, first_name: str, last_name: str, zip: str) -> Customer | None:
        """The customer of that name and zip code; `None` also where there are several."""
        ...

    def orders(self, customer_id: str) -> tuple[Order, ...]:
        """The customer's orders, in the order in which the shop lists them."""
        ...

    def orders_numbered(self, numbers: Sequence[str]) -> tuple[Order, ...]:
        """The orders whose ids these are, in any case of letters and with or without a `#`, whoever's they are: show
        one to its customer only."""
        ...

    def order(self, order_id: str) -> Order | None:
        """The order of that id, whoever's it is: show it to its customer only."""
        ...

    def product(self, product_id: str) -> Product | None:
        """The product of that id, with its variants."""
        ...

    def check(self, customer_id: str, request: Request) -> Refusal | None:
        """Why a request for a customer would be refused as things are; `None` where it would not. Leaves no trace."""
        ...

    def propose(
        self, actor: Actor, customer_id: str, request: Request, *, why: str = "", key: str | None = None
    ) -> Proposal | Refusal:
        """Checks a request for a customer; nothing is done yet. The same `key` gives the same proposal again.

        Raises `InvalidInput` for a key that was used for another request."""
        ...

    def confirm(self, token: str, actor: Actor) -> Outcome:
        """Carries out a proposal, checked once more against the records as they are now. Again, or at the same time:
        the same outcome, done once. Raises `InvalidInput` for a token that is unknown or has expired, and for an
        actor who may not agree to it."""
        ...

    def decline(self, token: str, actor: Actor) -> Outcome:
        """Notes that a proposal was turned down; it cannot be confirmed any more. Raises as `confirm`."""
        ...

    def audit(self, customer_id: str | None = None, order_id: str | None = None) -> Sequence[AuditEntry]:
        """What was proposed, refused, declined and done, oldest first."""
        ...
