"""A service desk in a database of its own: SQLite, or PostgreSQL by URL with the same code.

Everything that a request does (records, the outcome, the audit entry) is one transaction: after a crash, all of it is
there or none. Two confirmations of one proposal wait for each other, and the second is given the first one's outcome.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import BaseModel
from sqlalchemy.engine import Connection

from assistant.errors import InvalidInput
from assistant.service import rows
from assistant.service.cases import case_of
from assistant.service.effects import Effect, effect
from assistant.service.following import follow
from assistant.service.policy import Policy
from assistant.service.records import Customer, DeskData, Order, Product
from assistant.service.requests import Actor, AuditEntry, Outcome, Proposal, Refusal, Request
from assistant.service.rows import Pending
from assistant.service.rules import Case
from assistant.service.schema import DESK_TABLES
from assistant.store.database import Database

Clock = Callable[[], datetime]
VALID = timedelta(minutes=30)


def present() -> datetime:
    """The present time, UTC."""
    return datetime.now(UTC)


class EmbeddedDesk:
    """The `ServiceDesk` at `url` (`sqlite:///FILE` or `postgresql://...`); the tables are made where there are none.

    `clock` gives the time in UTC, the present one where it is left out. `as_of` is the moment that the policy's periods
    count up to where that is not the present one: a demonstration's orders lie in a time of their own. Raises
    StoreError where the database cannot be used; a shop's sessions may lie in the same one."""

    def __init__(
        self, url: str, policy: Policy | None = None, *, clock: Clock | None = None, as_of: datetime | None = None,
        timeout: float = 10.0,
    ) -> None:  # fmt: skip
        self._database = Database(url, timeout, DESK_TABLES)
        self._policy = policy or Policy()
        self._clock = clock or present
        self._as_of = as_of

    @property
    def policy(self) -> Policy:
        """The policy that requests are checked against."""
        return self._policy

    def load(self, customers: Iterable[Customer], orders: Iterable[Order], products: Iterable[Product]) -> None:
        """Fills an empty desk, all or nothing. Raises `InvalidInput` where it holds customers already."""
        with self._database.write() as connection:
            if not rows.is_empty(connection):
                raise InvalidInput(f"The desk {self._database.name} holds customers already: name a new database.")
            rows.insert(connection, customers, orders, products)

    def follow(self, data: DeskData) -> None:
        """Brings the desk up to what the shop's own records are now: see `assistant.service.following`."""
        with self._database.write(alone=True) as connection:
            follow(connection, data)

    @property
    def empty(self) -> bool:
        """Whether nothing was loaded yet."""
        with self._database.read() as connection:
            return rows.is_empty(connection)

    # --- looking up --------------------------------------------------------------------------------------------------

    def customer(self, customer_id: str) -> Customer | None:
        """The customer of that id."""
        with self._database.read() as connection:
            return rows.customer(connection, customer_id)

    def customers(self, customer_ids: Sequence[str]) -> dict[str, Customer]:
        """Those of these customers whom the shop knows, by id."""
        with self._database.read() as connection:
            return rows.customers_of(connection, customer_ids)

    def customer_by_email(self, email: str) -> Customer | None:
        """The customer with that e-mail address, in any case of letters; `None` also where there are several."""
        with self._database.read() as connection:
            return rows.customer_by_email(connection, email)

    def customer_by_name(self, first_name: str, last_name: str, zip: str) -> Customer | None:
        """The customer of that name and zip code; `None` also where there are several."""
        with self._database.read() as connection:
            return rows.customer_by_name(connection, f"{first_name} {last_name}", zip)

    def orders(self, customer_id: str) -> tuple[Order, ...]:
        """The customer's orders, in the order in which the shop lists them."""
        with self._database.read() as connection:
            return rows.orders_of(connection, customer_id)

    def orders_numbered(self, numbers: Sequence[str]) -> tuple[Order, ...]:
        """The orders whose ids these are, in any case of letters and with or without a `#`, whoever's they are."""
        with self._database.read() as connection:
            return rows.orders_numbered(connection, numbers)

    def order(self, order_id: str) -> Order | None:
        """The order of that id, whoever's it is: show it to its customer only."""
        with self._database.read() as connection:
            return rows.order(connection, order_id)

    def product(self, product_id: str) -> Product | None:
        """The product of that id, with its variants."""
        with self._database.read() as connection:
            return rows.product(connection, product_id)

    def everything(self) -> DeskData:
        """All records at one moment, as they were loaded and since changed: for an export."""
        with self._database.read() as connection:
            return rows.everything(connection)

    def audit(self, customer_id: str | None = None, order_id: str | None = None) -> Sequence[AuditEntry]:
        """What was proposed, refused, declined and done, oldest first."""
        with self._database.read() as connection:
            return rows.audit_of(connection, customer_id, order_id)

    def check(self, customer_id: str, request: Request) -> Refusal | None:
        """See `ServiceDesk.check`. Raises `InvalidInput` where there is no such customer."""
        with self._database.read() as connection:
            customer = rows.customer(connection, customer_id)
            if customer is None:
                raise InvalidInput(f"There is no customer {customer_id[:80]!r}.")
            case = self._case(connection, request, customer, lock=False)
            return case if isinstance(case, Refusal) else self._policy.check(case)

    # --- doing -------------------------------------------------------------------------------------------------------

    def propose(
        self, actor: Actor, customer_id: str, request: Request, *, why: str = "", key: str | None = None
    ) -> Proposal | Refusal:
        """See `ServiceDesk.propose`. Raises `InvalidInput` where a customer asks in another one's name, or there is no
        such customer."""
        if actor.role == "customer" and actor.id != customer_id:
            raise InvalidInput("A customer can ask for themselves only.")
        with self._database.write() as connection:
            customer = self._locked(connection, customer_id)
            if (earlier := rows.proposal_by_key(connection, key)) is not None:
                if (earlier.customer_id, earlier.request) != (customer_id, request):
                    raise InvalidInput("This idempotency key was used for another request: use a new one.")
                return earlier
            case = self._case(connection, request, customer)
            refusal = case if isinstance(case, Refusal) else self._policy.check(case)
            if refusal is not None:
                self._log(connection, "refused", actor, customer_id, request, why=why, refusal=refusal)
                return refusal
            assert isinstance(case, Case)
            proposal = Proposal(
                token=secrets.token_urlsafe(32),
                customer_id=customer_id,
                request=request,
                effects=self._told(case, effect(case)),
                clauses=self._policy.bearing_on(request.name, case.pieces),
                expires=_iso(self._clock() + VALID),
            )
            rows.insert_proposal(connection, Pending(proposal=proposal, actor=actor, why=why, key=key))
            self._log(connection, "proposed", actor, customer_id, request, why=why, token=proposal.token)
            return proposal

    def confirm(self, token: str, actor: Actor) -> Outcome:
        """See `ServiceDesk.confirm`. The customer may agree for themselves and an agent in their name; the assistant
        may not, and a refund without a return needs an agent."""
        with self._database.write() as connection:
            pending = self._pending(connection, token, actor)
            if pending.outcome is not None:
                return pending.outcome
            self._require_live(pending)
            outcome = self._carry_out(connection, pending, actor)
            rows.settle(connection, token, outcome)
            return outcome

    def decline(self, token: str, actor: Actor) -> Outcome:
        """See `ServiceDesk.decline`. What was done stays done: its outcome is given."""
        with self._database.write() as connection:
            pending = self._pending(connection, token, actor)
            if pending.outcome is not None:
                return pending.outcome
            request = pending.proposal.request
            entry = self._log(connection, "declined", pending.actor, pending.proposal.customer_id, request,
                              why=pending.why, token=token, confirmed_by=actor)
            outcome = Outcome(status="declined", request=request, audit_id=entry)
            rows.settle(connection, token, outcome)
            return outcome

    def _carry_out(self, connection: Connection, pending: Pending, actor: Actor) -> Outcome:
        proposal, request = pending.proposal, pending.proposal.request
        customer = self._locked(connection, proposal.customer_id)
        case = self._case(connection, request, customer)
        refusal = case if isinstance(case, Refusal) else self._policy.check(case)
        if refusal is not None:
            entry = self._log(connection, "refused", pending.actor, customer.id, request, why=pending.why,
                              token=proposal.token, confirmed_by=actor, refusal=refusal)
            return Outcome(status="refused", request=request, refusal=refusal, audit_id=entry)
        assert isinstance(case, Case)
        done = effect(case)
        rows.save(connection, done.customer, done.order)
        before, after = _difference(case, done)
        entry = self._log(connection, "done", pending.actor, customer.id, request, why=pending.why,
                          token=proposal.token, confirmed_by=actor, before=before, after=after)
        return Outcome(status="done", request=request, effects=self._told(case, done), audit_id=entry)

    def _told(self, case: Case, done: Effect) -> tuple[str, ...]:
        """What a request does, and what the policy says is kept of the money."""
        fees = self._policy.fees(case.request.name, case.pieces)
        return (*done.said, *(f"By policy {fee.id}: {fee.quote}" for fee in fees))

    def _case(
        self, connection: Connection, request: Request, customer: Customer, *, lock: bool = True
    ) -> Case | Refusal:
        return case_of(
            request,
            customer,
            order_of=lambda order_id: rows.order(connection, order_id, lock=lock),
            product_of=lambda product_id: rows.product(connection, product_id),
            now=self._as_of or self._clock(),
        )

    def _locked(self, connection: Connection, customer_id: str) -> Customer:
        customer = rows.customer(connection, customer_id, lock=True)
        if customer is None:
            raise InvalidInput(f"There is no customer {customer_id[:80]!r}.")
        return customer

    def _pending(self, connection: Connection, token: str, actor: Actor) -> Pending:
        pending = rows.pending(connection, token)
        if pending is None:
            raise InvalidInput("There is no proposal of this token: propose the request again.")
        own = actor.role == "customer" and actor.id == pending.proposal.customer_id
        if not (own or actor.role == "agent"):
            raise InvalidInput("Only the customer or an agent can agree to this.")
        if pending.proposal.request.name == "refund" and actor.role != "agent":
            raise InvalidInput("A refund without a return has to be confirmed by an agent.")
        return pending

    def _require_live(self, pending: Pending) -> None:
        if datetime.fromisoformat(pending.proposal.expires) < self._clock():
            raise InvalidInput("This proposal has expired: propose the request again.")

    def _log(
        self, connection: Connection, event: str, actor: Actor, customer_id: str, request: Request, **fields: object
    ) -> int:
        entry = {
            "at": _iso(self._clock()),
            "event": event,
            "actor": actor,
            "customer_id": customer_id,
            "order_id": getattr(request, "order_id", None),
            "action": request.name,
            "request": request.model_dump(mode="json"),
            **fields,
        }
        return rows.insert_audit(connection, AuditEntry.model_validate({"id": 0, **entry}))

    def close(self) -> None:
        """Closes the connections; the desk cannot be used afterwards."""
        self._database.close()


def _difference(case: Case, done: Effect) -> tuple[dict[str, Any], dict[str, Any]]:
    """The records that changed, as they were and as they are."""
    pairs: dict[str, tuple[BaseModel | None, BaseModel | None]] = {
        "customer": (case.customer, done.customer),
        "order": (case.order, done.order if done.order is not None else case.order),
    }
    changed = {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
    before = {name: old.model_dump(mode="json") for name, (old, _) in changed.items() if old is not None}
    after = {name: new.model_dump(mode="json") for name, (_, new) in changed.items() if new is not None}
    return before, after


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
