"""Composing one reply for a plan from the phrase tables: every offered fact once, as a placeholder, nothing else."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Mapping

from assistant.facts import COUNTS, PICKS, offered, split
from assistant.records import Plan
from finetune.replies import phrases as p
from finetune.replies import service as s

_CHOICE = re.compile(r"\[([^\[\]]*)\]")
_WORD = re.compile(r"\$([a-z])")


def compose(plan: Plan, rng: random.Random) -> str:
    """A reply that mentions every fact of `offered(plan)` exactly once and asks `plan.ask` at its end."""
    return _Composer(plan, rng).reply()


def _expand(line: str, rng: random.Random, words: Mapping[str, str]) -> str:
    line = _CHOICE.sub(lambda match: rng.choice(match[1].split("|")), line.lstrip("~^"))
    line = _WORD.sub(lambda match: words[match[1]], line)
    return line[:1].upper() + line[1:]


def _open_questions(attribute: str) -> list[str]:
    lines = s.ASK.get(attribute, s.ASK["other"])
    open_ones = [line[:-1] + ": $o?" for line in lines if re.match(r"[~^]?(Wh|How|For wh)", line)]
    return [*open_ones, "Which would you like: $o?"]


class _Composer:
    """What is left to say of one plan, and the sentences so far."""

    def __init__(self, plan: Plan, rng: random.Random) -> None:
        self.plan, self.rng = plan, rng
        self.left = [fact.key for fact in offered(plan)]
        self.parts: list[str] = []

    def reply(self) -> str:
        if self.plan.greet:
            self.say(p.SHOP_GREETING if self.take("shop.name") else p.GREETING)
        getattr(self, "_ask_move" if self.plan.move == "ask" else f"_{self.plan.move}")()
        self._rest()
        if not self.parts and not self.plan.ask:
            self.say(s.CHAT[""])
        if self.plan.ask:
            self._ask(self.plan.ask)
        return self._joined()

    # --- the small tools -------------------------------------------------------------------------------------------

    def take(self, key: str) -> str:
        """The placeholder of `key`, which is said with this; empty where the plan has no such fact left."""
        if key not in self.left:
            return ""
        self.left.remove(key)
        return f"{{{key}}}"

    def several(self, name: str, pick: int = 0) -> str:
        """All facts of a numbered name as a list, empty for none; the record's and the shopper's words in quotes."""
        before = f"{pick}." if pick else ""
        found = [self.take(f"{before}{name}{n}") for n in range(1, COUNTS[name] + 1)]
        quoted = '"{}"' if name in ("answer", "unknown") else "{}"
        return self.listed([quoted.format(key) for key in found if key])

    def listed(self, parts: list[str]) -> str:
        last = self.rng.choices((" and ", ", "), (7, 3))[0] if len(parts) > 2 else " and "
        return last.join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else "".join(parts)

    def line(self, table: Iterable[str], **words: str) -> str:
        """A line of `table` that suits the tone, with its `$` words."""
        lines = [line for line in table if line[:1] not in "~^" or not line]
        own = [line for line in table if line.startswith({"casual": "~", "formal": "^"}.get(self.plan.tone, "\0"))]
        chosen = own if own and (not lines or self.rng.random() < 0.65) else lines
        return _expand(self.rng.choice(chosen or list(table)), self.rng, words)

    def say(self, table: Iterable[str], **words: str) -> None:
        text = self.line(table, **words)
        if text:
            self.parts.append(text)

    def maybe(self, chance: float, table: Iterable[str], **words: str) -> None:
        if self.rng.random() < chance:
            self.say(table, **words)

    def picks(self) -> list[int]:
        return [i for i in range(1, PICKS + 1) if f"{i}.title" in self.left]

    def name(self, pick: int, short: bool = False) -> str:
        """The pick's title with price and rating where there are any: `{1.title} at {1.price}, rated {1.rating}`;
        `short` is title and price only, to stand inside a sentence."""
        title, price = self.take(f"{pick}.title"), self.take(f"{pick}.price")
        was = self.take(f"{pick}.was") if price and not short else ""
        rating = "" if short else self.take(f"{pick}.rating")
        table = p.NAME_SALE if was else p.NAME_BRACKETS if short else p.NAME_PRICE
        table = table if price else ("$t",)
        return self.line(table, t=title, p=price, w=was) + (self.line(p.RATED, s=rating) if rating else "")

    def _joined(self) -> str:
        text = ""
        for part in self.parts:
            line = part.startswith("- ") or text[-1:] not in ".!?" or text.rsplit("\n", 1)[-1].startswith("- ")
            text += ("" if not text else "\n" if line else " ") + part
        return text

    # --- moves -----------------------------------------------------------------------------------------------------

    def _recommend(self) -> None:
        topic = {"changed": p.CHANGED, "rejected": p.REJECTED, "more": p.MORE}.get(self.plan.topic or "")
        if topic:
            self.say(topic)
        self._what_gave()
        picks = self.picks()
        if not picks:
            self._nothing()
            return
        self._why_these()
        self._listing(picks) if len(picks) > 1 and self.rng.random() < 0.4 else self._prose(picks)
        self._next_need()
        if not self.plan.ask:
            self.maybe(0.4, p.CLOSE_ONE if len(picks) == 1 else p.CLOSE_MANY)

    def _what_gave(self) -> None:
        missing, relaxed = self.take("missing.product"), self.several("relaxed")
        if missing:
            self.say(p.MISSING, x=missing)
        if alternative := self.take("alternative.product"):
            self.say(p.ALTERNATIVE, x=alternative)
        if relaxed:
            self.say(p.RELAXED, x=relaxed)

    def _why_these(self) -> None:
        for table, name in self.rng.sample([(p.BEHAVIOUR, "behaviour"), (p.NEEDS, "need")], 2):
            if found := self.several(name):
                self.say(table, x=found)

    def _nothing(self) -> None:
        product = self.take("need.product")
        if not self.parts or product:
            self.say(p.NOTHING if product else p.NOTHING_AT_ALL, x=product)
        self._why_these()
        if not self.plan.ask:
            self.maybe(0.8, p.AFTER_NOTHING)

    def _prose(self, picks: list[int]) -> None:
        kind, extreme = self.take("need.product"), self.take("need.superlative")
        first = (p.EXTREME_FOR if kind else p.EXTREME) if extreme else (p.FIRST_FOR if kind else p.FIRST)
        for place, pick in enumerate(picks):
            last = place == len(picks) - 1 and self.rng.random() < 0.4
            table = first if place == 0 else p.LAST if last else p.NEXT
            sentence = self.line(table, n=self.name(pick), k=kind, e=extreme)
            reasons = self.several("reason", pick)
            self.parts.append(sentence + (self.line(p.REASONS, r=reasons) if reasons else "") + ".")
            self._reservations(pick)

    def _listing(self, picks: list[int]) -> None:
        kind, extreme = self.take("need.product"), self.take("need.superlative")
        if extreme:
            self.say(s.REST["need.superlative"], x=extreme)
        self.say(p.LIST_LEAD_FOR if kind else p.LIST_LEAD, k=kind)
        for pick in picks:
            name, reasons = self.name(pick), self.several("reason", pick)
            item = self.line(p.LIST_ITEM, n=name, r=reasons) if reasons else f"- {name}"
            held = len(self.parts)
            self._reservations(pick)
            self.parts[held:] = [" ".join([item + ".", *self.parts[held:]])]

    def _reservations(self, pick: int) -> None:
        if tradeoffs := self.several("tradeoff", pick):
            self.say(p.TRADEOFF, x=tradeoffs)
        if review := self.several("review", pick):
            self.say(p.REVIEW, x=review)

    def _next_need(self) -> None:
        if product := self.take("next.product"):
            self.say(p.NEXT_NEED, x=product)

    def _ask(self, attribute: str) -> None:
        confirm, name, options = self.take("ask.confirm"), self.take("ask.name"), self.take("ask.options")
        if confirm:
            self.say(s.ASK_CONFIRM, x=confirm)
            for key in (name, options):
                self.parts[-1:-1] = [self.line(s.REST["need"], x=key)] if key else []
        elif name:
            self.say(s.ASK_NAME_OPTIONS if options else s.ASK_NAME, a=name, o=options)
        elif options:
            self.say(s.ASK_OPTIONS.get(attribute) or _open_questions(attribute), o=options)
        else:
            self.say(s.ASK.get(attribute, s.ASK["other"]))

    def _ask_move(self) -> None:
        self._what_gave()
        attribute, kind = self.plan.ask or "other", self.take("need.product")
        self._why_these()
        plain = not {"ask.confirm", "ask.name", "ask.options"} & set(self.left)
        if kind and plain and attribute in s.ASK_FOR and self.rng.random() < 0.5:
            self.say(s.ASK_FOR[attribute], k=kind)
            self.plan = self.plan.model_copy(update={"ask": None})
        elif kind:
            self.say(s.ASK_FOR[""], k=kind)
        for pick in self.picks():
            self.say(p.SHOWN, n=self.name(pick))
        self._next_need()

    def _answer(self) -> None:
        unknown = self.several("unknown")
        picks = self.picks()
        for pick in picks:
            name, answers = self.name(pick, short=True), self.several("answer", pick)
            if answers:
                self.say(p.ANSWER, n=name, a=answers)
            elif unknown:
                self.say(p.UNKNOWN_OF, n=name, x=unknown)
                unknown = ""
            else:
                self.say(p.SHOWN, n=name)
            self._reservations(pick)
        for pick in range(1, PICKS + 1):
            if answers := self.several("answer", pick):
                self.say(p.ANSWER_PLAIN, a=answers)
        if unknown:
            self.say(p.UNKNOWN, x=unknown)
        if not self.parts:
            self.say(p.NO_ANSWER)

    def _compare(self) -> None:
        picks = self.picks()
        if picks:
            self.say(p.COMPARE_LEAD, x=self.listed([self.name(pick, short=True) for pick in picks]))
        lines = self.rng.random() < 0.6
        for n in range(1, COUNTS["diff"] + 1):
            if name := self.take(f"diff{n}"):
                self._difference(name, [self.take(f"{pick}.diff{n}") for pick in picks], lines)
        for place, pick in enumerate(picks):
            ordinal = p.ORDINALS[place]
            if rating := self.take(f"{pick}.rating"):
                self.say(p.COMPARE_RATING, o=ordinal, r=rating)
            if reasons := self.several("reason", pick):
                self.say(p.COMPARE_REASON, o=ordinal, r=reasons)
            if tradeoffs := self.several("tradeoff", pick):
                self.say(p.COMPARE_TRADEOFF, o=ordinal, r=tradeoffs)
        if not self.plan.ask:
            self.maybe(0.5, p.COMPARE_CLOSE)

    def _difference(self, name: str, values: list[str], lines: bool) -> None:
        values = [value for value in values if value]
        if len(values) == 2:
            self.say(p.DIFF_TWO if lines else p.DIFF_SENTENCE_TWO, d=name, a=values[0], b=values[1])
        else:
            self.say(p.DIFF_MANY if lines else p.DIFF_SENTENCE_MANY, d=name, x=self.listed(values) if values else "–")

    def _policy(self) -> None:
        said = False
        for n in range(1, COUNTS["policy"] + 1):
            if clause := self.take(f"policy{n}"):
                source = self.take(f"policy{n}.source")
                tables = (s.POLICY_SOURCE_ALSO, s.POLICY_ALSO) if said else (s.POLICY_SOURCE, s.POLICY)
                self.say(tables[0] if source else tables[1], x=clause, s=source)
                said = True
        if not said:
            unknown = self.several("unknown")
            self.say(s.POLICY_NONE_OF if unknown else s.POLICY_NONE, x=unknown)
        elif not self.plan.ask:
            self.maybe(0.4, s.POLICY_CLOSE)

    def _order(self) -> None:
        topic = self.plan.topic
        if topic == "not_found":
            number = self.take("order.id")
            self.say(s.ORDER_NOT_FOUND_ID if number else s.ORDER_NOT_FOUND, i=number)
        if topic in ("change", "return"):
            self.say(s.ORDER_CHANGE if topic == "change" else s.ORDER_RETURN)
        number, status = self.take("order.id"), self.take("order.status")
        if status:
            self.say(s.ORDER_STATUS_ID if number else s.ORDER_STATUS, i=number, x=status)
        elif number:
            self.say(s.ORDER_ID, i=number)
        self._order_details()
        if "policy1" in self.left:
            self._policy()
        close = {"not_found": s.ORDER_NOT_FOUND_CLOSE, "change": s.ORDER_CHANGE_CLOSE, "return": s.ORDER_RETURN_CLOSE}
        if topic in close and not self.plan.ask:
            self.maybe(0.8, close[topic])

    def _order_details(self) -> None:
        for name, table in (("items", s.ORDER_ITEMS), ("date", s.ORDER_DATE), ("delivery", s.ORDER_DELIVERY), ("tracking", s.ORDER_TRACKING), ("total", s.ORDER_TOTAL)):
            if found := self.take(f"order.{name}"):
                self.say(table, x=found)

    def _basket(self) -> None:
        topic, title = self.plan.topic, self.take("basket.title")
        tables = {"added": (s.ADDED, s.ADDED_PLAIN), "removed": (s.REMOVED, s.REMOVED_PLAIN), "changed": (s.ALTERED, s.ALTERED_PLAIN)}
        if topic in tables:
            self.say(tables[topic][0 if title else 1], t=title)
        elif title:
            self.say(s.SELECTED if topic == "selected" else s.REST["basket.title"], n=title, x=title)
        for pick in self.picks():
            self.parts.append(self.line(s.SELECTED if topic == "selected" else p.SHOWN, n=self.name(pick, short=topic == "selected")).rstrip(".") + ".")
        if topic == "empty":
            self.say(s.EMPTY)
        elif topic == "view":
            self.maybe(0.5, s.VIEW)
        if quantity := self.take("basket.quantity"):
            self.say(s.QUANTITY, x=quantity)
        count, total = self.take("basket.count"), self.take("basket.total")
        if count or total:
            self.say(s.TOTALS if count and total else s.COUNT if count else s.SUM, c=count, s=total)
        close = {"checkout": (1.0, s.CHECKOUT), "empty": (0.7, s.EMPTY_CLOSE), "selected": (0.8, s.SELECTED_CLOSE)}
        if topic == "checkout" or not self.plan.ask:
            self.maybe(*close.get(topic or "", (0.4, s.BASKET_CLOSE)))

    def _handover(self) -> None:
        self.say(s.HANDOVER.get(self.plan.topic or "", s.HANDOVER[""]))
        self.maybe(0.4, s.HANDOVER_CLOSE)

    def _chat(self) -> None:
        topic = self.plan.topic or ""
        if topic == "greeting" and not self.plan.greet:
            self.say(p.SHOP_GREETING if self.take("shop.name") else p.GREETING)
        if topic != "greeting" or not self.plan.ask:
            self.say(s.CHAT.get(topic, s.CHAT[""]))
        if not self.plan.ask:
            self.maybe(0.7, s.CHAT_CLOSE.get(topic, ("",)))

    def _rest(self) -> None:
        """What no sentence took up, each in one of its own."""
        asked = {"ask.confirm", "ask.name", "ask.options"} if self.plan.ask else set()
        for key in [key for key in self.left if key not in asked]:
            if key not in self.left:
                continue
            pick, name, number, rest = split(key)
            if number and name != "policy":
                self.say(s.REST[name], x=self.several(name, pick) if name != "diff" else self.take(key))
            else:
                self.say(s.REST[name + rest], x=self.take(key))
