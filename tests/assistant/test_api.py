import json
import logging
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from assistant.api import create_app
from assistant.assistant import Assistant
from assistant.records import Reply, State
from tests.assistant.scripted import BOOTS, BROKEN, CRASH, scripted_assistant

TOKEN = "staff-token-of-the-tests"
STAFF = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    with scripted_assistant(tmp_path_factory.mktemp("shop"), staff_token=TOKEN) as assistant:
        yield assistant


@pytest.fixture(scope="module")
def client(assistant: Assistant) -> TestClient:
    return TestClient(create_app(assistant), raise_server_exceptions=False)


def chat(client: TestClient, message: str, session_id: str | None = None, **headers: str) -> dict:
    answer = client.post("/api/chat", json={"session_id": session_id, "message": message}, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


def events_of(text: str) -> list[tuple[str, dict]]:
    blocks = [block.split("\n") for block in text.strip().split("\n\n")]
    return [(name.removeprefix("event: "), json.loads(data.removeprefix("data: "))) for name, data in blocks]


def test_a_chat_without_a_session_begins_one(client: TestClient) -> None:
    answer = client.post("/api/chat", json={"message": BOOTS})
    reply = answer.json()
    assert answer.headers["X-Session-Id"] == reply["session_id"]
    assert [pick["id"] for pick in reply["picks"]] == ["boot-1"]
    assert {c["attribute"] for c in reply["state"]["needs"][0]["constraints"]} == {"price", "feature", "color"}
    assert reply["relaxed"] == []
    assert Reply.model_validate(reply).state.active is not None
    again = chat(client, "boots, please", reply["session_id"])
    assert again["session_id"] == reply["session_id"]
    assert again["message_index"] == 3


def test_a_reply_has_the_layout_of_formats(client: TestClient) -> None:
    reply = chat(client, BOOTS)
    constraint = reply["state"]["needs"][0]["constraints"][1]
    assert constraint == {
        "attribute": "feature", "op": "is", "value": "waterproof", "strength": "must", "confidence": 0.9,
        "source": {"message": 0, "quote": "waterproof"},
    }  # fmt: skip
    assert reply["question"] is None
    assert {"kind", "text", "field", "value", "constraint"} == set(reply["picks"][0]["reasons"][0])


def test_words_come_as_events_and_then_the_reply(client: TestClient) -> None:
    answer = client.post("/api/chat", json={"message": BOOTS}, headers={"Accept": "text/event-stream"})
    assert answer.headers["content-type"].startswith("text/event-stream")
    events = events_of(answer.text)
    assert [name for name, _ in events[:-1]] == ["text"] * (len(events) - 1)
    name, reply = events[-1]
    assert name == "reply"
    assert len(events) > 3
    assert "".join(data["text"] for _, data in events[:-1]) == reply["text"]
    assert reply["session_id"] == answer.headers["X-Session-Id"]
    session = client.get(f"/api/sessions/{reply['session_id']}").json()
    assert session["messages"][-1]["content"] == reply["text"]


def test_what_was_browsed_is_kept_with_the_message(client: TestClient) -> None:
    click = {"event_name": "view_item", "timestamp": "2026-01-02T03:04:05Z", "items": [{"item_id": "lamp"}], "page": 7}
    reply = client.post("/api/chat", json={"message": "hello", "events": [click]}).json()
    more = client.post("/api/events", json={"session_id": reply["session_id"], "events": [{"event_name": "search"}]})
    assert (more.status_code, more.json()) == (202, {"recorded": 1})
    events = client.get(f"/api/sessions/{reply['session_id']}").json()["events"]
    assert [event["event_name"] for event in events] == ["view_item", "search"]
    assert events[0]["page"] == 7


def test_a_session_is_begun_shown_and_deleted(client: TestClient) -> None:
    begun = client.post("/api/sessions")
    assert begun.status_code == 201
    path = begun.headers["Location"]
    assert path == f"/api/sessions/{begun.json()['session_id']}"
    session = client.get(path)
    assert session.headers["Cache-Control"] == "no-store"
    assert session.json()["messages"] == []
    assert client.delete(path).status_code == 204
    for answer in (client.get(path), client.delete(path)):
        assert answer.status_code == 404
        assert answer.json()["error"]["code"] == "unknown_session"


def test_needs_are_changed_by_hand_and_back(client: TestClient) -> None:
    path = f"/api/sessions/{chat(client, BOOTS)['session_id']}"
    changed = client.patch(path, json={"edits": [{"action": "remove", "need": 0, "constraint": 2}]}).json()
    assert [c["attribute"] for c in changed["state"]["needs"][0]["constraints"]] == ["price", "feature"]
    assert {pick["id"] for pick in changed["picks"]} == {"boot-1", "boot-3"}
    assert changed["can_undo"] is True
    back = client.patch(path, json={"edits": [{"action": "undo"}]}).json()
    assert [pick["id"] for pick in back["picks"]] == ["boot-1"]
    assert back["can_undo"] is False


def test_of_several_edits_all_hold_or_none(client: TestClient) -> None:
    path = f"/api/sessions/{chat(client, BOOTS)['session_id']}"
    before = client.get(path).json()["state"]
    edits = [{"action": "remove", "constraint": 2}, {"action": "remove", "constraint": 17}]
    answer = client.patch(path, json={"edits": edits})
    assert answer.status_code == 422
    assert answer.json()["error"]["message"].startswith("edits[1]: ")
    assert client.get(path).json()["state"] == before
    both = client.patch(path, json={"edits": [{"action": "remove", "constraint": 1}] * 2})
    assert len(both.json()["state"]["needs"][0]["constraints"]) == 1


def test_undo_stands_alone(client: TestClient) -> None:
    path = f"/api/sessions/{chat(client, BOOTS)['session_id']}"
    answer = client.patch(path, json={"edits": [{"action": "undo"}, {"action": "close"}]})
    assert answer.status_code == 422


def test_the_basket_takes_products_and_records_it(client: TestClient) -> None:
    session_id = chat(client, BOOTS)["session_id"]
    path = f"/api/sessions/{session_id}/basket"
    client.put(path, json={"product_id": "boot-1", "quantity": 2})
    session = client.put(path, json={"product_id": "lamp", "quantity": 1}).json()
    assert session["basket"] == [{"product_id": "boot-1", "quantity": 2}, {"product_id": "lamp", "quantity": 1}]
    session = client.put(path, json={"product_id": "boot-1", "quantity": 0}).json()
    assert session["basket"] == [{"product_id": "lamp", "quantity": 1}]
    names = [event["event_name"] for event in session["events"]]
    assert names == ["add_to_cart", "add_to_cart", "remove_from_cart"]
    unknown = client.put(path, json={"product_id": "nothing", "quantity": 1})
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "unknown_product")


def test_thumbs_are_kept(client: TestClient) -> None:
    reply = chat(client, BOOTS)
    thumb = {"session_id": reply["session_id"], "message_index": reply["message_index"], "value": "up"}
    assert client.post("/api/feedback", json=thumb).status_code == 204
    (kept,) = client.get(f"/api/sessions/{reply['session_id']}").json()["feedback"]
    assert (kept["message_index"], kept["value"]) == (1, "up")
    assert client.post("/api/feedback", json={**thumb, "message_index": 0}).status_code == 422


def test_purchase_intent_is_for_staff(client: TestClient) -> None:
    reply = chat(client, BOOTS)
    for path in ("/api/sessions/" + reply["session_id"],):
        hidden = client.get(path).text + json.dumps(reply)
        shown = client.get(path, headers=STAFF).json()
        assert not any(word in hidden for word in ("purchase_probability", "intent", '"why"', "drivers"))
        assert 0 < shown["state"]["purchase_probability"] < 1
        assert shown["replies"]["1"]["intent"]["probability"] == shown["state"]["purchase_probability"]
    accept = {"Accept": "text/event-stream"}
    stream = client.post("/api/chat", json={"message": BOOTS}, headers=accept).text
    assert "purchase_probability" not in stream
    stream = client.post("/api/chat", json={"message": BOOTS}, headers=accept | STAFF).text
    assert "purchase_probability" in stream


@pytest.mark.parametrize("given", [f"Bearer {TOKEN}x", f"Basic {TOKEN}", "Bearer", "Bearer ", TOKEN, "Bearer é"])
def test_a_wrong_token_shows_nothing(client: TestClient, given: str) -> None:
    reply = client.post("/api/chat", json={"message": BOOTS}, headers={"Authorization": given.encode()}).json()
    assert "intent" not in reply


def test_without_a_configured_token_nobody_is_staff(tmp_path: Path) -> None:
    with scripted_assistant(tmp_path) as assistant:
        client = TestClient(create_app(assistant))
        for given in ("Bearer ", "Bearer None", "Bearer null"):
            answer = client.post("/api/chat", json={"message": BOOTS}, headers={"Authorization": given})
            assert "intent" not in answer.json()


def test_only_staff_says_who_a_shopper_is(client: TestClient) -> None:
    refused = client.post("/api/sessions", json={"user_id": "u1"})
    assert refused.status_code == 422
    assert "user_id" in refused.json()["error"]["message"]
    taken = client.post("/api/sessions", json={"user_id": "u1"}, headers=STAFF).json()
    assert client.get(f"/api/sessions/{taken['session_id']}").json()["user_id"] == "u1"


def test_products_and_their_pictures(client: TestClient) -> None:
    boot = client.get("/api/products/boot-1").json()
    assert (boot["title"], boot["price"], boot["color"]) == ("Ridge Hiking Boots", 99.0, ["brown"])
    assert boot["picture"] == "/pictures/boot-1.svg"
    assert client.get("/api/products/lamp").json()["picture"] == "https://img.example/lamp.jpg"
    kettle = client.get(f"/api/products/{quote('kettle/é 1', safe='')}").json()
    assert kettle["id"] == "kettle/é 1"
    assert kettle["picture"] == "/pictures/kettle%2F%C3%A9%201.svg"  # a script is no image


def test_a_picture_is_harmless_svg(client: TestClient) -> None:
    pytest.importorskip("retrieval.demo.pictures")
    picture = client.get("/pictures/kettle%2F%C3%A9%201.svg")
    assert picture.status_code == 200
    assert picture.headers["content-type"].startswith("image/svg+xml")
    assert "sandbox" in picture.headers["content-security-policy"]
    assert picture.text.lstrip().startswith("<svg")
    assert "<b>" not in picture.text
    assert client.get("/pictures/nothing.svg").status_code == 404


def test_reading_without_a_session(client: TestClient) -> None:
    conversation = {"id": "c1", "messages": [{"role": "user", "content": BOOTS}], "label": {"needs": []}}
    state = client.post("/api/read", json=conversation).json()
    assert State.model_validate(state).needs[0].product == "hiking boots"
    assert 0 < state["purchase_probability"] < 1


def test_health_says_what_runs(client: TestClient) -> None:
    health = client.get("/healthz").json()
    assert (health["status"], health["shop"], health["products"]) == ("ok", "Tiny & Co", 5)
    assert set(health["models"]) == {"reader", "writer", "encoder"}
    assert health["version"]


def test_openapi_describes_every_door(client: TestClient) -> None:
    spec = client.get("/api/openapi.json").json()
    doors = {f"{method.upper()} {path}" for path, methods in spec["paths"].items() for method in methods}
    assert doors == {
        "POST /api/chat", "POST /api/events", "POST /api/feedback", "POST /api/read", "POST /api/sessions",
        "GET /api/sessions/{session_id}", "PATCH /api/sessions/{session_id}", "DELETE /api/sessions/{session_id}",
        "PUT /api/sessions/{session_id}/basket", "GET /api/products/{product_id}", "GET /pictures/{product_id}.svg",
        "GET /healthz", "POST /api/copilot/suggest",
    }  # fmt: skip
    for methods in spec["paths"].values():
        for operation in methods.values():
            assert operation["summary"]
            assert operation["description"]
    assert spec["components"]["schemas"]["ChatRequest"]["examples"]
    assert "HTTPValidationError" not in json.dumps(spec["paths"])


def test_the_api_s_own_page_needs_no_other_host(client: TestClient) -> None:
    page = client.get("/api/docs")
    assert page.headers["content-type"].startswith("text/html")
    assert "<code>/api/chat</code>" in page.text
    assert "waterproof hiking boots under 120" in page.text
    assert "http" not in page.text.replace("HTTP", "")


def test_a_failing_model_is_a_sentence_and_the_cause_is_logged(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    for message, status, code, cause in (
        (BROKEN, 503, "model_unavailable", "model.safetensors is damaged"),
        (CRASH, 500, "failed", "a bug with a secret in it"),
    ):
        caplog.clear()
        with caplog.at_level(logging.ERROR):
            answer = client.post("/api/chat", json={"message": message})
        assert answer.status_code == status
        error = answer.json()["error"]
        assert error["code"] == code
        assert "secret" not in answer.text
        assert "Traceback" not in answer.text
        assert cause in caplog.text
        assert error["message"].split()[-1].rstrip(".") in caplog.text  # the reference


def test_a_failure_while_streaming_is_an_event(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    for message, code in ((BROKEN, "model_unavailable"), (CRASH, "failed")):
        answer = client.post("/api/chat", json={"message": message}, headers={"Accept": "text/event-stream"})
        ((name, error),) = events_of(answer.text)
        assert (name, error["code"]) == ("error", code)
        assert "secret" not in answer.text
        session = client.get(f"/api/sessions/{answer.headers['X-Session-Id']}").json()
        assert [m["content"] for m in session["messages"]] == [message]  # the shopper's words are kept


def test_bad_input_before_a_stream_is_a_plain_error(client: TestClient) -> None:
    answer = client.post(
        "/api/chat", json={"session_id": "nobody", "message": "hi"}, headers={"Accept": "text/event-stream"}
    )
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "unknown_session"
