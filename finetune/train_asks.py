"""Training what tells agents which action a clause asks for: a small network over sentence vectors.

It learns from clauses made up from a phrase table and from public requests, and is judged on requests of Bitext's own
development part and on clauses made up with another seed.
"""

from __future__ import annotations

import json
import random
import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from assistant.copilot.asks import ASKS, About, AskModel
from assistant.reasons import Encode
from finetune.asks import Example, made_up, of_bitext, of_clinc150
from finetune.recipe import YamlRecipe


@dataclass(frozen=True)
class Recipe(YamlRecipe):
    """configs/train-asks.yaml; see the comments there."""

    bitext: str | None = None
    clinc150: str | None = None
    each: int = 2500
    public: int = 1000
    encoder: str = "minilm"
    hidden: int = 64
    penalty: float = 0.01
    rounds: int = 40
    seed: int = 0
    output: str = "runs/asks"

    def __post_init__(self) -> None:
        if min(self.each, self.hidden, self.rounds) < 1:
            raise ValueError("each, hidden, rounds: expected 1 or more")


def train(recipe: Recipe) -> dict[str, Any]:
    """Trains, writes the model and its figures into `recipe.output`, and returns the figures on requests held out.

    Raises `ValueError` or `OSError` for a public set that cannot be read."""
    from assistant.vectors import TextVectors
    from retrieval.encoder import Encoder

    encoder = Encoder.load(recipe.encoder)
    encode = TextVectors(encoder, keep=1)
    examples = list(dict.fromkeys(_examples(recipe)))
    model = fit(examples, encode, recipe, encoder.fingerprint)
    figures = {"learned_from": dict(Counter(ask for _, ask in examples)), "held_out": _held_out(model, encode, recipe)}
    model.save(recipe.output)
    Path(recipe.output, "metrics.json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return figures


def fit(examples: Sequence[Example], encode: Encode, recipe: Recipe, fingerprint: str) -> AskModel:
    """A model of these examples, on vectors of the encoder of this fingerprint.

    Raises `ValueError` where one of the asks has no example."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier

    if missing := sorted(set(ASKS) - {ask for _, ask in examples}):
        raise ValueError(f"Expected examples of every ask, found none of {', '.join(missing)}.")
    vectors = encode([text for text, _ in examples])
    places = [ASKS.index(ask) for _, ask in examples]
    network = MLPClassifier(
        (recipe.hidden,), alpha=recipe.penalty, max_iter=recipe.rounds, early_stopping=True, random_state=recipe.seed
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        network.fit(vectors, places)
    (hidden, answers), (hidden_bias, answers_bias) = network.coefs_, network.intercepts_
    arrays = (np.asarray(array, np.float32) for array in (hidden, hidden_bias, answers, answers_bias))
    return AskModel(About(recipe.encoder, fingerprint), *arrays).checked()


def accuracy(model: AskModel, examples: Sequence[Example], encode: Encode) -> dict[str, float]:
    """The share of examples whose ask is found, over all and for each ask that they hold."""
    found = model.probabilities(encode([text for text, _ in examples])).argmax(1)
    right = [(ask, ASKS[place] == ask) for place, (_, ask) in zip(found, examples, strict=True)]
    by_ask = {ask: [one for other, one in right if other == ask] for ask in ASKS}
    shares = {ask: round(sum(those) / len(those), 4) for ask, those in by_ask.items() if those}
    return {"all": round(sum(one for _, one in right) / len(right), 4)} | shares


def _examples(recipe: Recipe) -> list[Example]:
    rng = random.Random(recipe.seed)
    found = list(made_up(rng, recipe.each))
    if recipe.bitext:
        found += _of_each(list(of_bitext(Path(recipe.bitext, "train.csv.gz"))), recipe.public, rng)
    if recipe.clinc150:
        found += _of_each(list(of_clinc150(Path(recipe.clinc150, "data_full.json.gz"))), recipe.public, rng)
    return found


def _of_each(examples: Sequence[Example], count: int, rng: random.Random) -> list[Example]:
    """Up to `count` examples of each ask, drawn at random."""
    drawn = rng.sample(examples, len(examples))
    return [example for ask in ASKS for example in [one for one in drawn if one[1] == ask][:count]]


def _held_out(model: AskModel, encode: Encode, recipe: Recipe) -> dict[str, Any]:
    fresh = list(made_up(random.Random(recipe.seed + 1), 50))
    figures = {"made_up": accuracy(model, fresh, encode)}
    if recipe.bitext:
        figures["bitext_dev"] = accuracy(model, list(of_bitext(Path(recipe.bitext, "dev.csv.gz"))), encode)
    return figures
