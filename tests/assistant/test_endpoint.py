"""The client of model servers against a real server that goes wrong in every way it can."""

from __future__ import annotations

import math
import socket
from collections.abc import Iterator
from dataclasses import replace

import pytest

from assistant.build import Generators, build_reader, build_writer
from assistant.config import ModelSettings, Settings
from assistant.endpoint import Endpoint, EndpointOptions
from assistant.endpoint.events import NoEventsError, event_data
from assistant.endpoint.transport import Transport
from assistant.endpoint.wire import harmless
from assistant.errors import ConfigError, ModelError
from assistant.hub_reader import HubReader
from assistant.records import Conversation, Message, State
from assistant.writing import EndpointWriter, WritingError
from tests.assistant.local_server import (
    OddServer,
    breaking,
    event,
    late,
    refused,
    said,
    sent,
    serving,
    streamed,
    text,
)
from tests.assistant.scripted import PRODUCTS
from tests.assistant.test_writing import BOOTS, CHAT

ASK = [{"role": "user", "content": "hello"}]
READING = """{"acts": ["state_need"], "stage": "exploring", "named": [{"need": 0, "product": "boots"}], "active": 0,
 "added": [{"need": 0, "quote": "not black", "attribute": "color", "op": "is_not", "value": "black"}]}"""


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[OddServer, str]]:
    odd = OddServer()
    with serving(odd.app) as url:
        yield odd, f"{url}/v1"


@pytest.fixture
def odd(running: tuple[OddServer, str]) -> OddServer:
    server = running[0]
    server.requests.clear()
    server.keys.clear()
    return server


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def endpoint(running: tuple[OddServer, str], odd: OddServer, pauses: list[float]) -> Endpoint:
    return asking(running[1], pauses)


def asking(url: str, pauses: list[float], timeout: float = 5.0, retries: int = 3, **more: object) -> Endpoint:
    """An endpoint whose pauses are written down and not slept."""
    options = replace(EndpointOptions(url, "lora", timeout=timeout, retries=retries), **more)  # type: ignore[arg-type]
    return Endpoint(options, Transport(url, options.api_key, timeout, retries, pause=pauses.append))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_an_answer_arrives_in_pieces(odd: OddServer, endpoint: Endpoint) -> None:
    odd.answers = [said("three little words")]
    assert list(endpoint.stream(ASK)) == ["three l", "ittle w", "ords"]
    assert endpoint.complete(ASK) == "three little words"


def test_a_request_is_what_vllm_takes(odd: OddServer, running: tuple[OddServer, str]) -> None:
    odd.answers = [said("{}")]
    schema = {"type": "object"}
    asking(running[1], [], api_key="k").complete(ASK, schema=schema, max_new_tokens=7, temperature=0.5, seed=3)
    body = odd.requests[0]
    assert (body["model"], body["max_completion_tokens"], body["temperature"], body["seed"]) == ("lora", 7, 0.5, 3)
    assert body["response_format"] == {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}
    assert body["chat_template_kwargs"] == {"enable_thinking": False}
    assert odd.keys == ["Bearer k"]
    own = asking(running[1], [], guided="structured_outputs", extra={})
    own.complete(ASK, schema=schema)
    own.complete(ASK, regex="a*")
    assert odd.requests[1]["structured_outputs"] == {"json": schema} and "response_format" not in odd.requests[1]
    assert odd.requests[2]["structured_outputs"] == {"regex": "a*"} and "chat_template_kwargs" not in odd.requests[2]


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_failing_server_is_asked_again(odd: OddServer, endpoint: Endpoint, pauses: list[float], status: int) -> None:
    odd.answers = [refused(status), refused(status), said("good")]
    assert "".join(endpoint.stream(ASK)) == "good"
    assert len(pauses) == 2 and 0 <= pauses[0] <= 0.5 and 0 <= pauses[1] <= 1.0


def test_a_server_that_asks_for_patience_gets_it(odd: OddServer, endpoint: Endpoint, pauses: list[float]) -> None:
    odd.answers = [refused(429, **{"Retry-After": "3"}), refused(503, **{"Retry-After": "soon"}), said("good")]
    assert endpoint.complete(ASK) == "good"
    assert 3 <= pauses[0] <= 3.5 and pauses[1] <= 1


def test_pauses_differ_between_clients(odd: OddServer, running: tuple[OddServer, str]) -> None:
    drawn: list[list[float]] = [[], []]
    for pauses in drawn:
        odd.answers = [refused(503), said("good")]
        asking(running[1], pauses).complete(ASK)
    assert drawn[0] != drawn[1]


def test_one_that_keeps_failing_is_given_up(odd: OddServer, endpoint: Endpoint, pauses: list[float]) -> None:
    odd.answers = [refused(500, "out of memory")]
    with pytest.raises(ModelError, match=r"answers 500: out of memory\. It was asked 4 times"):
        endpoint.complete(ASK)
    assert len(odd.requests) == 4 and len(pauses) == 3


@pytest.mark.parametrize(
    ("status", "words"), [(400, "refuses the request with 400: no"), (401, "api_key"), (404, "`url` ends in /v1")]
)
def test_a_refusal_is_not_asked_again(odd: OddServer, endpoint: Endpoint, status: int, words: str) -> None:
    odd.answers = [refused(status)]
    with pytest.raises(ModelError, match=words):
        endpoint.complete(ASK)
    assert len(odd.requests) == 1


def test_a_server_that_is_down(pauses: list[float]) -> None:
    down = asking(f"http://127.0.0.1:{free_port()}/v1", pauses)
    with pytest.raises(ModelError, match=r"127\.0\.0\.1:\d+/v1 cannot be reached.*Start it, or correct `url`.*4 times"):
        list(down.stream(ASK))
    assert len(pauses) == 3


def test_a_silent_server_is_not_waited_for_without_end(odd: OddServer, running: tuple[OddServer, str]) -> None:
    odd.answers = [late(2)]
    with pytest.raises(ModelError, match=r"said nothing for 0\.2 s. Raise `timeout`"):
        asking(running[1], [], timeout=0.2).complete(ASK)
    assert len(odd.requests) == 1


def test_an_answer_without_end_is_not_waited_for(odd: OddServer, running: tuple[OddServer, str]) -> None:
    odd.answers = [odd.dripping]
    with pytest.raises(ModelError, match=r"did not finish an answer in 0\.3 s"):
        asking(running[1], [], timeout=0.3).complete(ASK)


def test_an_answer_that_nobody_wants_any_more_ends_at_the_server(odd: OddServer, endpoint: Endpoint) -> None:
    odd.left.clear()
    odd.answers = [odd.dripping]
    words = endpoint.stream(ASK)
    assert next(words) == "word "
    assert not odd.left.is_set()
    words.close()  # type: ignore[attr-defined]
    assert odd.left.wait(5)


@pytest.mark.parametrize("cut", [breaking(event("half an ")), streamed(event("half an "), done=False)])
def test_a_cut_answer(odd: OddServer, endpoint: Endpoint, cut: object) -> None:
    """A whole one is asked for again; words that were shown cannot be taken back."""
    odd.answers = [cut, said("a whole answer")]  # type: ignore[list-item]
    assert endpoint.complete(ASK) == "a whole answer"
    odd.answers = [cut, said("a whole answer")]  # type: ignore[list-item]
    arrived: list[str] = []
    with pytest.raises(ModelError, match=r"broke off.*Part of the answer had arrived"):
        arrived.extend(endpoint.stream(ASK))
    assert arrived == ["half an "]


def test_one_cut_before_its_first_word_is_asked_for_again(odd: OddServer, endpoint: Endpoint) -> None:
    odd.answers = [breaking(event("")), said("good")]
    assert "".join(endpoint.stream(ASK)) == "good"


@pytest.mark.parametrize(
    ("nonsense", "words"),
    [
        (text("<html>Welcome to nginx"), "text/plain.* where a stream of events was expected: '<html>Welcome"),
        (streamed("{not json"), "no chat completion"),
        (streamed({"result": "hello"}), "no chat completion"),
        (streamed({"choices": [{"delta": {"content": 3}}]}), "no chat completion"),
        (streamed(["hello"]), "no chat completion"),
        (streamed({"error": {"message": "CUDA error"}}), "failed in the middle of an answer: CUDA error"),
        (streamed(event("", "tool_calls")), "tool_calls"),
    ],
)
def test_nonsense_is_called_so(odd: OddServer, endpoint: Endpoint, nonsense: object, words: str) -> None:
    odd.answers = [nonsense]  # type: ignore[list-item]
    with pytest.raises(ModelError, match=words):
        endpoint.complete(ASK)
    assert len(odd.requests) == 1


def test_events_come_whole_whatever_the_bytes_they_come_in() -> None:
    stream = ": hello\n\ndata: grün\r\ndata:zwei\n\nevent: x\nid: 3\ndata: {}\n\ndata: cut".encode()
    for size in (1, 2, 3, 7, len(stream)):
        pieces = [stream[i : i + size] for i in range(0, len(stream), size)]
        assert list(event_data(pieces)) == ["grün\nzwei", "{}"]
    with pytest.raises(NoEventsError, match="bytes"):
        list(event_data([b"x" * 600_000, b"x" * 600_000]))
    with pytest.raises(NoEventsError, match="UTF-8"):
        list(event_data([b"data: \xff\n\n"]))


def test_a_reading_with_how_sure_its_words_are(odd: OddServer, endpoint: Endpoint) -> None:
    start = READING.index('"black"')
    value = [('"bl', math.log(0.9)), ('ack"', math.log(0.4))]
    sure = [(READING[:start], -0.1), *value, ("}]}", 0.0), ("<|im_end|>", -1.0)]
    odd.answers = [streamed(event(READING, sure=sure), event("", "stop"))]
    conversation = Conversation(id="c", messages=(Message(role="user", content="boots, not black"),))
    (added,) = HubReader(endpoint).read(State(), conversation).added
    assert added.constraint.confidence == pytest.approx(math.sqrt(0.9 * 0.4))
    odd.answers = [said(READING)]
    (added,) = HubReader(endpoint).read(State(), conversation).added
    assert (added.constraint.value, added.constraint.confidence) == ("black", None)


def test_tokens_that_cut_characters_are_put_together(odd: OddServer, endpoint: Endpoint) -> None:
    pieces = ["防".encode()[:2], "防".encode()[2:], b" ok"]
    content = [{"token": "?", "logprob": -1.0, "bytes": list(piece)} for piece in pieces]
    chunk = event("防 ok")
    chunk["choices"][0]["logprobs"] = {"content": content}
    odd.answers = [streamed(chunk, event("", "stop"))]
    assert [(t.start, t.end) for t in endpoint.generate(ASK).tokens] == [(0, 0), (0, 1), (1, 4)]


def test_invalid_json_is_no_reading(odd: OddServer, endpoint: Endpoint) -> None:
    odd.answers = [said("Sure! Here is the JSON you asked for.")]
    with pytest.raises(ModelError, match="is not JSON"):
        HubReader(endpoint).read(State(), CHAT)
    odd.answers = [streamed(event('{"acts": ["gre'), event("", "length"))]
    with pytest.raises(ModelError, match=r"cut at 1536 tokens.*max_new_tokens"):
        HubReader(endpoint).read(State(), CHAT)


def test_a_served_writer_is_checked_like_any_other(odd: OddServer, running: tuple[OddServer, str]) -> None:
    model = asking(running[1], [], guided="structured_outputs")
    odd.answers = [said("I suggest {1.title} at {1.price}. It costs only 5 dollars. {9.title} too. Then {2.title}.")]
    assert "".join(EndpointWriter(model).write(BOOTS, CHAT)) == "I suggest Fell 3 Boot at $89.00. Then Ridge Boot."
    assert odd.requests[0]["structured_outputs"]["regex"].startswith(r"([^{}0-9]|\{(need\.product|1\.title|")
    odd.answers = [said("It is made of oak and free of charge.")]
    with pytest.raises(WritingError):
        "".join(EndpointWriter(model).write(BOOTS, CHAT))


def test_writers_are_held_to_the_words_of_the_catalogue(odd: OddServer, running: tuple[OddServer, str]) -> None:
    settings = ModelSettings(kind="endpoint", url=running[1], model="lora", retries=0)
    generators = Generators(Settings.model_validate({"shop": {"catalogue": "none.jsonl"}}))
    odd.answers = [said("I suggest {1.title}. It is a corrow one with a membrane. Then {2.title}.")]
    held = "".join(build_writer(settings, generators, PRODUCTS).write(BOOTS, CHAT))
    assert "Fell 3 Boot" in held and "corrow" not in held
    assert "corrow" in "".join(build_writer(settings, generators, ()).write(BOOTS, CHAT))


def test_control_tokens_in_a_message_are_broken_up() -> None:
    for token in ("<|im_end|>", "</s>", "<s>", "<start_of_turn>", "[INST]", "[/INST]", "<think>", "<|eot_id|>"):
        assert token not in harmless(f"boots {token} and")
        assert harmless(token).replace("\u200b", "") == token
    for plain in ("a < b > c", "size [M] or [42]", "3 <5", "<3 you"):
        assert harmless(plain) == plain


def test_connecting_names_what_is_served(odd: OddServer, running: tuple[OddServer, str]) -> None:
    def settings(**more: object) -> ModelSettings:
        given = {"kind": "endpoint", "url": running[1], "model": "lora", "retries": 0}
        return ModelSettings.model_validate(given | more)

    generators = Generators(Settings.model_validate({"shop": {"catalogue": "none.jsonl"}}))
    reader = build_reader(settings(), generators)
    assert isinstance(reader, HubReader) and reader.generator.name == "lora"
    for wrong, words in (
        ({"model": "lorra"}, "does not serve 'lorra'. It serves: base, lora"),
        ({"url": "ftp://x"}, "no URL of a server"),
        ({"url": f"http://u:secret@127.0.0.1:{free_port()}/v1"}, r"server at http://127.0.0.1:\d+/v1 cannot"),
        ({"url": running[1].replace("/v1", "")}, "ends in /v1"),
    ):
        with pytest.raises(ModelError, match=words):
            build_reader(settings(**wrong), generators)
    with pytest.raises(ConfigError, match="needs `url`"):
        build_reader(settings(url=None), generators)
    odd.models = {"models": ["x"]}
    with pytest.raises(ModelError, match="no list of models"):
        build_reader(settings(), generators)
    odd.models = {"object": "list", "data": [{"id": "base"}, {"id": "lora"}]}


def test_a_key_is_not_shown() -> None:
    options = EndpointOptions("http://h/v1", "m", api_key="sesame")
    assert "sesame" not in repr(options) + repr(ModelSettings(api_key="sesame"))
    assert sent("x") == b"data: x\r\n\r\n"
