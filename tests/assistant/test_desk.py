"""The desk's routes: who may call them, what they do to the conversation, and what they refuse."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.testclient import TestClient

from assistant.api.agents import COOKIE
from assistant.assistant import Assistant
from assistant.records import Message
from tests.assistant.desks import SWAP, about, anonymous, assistant, exchange, ines, otto, session, suggested, token_of
from tests.browser.shop import AGENTS, BOOTS, BREAK, EXCHANGE, HOSTILE, PERSON, TOKEN

__all__ = ["anonymous", "assistant", "ines", "otto", "session"]

STAFF = {"Authorization": f"Bearer {TOKEN}"}
OPEN = {("GET", "/desk/login"), ("POST", "/desk/login")}


def desk_routes(client: TestClient) -> list[tuple[str, str]]:
    """Method and path of every route of the application that is the desk's. A route that is no plain one (a mount, a
    websocket) has no place there: nothing here could tell whom it lets in."""
    assert isinstance(client.app, FastAPI)
    found = [route for route in iter_route_contexts(client.app.routes) if (route.path or "").startswith("/desk")]
    assert len(found) > 15 and all(isinstance(route.original_route, APIRoute) for route in found)
    return sorted((method, str(route.path)) for route in found for method in route.methods or ())


# --- who may come in ---------------------------------------------------------------------------------------------


def test_every_route_refuses_the_anonymous_the_shopper_and_the_staff_token(anonymous: TestClient, session: str) -> None:
    found = desk_routes(anonymous)
    assert {("GET", "/desk"), ("POST", "/desk/conversations/{session_id}/confirm")} < set(found) and set(found) >= OPEN
    shopper = anonymous.post("/api/chat", json={"message": BOOTS}).json()["session_id"]
    callers = ({}, STAFF, {"Cookie": f"{COOKIE}={session}"}, {"Cookie": f"session_id={shopper}"})
    body = {"text": "x", "token": "x", "name": "x"}
    for method, path in sorted(set(found) - OPEN):
        for own in {path.replace("{session_id}", id) for id in (session, shopper)}:
            where = own.replace("{path:path}", "anything")
            assert "{" not in where, f"{path}: say here what stands for its parameter"
            for headers in callers:
                answer = anonymous.request(method, where, headers=headers, json=body)
                assert answer.status_code == 401, (method, where, headers)
                assert EXCHANGE not in answer.text and "ada@example.com" not in answer.text


def test_no_other_method_gets_by(anonymous: TestClient, session: str) -> None:
    found = desk_routes(anonymous)
    for path in {path for _, path in found}:
        where = path.replace("{session_id}", session).replace("{path:path}", "anything")
        for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
            if (method, path) not in found:
                assert anonymous.request(method, where).status_code in (401, 405), (method, where)


def test_whoever_is_not_signed_in_is_shown_the_way_in(anonymous: TestClient) -> None:
    for path, status in (("/desk", 401), ("/desk/login", 200)):
        answer = anonymous.get(path)
        assert answer.status_code == status and "Sign in" in answer.text
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


def test_a_wrong_password_is_refused_and_the_name_kept(anonymous: TestClient) -> None:
    answer = anonymous.post("/desk/login", data={"name": '"><b>ines', "password": "wrong"})
    assert answer.status_code == 401 and COOKIE not in answer.cookies
    assert "do not go together" in answer.text and "&#34;&gt;&lt;b&gt;ines" in answer.text


def test_guessing_is_stopped(anonymous: TestClient) -> None:
    answers = [anonymous.post("/desk/login", data={"name": "guessed", "password": "wrong"}) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [401] * 5 + [429]


def test_the_login_is_kept_from_scripts_and_other_sites_and_ends(anonymous: TestClient) -> None:
    client = TestClient(anonymous.app, follow_redirects=False)
    answer = client.post("/desk/login", data={"name": "ines", "password": AGENTS["ines"]})
    kept = answer.headers["set-cookie"].lower()
    assert "httponly" in kept and "samesite=strict" in kept and "secure" not in kept
    assert client.get("/desk").status_code == 200
    assert client.post("/desk/logout").status_code == 303
    assert client.get("/desk").status_code == 401
    secure = TestClient(anonymous.app, base_url="https://shop.example", follow_redirects=False)
    answer = secure.post("/desk/login", data={"name": "ines", "password": AGENTS["ines"]})
    assert "secure" in answer.headers["set-cookie"].lower()


def test_a_page_of_another_site_can_do_nothing(ines: TestClient, session: str) -> None:
    for origin in ("https://evil.example", "null"):
        assert ines.post(about(session, "/take"), headers={"Origin": origin}).status_code == 403
    assert ines.post(about(session, "/take"), headers={"Origin": "http://testserver"}).status_code == 204


# --- the queue and the conversation --------------------------------------------------------------------------------


def test_the_queue_is_searched_and_filtered(ines: TestClient, assistant: Assistant, session: str) -> None:
    asking = assistant.new_session()
    assistant.respond(asking, PERSON)
    whole = ines.get("/desk/queue").text
    assert whole.index(asking) < whole.index(session) and "Ada" in whole
    assert asking in ines.get("/desk/queue", params={"need": "asked"}).text
    assert session not in ines.get("/desk/queue", params={"need": "asked"}).text
    assert session in ines.get("/desk/queue", params={"q": "ada"}).text
    assert session not in ines.get("/desk/queue", params={"q": "ada zeppelin"}).text
    assert session not in ines.get("/desk/queue", params={"need": "mine"}).text
    ines.post(about(session, "/take"))
    assert session in ines.get("/desk/queue", params={"need": "mine"}).text


def test_a_conversation_comes_in_pieces_and_only_when_it_has_changed(ines: TestClient, session: str) -> None:
    news = ines.get(about(session)).json()
    assert set(news["pieces"]) == {"head", "talk", "needs", "course", "customer", "log"}
    assert EXCHANGE in news["pieces"]["talk"] and "A3" in news["pieces"]["customer"]
    assert "polyline" in news["pieces"]["course"]
    assert ines.get(about(session), params={"seen": news["version"]}).status_code == 204
    ines.post(about(session, "/take"))
    changed = ines.get(about(session), params={"seen": news["version"]}).json()
    assert changed["mine"] and "Give back" in changed["pieces"]["head"]


def test_hostile_words_are_shown_as_words(ines: TestClient, assistant: Assistant) -> None:
    session_id = assistant.new_session(HOSTILE)
    assistant.respond(session_id, HOSTILE)
    assert "<img src=x" not in ines.get("/desk/queue").text
    assert "<img src=x" not in "".join(ines.get(about(session_id)).json()["pieces"].values())
    assert "<img src=x" not in suggested(ines, session_id)[-1]


def test_the_queue_tells_what_is_needed_and_what_was_said(ines: TestClient, assistant: Assistant) -> None:
    session_id = assistant.new_session()
    assistant.respond(session_id, BOOTS)
    assistant.respond(session_id, PERSON)
    html = ines.get("/desk/queue", params={"q": session_id}).text
    assert "hiking boots" in html and "up to $120" in html and "not black" in html
    assert f"“{PERSON}”" in html and "Assistant: " not in html
    ines.post(about(session_id, "/take"))
    ines.post(about(session_id, "/say"), json={"text": "Ines here"})
    assert "Agent: Ines here" in ines.get("/desk/queue", params={"q": session_id}).text


def test_an_unknown_conversation_is_said_to_be_unknown(ines: TestClient) -> None:
    assert ines.get(about("nobody's")).status_code == 404
    assert ines.get("/desk/nothing").status_code == 404


# --- taking over -----------------------------------------------------------------------------------------------------


def test_one_agent_holds_a_conversation_and_the_assistant_is_silent(
    ines: TestClient, otto: TestClient, assistant: Assistant, session: str
) -> None:
    assert ines.post(about(session, "/say"), json={"text": "Hello"}).status_code == 409
    assert ines.post(about(session, "/take")).status_code == 204
    assert otto.post(about(session, "/take")).status_code == 409
    assert otto.post(about(session, "/say"), json={"text": "Hello"}).status_code == 409
    assert otto.post(about(session, "/give")).status_code == 409
    for _ in range(2):
        assert ines.post(about(session, "/say"), json={"text": "Hello", "key": "1"}).status_code == 204
    assert assistant.respond(session, PERSON).text == ""
    assert [m.role for m in assistant.session(session).messages] == ["user", "assistant", "agent", "user"]
    assert ines.post(about(session, "/give")).status_code == 204
    assert otto.post(about(session, "/take")).status_code == 204


def test_of_agents_who_take_a_conversation_at_once_one_holds_it(
    ines: TestClient, otto: TestClient, assistant: Assistant
) -> None:
    for _ in range(8):
        session_id = assistant.new_session()
        assistant.respond(session_id, PERSON)
        with ThreadPoolExecutor(4) as pool:
            asked = [pool.submit(client.post, about(session_id, "/take")) for client in (ines, otto, ines, otto)]
            taken = [answer.result().status_code for answer in asked]
        holder = assistant.session(session_id).holder
        assert taken == ([204, 409, 204, 409] if holder == "ines" else [409, 204, 409, 204]) and holder is not None
        assert [h.agent for h in assistant.session(session_id).handovers] == [holder]


# --- acting --------------------------------------------------------------------------------------------------------


def test_a_form_is_filled_from_what_is_known(ines: TestClient, session: str) -> None:
    known = {"order_id": "A3", "changes": [{"item_id": "lamp-blue", "new_item_id": "lamp-gold"}]}
    wanted = {"name": "exchange_items", "arguments": known, "why": "it broke"}
    html = ines.post(about(session, "/form"), json=wanted).text
    assert 'value="lamp-gold" selected' in html and html.count(" selected") == 2
    assert "it broke" in html and "not available" in html
    address = ines.post(about(session, "/form"), json={"name": "change_order_address", "arguments": {"order_id": "A1"}})
    assert "1 Mill Lane" in address.text
    reasons = ines.post(about(session, "/form"), json={"name": "cancel_order", "arguments": {"order_id": "A1"}}).text
    assert "bought twice" in reasons


def test_only_the_holder_acts_and_nothing_happens_before_it_is_confirmed(
    ines: TestClient, otto: TestClient, assistant: Assistant, session: str
) -> None:
    service = assistant.desk
    assert service is not None
    body = {"name": "exchange_items", "fields": {**SWAP, "swap": ["lamp-blue", "", ""]}}
    assert ines.post(about(session, "/propose"), json=body).status_code == 409
    ines.post(about(session, "/take"))
    html = exchange(ines, session, "lamp-blue")
    before = service.order("A3")
    assert before is not None and before.status == "delivered"
    for client, part in ((otto, "/confirm"), (otto, "/decline")):
        assert client.post(about(session, part), json={"token": token_of(html)}).status_code == 409
    for _ in range(2):
        assert "Done" in ines.post(about(session, "/confirm"), json={"token": token_of(html)}).text
    after = service.order("A3")
    assert after is not None and after.status == "exchange requested"
    done = [entry for entry in service.audit(order_id="A3") if entry.event == "done"]
    assert len(done) == 1 and done[0].confirmed_by is not None and done[0].confirmed_by.id == "ines"
    assert "Refused" in exchange(ines, session, "lamp-gold")


def test_a_refusal_shows_the_clause_and_opens_it(ines: TestClient, session: str) -> None:
    ines.post(about(session, "/take"))
    fields = {"order_id": "A7", "item": ["lamp-blue"], "swap": ["kettle-1l"], "payment_method_id": "card-ada"}
    html = ines.post(about(session, "/propose"), json={"name": "exchange_items", "fields": fields}).text
    assert "Refused" in html and "same product" in html
    clause = html.split('data-kind="policy" data-id="')[1].split('"')[0]
    shown = ines.get(about(session, "/citation"), params={"kind": "policy", "id": clause, "quote": ""}).text
    assert "Each item can be exchanged" in shown


@pytest.mark.parametrize("name", ["exchange_items", "return_items"])
def test_a_form_without_an_item_says_what_to_do(ines: TestClient, session: str, name: str) -> None:
    ines.post(about(session, "/take"))
    fields = {"order_id": "A7", "item": ["lamp-blue"] if name == "exchange_items" else [], "swap": [""]}
    answer = ines.post(about(session, "/propose"), json={"name": name, "fields": fields})
    assert answer.status_code == 422 and "Choose at least one item first" in answer.json()["error"]["message"]


def test_a_declined_proposal_is_not_done(ines: TestClient, assistant: Assistant, session: str) -> None:
    ines.post(about(session, "/take"))
    body = {"name": "cancel_order", "fields": {"order_id": "A2", "reason": "bought twice"}}
    token = token_of(ines.post(about(session, "/propose"), json=body).text)
    assert "Declined" in ines.post(about(session, "/decline"), json={"token": token}).text
    ines.post(about(session, "/confirm"), json={"token": token})
    order = assistant.desk.order("A2") if assistant.desk is not None else None
    assert order is not None and order.status == "pending"


@pytest.mark.parametrize("name", ["cancel_order", "drop_tables"])
def test_what_is_no_form_or_no_order_of_theirs_is_refused(ines: TestClient, session: str, name: str) -> None:
    answer = ines.post(about(session, "/form"), json={"name": name, "arguments": {"order_id": "B1"}})
    assert answer.status_code == 422


def test_nobody_known_can_be_acted_for(ines: TestClient, assistant: Assistant) -> None:
    session_id = assistant.new_session()
    assistant.respond(session_id, BOOTS)
    ines.post(about(session_id, "/take"))
    answer = ines.post(about(session_id, "/propose"), json={"name": "hand_over", "fields": {"summary": "x"}})
    assert answer.status_code == 422 and "who this shopper is" in answer.text


# --- the copilot ---------------------------------------------------------------------------------------------------


def test_the_copilot_suggests_replies_with_citations_that_open(ines: TestClient, session: str) -> None:
    html = suggested(ines, session)[-1]
    assert "Summary" in html and 'data-do="insert"' in html


def test_a_suggestion_grows_from_the_summary(ines: TestClient, assistant: Assistant) -> None:
    session_id = assistant.new_session("ada")
    assistant.respond(session_id, BOOTS)
    first, *_, last = suggested(ines, session_id)
    assert "Summary" in first and "Writing" in first and "data-do" not in first
    assert 'data-do="insert"' in last and "Writing" not in last
    assert suggested(ines, session_id)[-1] == last


def test_a_reader_that_fails_is_told_in_the_panel(ines: TestClient, assistant: Assistant) -> None:
    session_id = assistant.new_session()
    assistant._parts.store.append_message(session_id, Message(role="user", content=BREAK))
    *_, last = ines.get(about(session_id, "/copilot")).text.splitlines()
    assert "error" in json.loads(last) and "/secret" not in last
