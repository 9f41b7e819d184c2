"""Drafts are guesses within the grammar; the answers checked by them are those of generation token by token."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.drafting import MOST, Drafter
from assistant.generation import Generator
from tests.tiny import tiny_chat_model

SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["quotes"],
    "properties": {"quotes": {"type": "array", "maxItems": 3, "items": {"type": "string", "maxLength": 24}}},
}
CHATS = [
    [{"role": "system", "content": "Read."}, {"role": "user", "content": words}]
    for words in ("waterproof boots, not black", "aaaa aaaa aaaa", "{} [] \"quotes\" \"quotes\"", "")
]  # fmt: skip


@pytest.fixture(scope="module", params=["qwen3", "llama", "gemma3"])
def generator(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Generator:
    return Generator.load(tiny_chat_model(tmp_path_factory.mktemp(request.param), request.param), device="cpu")


@given(prompt=st.lists(st.integers(0, 5), max_size=40), room=st.integers(0, 20))
def test_guesses_are_what_followed_the_same_tokens(prompt: list[int], room: int) -> None:
    drafter = Drafter(prompt, stops=[0])
    made = drafter.draft(None, room, guess=True)
    assert len(made) <= min(room, MOST)
    assert 0 not in made
    assert drafter.draft(None, room, guess=True) == made
    whole = [*prompt, *made]
    pairs = set(itertools.pairwise(prompt))
    assert all(pair in pairs for pair in zip(whole[len(prompt) - 1 :], made, strict=False))
    assert drafter.draft(None, room, guess=False) == []


def test_a_longer_match_counts_before_a_later_one() -> None:
    drafter = Drafter([1, 2, 3, 9, 2, 4, 1, 2], stops=[])
    assert drafter.draft(None, 1, guess=True) == [3]


def test_the_grammar_stays_where_it_is(generator: Generator) -> None:
    matcher = generator._grammars.matcher(SCHEMA)
    before = matcher.allowed()
    drafted = Drafter(generator.tokenizer.encode('{"quotes":["a","b"]}'), generator.stops).draft(
        matcher, 20, guess=True
    )
    assert drafted
    assert (matcher.allowed() == before).all()
    for token in drafted:
        matcher.accept(token)


@pytest.mark.parametrize("chat", CHATS)
@pytest.mark.parametrize("schema", [None, SCHEMA])
def test_answers_are_those_of_one_token_at_a_time(
    generator: Generator, chat: list[dict[str, str]], schema: dict | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = {"schema": schema, "max_new_tokens": 120}
    drafted = [generator.generate(chat, **options), generator.generate(chat, **options, temperature=1.0, seed=2)]
    monkeypatch.setattr(Drafter, "draft", lambda *_, **__: [])
    plain = [generator.generate(chat, **options), generator.generate(chat, **options, temperature=1.0, seed=2)]
    assert [made.text for made in drafted] == [made.text for made in plain]
    assert [t.id for made in drafted for t in made.tokens] == [t.id for made in plain for t in made.tokens]
    assert [t.logprob for made in drafted for t in made.tokens] == pytest.approx(
        [t.logprob for made in plain for t in made.tokens], abs=1e-4
    )


def test_a_pass_checks_several_tokens(generator: Generator) -> None:
    passes: list[int] = []
    hook = generator._model.register_forward_hook(lambda *_: passes.append(1))
    made = generator.generate(CHATS[1], schema=SCHEMA, max_new_tokens=300)
    hook.remove()
    assert len(passes) < len(made.tokens)


def test_the_system_message_is_read_once_and_answers_do_not_change(generator: Generator) -> None:
    lengths: list[int] = []
    hook = generator._model.register_forward_pre_hook(
        lambda _, __, given: lengths.append(given["input_ids"].shape[1]), with_kwargs=True
    )
    generator._heads.clear()
    first = generator.complete(CHATS[0], max_new_tokens=30)
    whole = sum(lengths)
    lengths.clear()
    assert generator.complete(CHATS[0], max_new_tokens=30) == first
    assert sum(lengths) < whole
    hook.remove()
    for number in range(6):
        generator.complete([{"role": "system", "content": f"Read {number}."}, *CHATS[0][1:]], max_new_tokens=2)
    assert len(generator._heads) == 4
    assert generator.complete(CHATS[0], max_new_tokens=30) == first
