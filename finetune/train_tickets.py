"""Training what tells agents a ticket's type and satisfaction: logistic and ridge regression over sentence vectors.

It learns from support tickets in eShopSupport's layout, whatever their types are called, and is judged on the tickets
of customers whom it never saw. What is saved is one row of numbers a type; no text of a ticket is kept.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.copilot.tickets import About, TicketModel, sentences
from assistant.reasons import Encode
from finetune.judging.correlation import pearson, spearman
from finetune.recipe import YamlRecipe
from finetune.tickets import Ticket, fingerprint, read_tickets, split_by_customer

Matrix = NDArray[np.float64]
FEWEST = 10


@dataclass(frozen=True)
class Recipe(YamlRecipe):
    """configs/train-tickets.yaml; see the comments there."""

    tickets: str
    encoder: str = "minilm"
    last: float = 0.5
    strength: float = 10.0
    ridge: float = 1.0
    held_out: int = 30
    seed: int = 0
    output: str = "runs/tickets"

    def __post_init__(self) -> None:
        if not 0 <= self.last <= 1:
            raise ValueError(f"last: expected a share from 0 to 1, found {self.last:g}")
        if not 1 <= self.held_out <= 90:
            raise ValueError(f"held_out: expected 1 to 90 percent, found {self.held_out}")


def train(recipe: Recipe) -> dict[str, Any]:
    """Trains, writes the model and its figures into `recipe.output`, and returns the figures on the tickets held out.

    Raises `ValueError` where there are too few tickets or fewer than two types."""
    from assistant.vectors import TextVectors
    from retrieval.encoder import Encoder

    learn, held = split_by_customer(read_tickets(Path(recipe.tickets)).tickets, recipe.held_out, recipe.seed)
    encoder = Encoder.load(recipe.encoder)
    encode = TextVectors(encoder, keep=100_000)
    model = fit(learn, encode, recipe, encoder.fingerprint)
    figures = {
        "learned_from": len(learn),
        "held_out": judge(model, held, encode),
        "types": dict(Counter(t.type for t in learn if t.type).most_common()),
    }
    model.save(recipe.output)
    text = json.dumps(figures, indent=1, ensure_ascii=False)
    Path(recipe.output, "metrics.json").write_text(text + "\n", encoding="utf-8")
    return figures


def fit(tickets: Sequence[Ticket], encode: Encode, recipe: Recipe, encoder_fingerprint: str) -> TicketModel:
    """A model of these tickets. Raises `ValueError` where they are too few or of fewer than two types."""
    from sklearn.linear_model import LogisticRegression, Ridge

    typed = [place for place, ticket in enumerate(tickets) if ticket.type]
    kinds = [str(tickets[place].type) for place in typed]
    if len(typed) < FEWEST or len(set(kinds)) < 2:
        raise ValueError(
            f"Expected at least {FEWEST} tickets of two types or more to learn from, found {len(typed)} of "
            f"{len(set(kinds))}; with --set held_out=PERCENT fewer are kept for judging."
        )
    vectors = np.stack([_vector(ticket, encode, recipe.last) for ticket in tickets]).astype(np.float64)
    centre = vectors.mean(0)
    regression = LogisticRegression(C=recipe.strength, max_iter=2000).fit(vectors[typed] - centre, kinds)
    names, weights, biases = _by_type(regression)
    told = [place for place, ticket in enumerate(tickets) if ticket.satisfaction is not None]
    values = [float(tickets[place].satisfaction or 0.0) for place in told]
    slope, level, scale = np.zeros_like(centre), 0.0, (1.0, 5.0)
    if len(told) >= FEWEST and min(values) < max(values):
        fitted = Ridge(alpha=recipe.ridge).fit(vectors[told] - centre, values)
        slope, level, scale = fitted.coef_, float(fitted.intercept_), _scale(values)
    seen = tuple(sorted({fingerprint(ticket.messages) for ticket in tickets}))
    about = About(names, scale, recipe.last, recipe.encoder, encoder_fingerprint, seen)
    arrays = (np.asarray(array, np.float32) for array in (centre, weights, biases, slope, [level]))
    return TicketModel(about, *arrays).checked()


def judge(model: TicketModel, tickets: Sequence[Ticket], encode: Encode) -> dict[str, float | int | None]:
    """Share of types that are right and of the commonest type alone, and how satisfaction correlates, on tickets that
    the model never saw; `None` for what they do not tell."""
    found = [(ticket, model.judge(ticket.messages, encode)) for ticket in tickets]
    typed = [(ticket.type, each.type) for ticket, each in found if ticket.type and each]
    told = [(ticket.satisfaction, each.satisfaction) for ticket, each in found
            if each and ticket.satisfaction is not None and each.satisfaction is not None]  # fmt: skip
    wanted, given = np.array(told, dtype=np.float64).reshape(-1, 2).T
    ones = np.ones((1, len(told)))
    commonest = Counter(wanted for wanted, _ in typed).most_common(1)
    return {
        "tickets": len(tickets),
        "type_accuracy": _rounded(sum(a == b for a, b in typed) / len(typed)) if typed else None,
        "commonest_type": _rounded(commonest[0][1] / len(typed)) if typed else None,
        "satisfaction_pearson": _rounded(float(pearson(ones, wanted, given)[0])) if told else None,
        "satisfaction_spearman": _rounded(float(spearman(ones, wanted, given)[0])) if told else None,
    }


def _vector(ticket: Ticket, encode: Encode, last: float) -> NDArray[np.float32]:
    said, weights = sentences(ticket.messages, last)
    vector: NDArray[np.float32] = weights @ encode(said)
    return vector


def _by_type(regression: Any) -> tuple[tuple[str, ...], Matrix, Matrix]:
    """Names, weights (T, d) and biases (T,) with a row for each type; of two, scikit-learn keeps one row only."""
    names = tuple(str(name) for name in regression.classes_)
    weights, biases = regression.coef_, regression.intercept_
    if len(names) == 2:
        weights, biases = np.vstack([-weights, weights]) / 2, np.array([-biases[0], biases[0]]) / 2
    return names, weights, biases


def _scale(values: Sequence[float]) -> tuple[float, float]:
    """The scale that was used: 1 to 5 or 1 to 10 where the values fit, else from the least to the most."""
    for high in (5.0, 10.0):
        if min(values) >= 1.0 and max(values) <= high:
            return 1.0, high
    return min(values), max(values)


def _rounded(value: float) -> float | None:
    return None if np.isnan(value) else round(value, 4)
