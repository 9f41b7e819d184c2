"""The API behind a real server: several shoppers at once, words as they are written, clients that go away."""

import asyncio
import threading
import time
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import httpx
import pytest
import uvicorn

from assistant.api import create_app
from tests.assistant.scripted import BOOTS, SLOW, scripted_assistant

T = TypeVar("T")


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with scripted_assistant(tmp_path_factory.mktemp("shop")) as assistant:
        config = uvicorn.Config(create_app(assistant), host="127.0.0.1", port=0, log_level="warning")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        server.should_exit = True
        thread.join()


def _run(work: Coroutine[Any, Any, T]) -> T:
    """The result of `work`, in a thread of its own: a browser that another test opened keeps a loop in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


def test_several_shoppers_do_not_block_the_server(url: str) -> None:
    async def shop() -> tuple[list[httpx.Response], float]:
        async with httpx.AsyncClient(base_url=url, timeout=60) as client:
            chats = [asyncio.create_task(client.post("/api/chat", json={"message": SLOW})) for _ in range(10)]
            await asyncio.sleep(0.1)
            begun = time.perf_counter()
            assert (await client.get("/healthz")).status_code == 200
            assert (await client.get("/api/products/lamp")).status_code == 200
            assert (await client.post("/api/sessions")).status_code == 201
            waited = time.perf_counter() - begun
            assert not all(chat.done() for chat in chats)
            return await asyncio.gather(*chats), waited

    replies, waited = _run(shop())
    assert [reply.status_code for reply in replies] == [200] * 10
    assert len({reply.json()["session_id"] for reply in replies}) == 10
    assert waited < 1.5  # ten turns of 0.3 s each take 3 s


def test_one_shopper_who_types_twice_gets_two_answers(url: str) -> None:
    session_id = httpx.post(f"{url}/api/sessions").json()["session_id"]

    async def twice() -> list[httpx.Response]:
        async with httpx.AsyncClient(base_url=url, timeout=60) as client:
            body = {"session_id": session_id, "message": SLOW}
            return await asyncio.gather(*(client.post("/api/chat", json=body) for _ in range(3)))

    assert [reply.status_code for reply in _run(twice())] == [200] * 3
    session = httpx.get(f"{url}/api/sessions/{session_id}").json()
    assert [message["role"] for message in session["messages"]] == ["user", "assistant"] * 3


def test_a_reply_is_saved_for_a_client_that_went_away(url: str) -> None:
    session_id = httpx.post(f"{url}/api/sessions").json()["session_id"]
    body = {"session_id": session_id, "message": SLOW}
    with httpx.stream("POST", f"{url}/api/chat", json=body, headers={"Accept": "text/event-stream"}) as answer:
        assert answer.status_code == 200
    for _ in range(100):
        session = httpx.get(f"{url}/api/sessions/{session_id}").json()
        if len(session["messages"]) == 2:
            break
        time.sleep(0.05)
    assert [message["role"] for message in session["messages"]] == ["user", "assistant"]
    again = httpx.post(f"{url}/api/chat", json={**body, "message": BOOTS}, timeout=60)
    assert again.status_code == 200


def test_words_arrive_before_the_reply_is_whole(url: str) -> None:
    headers = {"Accept": "text/event-stream"}
    with httpx.stream("POST", f"{url}/api/chat", json={"message": SLOW}, headers=headers, timeout=60) as answer:
        chunks = [(text, time.perf_counter()) for text in answer.iter_text()]
    assert chunks[0][0].startswith("event: text")
    assert "event: reply" in chunks[-1][0]
    assert chunks[-1][1] - chunks[0][1] > 0.2  # the writer takes 0.3 s after its first words
