"""What a shopper asks of the products shown, on a small shop: which one, how it is, something else than these."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from assistant.assistant import Assistant
from assistant.records import Added, Constraint, Named, Reading
from tests.assistant.small_shop import make_assistant, saying, want

Make = Callable[..., Assistant]


@pytest.fixture(scope="session")
def index_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("index")


@pytest.fixture
def make(tmp_path: Path, index_directory: Path) -> Make:
    def build(readings: Mapping[str, Reading]) -> Assistant:
        return make_assistant(tmp_path, readings, index_directory)

    return build


def test_cheaper_goes_on_from_the_cheapest_shown_however_it_was_read(make: Make) -> None:
    for acts in ("select", "reject", "compare"):
        assistant = make({"boots": want("hiking boots"), "too expensive": saying(acts, active=0)})
        session = assistant.new_session()
        shown = [assistant.product(pick.id).amount for pick in assistant.respond(session, "boots").picks]
        reply = assistant.respond(session, "too expensive")
        prices = [assistant.product(pick.id).amount for pick in reply.picks]
        assert reply.move == "recommend" and prices
        least = min(p.amount for p in assistant.index.allowed("hiking boots"))
        assert all(price < min(shown) for price in prices) or prices[0] == least, acts


def test_the_cheaper_one_is_taken_of_those_shown(make: Make) -> None:
    assistant = make({"boots": want("hiking boots"), "I'll take the cheapest": saying("select", active=0)})
    session = assistant.new_session()
    shown = assistant.respond(session, "boots").picks
    reply = assistant.respond(session, "I'll take the cheapest")
    assert reply.move == "basket"
    assert [p.id for p in reply.picks] == [min(shown, key=lambda pick: assistant.product(pick.id).amount).id]


def test_how_one_of_those_shown_is_gets_an_answer_and_no_comparison(make: Make) -> None:
    readings = {"boots": want("hiking boots"), "how heavy is the second?": saying("ask_product", "compare", active=0)}
    assistant = make(readings)
    session = assistant.new_session()
    second = assistant.respond(session, "boots").picks[1]
    reply = assistant.respond(session, "how heavy is the second?")
    assert reply.move == "answer" and [pick.id for pick in reply.picks] == [second.id]


def test_what_is_compared_by_is_said_of_each_also_where_no_record_states_it(make: Make) -> None:
    assistant = make({"boots": want("hiking boots"), "tents": want("tent"),
                      "which is lighter?": saying("compare", active=0)})
    session = assistant.new_session()
    assistant.respond(session, "boots")
    weighed = assistant.respond(session, "which is lighter?").text
    assert "diff1=weight" in weighed and " g;" in weighed and "diff2=" not in weighed
    session = assistant.new_session()
    assistant.respond(session, "tents")
    text = assistant.respond(session, "which is lighter?").text
    assert "diff1=weight" in text and "1.diff1=not stated" in text


def test_a_new_condition_turns_down_only_what_fails_it(make: Make) -> None:
    constraint = Constraint(attribute="color", op="is_not", value="black")
    said = Reading(added=(Added(need=0, constraint=constraint),), active=0, acts=("refine_need", "reject"))
    assistant = make({"boots": want("hiking boots"), "no, nothing so dark": said})
    session = assistant.new_session()
    shown = assistant.respond(session, "boots").picks
    assert len({assistant.product(pick.id).color for pick in shown}) > 1
    kept = {pick.id for pick in shown if assistant.product(pick.id).color != ("black",)}
    reply = assistant.respond(session, "no, nothing so dark")
    assert not reply.rejected and kept <= {pick.id for pick in reply.picks}


def test_the_need_that_is_left_goes_on_when_another_is_let_go(make: Make) -> None:
    both = Reading(named=(Named(need=0, product="tent"), Named(need=1, product="kettle")), active=1,
                   acts=("state_need",))
    assistant = make({"a tent and a kettle": both, "forget the kettle": Reading(closed=(1,), acts=("refine_need",))})
    session = assistant.new_session()
    assistant.respond(session, "a tent and a kettle")
    reply = assistant.respond(session, "forget the kettle")
    assert reply.move == "recommend" and all(pick.id.startswith("tent-") for pick in reply.picks)
    assert reply.state.active is not None and reply.state.active.product == "tent"


def test_a_limit_in_another_currency_is_said_and_no_match(make: Make) -> None:
    limit = Constraint(attribute="price", op="at_most", value=300.0, unit="EUR")
    assistant = make({"a tent": want("tent", limit)})
    reply = assistant.respond(assistant.new_session(), "a tent")
    reasons = [reason for pick in reply.picks for reason in pick.reasons if reason.constraint == (0, 0)]
    assert reasons and {(r.kind, r.text) for r in reasons} == {("tradeoff", "priced in USD, not in EUR")}


def test_silence_is_told_as_silence(make: Make) -> None:
    wishes = (Constraint(attribute="material", op="is_not", value="nylon"),
              Constraint(attribute="product", op="is_not", value="alcohol"),
              Constraint(attribute="color", op="is_not", value="black"))
    assistant = make({"a tent": want("tent", *wishes)})
    reply = assistant.respond(assistant.new_session(), "a tent")
    texts = [reason.text for reason in reply.picks[0].reasons]
    assert texts[:3] == ["no mention of nylon", "not listed as alcohol", "not black"]


def test_an_extreme_that_no_record_states_is_said_to_be_unknown(make: Make) -> None:
    assistant = make({"the lightest tent": want("tent")})
    reply = assistant.respond(assistant.new_session(), "the lightest tent")
    assert all(("tradeoff", "weight is not stated") in {(r.kind, r.text) for r in pick.reasons} for pick in reply.picks)


def test_a_heading_alone_brings_its_clauses(make: Make) -> None:
    assistant = make({"Return policy?": saying("policy"), "delivery to the moon": saying("policy")})
    reply = assistant.respond(assistant.new_session(), "Return policy?")
    assert [citation.id for citation in reply.citations] == ["returns-1", "returns-2"]
