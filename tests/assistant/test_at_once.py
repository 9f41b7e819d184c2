"""Shoppers who are answered at the same time: by the writer that is shipped, and by one behind a server."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from assistant import packing
from assistant.assistant import Assistant
from assistant.endpoint import Endpoint, EndpointOptions
from assistant.endpoint.transport import Transport
from assistant.writing import CompactWriter, EndpointWriter
from tests.assistant.local_server import OddServer, once_all_ask, serving
from tests.assistant.small_shop import make_assistant, must, want

WRITER = Path(__file__).resolve().parents[2] / "assistant" / "models" / "writer"
SAID = {
    "boots": want("hiking boots", must("feature", "is", "waterproof"), must("price", "at_most", 150.0, unit="USD")),
    "kettle": want("kettle", must("price", "at_most", 60.0, unit="USD")),
}


def test_they_share_passes_and_get_what_one_alone_would(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parts = make_assistant(tmp_path, SAID, tmp_path / "index")._parts
    assistant = Assistant(replace(parts, writer=CompactWriter.load(WRITER)))
    alone = {said: assistant.respond(assistant.new_session(), said).text for said in SAID}
    sizes: list[int] = []
    packed = packing.packed

    def counted(model: object, together: Sequence[packing.Pass]) -> list[torch.Tensor]:
        sizes.append(len(together))
        return packed(model, together)

    monkeypatch.setattr(packing, "packed", counted)
    messages = [*SAID] * 3
    with ThreadPoolExecutor(len(messages)) as pool:
        texts = list(pool.map(lambda said: assistant.respond(assistant.new_session(), said).text, messages))
    assert texts == [alone[said] for said in messages]
    assert max(sizes) > 1


def test_a_server_has_both_their_questions_at_once(tmp_path: Path) -> None:
    parts = make_assistant(tmp_path, SAID, tmp_path / "index")._parts
    odd = OddServer()
    odd.answers = [once_all_ask("I suggest {1.title} at {1.price}. Or {2.title}, or {3.title}.")]
    with serving(odd.app) as url, ThreadPoolExecutor(2) as pool:
        options = EndpointOptions(f"{url}/v1", "lora", timeout=20.0, retries=0)
        model = Endpoint(options, Transport(options.url, None, options.timeout, options.retries))
        assistant = Assistant(replace(parts, writer=EndpointWriter(model)))
        replies = pool.map(lambda _: assistant.respond(assistant.new_session(), "kettle"), range(2))
        assert all(reply.picks and reply.picks[0].id.startswith("kettle") for reply in replies)
