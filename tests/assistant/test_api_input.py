"""Bad input at the API's door: every answer is an error of one shape, with the field named, and nothing is saved."""

import json
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from assistant.api import create_app
from assistant.assistant import Assistant
from tests.assistant.scripted import scripted_assistant

JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    with scripted_assistant(tmp_path_factory.mktemp("shop")) as assistant:
        yield assistant


@pytest.fixture(scope="module")
def client(assistant: Assistant) -> TestClient:
    return TestClient(create_app(assistant), raise_server_exceptions=False)


def error_of(answer) -> dict:
    error = answer.json()["error"]
    assert set(error) <= {"code", "message", "field"}
    assert error["message"].endswith(".")
    assert "Traceback" not in answer.text
    return error


@pytest.mark.parametrize(
    "body",
    [
        b"{", b"{'message': 'hi'}", b'{"message": "hi"', b"\xff\xfe\x00", b'{"message": "\xe9"}', b"[" * 200_000,
        b'{"message":' * 50_000,
    ],
)  # fmt: skip
def test_what_is_no_json(client: TestClient, body: bytes) -> None:
    answer = client.post("/api/chat", content=body, headers=JSON)
    assert answer.status_code == 400
    assert error_of(answer)["code"] == "malformed"


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b'"hi"', b"7"])
def test_what_is_no_object(client: TestClient, body: bytes) -> None:
    answer = client.post("/api/chat", content=body, headers=JSON)
    assert answer.status_code == 422
    assert "body" in error_of(answer)["message"]


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
def test_what_is_not_sent_as_json(client: TestClient, kind: str) -> None:
    answer = client.post("/api/chat", content=b'{"message": "hi"}', headers={"Content-Type": kind})
    assert answer.status_code == 422
    assert "application/json" in error_of(answer)["message"]


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("chat", {}, "message"),
        ("chat", {"message": ""}, "message"),
        ("chat", {"message": " \n\t"}, "message"),
        ("chat", {"message": None}, "message"),
        ("chat", {"message": 7}, "message"),
        ("chat", {"message": ["hi"]}, "message"),
        ("chat", {"message": "hi", "mesage": "hi"}, "mesage"),
        ("chat", {"message": "hi", "session_id": 7}, "session_id"),
        ("chat", {"message": "hi", "session_id": "x" * 65}, "session_id"),
        ("chat", {"message": "hi", "events": {}}, "events"),
        ("chat", {"message": "hi", "events": [{"event_name": "buy"}]}, "events[0].event_name"),
        ("chat", {"message": "hi", "events": [{"event_name": "search", "timestamp": "noon"}]}, "events[0]"),
        ("chat", {"message": "hi", "events": [{"event_name": "search", "items": [{}]}]}, "events[0].items[0].item_id"),
        ("chat", {"message": "hi", "events": [{"event_name": "search"}] * 501}, "events"),
        ("events", {"session_id": "x", "events": []}, "events"),
        ("feedback", {"session_id": "x", "message_index": 1, "value": "sideways"}, "value"),
        ("feedback", {"session_id": "x", "message_index": "1", "value": "up"}, "message_index"),
        ("feedback", {"session_id": "x", "message_index": 10**30, "value": "up"}, "message_index"),
        ("feedback", {"session_id": "x", "message_index": 1, "value": "up", "comment": "x" * 2001}, "comment"),
        ("read", {"messages": []}, "messages"),
        ("read", {"messages": [{"role": "robot", "content": "hi"}]}, "messages[0].role"),
        ("read", {"messages": [{"role": "user", "content": "hi"}] * 201}, "messages"),
        ("sessions", {"name": "x"}, "name"),
    ],
)  # fmt: skip
def test_the_field_to_blame_is_named(client: TestClient, path: str, body: dict, field: str) -> None:
    answer = client.post(f"/api/{path}", json=body)
    assert answer.status_code == 422
    error = error_of(answer)
    assert error["code"] == "invalid_input"
    assert error["field"] == field
    assert error["message"].startswith(field)


def test_what_is_wrong_inside_a_list_is_said_once_and_in_json_words(client: TestClient) -> None:
    wrong = client.patch("/api/sessions/x", json={"edits": [{"action": "explode"}]})
    assert "edits[0].action" in error_of(wrong)["message"]
    assert "at least" not in error_of(wrong)["message"]
    none = client.patch("/api/sessions/x", json={"edits": []})
    assert error_of(none)["message"] == "edits: List should have at least 1 item, not 0."
    text = client.patch("/api/sessions/x", json={"edits": "x"})
    assert error_of(text)["message"] == "edits: Input should be a list, found 'x'."


def test_a_long_message_says_how_long_it_may_be(client: TestClient, assistant: Assistant) -> None:
    answer = client.post("/api/chat", json={"message": "x" * 4001})
    assert answer.status_code == 422
    assert "4,000" in error_of(answer)["message"]


@pytest.mark.parametrize("text", ["\0", "a\0b"])
def test_text_that_cannot_be_kept(client: TestClient, text: str) -> None:
    answer = client.post("/api/chat", json={"message": text})
    assert answer.status_code == 422
    error_of(answer)


def test_lone_surrogates_are_refused(client: TestClient) -> None:
    for body in (
        b'{"message": "\\ud800"}',
        b'{"message": "hi", "\\ud800": 1}',
        b'{"session_id": "\\ud800", "message": "hi"}',
    ):
        answer = client.post("/api/chat", content=body, headers=JSON)
        assert answer.status_code in (404, 422)
        error_of(answer)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_numbers_that_are_none(client: TestClient, number: str) -> None:
    session_id = client.post("/api/sessions").json()["session_id"]
    events = f'[{{"event_name": "view_item", "items": [{{"item_id": "a", "price": {number}}}]}}]'
    body = f'{{"session_id": "{session_id}", "events": {events}}}'
    answer = client.post("/api/events", content=body, headers=JSON)
    assert answer.status_code == 422
    edit = f'{{"edits": [{{"action": "add", "attribute": "price", "op": "at_most", "value": {number}}}]}}'
    answer = client.patch(f"/api/sessions/{session_id}", content=edit, headers=JSON)
    assert answer.status_code == 422
    assert client.get(f"/api/sessions/{session_id}").status_code == 200


@pytest.mark.parametrize("declared", [True, False])
def test_a_huge_body_is_refused(client: TestClient, declared: bool) -> None:
    def stream() -> Iterator[bytes]:
        for _ in range(20):
            yield b" " * 100_000

    body = b" " * 2_000_000 if declared else stream()
    answer = client.post("/api/chat", content=body, headers=JSON)
    assert answer.status_code == 413
    assert error_of(answer)["code"] == "too_large"


@pytest.mark.parametrize("session_id", ["nobody", "%00", "%FF%FE", "a%0d%0aX-Evil:%201", "' OR 1=1", "é", "x" * 5000])
def test_unknown_sessions(client: TestClient, session_id: str) -> None:
    path = f"/api/sessions/{session_id}"
    edits = {"edits": [{"action": "undo"}]}
    for answer in (client.get(path), client.delete(path), client.patch(path, json=edits)):
        assert answer.status_code == 404
        assert error_of(answer)["code"] == "unknown_session"
        assert "x-evil" not in answer.headers


def test_header_injection_through_a_session_id(client: TestClient) -> None:
    answer = client.post("/api/chat", json={"session_id": "a\r\nX-Evil: 1", "message": "hi"})
    assert answer.status_code == 404
    assert "x-evil" not in answer.headers


@pytest.mark.parametrize("path", ["/api/", "/api/nothing", "/api/chat/x", "/api/sessions/a/b", "/api/../etc/passwd"])
def test_there_is_nothing_else(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert error_of(answer)["code"] == "not_found"


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/api/chat", "POST"),
        ("PUT", "/api/chat", "POST"),
        ("POST", "/api/sessions/x", "DELETE, GET, PATCH"),
        ("DELETE", "/api/products/boot-1", "GET"),
        ("GET", "/api/read", "POST"),
    ],
)
def test_wrong_methods(client: TestClient, method: str, path: str, allowed: str) -> None:
    answer = client.request(method, path)
    assert answer.status_code == 405
    assert answer.headers["Allow"] == allowed
    assert error_of(answer)["code"] == "method_not_allowed"


@pytest.mark.parametrize("product_id", ["nothing", "..%2F..%2Fetc%2Fpasswd", "%00", "x" * 5000])
def test_unknown_products(client: TestClient, product_id: str) -> None:
    answer = client.get(f"/api/products/{product_id}")
    assert answer.status_code == 404
    assert error_of(answer)["code"] == "unknown_product"


@pytest.mark.parametrize(
    "edit",
    [
        {"action": "explode"},
        {"action": "remove", "need": -1, "constraint": 0},
        {"action": "remove", "need": 5, "constraint": 0},
        {"action": "remove", "need": 0},
        {"action": "replace", "need": 0, "constraint": 0, "value": {"a": 1}},
        {"action": "replace", "need": 0, "constraint": 0, "value": ""},
        {"action": "strength", "need": 0, "constraint": 0, "strength": "maybe"},
        {"action": "add", "need": 0, "attribute": "colour", "op": "is", "value": "red"},
        {"action": "add", "need": 0, "attribute": "price", "op": "at_most", "value": "cheap"},
        {"action": "undo"},
    ],
)
def test_edits_that_fit_nothing(client: TestClient, edit: dict) -> None:
    session_id = client.post("/api/chat", json={"message": "hiking boots"}).json()["session_id"]
    before = client.get(f"/api/sessions/{session_id}").json()
    answer = client.patch(f"/api/sessions/{session_id}", json={"edits": [edit]})
    assert answer.status_code == 422, answer.text
    error_of(answer)
    assert client.get(f"/api/sessions/{session_id}").json() == before


@pytest.mark.parametrize("quantity", [-1, 10_000, 1.5, "2", True, None])
def test_quantities_that_are_none(client: TestClient, quantity: object) -> None:
    session_id = client.post("/api/sessions").json()["session_id"]
    body = {"product_id": "lamp", "quantity": quantity}
    answer = client.put(f"/api/sessions/{session_id}/basket", json=body)
    assert answer.status_code == 422
    assert error_of(answer)["field"] == "quantity"


def test_bad_input_begins_no_session(client: TestClient, assistant: Assistant) -> None:
    store = assistant._parts.store
    with store._database.read() as connection:
        before = connection.exec_driver_sql("SELECT count(*) FROM sessions").scalar()
    assert client.post("/api/chat", json={"message": "x" * 4001}).status_code == 422
    with store._database.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM sessions").scalar() == before


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
fields = st.sampled_from(
    ["session_id", "events", "edits", "product_id", "quantity", "message_index", "value", "comment", "messages"]
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(door=st.sampled_from(["chat", "events", "feedback", "read", "sessions"]), body=st.dictionaries(fields, anything))
def test_any_json_at_any_door(client: TestClient, door: str, body: dict) -> None:
    answer = client.post(f"/api/{door}", content=json.dumps(body), headers=JSON)
    assert answer.status_code in (201, 404, 422)
    if answer.status_code != 201:
        error_of(answer)
