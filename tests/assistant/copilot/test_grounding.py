import pytest

from assistant.copilot.grounding import unsupported

SAID = [
    "Hi, my kettle from order Q100 broke on Monday. It cost 45 dollars.",
    "I am sorry to hear that. We will send a replacement kettle by express.",
]


@pytest.mark.parametrize(
    "text",
    [
        "The kettle of order Q100 broke on Monday.",
        "Asks: “my kettle from order Q100 broke on Monday”. Told: “We will send a replacement kettle by express”.",
        "The shop will send a replacement kettle by express.",
        "The kettle may march on.",
        "",
    ],
)
def test_what_was_said_is_supported(text: str) -> None:
    assert unsupported(text, SAID, labels=("Asks", "Told", "The shop")) == []


@pytest.mark.parametrize(
    ("text", "kind", "found"),
    [
        ("It cost 54 dollars.", "number", "54"),
        ("The kettle of order Q101 broke.", "number", "101"),
        ("It broke three times.", "number", "three"),
        ("It broke on Tuesday.", "date", "Tuesday"),
        ("It broke last March.", "date", "March"),
        ("It will arrive tomorrow.", "date", "tomorrow"),
        ("The kettle belongs to Anna.", "name", "Anna"),
        ("We will refund the whole price.", "promise", "We will refund the whole price."),
        ("They promised a gift card.", "promise", "They promised a gift card."),
    ],
)
def test_what_was_not_said_is_found(text: str, kind: str, found: str) -> None:
    assert (kind, found) in [(problem.kind, problem.text) for problem in unsupported(text, SAID)]


def test_a_promise_may_not_be_joined_from_two_sentences() -> None:
    said = ["We will look into it.", "A refund for the kettle is possible."]
    assert unsupported("We will refund the kettle.", said) != []
