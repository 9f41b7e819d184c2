"""Composing one reply for a plan from the phrase tables: every offered fact once, as a placeholder, nothing else."""

from __future__ import annotations

import random
import re

from assistant.facts import COUNTS, PICKS, split
from assistant.records import Plan
from finetune.replies.phrasing import Phrasing
from finetune.replies.tables import Lines

_OPEN = re.compile(r"[~^]?(Wh|How|For wh)")
_BASKET = {"added": "added", "removed": "removed", "changed": "altered"}
_SAID = {"first": "said_first", "then": "said_then", "last": "said_last", "open": "said_last"}
_BASKET_CLOSE = {"checkout": (1.0, "checkout"), "empty": (0.7, "empty_close"), "selected": (0.8, "selected_close")}


def compose(plan: Plan, rng: random.Random) -> str:
    """A reply that mentions every fact of `offered(plan)` exactly once and asks `plan.ask` at its end."""
    return _Composer(plan, rng).reply()


class _Composer(Phrasing):
    """One way of saying each move."""

    def reply(self) -> str:
        if self.plan.greet:
            self._greeting()
        getattr(self, "_ask_move" if self.plan.move == "ask" else f"_{self.plan.move}")()
        self._rest()
        if not self.parts and not self.plan.ask:
            self.say(self.service.part("chat", ""))
        if self.plan.ask:
            self._ask(self.plan.ask)
        return self.joined()

    def _greeting(self) -> None:
        self.say(self.finding.lines("shop_greeting" if self.take("shop.name") else "greeting"))

    def _recommend(self) -> None:
        if self.plan.topic in ("changed", "rejected", "more"):
            self.say(self.finding.lines(self.plan.topic))
        self._what_gave()
        picks = self.picks()
        if not picks:
            self._nothing()
            return
        self._why_these()
        self._listing(picks) if len(picks) > 1 and self.rng.random() < 0.4 else self._prose(picks)
        self._next_need()
        if not self.plan.ask:
            self.maybe(0.4, self.finding.lines("close_one" if len(picks) == 1 else "close_many"))

    def _what_gave(self) -> None:
        missing, relaxed = self.take("missing.product"), self.several("relaxed")
        if missing:
            self.say(self.finding.lines("missing"), x=missing)
        if alternative := self.take("alternative.product"):
            self.say(self.finding.lines("alternative"), x=alternative)
        if relaxed:
            self.say(self.finding.lines("relaxed"), x=relaxed)

    def _why_these(self) -> None:
        for name, table in self.rng.sample([("behaviour", "behaviour"), ("need", "needs")], 2):
            if found := self.several(name):
                self.say(self.finding.lines(table), x=found)

    def _nothing(self) -> None:
        product = self.take("need.product")
        if not self.parts or product:
            self.say(self.finding.lines("nothing" if product else "nothing_at_all"), x=product)
        self._why_these()
        if not self.plan.ask:
            self.maybe(0.8, self.finding.lines("after_nothing"))

    def _prose(self, picks: list[int]) -> None:
        kind, extreme = self.take("need.product"), self.take("need.superlative")
        first = ("extreme" if extreme else "first") + ("_for" if kind else "")
        for place, pick in enumerate(picks):
            last = place == len(picks) - 1 and self.rng.random() < 0.4
            table = first if place == 0 else "last" if last else "next"
            sentence = self.line(self.finding.lines(table), n=self.name(pick), k=kind, e=extreme)
            reasons = self.several("reason", pick)
            self.parts.append(sentence + (self.line(self.finding.lines("reasons"), r=reasons) if reasons else "") + ".")
            self._reservations(pick)

    def _listing(self, picks: list[int]) -> None:
        kind, extreme = self.take("need.product"), self.take("need.superlative")
        if extreme:
            self.say(self.service.part("rest", "need.superlative"), x=extreme)
        self.say(self.finding.lines("list_lead_for" if kind else "list_lead"), k=kind)
        for pick in picks:
            name, reasons = self.name(pick), self.several("reason", pick)
            item = self.line(self.finding.lines("list_item"), n=name, r=reasons) if reasons else f"- {name}"
            held = len(self.parts)
            self._reservations(pick)
            self.parts[held:] = [" ".join([item + ".", *self.parts[held:]])]

    def _reservations(self, pick: int) -> None:
        if tradeoffs := self.several("tradeoff", pick):
            self.say(self.finding.lines("tradeoff"), x=tradeoffs)
        if review := self.several("review", pick):
            self.say(self.finding.lines("review"), x=review)

    def _next_need(self) -> None:
        if product := self.take("next.product"):
            self.say(self.finding.lines("next_need"), x=product)

    def _ask(self, attribute: str) -> None:
        confirm, name, options = self.take("ask.confirm"), self.take("ask.name"), self.take("ask.options")
        if confirm:
            self.say(self.service.lines("ask_confirm"), x=confirm)
            for key in (name, options):
                self.parts[-1:-1] = [self.line(self.service.part("rest", "need"), x=key)] if key else []
        elif name:
            self.say(self.service.lines("ask_name_options" if options else "ask_name"), a=name, o=options)
        elif options:
            self.say(self.service.part("ask_options", attribute) or self._open_questions(attribute), o=options)
        else:
            self.say(self.service.part("ask", attribute, "other"))

    def _open_questions(self, attribute: str) -> Lines:
        """Questions to which options can be given behind a colon."""
        lines = self.service.part("ask", attribute, "other")
        return (*(line[:-1] + ": $o?" for line in lines if _OPEN.match(line)), "Which would you like: $o?")

    def _ask_move(self) -> None:
        self._what_gave()
        attribute, kind = self.plan.ask or "other", self.take("need.product")
        self._why_these()
        plain = not {"ask.confirm", "ask.name", "ask.options"} & set(self.left)
        about = self.service.part("ask_for", attribute)
        if kind and plain and about and self.rng.random() < 0.5:
            self.say(about, k=kind)
            self.plan = self.plan.model_copy(update={"ask": None})
        elif kind:
            self.say(self.service.part("ask_for", ""), k=kind)
        for pick in self.picks():
            self.say(self.finding.lines("shown"), n=self.name(pick))
        self._next_need()

    def _answer(self) -> None:
        unknown = self.several("unknown")
        picks = self.picks()
        for pick in picks:
            name, answers = self.name(pick, short=True), self.several("answer", pick)
            if answers:
                self.say(self.finding.lines("answer"), n=name, a=answers)
            elif unknown:
                self.say(self.finding.lines("unknown_of"), n=name, x=unknown)
                unknown = ""
            else:
                self.say(self.finding.lines("shown"), n=name)
            self._reservations(pick)
        for pick in range(1, PICKS + 1):
            if answers := self.several("answer", pick):
                self.say(self.finding.lines("answer_plain"), a=answers)
        if unknown:
            self.say(self.finding.lines("unknown"), x=unknown)
        if not self.parts:
            self.say(self.finding.lines("no_answer"))

    def _compare(self) -> None:
        picks = self.picks()
        if picks:
            self.say(self.finding.lines("compare_lead"), x=self.listed([self.name(pick, short=True) for pick in picks]))
        lines = self.rng.random() < 0.6
        for n in range(1, COUNTS["diff"] + 1):
            if name := self.take(f"diff{n}"):
                self._difference(name, [self.take(f"{pick}.diff{n}") for pick in picks], lines)
        for place, pick in enumerate(picks):
            ordinal = self.finding.lines("ordinals")[place]
            if rating := self.take(f"{pick}.rating"):
                self.say(self.finding.lines("compare_rating"), o=ordinal, r=rating)
            if reasons := self.several("reason", pick):
                self.say(self.finding.lines("compare_reason"), o=ordinal, r=reasons)
            if tradeoffs := self.several("tradeoff", pick):
                self.say(self.finding.lines("compare_tradeoff"), o=ordinal, r=tradeoffs)
        if not self.plan.ask:
            self.maybe(0.5, self.finding.lines("compare_close"))

    def _difference(self, name: str, values: list[str], lines: bool) -> None:
        values = [value for value in values if value]
        if len(values) == 2:
            self.say(self.finding.lines("diff_two" if lines else "diff_sentence_two"), d=name, a=values[0], b=values[1])
        else:
            table = "diff_many" if lines else "diff_sentence_many"
            self.say(self.finding.lines(table), d=name, x=self.listed(values) or "–")

    def _policy(self) -> None:
        said = False
        for n in range(1, COUNTS["policy"] + 1):
            if clause := self.take(f"policy{n}"):
                source = self.take(f"policy{n}.source")
                table = "policy" + ("_source" if source else "") + ("_also" if said else "")
                self.say(self.service.lines(table), x=clause, s=source)
                said = True
        if not said:
            unknown = self.several("unknown")
            self.say(self.service.lines("policy_none_of" if unknown else "policy_none"), x=unknown)
        elif not self.plan.ask:
            self.maybe(0.4, self.service.lines("policy_close"))

    def _order(self) -> None:
        topic = self.plan.topic
        if topic == "not_found":
            number = self.take("order.id")
            self.say(self.service.lines("order_not_found_id" if number else "order_not_found"), i=number)
        if topic in ("change", "return"):
            self.say(self.service.lines(f"order_{topic}"))
        number, status = self.take("order.id"), self.take("order.status")
        if status:
            self.say(self.service.lines("order_status_id" if number else "order_status"), i=number, x=status)
        elif number:
            self.say(self.service.lines("order_id"), i=number)
        self._order_details()
        if "policy1" in self.left:
            self._policy()
        if topic in ("not_found", "change", "return") and not self.plan.ask:
            self.maybe(0.8, self.service.lines(f"order_{topic}_close"))

    def _order_details(self) -> None:
        for name in ("items", "date", "delivery", "tracking", "total"):
            if found := self.take(f"order.{name}"):
                self.say(self.service.lines(f"order_{name}"), x=found)

    def _basket(self) -> None:
        topic, title = self.plan.topic or "", self.take("basket.title")
        selected = self.service.lines("selected") if topic == "selected" else None
        if topic in _BASKET:
            self.say(self.service.lines(_BASKET[topic] + ("" if title else "_plain")), t=title)
        elif title:
            self.say(selected or self.service.part("rest", "basket.title"), n=title, x=title)
        for pick in self.picks():
            self.say(selected or self.finding.lines("shown"), n=self.name(pick, short=selected is not None))
        if topic == "empty":
            self.say(self.service.lines("empty"))
        elif topic == "view":
            self.maybe(0.5, self.service.lines("view"))
        if quantity := self.take("basket.quantity"):
            self.say(self.service.lines("quantity"), x=quantity)
        count, total = self.take("basket.count"), self.take("basket.total")
        if count or total:
            self.say(self.service.lines("totals" if count and total else "count" if count else "sum"), c=count, s=total)
        if topic == "checkout" or not self.plan.ask:
            chance, close = _BASKET_CLOSE.get(topic, (0.4, "basket_close"))
            self.maybe(chance, self.service.lines(close))

    def _handover(self) -> None:
        self.say(self.service.part("handover", self.plan.topic or "", ""))
        self.maybe(0.4, self.service.lines("handover_close"))

    def _note(self) -> None:
        topic, lines = self.plan.topic or "", self.notes.lines
        kind, wishes = self.take("need.product"), self.several("need")
        if kind and topic == "about":
            self.say(lines("about"), k=kind)
        elif kind or wishes:
            self.say(lines("wants" if kind and wishes else "wants_kind" if kind else "wants_only"), k=kind, x=wishes)
        if product := self.take("next.product"):
            self.say(lines("also"), k=product)
        if shown := [self.take(f"{pick}.title") for pick in self.picks()]:
            self.say(lines("shown"), x=self.listed(shown))
        if basket := self.take("basket.title"):
            self.say(lines("basket"), x=basket)
        if number := self.take("order.id"):
            self.say(lines("order"), i=number)
        if topic in ("person", "complaint"):
            self.say(lines(topic))
        if said := self.take("said"):
            self.say(lines(_SAID.get(topic, "said")), q=said)
        if told := self.take("told"):
            who = self.take("told.by")
            self.say(lines("told_by" if who else "told"), b=who, q=told)
        if topic == "open":
            self.say(lines("open"))

    def _chat(self) -> None:
        topic = self.plan.topic or ""
        if topic == "greeting" and not self.plan.greet:
            self._greeting()
        if topic != "greeting" or not self.plan.ask:
            self.say(self.service.part("chat", topic, ""))
        if not self.plan.ask:
            self.maybe(0.7, self.service.part("chat_close", topic, ""))

    def _rest(self) -> None:
        """What no sentence took up, each in one of its own."""
        asked = {"ask.confirm", "ask.name", "ask.options"} if self.plan.ask else set()
        for key in [key for key in self.left if key not in asked]:
            if key not in self.left:
                continue
            pick, name, number, rest = split(key)
            if number and name != "policy":
                found = self.several(name, pick) if name != "diff" else self.take(key)
                self.say(self.service.part("rest", name), x=found)
            else:
                self.say(self.service.part("rest", name + rest), x=self.take(key))
