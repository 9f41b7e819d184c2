"""The rules that clauses state, found in their sentences by the turns of phrase in which shops write them.

A sentence that fits no turn of phrase yields no rule: the desk's own rules hold still, and an action that the policy
never speaks of is not offered. What was found can be read in `Policy.rules`; a clause of a JSON policy may carry its
rules itself, under `rules`, in place of what its sentences say.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from pydantic import ValidationError

from assistant.errors import ConfigError
from assistant.service.clauses import sentences
from assistant.service.kinds import kind_named
from assistant.service.requests import ActionName
from assistant.service.rules import BEFORE_SHIPPING, CHANGES, TAKEN_BACK, Kind, Rule
from assistant.shop import Clause

_PRONOUN = r"(?!(?:they|it|this|that|these|those)\b)"
_VERBS: tuple[tuple[str, tuple[ActionName, ...]], ...] = (
    (r"cancel\w*", ("cancel_order",)),
    (r"return(?:s|ed|ing)?", ("return_items",)),
    (r"exchang\w+", ("exchange_items",)),
    (r"modif\w+|chang(?:e|ed|ing)", CHANGES),
)
_OBJECTS: tuple[tuple[str, tuple[ActionName, ...]], ...] = (
    (r"(?:user|default|profile|account)(?: \w+)? address", ("change_customer_address",)),
    (r"address", ("change_order_address",)),
    (r"payment", ("change_payment",)),
    (r"items?|articles?|variants?", ("change_items",)),
)
_QUOTED = re.compile(r"['\"‘’“”]([^'\"‘’“”]+)['\"‘’“”]")
_LIST = re.compile(r"\s*(?:,|\band\b|\bor\b|/)\s*")
_NOT = re.compile(r"\b(?:cannot|can't|must not|may not|do(?:es)? not|no longer|not be able)\b", re.IGNORECASE)


def derive(clauses: Sequence[Clause]) -> tuple[Rule, ...]:
    """All rules that the clauses state, in their order. Raises `ConfigError` for `rules` that are none."""
    found = [rule for clause in clauses for rule in _of_clause(clause)]
    return tuple(_narrowed(_specific(found)))


def offered(clauses: Sequence[Clause], rules: Iterable[Rule]) -> frozenset[ActionName]:
    """The actions that the policy speaks of as something that may be done."""
    actions: set[ActionName] = {action for rule in rules if rule.kind != "owner" for action in rule.actions}
    for clause in clauses:
        for sentence in sentences(clause.text):
            if not _NOT.search(sentence):
                actions |= set(_named(sentence))
    return frozenset(actions)


def _of_clause(clause: Clause) -> Iterator[Rule]:
    written: Any = (clause.model_extra or {}).get("rules")
    if written is not None:
        yield from _written(clause, written)
        return
    for sentence in sentences(clause.text):
        for pattern, make in _PATTERNS:
            if match := pattern.search(sentence):
                yield from make(clause, sentence, match)


def _written(clause: Clause, rules: Any) -> Iterator[Rule]:
    try:
        for rule in rules:
            yield Rule.model_validate({"clause": clause.id, "quote": clause.text, **rule})
    except (ValidationError, TypeError) as error:
        raise ConfigError(f"Clause {clause.id}: its rules are not valid: {error}") from error


# --- which actions a text is about -------------------------------------------------------------------------------


def _named(text: str) -> tuple[ActionName, ...]:
    """The actions whose verbs stand in the text, outside quotes; a change is narrowed to what it changes, where that is
    said."""
    text = _QUOTED.sub("", text)
    actions: list[ActionName] = []
    for verb, meant in _VERBS:
        if re.search(rf"\b(?:{verb})\b", text, re.IGNORECASE):
            actions += _objects(text) or meant if meant == CHANGES else meant
    return tuple(dict.fromkeys(actions))


def _objects(text: str) -> tuple[ActionName, ...]:
    """What a change is of: each that is named, where words that name one are no other."""
    found: list[ActionName] = []
    for word, meant in _OBJECTS:
        text, count = re.subn(rf"\b(?:{word})\b", "", text, flags=re.IGNORECASE)
        found += meant if count else ()
    return tuple(found)


def _scope(clause: Clause, sentence: str) -> tuple[ActionName, ...]:
    """What a sentence is about: what it names, else what the innermost heading that names any does, else its clause."""
    headings = [clause.title, *reversed(clause.topic.split(" > "))]
    return next((actions for text in [sentence, *headings, clause.text] if (actions := _named(text))), ())


def _section(clause: Clause, sentence: str) -> tuple[ActionName, ...]:
    """As `_scope`, the heading first: for sentences whose verbs speak of money."""
    headings = [clause.title, *reversed(clause.topic.split(" > "))]
    return next((actions for text in [*headings, sentence, clause.text] if (actions := _named(text))), ())


# --- turns of phrase -----------------------------------------------------------------------------------------------

Maker = Callable[[Clause, str, re.Match[str]], Iterator[Rule]]


def _rule(kind: Kind, clause: Clause, quote: str, actions: Sequence[ActionName], **fields: Any) -> Iterator[Rule]:
    if actions:
        yield Rule(kind=kind, actions=tuple(actions), clause=clause.id, quote=quote, **fields)


def _status(clause: Clause, sentence: str, match: re.Match[str]) -> Iterator[Rule]:
    subject, statuses = match["subject"], match["statuses"]
    bare = re.split(r"[.,;]|\band\b", statuses)[0]
    quoted = tuple(_QUOTED.findall(statuses)) or tuple(part for part in _LIST.split(bare.strip()) if part)
    yield from _rule("status", clause, sentence, _scope(clause, subject), statuses=quoted)


def _before_shipping(clause: Clause, sentence: str, match: re.Match[str]) -> Iterator[Rule]:
    yield from _rule("status", clause, sentence, _named(match["subject"]), statuses=BEFORE_SHIPPING)


def _reasons(clause: Clause, sentence: str, match: re.Match[str]) -> Iterator[Rule]:
    reasons = tuple(_QUOTED.findall(match["reasons"]))
    if reasons:
        yield from _rule("reason", clause, sentence, _section(clause, sentence), reasons=reasons)


def _once(clause: Clause, sentence: str, match: re.Match[str]) -> Iterator[Rule]:
    """Of a change of unnamed things, the change of items is meant: that is what cannot be repeated."""
    named = _scope(clause, match["subject"])
    actions = [a for a in named if a not in CHANGES] + (["change_items"] if set(named) & set(CHANGES) else [])
    yield from _rule("once", clause, sentence, actions)  # type: ignore[arg-type]


def _owner(clause: Clause, sentence: str, match: re.Match[str]) -> Iterator[Rule]:
    everything: tuple[ActionName, ...] = ("cancel_order", *CHANGES, "return_items", "exchange_items", "refund")
    yield from _rule("owner", clause, sentence, everything)


def _refund_method(clause: Clause, sentence: str, match: re.Match[str]) -> Iterator[Rule]:
    methods = ("original", "gift_card") if "gift card" in sentence.lower() else ("original",)
    actions = [a for a in _section(clause, sentence) if a == "return_items"] or ["return_items"]
    yield from _rule("refund_method", clause, sentence, actions, methods=methods)  # type: ignore[arg-type]


def _swaps(kind: Kind) -> Maker:
    def make(clause: Clause, sentence: str, match: re.Match[str]) -> Iterator[Rule]:
        actions = [a for a in _section(clause, sentence) if a in ("change_items", "exchange_items")]
        yield from _rule(kind, clause, sentence, actions)  # type: ignore[arg-type]

    return make


def _balance(clause: Clause, sentence: str, match: re.Match[str]) -> Iterator[Rule]:
    covered = ("change_items", "exchange_items", "change_payment")
    yield from _rule("balance", clause, sentence, [a for a in _section(clause, sentence) if a in covered])


def _new_payment(clause: Clause, sentence: str, match: re.Match[str]) -> Iterator[Rule]:
    yield from _rule("new_payment", clause, sentence, ("change_payment",))


def _window(clause: Clause, sentence: str, match: re.Match[str]) -> Iterator[Rule]:
    """A period for what is returned is one for what is exchanged, too, until a clause speaks of that, and the other way
    round."""
    subject = match["subject"] or ""
    general = re.match(r"you\b", subject, re.IGNORECASE)
    categories = () if general else _categories(clause, subject)
    days = int(match["days"]) * _DAYS[(match.groupdict().get("unit") or "days").lower().rstrip("s")]
    named = tuple(action for action in _named(sentence) if action in TAKEN_BACK)
    yield from _rule("window", clause, sentence, TAKEN_BACK, days=days, categories=categories, named=named)


def _fee(clause: Clause, sentence: str, match: re.Match[str]) -> Iterator[Rule]:
    """What is kept of a refund, or the customer pays, and of which kinds of product where it begins by naming them."""
    subject = match.groupdict().get("subject")
    yield from _rule("fee", clause, sentence, ("return_items",), categories=_categories(clause, subject or ""))


def _never(clause: Clause, sentence: str, match: re.Match[str]) -> Iterator[Rule]:
    if "return_items" in _named(match["verbs"]):
        yield from _rule("never", clause, sentence, TAKEN_BACK, categories=_categories(clause, match["subject"]))


def _condition(clause: Clause, sentence: str, match: re.Match[str]) -> Iterator[Rule]:
    yield from _rule("condition", clause, sentence, TAKEN_BACK, categories=_categories(clause, match["subject"]))


def _grant(clause: Clause, sentence: str, match: re.Match[str]) -> Iterator[Rule]:
    if not re.match(r"\s*within \d+ business days", sentence[match.end():]):  # when a return's money comes, not another
        yield from _rule("grant", clause, sentence, ("refund",))


def _categories(clause: Clause, subject: str) -> tuple[str, ...]:
    """The kinds of product that a sentence is about, none for all. A clause of a JSON policy may list its own
    `categories`."""
    listed = (clause.model_extra or {}).get("categories")
    if listed:
        return tuple(listed)
    kinds = [kind_named(part) for part in _LIST.split(subject.strip()) if part]
    return () if None in kinds else tuple(kind for kind in kinds if kind)


_DAYS = {"day": 1, "week": 7, "month": 30, "night": 1}
_WITHIN = (
    r"\bwithin (?P<days>\d+) (?P<unit>days?|weeks?|months?) (?:of|after|from) (?:the |its |their )?"
    r"(?:deliver|receipt|receiv|arriv|day of (?:delivery|receipt))"
)
_STATUS = r"(?:if|as long as|while|when) (?:its|the|their)(?: order)? status is (?P<statuses>.+)"
_KEPT = r"(?:we (?:keep|retain|deduct|withhold|charge)\b.*\b(?:fee|%|percent|refund|price)|a restocking fee\b)"
_TAKEN = r"(?P<verbs>(?:be )?(?:returned|exchanged)(?:(?:,| or| and) (?:returned|exchanged))*)"
_PATTERNS: tuple[tuple[re.Pattern[str], Maker], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), make)
    for pattern, make in (
        (rf"(?P<subject>.*\bcan (?:only )?be .*?)\s*(?:only )?{_STATUS}", _status),
        (r"(?P<subject>.*\bcan be .*?) until the (?:parcel|order) (?:leaves|ships|is shipped)", _before_shipping),
        (r"\breason\b[^.(]*\((?P<reasons>[^)]*)\)", _reasons),
        (r"(?P<subject>.*)\bcan only be \w+ once\b", _once),
        (r"\bdeny\b.*\b(?:other|another) (?:user|customer|shopper)", _owner),
        (r"\brefund must (?:either )?go to the original payment method", _refund_method),
        (r"\brefund\b.*\bto the means of payment that was used", _refund_method),
        (r"\bnew item of the same product\b", _swaps("same_product")),
        (r"\bavailable new item\b", _swaps("available")),
        (r"\bgift card\b.*\benough balance\b", _balance),
        (r"\bpayment method different from the original\b", _new_payment),
        (rf"^(?P<subject>.+?) (?:may|can)\b.*?\b(?:return|exchang|refund|sen[dt] back).*?{_WITHIN}", _window),
        (rf"^(?P<subject>.+?) (?:may|can) {_WITHIN}.*?\b(?:return|exchang)", _window),
        (rf"^(?:we accept )?(?:returns|exchanges)(?: of (?P<subject>[^.;,]+?))?(?: (?:is|are)\b.*?)? ?{_WITHIN}",
         _window),
        (r"^(?P<subject>.+?) may be tried for (?P<days>\d+) (?P<unit>nights|days|weeks|months)", _window),
        (rf"^{_PRONOUN}(?P<subject>[^.;]+?) cannot {_TAKEN}(?! unless)", _never),
        (rf"^(?P<subject>[^.;]+?) (?:can|may) {_TAKEN}.*?\b(?:only )?if\b", _condition),
        (rf"^for (?:returned |(?:the )?returns? of )?(?P<subject>[^.;]+?),? {_KEPT}", _fee),
        (rf"^(?!for\b).*?{_KEPT}|\bdeducted from the refund\b", _fee),
        (r"\byou pay the (?:postage|shipping|carriage)\b.*\breturn|\breturn (?:shipping|postage) is (?:yours|paid by)",
         _fee),
        (r"\b(?:we|and|or)(?: \w+){0,5} refund (?:you|it|the difference|the price)\b|\bwe refund\b", _grant),
    )
)


# --- how rules bear on each other ----------------------------------------------------------------------------------


def _specific(rules: Sequence[Rule]) -> Iterator[Rule]:
    """Where one sentence speaks of some changes (the address) and another of changing at all, the first holds."""
    narrow = {action for r in rules if r.kind == "status" and _changes(r) < set(CHANGES) for action in _changes(r)}
    for rule in rules:
        if rule.kind == "status" and _changes(rule) == set(CHANGES):
            rest = tuple(action for action in rule.actions if action not in narrow)
            rule = rule.model_copy(update={"actions": rest})
        yield rule


def _changes(rule: Rule) -> set[ActionName]:
    return set(rule.actions) & set(CHANGES)


def _narrowed(rules: Iterable[Rule]) -> Iterator[Rule]:
    """A general period does not hold for the kinds of product that have one of their own."""
    rules = list(rules)
    own = tuple(c for rule in rules if rule.kind in ("window", "never") for c in rule.categories
                if not rule.named or "return_items" in rule.named)  # fmt: skip
    for rule in rules:
        general = rule.kind == "window" and not rule.categories
        yield rule.model_copy(update={"excluding": own}) if general else rule
