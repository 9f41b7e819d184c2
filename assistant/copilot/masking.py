"""Personal data that suggestions leave out: what a customer told of cards, addresses, phone numbers and e-mail."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from assistant.personal_data import Kind, candidates
from assistant.service.records import Customer

NAMES: Mapping[Kind, str] = {
    "card": "[card number]", "email": "[e-mail]", "phone": "[phone number]", "address": "[address]",
}  # fmt: skip


@dataclass(frozen=True)
class Mask:
    """Puts a name such as `[phone number]` in place of each of some customer's personal data."""

    found: Mapping[str, str]

    @classmethod
    def of(cls, texts: Iterable[str], customer: Customer | None = None, public: Iterable[str] = ()) -> Mask:
        """The mask of what is found in `texts`, and of what the customer's record holds; not of what the shop's own
        `public` texts say too, such as its e-mail address."""
        shown = "\n".join(public).casefold()
        data = [pair for text in texts for pair in sensitive(text)] + list(_recorded(customer))
        return cls({value: NAMES[kind] for value, kind in reversed(data) if value.casefold() not in shown})

    def __call__(self, text: str) -> str:
        """The text without them."""
        if not self.found:
            return text
        longest = sorted(self.found, key=len, reverse=True)
        names = {value.casefold(): name for value, name in self.found.items()}
        pattern = "|".join(re.escape(value) for value in longest)
        return re.sub(rf"(?<!\w)(?:{pattern})(?!\w)", lambda m: names.get(m[0].casefold(), ""), text, flags=re.I)


def sensitive(text: str) -> Iterator[tuple[str, Kind]]:
    """Card numbers, e-mail addresses, phone numbers and street addresses in a text, each with its kind, a key of
    `NAMES`; rather too much than too little."""
    yield from ((text[span.start : span.end], span.kind) for span in candidates(text, tuple(NAMES), loose=True))


def _recorded(customer: Customer | None) -> Iterator[tuple[str, Kind]]:
    if customer is None:
        return
    if customer.email:
        yield customer.email, "email"
    if customer.address is not None:
        yield from ((line, "address") for line in (customer.address.address1, customer.address.address2) if line)
