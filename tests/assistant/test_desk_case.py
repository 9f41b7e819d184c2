"""What an agent finds and leaves at the desk beside the talk: who it is, the log of what was done, wrap-up notes."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from assistant.assistant import Assistant
from assistant.service.requests import Actor, AuditEntry
from assistant.web.desk.log import changes, log_lines
from assistant.web.desk.words import marked, readable
from tests.assistant.desks import about, anonymous, assistant, exchange, ines, otto, session, token_of
from tests.browser.shop import BOOTS, EXCHANGE, HOSTILE

__all__ = ["anonymous", "assistant", "ines", "otto", "session"]


def pieces(client: TestClient, session_id: str) -> dict[str, str]:
    """The conversation as the desk shows it, by piece."""
    shown: dict[str, str] = client.get(about(session_id)).json()["pieces"]
    return shown


# --- who it is -----------------------------------------------------------------------------------------------------


def test_the_queue_names_whoever_wrote_an_address_that_the_shop_knows(ines: TestClient, assistant: Assistant) -> None:
    session_id, unknown = assistant.new_session(), assistant.new_session()
    assistant.respond(session_id, EXCHANGE)
    assistant.respond(unknown, BOOTS)
    assert "Ada Brook" in ines.get("/desk/queue", params={"q": session_id}).text
    assert session_id in ines.get("/desk/queue", params={"q": "ada brook"}).text
    assert f"Shopper {unknown[:5]}" in ines.get("/desk/queue", params={"q": unknown}).text


# --- what was done -------------------------------------------------------------------------------------------------


def test_the_log_says_who_did_what_and_what_it_changed(ines: TestClient, session: str) -> None:
    ines.post(about(session, "/take"))
    token = token_of(exchange(ines, session, "lamp-gold"))
    assert "Done for this customer" not in pieces(ines, session)["log"], "a form that was only checked did nothing"
    ines.post(about(session, "/confirm"), json={"token": token})
    assert "Refused" in exchange(ines, session, "lamp-gold")
    log = pieces(ines, session)["log"]
    assert log.index("refused") < log.index("done")
    assert "ines" in log and "Exchange items" in log and "A3" in log
    assert "<td>delivered</td><td>exchange requested</td>" in log


def test_a_long_log_begins_with_the_latest() -> None:
    ines = Actor(role="agent", id="ines")
    entries = [
        AuditEntry(id=i, at="2026-01-01T00:00:00Z", event=event, actor=ines, customer_id="ada", action="cancel_order",
                   request={})
        for i, event in enumerate(("proposed", "done", "declined", "refused", "done"))
    ]  # fmt: skip
    assert [line.id for line in log_lines(entries)] == [4, 3, 2, 1]
    assert [line.id for line in log_lines(entries, limit=2)] == [4, 3]


def test_changes_are_the_fields_that_differ() -> None:
    before = {"order": {"status": "pending", "total": 5.0, "items": [{"id": "a"}, {"id": "b"}], "tags": ["x"]}}
    after = {"order": {"status": "cancelled", "total": 5.0, "items": [{"id": "a"}, {"id": "c"}], "tags": ["x", "y"],
                       "cancel_reason": "bought twice", "note": None}}  # fmt: skip
    assert [(c.field, c.before, c.after) for c in changes(before, after)] == [
        ("order status", "pending", "cancelled"),
        ("order items 2 id", "b", "c"),
        ("order tags", "x", "x, y"),
        ("order cancel reason", "none", "bought twice"),
    ]
    assert changes(after, after) == ()


def test_a_form_comes_with_what_the_policy_says_of_it(ines: TestClient, session: str) -> None:
    asked = {"name": "exchange_items", "arguments": {"order_id": "A3"}}
    html = ines.post(about(session, "/form"), json=asked).text
    assert "What the policy says of it" in html and 'data-kind="policy"' in html
    clause = html.split('data-kind="policy" data-id="')[1].split('"')[0]
    shown = ines.get(about(session, "/citation"), params={"kind": "policy", "id": clause, "quote": ""}).text
    assert '<p class="clause">' in shown


# --- notes ---------------------------------------------------------------------------------------------------------


def test_a_note_is_suggested_corrected_and_kept(ines: TestClient, session: str) -> None:
    form = ines.get(about(session, "/wrap-up")).text
    assert "Wrap-up note" in form and "red lamp" in form and "ada@example.com" not in form
    before = ines.get(about(session)).json()
    assert not before["noted"]
    written = {"short": "Wanted a gold lamp.", "long": "", "type": "Exchange", "satisfaction": "4"}
    assert ines.post(about(session, "/wrap-up"), json=written).status_code == 204
    after = ines.get(about(session), params={"seen": before["version"]}).json()
    assert after["noted"]
    talk = after["pieces"]["talk"]
    assert "ines noted" in talk and "Wanted a gold lamp." in talk and "Exchange · satisfaction 4 of 5" in talk


def test_a_note_s_type_and_satisfaction_may_be_left_open(
    ines: TestClient, assistant: Assistant, session: str
) -> None:
    written = {"short": HOSTILE, "long": HOSTILE * 2, "type": " ", "satisfaction": ""}
    assert ines.post(about(session, "/wrap-up"), json=written).status_code == 204
    (note,) = assistant.session(session).notes
    assert (note.type, note.satisfaction) == (None, None)
    assert "<img src=x" not in pieces(ines, session)["talk"]


@pytest.mark.parametrize("wrong", [{"short": " "}, {"short": "x", "satisfaction": 6}, {"short": "x", "by": "otto"}, {}])
def test_a_note_that_is_none_is_refused(ines: TestClient, assistant: Assistant, session: str, wrong: dict) -> None:
    assert ines.post(about(session, "/wrap-up"), json=wrong).status_code == 422
    assert assistant.session(session).notes == ()


def test_a_colleague_s_conversation_is_theirs_to_note(
    ines: TestClient, otto: TestClient, assistant: Assistant, session: str
) -> None:
    otto.post(about(session, "/take"))
    assert ines.post(about(session, "/wrap-up"), json={"short": "Done."}).status_code == 409
    assert otto.post(about(session, "/wrap-up"), json={"short": "Done."}).status_code == 204
    assert [note.agent for note in assistant.session(session).notes] == ["otto"]


# --- quotes --------------------------------------------------------------------------------------------------------


def test_a_citation_shows_its_quote_where_it_stands(ines: TestClient, session: str) -> None:
    shown = ines.get(about(session, "/citation"), params={"kind": "order", "id": "A3", "quote": "Kettle"}).text
    assert "<mark>Kettle</mark>" in shown and shown.count("<mark>") == 1


def test_quotes_are_marked_and_escaped() -> None:
    assert marked("a <b> c", "<b>") == "a <mark>&lt;b&gt;</mark> c"
    assert marked("a <b> c", "none") == "a &lt;b&gt; c"
    assert marked("<b>", "") == "&lt;b&gt;"


@pytest.mark.parametrize(
    ("value", "words"),
    [("2026-10-31T01:55:55Z", "31 October 2026"), ("2026-10-31T25:00:00Z", "2026-10-31T25:00:00Z"),
     ("delivered", "delivered"), ("2026-10-31", "2026-10-31")],
)  # fmt: skip
def test_times_become_days(value: str, words: str) -> None:
    assert readable(value) == words
