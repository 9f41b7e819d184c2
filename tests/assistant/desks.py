"""A desk for tests: the small shop with its agents signed in, as fixtures, and what they ask of it."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from assistant.api import create_app
from assistant.assistant import Assistant
from assistant.web import desk
from tests.browser.shop import AGENTS, EXCHANGE, small_assistant


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    with small_assistant(tmp_path_factory.mktemp("desk")) as assistant:
        yield assistant


@pytest.fixture(scope="module")
def anonymous(assistant: Assistant) -> TestClient:
    app = create_app(assistant)
    desk.include(app, assistant)
    return TestClient(app, raise_server_exceptions=False, follow_redirects=False)


@pytest.fixture(scope="module")
def ines(anonymous: TestClient) -> TestClient:
    return signed_in(anonymous, "ines")


@pytest.fixture(scope="module")
def otto(anonymous: TestClient) -> TestClient:
    return signed_in(anonymous, "otto")


@pytest.fixture
def session(assistant: Assistant) -> str:
    """A customer's conversation about one of their orders."""
    session_id = assistant.new_session("ada")
    assistant.respond(session_id, EXCHANGE)
    return session_id


def signed_in(anonymous: TestClient, name: str) -> TestClient:
    """Another browser of the same application, in which the agent has signed in."""
    client = TestClient(anonymous.app, raise_server_exceptions=False, follow_redirects=False)
    answer = client.post("/desk/login", data={"name": name, "password": AGENTS[name]})
    assert answer.status_code == 303 and answer.headers["location"] == "/desk"
    return client


def about(session_id: str, part: str = "") -> str:
    """The path of a conversation, or of a part of it."""
    return f"/desk/conversations/{session_id}{part}"


def suggested(client: TestClient, session_id: str) -> list[str]:
    """What the copilot shows, as it grows."""
    return [json.loads(line)["html"] for line in client.get(about(session_id, "/copilot")).text.splitlines()]


SWAP = {"order_id": "A3", "item": ["lamp-red", "lamp-blue", "kettle-1l"], "payment_method_id": "card-ada"}


def exchange(client: TestClient, session_id: str, new: str) -> str:
    """What the desk says to swapping the first item of order A3."""
    fields = {**SWAP, "swap": [new, "", ""]}
    answer = client.post(about(session_id, "/propose"), json={"name": "exchange_items", "fields": fields})
    assert answer.status_code == 200, answer.text
    return answer.text


def token_of(html: str) -> str:
    """The token of the proposal that is shown."""
    return html.split('data-do="confirm" data-token="')[1].split('"')[0]
