"""What an answer will probably say next, so that one pass through a model can check several tokens of it.

What the grammar forces comes first. Where it leaves a choice, the words that followed the same tokens before, in the
prompt or in the answer, are a good guess: readings quote the shopper, and their parts look alike. A guess is only ever
checked, never believed, so that the answer is the one that would have come token by token.
Prompt lookup decoding: Saxena 2023; speculative decoding: Leviathan et al. 2023.
"""

from __future__ import annotations

from collections.abc import Sequence

from assistant.grammar import Matcher

MOST = 16
"""Tokens of a draft."""
FEWEST, BOLDEST = 2, 8
"""Guesses of a draft, however often they were wrong or right."""
CONTEXT = 3
"""Tokens before a guess that are looked up together, and then fewer."""


class Drafter:
    """The tokens of one prompt and of its answer so far. `stops` end an answer and are never guessed."""

    def __init__(self, prompt: Sequence[int], stops: Sequence[int]) -> None:
        self._tokens: list[int] = []
        self._next: dict[tuple[int, ...], int] = {}
        self._stops = frozenset(stops)
        self._guesses = 2 * FEWEST
        for token in prompt:
            self.add(token)

    def add(self, token: int) -> None:
        """Takes note of the next token of the prompt or the answer."""
        for length in range(1, min(CONTEXT, len(self._tokens)) + 1):
            self._next[tuple(self._tokens[-length:])] = token
        self._tokens.append(token)

    def draft(self, matcher: Matcher | None, room: int, guess: bool) -> list[int]:
        """At most `MOST` or `room` tokens that may come next, all allowed by `matcher`, which stays where it is.

        Without `guess` only those that must come."""
        made: list[int] = []
        guesses = self._guesses if guess else 0
        while len(made) < min(MOST, room):
            forced = matcher.forced() if matcher is not None else []
            token = forced[0] if forced else self._guess(made) if guesses else None
            if token is None or token in self._stops or not (matcher is None or matcher.tries(token)):
                break
            guesses -= not forced
            made.append(token)
        if matcher is not None:
            matcher.back(len(made))
        return made

    def learn(self, right: int, drafted: int) -> None:
        """Dares more guesses after a draft that was all right, fewer after another: a wrong one costs time."""
        self._guesses = min(BOLDEST, 2 * self._guesses) if right == drafted else max(FEWEST, self._guesses // 2)

    def _guess(self, made: list[int]) -> int | None:
        recent = [*self._tokens[-CONTEXT:], *made][-CONTEXT:]
        found = (self._next.get(tuple(recent[start:])) for start in range(len(recent)))
        return next((token for token in found if token is not None), None)
