"""Personal data is found where it stands, nothing else is taken for it, and labels keep in step with their messages."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.personal_data import find, luhn
from assistant.records import Constraint, Conversation, Message, Need, Source, State
from finetune.generator import generate
from finetune.labels import label_faults
from finetune.readings import readings
from finetune.redaction import PLACEHOLDER, RedactedText, count, redact


def redacted(text: str, *names: str) -> str:
    return RedactedText(text, find(text, names)).text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("write to anna.smith+shop@example.co.uk, please", "write to [email], please"),
        ("joe (at) example (dot) com", "[email]"),
        ("joe.b at gmail dot com works", "[email] works"),
        ("card 4111 1111 1111 1111 12/25", "card [card] 12/25"),
        ("5500-0055-5555-5559.", "[card]."),
        ("call me on +44 7700 900123", "call me on [phone]"),
        ("my number: (555) 123-4567", "my number: [phone]"),
        ("07700 900123 or 030 1234567", "[phone] or [phone]"),
        ("phone number is 4567890", "phone number is [phone]"),
        ("手机 13812345678", "手机 [phone]"),
        ("where is order number 10045?", "where is order number [order]?"),
        ("Order #W2378156 and ORD-2024-0012", "Order [order] and [order]"),
        ("invoice no. 2024/00123", "invoice no. [order]"),
        ("订单号：88213", "订单号：[order]"),
        ("I live at 12 Baker Street, London NW1 6XE.", "I live at [address]."),
        ("ship it to 45 oak lane, please", "ship it to [address], please"),
        ("Bergstraße 12, 80331 München", "[address]"),
        ("12 rue de la Paix, 75002 Paris", "[address]"),
        ("Calle Mayor 5, 28013 Madrid", "[address]"),
        ("寄到北京市朝阳区建国路88号", "[address]"),
        ("zip 90210, PO Box 114", "zip [address], [address]"),
        ("my name is Anna Smith. Boots for Anna?", "my name is [name]. Boots for Anna?"),
        ("my name is priya, hi", "my name is [name], hi"),
        ("Dear Mr. O'Brien, hello", "Dear Mr. [name], hello"),
        ("this is Maria from Leeds", "this is [name] from Leeds"),
        ("Thanks, Tom", "Thanks, [name]"),
        ("我叫王小明，要一双登山鞋", "我叫[name]，要一双登山鞋"),
    ],
)
def test_personal_data_becomes_a_placeholder(text: str, expected: str) -> None:
    assert redacted(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "boots under 120, size 42, not black",
        "a 128 gb usb drive under 20",
        "a Max G30LP scooter, refurbished",
        "Samsung S8 8GB, or Anbernic RG35XX, or BenQ MW809ST",
        "do you have Dr Martens in size 7, or Dr. Pepper?",
        "I want to order 500 paper cups and 2 of them in red",
        "a phone under 100000, 5000 mah",
        "in case 10000 mah is not enough: a 1200 x 800 mm one",
        "my name is on the order already",
        "I'm German, I am Vegan, this is great, thanks, great!",
        "10 Speed Road Bike, a 4 wheel drive",
        "1234 5678 9012 3456",  # sixteen digits that are no card
        "0000 0000 0000 0000",
        "delivery by 2026-03-02, 10:30",
        "hello there, Hi all",
    ],
)
def test_nothing_else_is_taken_for_personal_data(text: str) -> None:
    assert redacted(text) == text


def test_known_names_are_found_wherever_they_stand() -> None:
    names = ("Rose Marie Okafor", "Li")
    assert redacted("rose marie okafor told Okafor and LI", *names) == "[name] told [name] and [name]"
    assert redacted("a rose bush for lima", *names) == "a rose bush for lima"


def conversation(text: str, *constraints: Constraint, product: str = "boots", id: str = "c.1") -> Conversation:
    need = Need(product=product, active=True, constraints=constraints)
    label = State(needs=(need,), acts=("state_need",)).model_dump(mode="json", exclude_none=True)
    return Conversation(id=id, messages=(Message(role="user", content=text),), label=label)


def constraint(attribute: str, value: str | float, quote: str) -> Constraint:
    source = Source(message=0, quote=quote)
    return Constraint.model_validate({"attribute": attribute, "op": "is", "value": value, "source": source})


def only(conversation: Conversation) -> tuple[str, Need]:
    (one,) = redact([conversation])
    assert label_faults(one) == []
    return one.messages[0].content, State.model_validate(one.label).needs[0]


def test_a_quote_and_a_value_that_hold_personal_data_hold_the_placeholder() -> None:
    text = "Hi, my name is Anna Smith. boots delivered to 12 Oak Street, for Anna"
    content, need = only(
        conversation(
            text,
            constraint("delivery", "12 oak street", "12 Oak Street"),
            constraint("recipient", "anna", "for Anna"),
        )
    )
    assert content == "Hi, my name is [name]. boots delivered to [address], for [name]"
    assert [(c.value, c.source.quote) for c in need.constraints if c.source] == [
        ("[address]", "[address]"),
        ("[name]", "for [name]"),
    ]


def test_what_the_label_knows_to_be_something_else_stays() -> None:
    text = "my name is Jo. order 12000 cups, brand: Hi Rubchinskiy, please"
    content, need = only(
        conversation(text, constraint("quantity", 12000, "12000"), constraint("brand", "rubchinskiy", "Rubchinskiy"))
    )
    assert content == "my name is [name]. order 12000 cups, brand: Hi Rubchinskiy, please"
    assert [c.value for c in need.constraints] == [12000, "rubchinskiy"]


def test_a_name_told_later_is_redacted_in_every_prefix_alike() -> None:
    first = conversation("boots for Priya", constraint("recipient", "priya", "Priya"), id="c.1")
    messages = (*first.messages, Message(role="user", content="my name is Priya Nair, by the way"))
    second = first.model_copy(update={"id": "c.2", "messages": messages})
    done = redact([first, second])
    assert [m.content for m in done[1].messages] == ["boots for [name]", "my name is [name], by the way"]
    assert done[0].messages == done[1].messages[:1]
    changes = [reading for _, _, reading in readings(done)]
    assert changes[1].added == changes[1].dropped == ()
    assert count([first, second]) == {"name": 2}


def test_generated_conversations_stay_sound() -> None:
    made = [c for chain in generate(40, seed=3, shared=None) for c in chain]
    done = redact(made)
    assert [(c.id, fault) for c in done for fault in label_faults(c)] == []
    assert [c.id for c in done] == [c.id for c in made]
    assert redact(done) == done


def card(digits: list[int]) -> str:
    number = "".join(map(str, digits))
    return next(number + str(check) for check in range(10) if luhn(number + str(check)))


CARDS = st.lists(st.integers(0, 9), min_size=14, max_size=15).filter(lambda d: len(set(d)) > 2 and d[0] > 0).map(card)
EMAILS = st.from_regex(r"[a-z][a-z0-9_.]{0,8}[a-z0-9]@[a-z]{2,8}\.(com|org|de)", fullmatch=True)
PHONES = st.from_regex(r"\+[1-9][0-9]{2} [0-9]{3} [0-9]{4,5}", fullmatch=True)
ORDERS = st.from_regex(r"#[A-Z]{1,2}[0-9]{5,8}", fullmatch=True)
SECRETS = st.one_of(CARDS, EMAILS, PHONES, ORDERS)
WORDS = st.sampled_from(["boots", "under", "red", "for my trip", "please,", "and", "waterproof.", "size M", "büro"])


@given(parts=st.lists(st.tuples(WORDS, SECRETS, WORDS), min_size=1, max_size=4))
def test_no_secret_is_left_and_everything_else_is(parts: list[tuple[str, str, str]]) -> None:
    done = redacted(" ".join(word for part in parts for word in part))
    assert not any(secret in done for _, secret, _ in parts)
    kept = re.sub("|".join(map(re.escape, PLACEHOLDER.values())), "", done).split()
    assert kept == " ".join(f"{before} {after}" for before, _, after in parts).split()
    assert redacted(done) == done


@given(
    parts=st.lists(st.one_of(WORDS, SECRETS), min_size=1, max_size=6),
    data=st.data(),
)
def test_any_quote_stays_an_exact_substring(parts: list[str], data: st.DataObject) -> None:
    text = " ".join(parts)
    start = data.draw(st.integers(0, len(text) - 1))
    quote = text[start : data.draw(st.integers(start + 1, len(text)))]
    value = data.draw(st.sampled_from([quote.strip().lower() or "boots", "boots"]))
    content, need = only(conversation(text, constraint("other", value, quote)))
    (kept,) = need.constraints
    assert kept.source is not None and kept.source.quote
    assert kept.source.quote in content
    assert not any(text[s.start : s.end].lower() in str(kept.value) for s in find(text))


@given(text=st.text(max_size=200))
def test_any_text_is_redacted_without_failing_and_spans_are_in_order(text: str) -> None:
    spans = find(text)
    assert all(0 <= s.start < s.end <= len(text) for s in spans)
    assert all(a.end <= b.start for a, b in pairwise(spans))
    assert len(RedactedText(text, spans).text) <= len(text) + 9 * len(spans)
