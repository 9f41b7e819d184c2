"""Training the purchase intent model: three logistic parts, each from data that can teach it, added in log-odds.

Behaviour (views, time, weekend) comes from real sessions with known purchases and sets the base rate. Basket and
checkout come from the demo shop's made-up sessions, on top of what behaviour says, since the real set does not record
them. The conversation comes from labelled chats and whether they end in buying. Features are centred, so that each part
moves the odds only by what it knows, and they are taken as independent. No data has all three together.
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assistant.intent import Feature, IntentModel, conversation_features
from assistant.records import Conversation, State
from finetune.conversations import read_conversations, split
from finetune.intent_data import Example, conversation_prefixes, demo_sessions, rees46_sessions, uci_sessions
from finetune.recipe import YamlRecipe

BEHAVIOUR = ("product views", "minutes on products", "weekend")
BASKET = ("added to basket", "began checkout")
PARTS = {"train": 0.7, "test": 0.3}
BINS = 10

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class Recipe(YamlRecipe):
    """configs/train-intent.yaml; see the comments there."""

    uci: str
    conversations: str
    demo: str
    rees46: str | None = None
    ridge: float = 1.0
    seed: int = 0
    output: str = "runs/intent"


def train(recipe: Recipe) -> dict[str, dict[str, float]]:
    """Trains, writes the model and its figures into `recipe.output`, and returns the figures by test set."""
    uci = _halves(uci_sessions(recipe.uci), recipe.seed)
    demo = _halves(demo_sessions(recipe.demo, recipe.seed), recipe.seed)
    chats = _conversations(recipe.conversations, recipe.seed)
    behaviour, base = fit(uci[0], BEHAVIOUR, "UCI online shoppers (real sessions)", recipe.ridge)
    offsets = [IntentModel(base=base, features=behaviour).odds(example.values) for example in demo[0]]
    basket, shift = fit(demo[0], BASKET, "demo shop sessions (made up)", recipe.ridge, offsets)
    names = tuple(conversation_features(_ANY, State()))
    talk, talk_base = fit(chats[0], names, "labelled conversations that end in buying", recipe.ridge)
    model = IntentModel(base=round(base, 6), features=(*behaviour, *basket, *talk))
    model.save(recipe.output)
    figures = {
        "uci held out, behaviour part": judge(IntentModel(base=base, features=behaviour), uci[1]),
        "demo sessions held out, behaviour and basket": judge(
            IntentModel(base=base + shift, features=(*behaviour, *basket)), demo[1]
        ),
        "labelled conversations held out, conversation part": judge(
            IntentModel(base=talk_base, features=talk), chats[1]
        ),
    }
    if recipe.rees46 is not None:
        rees46 = rees46_sessions(recipe.rees46)
        figures["rees46, behaviour part"] = judge(IntentModel(base=base, features=behaviour), rees46)
        figures["rees46, as shipped"] = judge(model, rees46)
    Path(recipe.output, "metrics.json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return figures


def fit(
    examples: Sequence[Example], names: Sequence[str], source: str, ridge: float, offsets: Sequence[float] | None = None
) -> tuple[tuple[Feature, ...], float]:
    """Logistic regression with centred features on top of fixed log-odds `offsets`: its features, and its base.

    A feature that an example lacks counts as the mean, so that it moves nothing. The base is without the offsets.
    """
    values = np.array([[example.values.get(name, np.nan) for name in names] for example in examples])
    means = np.nanmean(values, axis=0)
    centred = np.nan_to_num(values - means)
    outcome = np.array([example.bought for example in examples], dtype=np.float64)
    fixed = np.zeros(len(examples)) if offsets is None else np.asarray(offsets, dtype=np.float64)
    weights, base = _minimum(centred, outcome, fixed, ridge)
    features = tuple(
        Feature(name=name, weight=round(float(w), 6), mean=round(float(m), 6), source=source)
        for name, w, m in zip(names, weights, means, strict=True)
    )
    return features, base


def _minimum(x: Matrix, y: Matrix, offsets: Matrix, ridge: float) -> tuple[Matrix, float]:
    """Ridge-regularised logistic regression by L-BFGS; the intercept is free. Returns weights and intercept."""
    from scipy.optimize import minimize

    def loss(theta: Matrix) -> tuple[float, Matrix]:
        odds = x @ theta[:-1] + theta[-1] + offsets
        p = 1.0 / (1.0 + np.exp(-odds))
        value = float(np.sum(np.logaddexp(0.0, odds) - y * odds) + ridge / 2 * np.sum(theta[:-1] ** 2))
        return value, np.append(x.T @ (p - y) + ridge * theta[:-1], np.sum(p - y))

    theta = minimize(loss, np.zeros(x.shape[1] + 1), jac=True, method="L-BFGS-B").x
    return theta[:-1], float(theta[-1])


def judge(model: IntentModel, examples: Sequence[Example]) -> dict[str, float]:
    """AUC, Brier score (and that of the base rate alone), expected calibration error, mean forecast and base rate."""
    from sklearn.metrics import brier_score_loss, roc_auc_score

    p = np.array([model.judge(example.values).probability for example in examples])
    y = np.array([example.bought for example in examples], dtype=np.float64)
    rate = float(y.mean())
    return {
        "sessions": len(examples),
        "base_rate": round(rate, 4),
        "mean_forecast": round(float(p.mean()), 4),
        "auc": round(float(roc_auc_score(y, p)), 4),
        "brier": round(float(brier_score_loss(y, p)), 4),
        "brier_base_rate": round(rate * (1 - rate), 4),
        "ece": round(calibration_error(p, y), 4),
    }


def calibration_error(p: Matrix, y: Matrix) -> float:
    """Expected calibration error over ten bins of equal width: mean distance of forecast and frequency."""
    bins = np.minimum((p * BINS).astype(int), BINS - 1)
    filled = [bins == b for b in range(BINS) if (bins == b).any()]
    return float(sum(abs(p[held].mean() - y[held].mean()) * held.mean() for held in filled))


def _halves(examples: list[Example], seed: int) -> tuple[list[Example], list[Example]]:
    shuffled = examples[:]
    random.Random(seed).shuffle(shuffled)
    cut = int(len(shuffled) * PARTS["train"])
    return shuffled[:cut], shuffled[cut:]


def _conversations(path: str, seed: int) -> tuple[list[Example], list[Example]]:
    files = sorted(Path(path).glob("*.jsonl")) if Path(path).is_dir() else [Path(path)]
    conversations, _ = read_conversations(files)
    parts = split(conversations, PARTS, seed)
    return conversation_prefixes(parts["train"]), conversation_prefixes(parts["test"])


_ANY = Conversation.model_validate({"id": "any", "messages": [{"role": "user", "content": "any"}]})
