"""What counts as unsupported in a reply."""

from __future__ import annotations

import pytest

from assistant.records import Conversation, Fact, Message
from assistant.verify import Lexicon, check, misattributed
from retrieval.product import Product

FACTS = (
    Fact(key="1.title", text="Fell Boot 300"),
    Fact(key="1.price", text="$89.00"),
    Fact(key="1.reason1", text="waterproof (Waterproof membrane)"),
)
SAID = Conversation(id="c", messages=(Message(role="user", content="boots for 2 people, red if possible, from Acme"),))


def kinds(text: str, lexicon: Lexicon | None = None) -> list[str]:
    return [problem.kind for problem in check(text, FACTS, SAID, lexicon=lexicon)]


@pytest.mark.parametrize(
    "text",
    [
        "I would start with {1.title} at {1.price}: {1.reason1}.",
        "Here you go. It is waterproof.",
        "You wanted something red for 2 people, from Acme.",
        "It costs $89.00.",
        "I'd say that I've found it: nice.",
    ],
)
def test_supported(text: str) -> None:
    assert kinds(text) == []


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("I suggest {2.title}.", "placeholder"),
        ("I suggest {1.title.", "placeholder"),
        ("It costs 79.", "number"),
        ("It has three pockets.", "number"),
        ("It is 20% lighter.", "number"),
        ("Only a few euros.", "money"),
        ("It is £89.00.", "money"),
        ("It is breathable.", "claim"),
        ("It comes in blue.", "claim"),
        ("Shipping is free.", "claim"),
        ("It is made by Meridian.", "name"),
    ],
)
def test_unsupported(text: str, kind: str) -> None:
    assert kind in kinds(text)


def test_a_catalogues_words_are_claims_unless_they_are_ordinary() -> None:
    product = Product(
        id="1",
        title="Kestrel Kettle",
        brand=("Kestrel",),
        color=("Midnight",),
        product_highlight=("Rapid boil element",),
    )
    lexicon = Lexicon.of([product], ordinary={"element"})
    assert kinds("Kestrel makes a midnight one.", lexicon) == ["claim", "claim"]
    assert kinds("It has a rapid element.", lexicon) == ["claim"]


def test_a_closed_vocabulary_allows_nothing_else() -> None:
    problems = check("I like gnomes.", FACTS, SAID, vocabulary={"i", "like"})
    assert [(problem.kind, problem.text) for problem in problems] == [("word", "gnomes")]


def test_facts_stand_with_their_own_product() -> None:
    facts = {"1.title", "1.price", "2.title", "2.price"}
    assert misattributed("{1.title} at {1.price}, {2.title} at {2.price}.", facts, 0) == ([], 2)
    problems, last = misattributed("{1.title} at {2.price}.", facts, 0)
    assert [problem.text for problem in problems] == ["{2.price}"] and last == 1
    assert misattributed("It costs {1.price}.", facts, 1) == ([], 1)
    assert misattributed("It costs {3.price}.", facts, 1) == ([], 1)
