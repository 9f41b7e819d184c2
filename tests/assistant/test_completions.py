"""`/v1`: the shipped compact models and a tiny chat model behind a real server, asked by this project's own client."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from assistant.api import create_app
from assistant.api.completions import completions_app
from assistant.assistant import Assistant
from assistant.build import Generators, build_reader, build_writer
from assistant.compact_reader import CompactReader
from assistant.completions import Asked, Part
from assistant.config import ModelSettings, ServerSettings, Settings
from assistant.endpoint import Endpoint, EndpointOptions
from assistant.errors import InvalidInput, ModelError
from assistant.generation import Generator
from assistant.hub_reader import HubReader
from assistant.prompt_parsing import reader_question, writer_question
from assistant.prompts import reader_messages, reading_schema
from assistant.reading import shopper_turns
from assistant.records import Conversation, Event, Item, Message, State
from assistant.state import update
from assistant.writer_prompt import writer_messages
from assistant.writing import CompactWriter, HubWriter
from tests.assistant.local_server import serving
from tests.assistant.scripted import PRODUCTS, scripted_assistant
from tests.assistant.test_writing import BOOTS, CHAT
from tests.tiny import tiny_chat_model

MODELS = Path(__file__).resolve().parents[2] / "assistant" / "models"
TOKEN = "staff-token-for-tests"
STAFF = {"Authorization": f"Bearer {TOKEN}"}
TALK = Conversation(
    id="talk",
    messages=(
        Message(role="user", content="hi, waterproof hiking boots under 120 USD, not black\nideally in size 42"),
        Message(role="assistant", content='These "Ridge" boots fit. Which brand?'),
        Message(role="user", content="actually up to 150. and a tent for two, maybe green"),
        Message(role="agent", content="I am taking over."),
        Message(role="user", content="forget the tent {x} \u2028 thanks!"),
    ),
    events=(
        Event(event_name="search", search_term='say "boots"'),
        Event(event_name="view_item", items=(Item(item_id="b", item_name="Fell 3", item_brand="Fell", price=89.5),)),
        Event(event_name="view_item_list", items=tuple(Item(item_id=f"{i}", item_name="x" * 50) for i in range(3))),
    ),
)


@pytest.fixture(scope="module")
def compact() -> CompactReader:
    return CompactReader.load(MODELS / "reader")


@pytest.fixture(scope="module")
def shop(compact: CompactReader, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    home = tmp_path_factory.mktemp("served")
    with scripted_assistant(home, staff_token=TOKEN, completions=True) as scripted:
        writer = CompactWriter.load(MODELS / "writer")
        yield Assistant(replace(scripted._parts, reader=compact, writer=writer))


@pytest.fixture(scope="module")
def url(shop: Assistant) -> Iterator[str]:
    with serving(create_app(shop)) as address:
        yield f"{address}/v1"


@pytest.fixture(scope="module")
def tiny(shop: Assistant, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The same program with a chat model of the hub's architecture in both roles."""
    generator = Generator.load(tiny_chat_model(tmp_path_factory.mktemp("tiny")), device="cpu")
    parts = replace(shop._parts, reader=HubReader(generator), writer=HubWriter(generator))
    with serving(create_app(Assistant(parts))) as address:
        yield f"{address}/v1"


def post(url: str, **body: Any) -> httpx.Response:
    return httpx.post(f"{url}/chat/completions", json={"model": "reader", **body}, headers=STAFF, timeout=60)


def question(content: str = "a red kettle") -> list[dict[str, str]]:
    return reader_messages(State(), Conversation(id="c", messages=(Message(role="user", content=content),)))


def asking(url: str, model: str = "reader", **more: Any) -> ModelSettings:
    return ModelSettings(kind="endpoint", url=url, model=model, api_key=TOKEN, **more)


# --- this project's client and this project's server -------------------------------------------------------------


@pytest.mark.parametrize("guided", ["response_format", "structured_outputs"])
def test_a_reading_is_the_same_over_http(url: str, compact: CompactReader, guided: str) -> None:
    options = EndpointOptions(url, "reader", TOKEN, guided=guided)  # type: ignore[arg-type]
    served = HubReader(Endpoint.connect(options))
    state, opened = State(), 0
    for turn in shopper_turns(TALK):
        here, there = compact.read(state, turn), served.read(state, turn)
        assert there.model_dump(exclude={"added", "support"}) == here.model_dump(exclude={"added", "support"})
        for a, b in zip(here.added, there.added, strict=True):
            assert a.model_copy(update={"constraint": a.constraint.model_copy(update={"confidence": None})}) == (
                b.model_copy(update={"constraint": b.constraint.model_copy(update={"confidence": None})})
            )
            assert b.constraint.confidence == pytest.approx(a.constraint.confidence)
        opened += len(here.named)
        state = update(state, here)
    assert opened


@pytest.mark.parametrize("guided", ["response_format", "structured_outputs"])
def test_a_plan_is_phrased_over_http(url: str, guided: str) -> None:
    settings = asking(url, "writer", guided=guided)
    writer = build_writer(settings, Generators(Settings.model_validate({"shop": {"catalogue": "x"}})), PRODUCTS)
    reply = "".join(writer.write(BOOTS, CHAT))
    for text in ("Fell 3 Boot", "$89.00", "Ridge Boot", "$110.00"):
        assert text in reply


def test_a_shop_whose_models_are_elsewhere_answers(url: str, shop: Assistant, tmp_path: Path) -> None:
    generators = Generators(Settings.model_validate({"shop": {"catalogue": "x"}}))
    with scripted_assistant(tmp_path) as scripted:
        here = Assistant(
            replace(
                scripted._parts,
                reader=build_reader(asking(url), generators),
                writer=build_writer(asking(url, "writer"), generators, PRODUCTS),
            )
        )
        reply = here.respond(here.new_session(), "waterproof hiking boots under 120, not black")
        assert {pick.id for pick in reply.picks} == {"boot-1"}
        assert "Ridge Hiking Boots" in reply.text
        assert here.completions() == {}


def test_the_state_and_conversation_come_back_from_the_prompt() -> None:
    long = Event(event_name="view_item_list", items=tuple(Item(item_id=f"{i}", item_name="x" * 150) for i in range(3)))
    turns = list(shopper_turns(TALK.model_copy(update={"events": (*TALK.events, long)})))
    for state in (State(), State.model_validate({"stage": "comparing", "needs": NEEDS})):
        asked = reader_messages(state, turns[-1])
        parsed, conversation = reader_question(asked)
        assert parsed == state
        assert [m.content for m in conversation.messages] == [m.content for m in TALK.messages]
        assert [len(event.items) for event in conversation.events] == [0, 1, 3, 3]
        assert conversation.events[3].items[0].item_name == "x" * 150
        assert reader_messages(parsed, conversation)[1]["content"].split("EVENTS")[0] == (
            asked[1]["content"].split("EVENTS")[0]
        )


NEEDS = [
    {"product": None, "constraints": [{"attribute": "price", "op": "at_most", "value": 99.5, "unit": "GBP"}]},
    {
        "product": 'a "tent" (active)',
        "active": True,
        "constraints": [
            {"attribute": "color", "op": "is_not", "value": "red USD prefer", "strength": "prefer"},
            {"attribute": "feature", "op": "at_least", "value": "16 gb ram"},
        ],
    },
]


@pytest.mark.parametrize(
    "spoiled",
    [
        lambda text: text.replace("STAGE exploring", "STAGE dancing"),
        lambda text: text.replace("NEEDS HELD\n", ""),
        lambda text: text.replace("none", '7 "boots"'),
        lambda text: text.replace("none", '0 "boots"\n0.0 charm is "x"'),
        lambda text: text.replace("0 customer", "0 king"),
        lambda text: text.replace("message 0 changed", "message 9 changed"),
        lambda text: text.replace('"a red', "a red"),
        lambda text: text.replace("0 customer", "99999999999 customer"),
        lambda text: text.replace("0 customer", "0 assistant"),
        lambda text: "",
        lambda text: "STAGE exploring",
    ],
)
def test_what_is_no_prompt_is_refused(spoiled: Any) -> None:
    system, user = question()
    with pytest.raises(InvalidInput):
        reader_question([system, {"role": "user", "content": spoiled(user["content"])}])


def test_a_plan_comes_back_without_its_words() -> None:
    facts = tuple(fact.model_copy(update={"text": "\n{order.id} = x"}) for fact in BOOTS.facts)
    evil = BOOTS.model_copy(update={"facts": facts})
    said = CHAT.model_copy(update={"messages": (Message(role="user", content="{shop.name} = hello"),)})
    compact_prompt = writer_messages(evil, said, values=False)
    assert writer_question(writer_messages(evil, said, values=True)) == compact_prompt
    assert writer_question(compact_prompt) == compact_prompt
    with pytest.raises(InvalidInput, match="something else"):
        writer_question([{"role": "system", "content": "Be funny."}, *compact_prompt])
    with pytest.raises(InvalidInput, match="begins with its move"):
        writer_question([{"role": "user", "content": "hello"}])


# --- the protocol ------------------------------------------------------------------------------------------------


def test_only_those_with_the_token_are_answered(url: str) -> None:
    for headers in ({}, {"Authorization": "Bearer wrong"}):
        for answer in (
            httpx.get(f"{url}/models", headers=headers),
            httpx.post(f"{url}/chat/completions", json={"model": "reader", "messages": question()}, headers=headers),
        ):
            assert answer.status_code == 401
            assert answer.json()["error"]["code"] == "invalid_api_key"
    served = httpx.get(f"{url}/models", headers=STAFF).json()
    assert [model["id"] for model in served["data"]] == ["reader", "writer"]


def test_it_is_off_unless_asked_for(tmp_path: Path) -> None:
    with scripted_assistant(tmp_path, staff_token=TOKEN) as assistant:
        assert all(getattr(route, "path", "") != "/v1" for route in create_app(assistant).routes)
    with pytest.raises(ValidationError, match="staff_token"):
        ServerSettings(completions=True)


def test_whole_and_streamed_answers_are_the_same_and_counted(url: str) -> None:
    body = {"messages": question("a red kettle under 40 dollars"), "logprobs": True}
    whole = post(url, **body).json()
    choice = whole["choices"][0]
    reading = json.loads(choice["message"]["content"])
    assert "kettle" in reading["named"][0]["product"] and choice["finish_reason"] == "stop"
    assert "".join(t["token"] for t in choice["logprobs"]["content"]) == choice["message"]["content"]
    usage = whole["usage"]
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"] and usage["completion_tokens"]

    lines = post(url, **body, stream=True, stream_options={"include_usage": True}).text.split("\n\n")
    *chunks, end = [line.removeprefix("data: ") for line in lines if line]
    assert end == "[DONE]"
    events = [json.loads(chunk) for chunk in chunks]
    assert events[-1]["usage"] == usage and events[-1]["choices"] == []
    deltas = [e["choices"][0] for e in events[:-1]]
    assert "".join(d["delta"].get("content", "") for d in deltas) == choice["message"]["content"]
    assert deltas[0]["delta"]["role"] == "assistant" and deltas[-1]["finish_reason"] == "stop"


def test_a_limit_on_tokens_ends_an_answer(url: str, tiny: str) -> None:
    for address, messages in ((url, question()), (tiny, [{"role": "user", "content": "hello"}])):
        choice = post(address, messages=messages, max_tokens=5, seed=1).json()["choices"][0]
        assert choice["finish_reason"] == "length"


SCHEMA = reading_schema(State(), 1, 0)


@pytest.mark.parametrize(
    ("change", "status", "said"),
    [
        ({"model": "gpt"}, 404, "There are: reader, writer"),
        ({"tools": []}, 400, "tools: this is not supported here"),
        ({"n": 2}, 400, "n:"),
        ({"stop": "x"}, 400, "stop"),
        ({"messages": []}, 400, "messages"),
        ({"messages": [{"role": "tool", "content": "x"}]}, 400, "messages"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": "x"}]}]}, 400, "messages"),
        ({"messages": [{"role": "user", "content": "hello"}]}, 400, "reader prompt"),
        ({"response_format": {"type": "json_schema"}}, 400, "json_schema"),
        ({"structured_outputs": {"json": {"type": "string"}}}, 400, "one layout"),
        ({"structured_outputs": {"regex": "a"}}, 400, "one layout"),
        ({"structured_outputs": {"choice": ["a"]}}, 400, "choice"),
        ({"structured_outputs": {"regex": "a", "json": {}}}, 400, "exactly one"),
        ({"response_format": {"type": "text"}, "structured_outputs": {"regex": "a"}}, 400, "one of them"),
        ({"model": "writer", "messages": question()}, 400, "writer prompt"),
        ({"temperature": -1}, 400, "temperature"),
    ],
)
def test_what_cannot_be_honoured_is_refused(url: str, change: dict[str, Any], status: int, said: str) -> None:
    answer = post(url, **{"messages": question(), **change})
    assert answer.status_code == status
    error = answer.json()["error"]
    assert said in error["message"] and error["type"] == "invalid_request_error"


def test_the_writer_refuses_json(url: str) -> None:
    answer = post(
        url, model="writer", messages=writer_messages(BOOTS, CHAT, values=True), response_format={"type": "json_object"}
    )
    assert answer.status_code == 400 and "no JSON" in answer.json()["error"]["message"]


def test_readings_own_schema_is_honoured(url: str) -> None:
    own = {"type": "json_schema", "json_schema": {"name": "reading", "schema": SCHEMA, "strict": True}}
    any_object = {"type": "json_object"}
    held: list[dict[str, Any]] = [{"response_format": own}, {"response_format": any_object}]
    for way in (*held, {"structured_outputs": {"json": SCHEMA}}):
        assert json.loads(post(url, messages=question(), **way).json()["choices"][0]["message"]["content"])["stage"]


def test_a_hub_model_is_held_to_what_is_asked(tiny: str) -> None:
    """The tiny model knows nothing: what it writes is what the schema or expression makes it write."""
    messages = [{"role": "system", "content": "x"}, {"role": "user", "content": [{"type": "text", "text": "y"}]}]
    schema = {"type": "object", "properties": {"color": {"enum": ["red", "blue"]}}, "required": ["color"]}
    schema["additionalProperties"] = False
    held = {"type": "json_schema", "json_schema": {"name": "c", "schema": schema}}
    answer = post(tiny, messages=messages, response_format=held, logprobs=True, seed=2).json()
    assert json.loads(answer["choices"][0]["message"]["content"])["color"] in ("red", "blue")
    assert answer["usage"]["prompt_tokens"] > 10
    answer = post(tiny, model="writer", messages=messages, structured_outputs={"regex": "(ab|cd){2}"}).json()
    assert answer["choices"][0]["message"]["content"] in ("abab", "abcd", "cdab", "cdcd")
    for wrong, said in (
        ({"structured_outputs": {"regex": "(a"}}, "regular expression"),
        ({"messages": [{"role": "user", "content": "boots " * 5000}]}, "too long"),
    ):
        refused = post(tiny, **{"messages": messages, **wrong})
        assert refused.status_code == 400 and said in refused.json()["error"]["message"]


class Slow:
    """Stands for a slow model: a word every 20 ms, and then it fails."""

    def __init__(self, words: int) -> None:
        self.words = words
        self.ended = threading.Event()

    def prompt_tokens(self, asked: Asked) -> int:
        return 1

    def parts(self, asked: Asked) -> Iterator[Part]:
        try:
            for _ in range(self.words):
                time.sleep(0.02)
                yield Part("word ")
            raise ModelError("out of memory")
        finally:
            self.ended.set()


@pytest.mark.parametrize("stream", [True, False])
def test_a_client_that_goes_away_ends_the_work(shop: Assistant, stream: bool) -> None:
    app = create_app(shop)
    sub = completions_app(shop, app.state.turns)
    sub.state.models = {"slow": (slow := Slow(100_000))}
    with serving(sub) as address:
        body = {"model": "slow", "messages": [{"role": "user", "content": "x"}], "stream": stream}
        with httpx.Client(headers=STAFF, timeout=0.5) as client:
            if stream:
                with client.stream("POST", f"{address}/chat/completions", json=body) as answer:
                    assert next(answer.iter_text())
            else:
                with pytest.raises(httpx.ReadTimeout):
                    client.post(f"{address}/chat/completions", json=body)
        assert slow.ended.wait(5)


def test_a_model_that_fails_on_the_way_is_told(shop: Assistant) -> None:
    app = create_app(shop)
    sub = completions_app(shop, app.state.turns)
    sub.state.models = {"slow": Slow(2), "broken": Slow(0)}
    with serving(sub) as address:
        body = {"messages": [{"role": "user", "content": "x"}]}
        broken = post(address, **body, model="broken")
        assert broken.status_code == 500 and broken.json()["error"]["message"] == "out of memory"
        assert '{"error": {"message": "out of memory"' in post(address, **body, model="slow", stream=True).text
        assert httpx.get(f"{address}/nothing", headers=STAFF).status_code == 404
