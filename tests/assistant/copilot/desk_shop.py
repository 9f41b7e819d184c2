"""The small shop with a service desk, and what its customers say in the tests of the copilot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from assistant.assistant import Assistant
from assistant.copilot.tickets import TicketModel, Tickets
from assistant.service import EmbeddedDesk, Policy
from assistant.service.shop_desk import desk_data
from assistant.session import Session
from assistant.shop import Clause
from tests.assistant.small_shop import POLICIES, catalogue, make_assistant, must, saying, want

BOOTS = "waterproof hiking boots under 100"
RETURN = "Can I return shoes that I wore outside?"
BITCOIN = "Do you teach quantum physics to owls?"
WHERE = "Where is my order Q100?"
HUMAN = "Let me talk to a person!"
ANGRY = "This is the third kettle that broke, I am fed up."
THANKS = "Great, thank you!"
CANCEL = "Please cancel order A1, I no longer need it."
CANCEL_PACKED = "Please cancel order A5, I no longer need it."
PRIVATE = (
    "I moved to 12 Oak Street, Apt 4. Call 555-123-4567 or write to ana@example.org, my card is 4111 1111 1111 1111."
)
READINGS = {
    BOOTS: want(
        "hiking boots",
        must("price", "at_most", 100.0, unit="USD", source={"message": 0, "quote": "under 100"}),
        must("feature", "is", "waterproof", source={"message": 0, "quote": "waterproof"}),
    ),
    RETURN: saying("policy"),
    BITCOIN: saying("policy"),
    WHERE: saying("order_status"),
    HUMAN: saying("ask_human"),
    ANGRY: saying("complaint"),
    THANKS: saying("thank_bye"),
    PRIVATE: saying("change_order"),
    CANCEL: saying("change_order"),
    CANCEL_PACKED: saying("change_order"),
    " ": saying("off_topic"),
}


def desk_assistant(home: Path, index: Path, clauses: Sequence[dict[str, str]] = tuple(POLICIES)) -> Assistant:
    """The small shop's assistant with a desk whose policy is `clauses`."""
    plain = make_assistant(home, READINGS, index)
    parts = plain._parts
    policy = Policy.of([Clause.model_validate(clause) for clause in clauses])
    desk = EmbeddedDesk(f"sqlite:///{home / 'desk.db'}", policy)
    if desk.empty:
        data = desk_data(parts.shop, catalogue())
        desk.load(data.customers, data.orders, data.products)
    tickets = Tickets(TicketModel.load("assistant/models/tickets"), parts.encode)
    return Assistant(replace(parts, desk=desk, tickets=tickets))


def talk(assistant: Assistant, *messages: str, user: str | None = None) -> Session:
    """A session in which the shopper said these, and the assistant answered."""
    session_id = assistant.new_session(user)
    for message in messages:
        assistant.respond(session_id, message)
    return assistant.session(session_id)
