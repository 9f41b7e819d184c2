"""What the shoppers' page does without a browser: which point a click was for, turns that go on, examples."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.errors import InvalidInput
from assistant.records import Need, State
from assistant.web.actions import act
from assistant.web.browse import Browser, starters
from assistant.web.points import Moved, place, point_mark
from assistant.web.turns import finished
from assistant.web.view import View
from retrieval.index import Index, build_index
from tests.assistant.small_shop import catalogue, encoder, make_assistant, must, want

PRICE, COLOR = must("price", "at_most", 120.0), must("color", "is_not", "black")
STATE = State(needs=(Need(product="boots", constraints=(PRICE, COLOR), active=True), Need(product="kettle")))


def clicked(**arguments: str) -> dict[str, str]:
    return {"need": "0", "kind": "boots", "constraint": "0", "point": point_mark(PRICE), **arguments}


def test_a_click_is_for_the_point_that_its_row_showed() -> None:
    assert place(STATE, clicked()) == (0, 0)
    assert place(STATE, clicked(point=point_mark(COLOR))) == (0, 1)
    assert place(STATE, {"need": "0", "kind": "kettle"}) == (1, None)
    wish = PRICE.model_copy(update={"strength": "prefer"})
    assert place(STATE, clicked(point=point_mark(wish))) == (0, 0)


@pytest.mark.parametrize("changed", [{"kind": "tent"}, {"point": "price at_most 90.0"}, {"point": ""}])
def test_a_click_on_what_is_no_longer_there_is_refused(changed: dict[str, str]) -> None:
    with pytest.raises(Moved, match="changed meanwhile"):
        place(STATE, clicked(**changed))


def test_a_second_click_on_remove_takes_no_other_point(tmp_path: Path) -> None:
    with make_assistant(tmp_path, {"boots": want("boots", PRICE, COLOR)}) as assistant:
        view = View(session_id=assistant.new_session())
        assistant.respond(view.session_id, "boots")
        first = act(assistant, view, "remove", clicked())
        second = act(assistant, first, "remove", clicked())
        assert "changed meanwhile" in second.notice
        assert assistant.session(view.session_id).state.needs[0].constraints == (COLOR,)
        point = {"need": "0", "kind": "boots", "attribute": "color", "op": "at_most", "value": "red"}
        with pytest.raises(InvalidInput, match="“at most” does not go with “colour”: choose “is” or “is not”"):
            act(assistant, view, "add-constraint", point)


def test_a_turn_goes_on_where_nobody_listens_any_more() -> None:
    heard, done = threading.Event(), threading.Event()

    def work() -> Iterator[int]:
        yield 1
        heard.wait(10)
        yield 2
        done.set()

    turn = finished(work())
    assert next(turn) == 1
    del turn
    heard.set()
    assert done.wait(10)


def test_what_a_turn_raises_is_raised_where_it_is_listened_to() -> None:
    def work() -> Iterator[int]:
        yield 1
        raise InvalidInput("no")

    turn = finished(work())
    assert next(turn) == 1
    with pytest.raises(InvalidInput, match="no"):
        next(turn)


def test_the_best_rated_is_offered_only_where_something_is_rated(tmp_path: Path) -> None:
    kinds = dict(enumerate(("Shoes > Boots", "Home > Kettles", "Toys > Puzzles")))
    products = [p.model_copy(update={"product_type": kinds[i % 3], "rating": 4.5}) for i, p in enumerate(catalogue())]
    bare = [product.model_copy(update={"rating": None, "review_count": None}) for product in products]
    offered = []
    for name, records in (("rated", products), ("bare", bare)):
        build_index(records, tmp_path / name, encoder())
        offered.append(starters(Browser(Index.open(tmp_path / name, encoder())), "USD", policies=False))
    rated, unrated = offered
    assert any("best rated" in line for line in rated)
    assert len(unrated) == len(rated) and not any("rated" in line for line in unrated)
