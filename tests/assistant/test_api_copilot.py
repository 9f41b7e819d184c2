from collections.abc import Iterator
from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from assistant.api import create_app
from assistant.api.agents import COOKIE, hashed
from assistant.assistant import Assistant
from assistant.config import DeskSettings
from assistant.copilot.records import Suggestion
from tests.assistant.scripted import BOOTS, BROKEN, scripted_assistant

TOKEN = "staff-token-of-the-tests"
STAFF = {"Authorization": f"Bearer {TOKEN}"}
BODY = {"messages": [{"role": "user", "content": BOOTS}]}
URL = "/api/copilot/suggest"


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    with scripted_assistant(tmp_path_factory.mktemp("shop"), staff_token=TOKEN) as plain:
        desk = DeskSettings(agents={"ines": hashed("a long password")})
        settings = plain.settings.model_copy(update={"desk": desk})
        yield Assistant(replace(plain._parts, settings=settings))


@pytest.fixture
def client(assistant: Assistant) -> TestClient:
    return TestClient(create_app(assistant), raise_server_exceptions=False)


def signed_in(client: TestClient) -> str:
    cookie = client.app.state.agents.sign_in("ines", "a long password")
    assert cookie is not None
    return cookie


def test_a_transcript_gives_a_suggestion(client: TestClient) -> None:
    answer = client.post(URL, json=BODY, headers=STAFF)
    assert answer.status_code == 200, answer.text
    data = answer.json()
    assert set(data) == {"summary", "state", "replies", "next_action", "forbidden", "picks", "handover"}
    assert [pick["id"] for pick in data["picks"]] == ["boot-1"]
    assert data["next_action"] is None
    assert data["handover"] == "agent"
    assert Suggestion.model_validate(data).replies[0].citations
    assert answer.headers["Cache-Control"] == "no-store"


def test_an_agent_who_is_signed_in_gets_one(client: TestClient) -> None:
    client.cookies.set(COOKIE, signed_in(client))
    assert client.post(URL, json=BODY).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": f"Basic {TOKEN}"},
        {"Cookie": f"{COOKIE}=ines"},
        {"Cookie": f"{COOKIE}=aW5lcw.99999999999.00"},
    ],
)
def test_anybody_else_is_refused(client: TestClient, headers: dict[str, str]) -> None:
    answer = client.post(URL, json=BODY, headers=headers)
    assert answer.status_code == 401
    assert "sign in" in answer.json()["error"]["message"]
    assert client.post(URL, json={"nonsense": 1}, headers=headers).status_code == 401


def test_a_shopper_with_a_session_is_refused(client: TestClient) -> None:
    session_id = client.post("/api/chat", json={"message": BOOTS}).json()["session_id"]
    for headers in ({"Authorization": f"Bearer {session_id}"}, {"Cookie": f"{COOKIE}={session_id}"}):
        assert client.post(URL, json=BODY, headers=headers).status_code == 401


def test_a_login_does_not_work_from_a_form_of_another_site(client: TestClient) -> None:
    client.cookies.set(COOKIE, signed_in(client))
    answer = client.post(URL, content='{"messages": []}', headers={"Content-Type": "text/plain"})
    assert answer.status_code == 401


def test_every_copilot_route_refuses_the_anonymous(client: TestClient) -> None:
    paths = client.get("/api/openapi.json").json()["paths"]
    own = [(path, method) for path, methods in paths.items() if path.startswith("/api/copilot") for method in methods]
    assert own
    for path, method in own:
        assert client.request(method, path, json={}).status_code == 401


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "robot", "content": "x"}]}, "messages[0].role"),
        ({**BODY, "more": 1}, "more"),
    ],
)
def test_a_bad_body_is_told(client: TestClient, body: dict, field: str) -> None:
    answer = client.post(URL, json=body, headers=STAFF)
    assert answer.status_code == 422
    assert answer.json()["error"]["field"] == field


def test_a_customer_whom_the_desk_does_not_know_is_told(client: TestClient) -> None:
    answer = client.post(URL, json={**BODY, "customer_id": "nobody"}, headers=STAFF)
    assert answer.status_code == 422
    assert "nobody" in answer.json()["error"]["message"]


def test_a_message_that_is_too_long_is_told(client: TestClient) -> None:
    long = {"messages": [{"role": "user", "content": "x" * 4001}]}
    assert client.post(URL, json=long, headers=STAFF).status_code == 422


def test_a_model_that_fails_is_no_secret_and_no_empty_suggestion(client: TestClient) -> None:
    answer = client.post(URL, json={"messages": [{"role": "user", "content": BROKEN}]}, headers=STAFF)
    assert answer.status_code == 503
    assert "/secret" not in answer.text
