"""Tools of the service desk: looking up a customer, and acting for them in two steps, as agents do on their page.

`propose_action` changes nothing and says what would happen; `confirm_action` does it, once. Policy, idempotence and
the audit log are the desk's own.
"""

from __future__ import annotations

from typing import Annotated

from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from pydantic import BaseModel, ConfigDict, Field

from assistant.errors import InvalidInput
from assistant.mcp_server.callers import Callers
from assistant.mcp_server.told import Ready, refused, told
from assistant.service import Actor, Outcome, Proposal, Refusal, Request, ServiceDesk
from assistant.service.records import Customer, Order
from assistant.service.records import Product as SoldProduct

Id = Annotated[str, Field(min_length=1, max_length=200)]
Token = Annotated[str, Field(min_length=1, max_length=200, description="The token of a proposal")]


class CustomerOrders(BaseModel):
    """A customer of the shop and their orders, as the shop's own systems have them."""

    model_config = ConfigDict(frozen=True)

    customer: Customer
    orders: tuple[Order, ...]


class ActingTools:
    """The tools of the service desk, for agents who are signed in. What they do is logged under the agent's name."""

    def __init__(self, ready: Ready, callers: Callers) -> None:
        self._ready = ready
        self._callers = callers

    @told
    def find_customer(
        self,
        context: Context,
        customer_id: Annotated[str | None, Field(max_length=200)] = None,
        email: Annotated[str | None, Field(max_length=320, description="In any case of letters")] = None,
    ) -> CustomerOrders:
        """A customer by id or e-mail address, with their orders: items, payments, status, what was done. Make sure that
        the shopper is this customer before you tell them anything. For agents who are signed in."""
        desk, _ = self._signed_in(context)
        if (customer_id is None) == (email is None):
            raise InvalidInput("Give either customer_id or email.")
        found = desk.customer(customer_id) if customer_id is not None else desk.customer_by_email(email or "")
        if found is None:
            raise InvalidInput(f"The desk knows no customer {(customer_id or email or '')[:80]!r}.")
        return CustomerOrders(customer=found, orders=desk.orders(found.id))

    @told
    def product_variants(
        self, context: Context, product_id: Annotated[Id, Field(description="The product_id of an item in an order")]
    ) -> SoldProduct:
        """What a product is sold as, with the item ids that an exchange or a change of items names. For agents who are
        signed in."""
        desk, _ = self._signed_in(context)
        product = desk.product(product_id)
        if product is None:
            raise InvalidInput(f"The desk knows no product {product_id[:80]!r}.")
        return product

    @told
    def propose_action(
        self,
        context: Context,
        customer_id: Id,
        action: Annotated[Request, Field(description="What to do, by name, with its arguments")],
        why: Annotated[str, Field(max_length=2000, description="Why, for the audit log")] = "",
        key: Annotated[
            str | None, Field(min_length=1, max_length=100, description="Your own id of this call, to repeat it safely")
        ] = None,
    ) -> Proposal:
        """Check a service action for a customer against the shop's policy and preview it. Nothing is done yet: show the
        effects and clauses to whoever decides, then call confirm_action or decline_action with the token. An error
        quotes the clause that forbids it. For agents who are signed in."""
        desk, actor = self._signed_in(context)
        own = f"mcp:{actor.id}:{key}" if key is not None else None
        proposal = desk.propose(actor, customer_id, action, why=why or "asked for over MCP", key=own)
        if isinstance(proposal, Refusal):
            raise refused(proposal)
        return proposal

    @told
    def confirm_action(self, context: Context, token: Token) -> Outcome:
        """Carry out what was proposed, checked once more: it moves goods and money, so ask a person first. Again with
        the same token, it is not done twice. For agents who are signed in."""
        desk, actor = self._signed_in(context)
        outcome = desk.confirm(token, actor)
        if outcome.refusal is not None:
            raise refused(outcome.refusal)
        return outcome

    @told
    def decline_action(self, context: Context, token: Token) -> Outcome:
        """Note that a proposal was turned down; it cannot be confirmed any more. For agents who are signed in."""
        desk, actor = self._signed_in(context)
        return desk.decline(token, actor)

    def _signed_in(self, context: Context) -> tuple[ServiceDesk, Actor]:
        """The desk, and the agent as its actor. Raises ToolError for anybody else, and where the shop has no desk."""
        actor = Actor(role="agent", id=self._callers.agent(context))
        desk = self._ready().desk
        if desk is None:
            raise ToolError("This shop has no service desk: its configuration names no database in desk.url.")
        return desk, actor
