"""The embedded desk: every action done and refused with its clause, confirmation, idempotency, audit, permissions."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from assistant.errors import InvalidInput
from assistant.service import EmbeddedDesk, Outcome, Proposal, Refusal, parse_request
from assistant.service.records import Customer, Order
from tests.assistant.service.small_desk import ADA, AGENT, ASSISTANT, BEN, DATA, POLICY, Clock, desk, open_desk

__all__ = ["desk"]

ADDRESS = {"address1": "9 Pine Road", "city": "Weston", "state": "OH", "country": "US", "zip": "44002"}


def ask(desk: EmbeddedDesk, name: str, customer: str = "ada", **arguments: Any) -> Proposal | Refusal:
    return desk.propose(ASSISTANT, customer, parse_request({"name": name, **arguments}), why="a test")


def do(desk: EmbeddedDesk, name: str, **arguments: Any) -> Outcome:
    proposal = ask(desk, name, **arguments)
    assert isinstance(proposal, Proposal), proposal
    return desk.confirm(proposal.token, AGENT)


def order(desk: EmbeddedDesk, order_id: str) -> Order:
    found = desk.order(order_id)
    assert found is not None
    return found


def ada(desk: EmbeddedDesk) -> Customer:
    found = desk.customer("ada")
    assert found is not None
    return found


def balance(desk: EmbeddedDesk) -> float | None:
    method = ada(desk).payment_method("gift-ada")
    assert method is not None
    return method.balance


def snapshot(desk: EmbeddedDesk) -> list[object]:
    return [desk.customer(c.id) for c in DATA.customers] + [desk.order(o.id) for o in DATA.orders]


def test_looking_up(desk: EmbeddedDesk) -> None:
    assert desk.customer_by_email(" ADA@example.com") == ada(desk) == desk.customer_by_name("áda", "BROOK", "44001 ")
    assert desk.customer_by_name("ada", "brook", "44002") is None and desk.customer_by_email("") is None
    assert [o.id for o in desk.orders("ada")] == [o.id for o in DATA.orders if o.customer_id == "ada"]
    assert desk.product("lamp") == DATA.products[0] and desk.everything() == DATA
    assert desk.order("nope") is None and desk.customer("' OR 1=1") is None and desk.product("") is None


def test_nothing_is_done_before_it_is_confirmed(desk: EmbeddedDesk) -> None:
    before = snapshot(desk)
    proposal = ask(desk, "cancel_order", order_id="A1", reason="bought twice")
    assert isinstance(proposal, Proposal) and snapshot(desk) == before
    assert proposal.effects == ("Order A1 is cancelled (bought twice).", "$105.00 goes back to visa 1234.")
    assert "cancel-an-order-1" in {citation.id for citation in proposal.clauses}
    outcome = desk.confirm(proposal.token, ADA)
    assert outcome.status == "done" and order(desk, "A1").status == "cancelled"


def test_cancel_refunds_a_gift_card_at_once(desk: EmbeddedDesk) -> None:
    do(desk, "cancel_order", order_id="A2", reason="bought twice")
    assert balance(desk) == 60.0 and order(desk, "A2").balance == 0
    assert order(desk, "A2").payments[-1].payment_method_id == "gift-ada"


def test_addresses(desk: EmbeddedDesk) -> None:
    do(desk, "change_order_address", order_id="A1", address=ADDRESS)
    address = order(desk, "A1").address
    assert address is not None and address.zip == "44002" and ada(desk).address != address
    do(desk, "change_customer_address", address=ADDRESS)
    assert ada(desk).address == address


def test_change_items_swaps_pieces_and_settles_the_difference(desk: EmbeddedDesk) -> None:
    changes = [{"item_id": "lamp-red", "new_item_id": "lamp-blue"}, {"item_id": "lamp-red", "new_item_id": "lamp-blue"}]
    outcome = do(desk, "change_items", order_id="A1", changes=changes, payment_method_id="gift-ada")
    changed = order(desk, "A1")
    assert [i.item_id for i in changed.items] == ["lamp-blue", "lamp-blue", "kettle-1l"]
    assert [i.price for i in changed.items] == [45.5, 45.5, 25.0] and changed.balance == 116.0
    assert changed.status == "pending (item modified)" and balance(desk) == 9.0
    assert "The difference of $11.00 is paid with gift-ada." in outcome.effects


def test_change_payment_moves_the_whole_amount(desk: EmbeddedDesk) -> None:
    do(desk, "change_payment", order_id="A2", payment_method_id="card-ada")
    assert balance(desk) == 60.0 and order(desk, "A2").balance == 40.0
    do(desk, "cancel_order", order_id="A2", reason="bought twice")
    assert balance(desk) == 60.0 and order(desk, "A2").payments[-1].payment_method_id == "card-ada"


def test_return_and_exchange(desk: EmbeddedDesk) -> None:
    do(desk, "return_items", order_id="A3", item_ids=["lamp-red"], payment_method_id="gift-ada")
    back = order(desk, "A3")
    assert back.status == "return requested" and back.returned is not None and back.returned.item_ids == ("lamp-red",)
    swap = [{"item_id": "lamp-blue", "new_item_id": "lamp-red"}]
    do(desk, "exchange_items", order_id="A7", changes=swap, payment_method_id="card-ada")
    exchange = order(desk, "A7").exchange
    assert exchange is not None and exchange.price_difference == -5.5 and balance(desk) == 20.0


def test_a_refund_names_its_clause_and_needs_an_agent(desk: EmbeddedDesk) -> None:
    wanted = {"order_id": "A3", "amount": 10, "payment_method_id": "card-ada", "reason": "damaged"}
    refused = ask(desk, "refund", **wanted)
    assert isinstance(refused, Refusal) and not refused.covered and "return-an-order-4" in refused.reason
    proposal = ask(desk, "refund", **wanted, clause="return-an-order-4")
    assert isinstance(proposal, Proposal)
    with pytest.raises(InvalidInput, match="by an agent"):
        desk.confirm(proposal.token, ADA)
    assert desk.confirm(proposal.token, AGENT).status == "done" and order(desk, "A3").balance == 100.5


def test_a_hand_over_is_always_possible_and_changes_no_record(desk: EmbeddedDesk) -> None:
    before = snapshot(desk)
    assert do(desk, "hand_over", summary="wants a discount").status == "done" and snapshot(desk) == before


LAMPS = [{"item_id": "lamp-red", "new_item_id": "lamp-blue"}]
FORBIDDEN = [
    ("cancel_order", {"order_id": "A3", "reason": "bought twice"}, "cancel-an-order-1"),
    ("cancel_order", {"order_id": "A5", "reason": "bought twice"}, "cancel-an-order-1"),
    ("cancel_order", {"order_id": "A1", "reason": "too dear"}, "cancel-an-order-1"),
    ("cancel_order", {"order_id": "B1", "reason": "bought twice"}, "house-rules-2"),
    ("change_order_address", {"order_id": "A5", "address": ADDRESS}, "change-an-order-1"),
    ("change_items", {"order_id": "A5", "changes": LAMPS, "payment_method_id": "card-ada"}, "change-an-order-1"),
    ("change_payment", {"order_id": "A2", "payment_method_id": "gift-ada"}, "change-payment-1"),
    ("change_payment", {"order_id": "A1", "payment_method_id": "gift-ada"}, "change-payment-1"),
    ("return_items", {"order_id": "A3", "item_ids": ["kettle-1l"], "payment_method_id": "card-ada"},
     "return-an-order-2"),
    ("return_items", {"order_id": "A4", "item_ids": ["lamp-red"], "payment_method_id": "card-ada"},
     "return-an-order-1"),
    ("return_items", {"order_id": "A7", "item_ids": ["lamp-blue"], "payment_method_id": "card-ada"},
     "return-an-order-3"),
    ("return_items", {"order_id": "A1", "item_ids": ["lamp-red"], "payment_method_id": "card-ada"},
     "return-an-order-1"),
    ("exchange_items", {"order_id": "B2", "changes": LAMPS, "payment_method_id": "card-ben"}, "house-rules-2"),
    ("exchange_items", {"order_id": "A3", "changes": [{"item_id": "lamp-red", "new_item_id": "lamp-gone"}],
                        "payment_method_id": "card-ada"}, "exchange-an-order-1"),
    ("exchange_items", {"order_id": "A3", "changes": [{"item_id": "lamp-red", "new_item_id": "kettle-1l"}],
                        "payment_method_id": "card-ada"}, "exchange-an-order-1"),
    ("exchange_items", {"order_id": "A3", "changes": [{"item_id": "lamp-red", "new_item_id": "lamp-gold"}],
                        "payment_method_id": "gift-ada"}, "exchange-an-order-1"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "arguments", "clause"), FORBIDDEN)
def test_a_refusal_quotes_the_clause_that_forbids_it(
    desk: EmbeddedDesk, name: str, arguments: dict[str, Any], clause: str
) -> None:
    before = snapshot(desk)
    refusal = ask(desk, name, **arguments)
    assert isinstance(refusal, Refusal) and refusal.citation is not None and refusal.citation.id == clause
    quoted = desk.policy.clause(clause)
    assert quoted is not None and refusal.citation.quote in quoted.text
    assert snapshot(desk) == before and desk.audit()[-1].refusal == refusal


@pytest.mark.parametrize(("name", "arguments", "clause"), FORBIDDEN)
def test_a_deleted_clause_is_not_cited(tmp_path: Path, name: str, arguments: dict[str, Any], clause: str) -> None:
    """What the shop itself cannot do (another's order, a variant that there is not) stays refused without a clause."""
    desk = open_desk(tmp_path / "desk.db")
    kept = [c for c in desk.policy.clauses if c.id != clause]
    desk._policy = type(desk.policy).of(kept)
    answer = ask(desk, name, **arguments)
    cited = answer.citation if isinstance(answer, Refusal) else None
    assert cited is None or (cited.id != clause and any(cited.quote in c.text for c in kept))
    assert isinstance(answer, Refusal) or name in ("return_items", "cancel_order", "change_order_address")
    desk.close()


def test_what_the_policy_never_speaks_of_is_not_covered(tmp_path: Path) -> None:
    desk = open_desk(tmp_path / "desk.db", "# Rules\n\nAn order can be cancelled as long as its status is pending.\n")
    refusal = ask(desk, "return_items", order_id="A3", item_ids=["lamp-red"], payment_method_id="card-ada")
    assert isinstance(refusal, Refusal) and not refusal.covered and refusal.citation is None
    desk.close()


def test_once_is_once(desk: EmbeddedDesk) -> None:
    do(desk, "change_items", order_id="A1", changes=LAMPS, payment_method_id="card-ada")
    again = ask(desk, "change_items", order_id="A1", changes=LAMPS, payment_method_id="card-ada")
    assert isinstance(again, Refusal) and again.citation is not None


def test_a_key_gives_the_same_proposal_and_a_token_the_same_outcome(desk: EmbeddedDesk) -> None:
    request = parse_request({"name": "cancel_order", "order_id": "A2", "reason": "bought twice"})
    first = desk.propose(ASSISTANT, "ada", request, key="k")
    assert isinstance(first, Proposal) and desk.propose(ASSISTANT, "ada", request, key="k") == first
    outcome = desk.confirm(first.token, ADA)
    assert desk.confirm(first.token, AGENT) == outcome == desk.decline(first.token, ADA)
    assert desk.propose(ASSISTANT, "ada", request, key="k") == first and balance(desk) == 60.0
    other = parse_request({"name": "hand_over", "summary": "x"})
    with pytest.raises(InvalidInput, match="another request"):
        desk.propose(ASSISTANT, "ada", other, key="k")


def test_confirmations_at_the_same_time_act_once(desk: EmbeddedDesk) -> None:
    proposal = ask(desk, "cancel_order", order_id="A2", reason="bought twice")
    assert isinstance(proposal, Proposal)
    outcomes: list[Outcome] = []
    threads = [threading.Thread(target=lambda: outcomes.append(desk.confirm(proposal.token, ADA))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes) == 8 and len(set(outcomes)) == 1 and balance(desk) == 60.0
    assert [entry.event for entry in desk.audit()] == ["proposed", "done"]


def test_a_proposal_is_checked_again_when_it_is_confirmed(desk: EmbeddedDesk) -> None:
    cancel = ask(desk, "cancel_order", order_id="A1", reason="bought twice")
    assert isinstance(cancel, Proposal)
    do(desk, "change_items", order_id="A1", changes=LAMPS, payment_method_id="card-ada")
    outcome = desk.confirm(cancel.token, ADA)
    assert outcome.status == "refused" and outcome.refusal is not None and outcome.refusal.citation is not None
    assert order(desk, "A1").status == "pending (item modified)" and desk.confirm(cancel.token, ADA) == outcome


def test_declined_and_expired_proposals_do_nothing(tmp_path: Path) -> None:
    clock = Clock()
    desk = open_desk(tmp_path / "desk.db", POLICY, clock)
    declined, expired = (ask(desk, "cancel_order", order_id=i, reason="bought twice") for i in ("A1", "A2"))
    assert isinstance(declined, Proposal) and isinstance(expired, Proposal)
    assert desk.decline(declined.token, ADA).status == "declined" == desk.confirm(declined.token, ADA).status
    clock.now += timedelta(minutes=31)
    with pytest.raises(InvalidInput, match="expired"):
        desk.confirm(expired.token, ADA)
    assert order(desk, "A1").status == order(desk, "A2").status == "pending"
    desk.close()


def test_who_may_ask_and_agree(desk: EmbeddedDesk) -> None:
    request = parse_request({"name": "cancel_order", "order_id": "A1", "reason": "bought twice"})
    with pytest.raises(InvalidInput, match="themselves"):
        desk.propose(BEN, "ada", request)
    with pytest.raises(InvalidInput, match="no customer"):
        desk.propose(ASSISTANT, "nobody", request)
    proposal = desk.propose(ADA, "ada", request)
    assert isinstance(proposal, Proposal)
    for actor in (BEN, ASSISTANT):
        with pytest.raises(InvalidInput, match="Only the customer or an agent"):
            desk.confirm(proposal.token, actor)
    with pytest.raises(InvalidInput, match="no proposal"):
        desk.confirm("guess", AGENT)
    assert order(desk, "A1").status == "pending"


def test_the_audit_log_says_who_what_why_before_and_after(desk: EmbeddedDesk) -> None:
    do(desk, "cancel_order", order_id="A2", reason="bought twice")
    ask(desk, "cancel_order", order_id="A2", reason="bought twice")
    proposed, done, refused = desk.audit(customer_id="ada", order_id="A2")
    assert (proposed.event, done.event, refused.event) == ("proposed", "done", "refused")
    assert (done.actor, done.confirmed_by, done.why) == (ASSISTANT, AGENT, "a test")
    assert done.before["order"]["status"] == "pending" and done.after["order"]["status"] == "cancelled"
    before, after = (side["customer"]["payment_methods"][1]["balance"] for side in (done.before, done.after))
    assert (before, after) == (20.0, 60.0) and refused.before == {} == refused.after
    assert desk.audit(customer_id="ben") == () and done.at == "2026-11-01T12:00:00.000Z"
