"""Training what tells whether a passage answers a question: a small attention network over the encoder's vectors.

It learns from product questions with graded evidence (`product-qa`) and from this project's own questions about the
rules of made-up shops, and is judged on products that it never saw. Threshold and calibration are chosen on a part of
its own.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from assistant.answerability import About, AnswerModel, Read, pair_figures
from assistant.statements import similarity
from finetune.answerability import judging
from finetune.answerability.judging import Judged
from finetune.answerability.questions import Asked, Part, part_of, read_product_questions, read_written
from finetune.recipe import YamlRecipe

if TYPE_CHECKING:
    from finetune.answerability.network import Batch, Network
    from retrieval.encoder import Encoder, Tokens

Report = Callable[[str], None]
Pair = tuple[str, str]
BUCKET = 16
AT_ONCE = 2048


@dataclass(frozen=True)
class Recipe(YamlRecipe):
    """configs/train-answers.yaml; see the comments there."""

    questions: str
    written: str | None = None
    encoder: str = "minilm"
    layer: int = 3
    longest: int = 96
    width: int = 64
    hidden: int = 48
    dropout: float = 0.2
    epochs: int = 3
    batch: int = 64
    learning_rate: float = 0.002
    weight_written: float = 2.0
    weight_hetpqa: float = 0.5
    nearest: int = 4
    seed: int = 0
    output: str = "runs/answers"

    def __post_init__(self) -> None:
        for name in ("layer", "width", "hidden", "epochs", "batch", "nearest"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name}: expected 1 or more, found {getattr(self, name)}")


@dataclass(frozen=True)
class Words:
    """The word pieces of every text and how rare each piece is, (v,) from 0 to about 1."""

    tokens: dict[str, Tokens]
    rarity: np.ndarray

    def figures(self, pairs: Sequence[Pair]) -> np.ndarray:
        """What each pair says as a whole, (n, s)."""
        return np.stack([pair_figures(self._read(a), self._read(b)) for a, b in pairs])

    def _read(self, text: str) -> Read:
        tokens = self.tokens[text]
        if not len(tokens.ids):
            return Read(np.full(1, -1), np.zeros((1, 1), np.float32), np.zeros(1, np.float32), tokens.mean)
        return Read(tokens.ids, np.zeros((1, 1), np.float32), self.rarity[tokens.ids], tokens.mean)


def train(recipe: Recipe, report: Report = lambda _: None) -> dict[str, Any]:
    """Trains, writes the model and its figures into `recipe.output`, and returns the figures on products never seen.

    Raises `ValueError` where the questions are not in product-qa's layout."""
    from retrieval.encoder import Encoder

    written = read_written() if recipe.written is None else read_written(Path(recipe.written))
    asked = [*read_product_questions(Path(recipe.questions), recipe.seed), *written]
    parts: dict[Part, list[Asked]] = {"learn": [], "validate": [], "test": []}
    for each in asked:
        parts[part_of(each, recipe.seed)].append(each)
    encoder = Encoder.load(recipe.encoder)
    words = read_words(asked, encoder, recipe, report)
    parts = {part: [_nearest(each, words, recipe.nearest) for each in found] for part, found in parts.items()}
    model = fit(parts["learn"], words, recipe, encoder.fingerprint, report)
    model = settle(model, [judge(each, model, words) for each in parts["validate"]])
    figures = figures_of(model, parts, words, recipe.seed)
    model.save(recipe.output)
    about = model.about
    result = {"learned_from": len(parts["learn"]), "policy": about.policy, "product": about.product} | figures
    Path(recipe.output, "metrics.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    return result


def read_words(asked: Sequence[Asked], encoder: Encoder, recipe: Recipe, report: Report) -> Words:
    """The word pieces of all questions and passages; a piece's rarity is its inverse document frequency."""
    texts = sorted({text for each in asked for text in (each.question, *each.passages)})
    tokens: dict[str, Tokens] = {}
    for start in range(0, len(texts), AT_ONCE):
        some = texts[start : start + AT_ONCE]
        for text, found in zip(some, encoder.tokens(some, layer=recipe.layer, longest=recipe.longest), strict=True):
            tokens[text] = replace(found, vectors=found.vectors.astype(np.float16))  # type: ignore[arg-type]
        report(f"{len(tokens):,} of {len(texts):,} texts read")
    held = np.zeros(max(1 + max((int(t.ids.max()) for t in tokens.values() if len(t.ids)), default=0),
                        encoder.vocabulary))  # fmt: skip
    for found in tokens.values():
        held[np.unique(found.ids)] += 1
    rarity = np.log((1 + len(tokens)) / (1 + held)) / np.log(1 + len(tokens))
    return Words(tokens, rarity.astype(np.float16).astype(np.float32))


def fit(asked: Sequence[Asked], words: Words, recipe: Recipe, fingerprint: str, report: Report) -> AnswerModel:
    """A network trained on these questions, without threshold or calibration."""
    import torch

    from finetune.answerability.network import Network

    pairs = [(each.question, passage) for each in asked for passage in each.passages]
    grades = np.array([grade for each in asked for grade in each.grades], np.float32)
    weight = {"epqa": 1.0, "hetpqa": recipe.weight_hetpqa, "written": recipe.weight_written}
    weights = np.array([weight[each.source] for each in asked for _ in each.grades], np.float32)
    figures = words.figures(pairs)
    centre, spread = figures.mean(0), figures.std(0) + 1e-3
    torch.manual_seed(recipe.seed)
    size = next(iter(words.tokens.values())).vectors.shape[1]
    network = Network(size, figures.shape[1], recipe.width, recipe.hidden, recipe.dropout)
    optimizer = torch.optim.AdamW(network.parameters(), lr=recipe.learning_rate, weight_decay=0.01)
    steps = recipe.epochs * -(-len(pairs) // recipe.batch) + BUCKET * recipe.epochs
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, recipe.learning_rate, total_steps=steps)
    for epoch in range(recipe.epochs):
        losses = []
        for places in _batches([len(words.tokens[b].ids) for _, b in pairs], recipe.batch, recipe.seed + epoch):
            batch = _batch([pairs[i] for i in places], (figures[places] - centre) / spread, words)
            loss = _loss(network, batch, torch.from_numpy(grades[places]), torch.from_numpy(weights[places]))
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
            losses.append(float(loss.detach()))
        report(f"epoch {epoch + 1} of {recipe.epochs}: loss {np.mean(losses):.4f}")
    about = About(recipe.encoder, fingerprint, recipe.layer, recipe.longest)
    return network.eval().export(about, words.rarity, centre, spread)


def judge(asked: Asked, model: AnswerModel, words: Words) -> Judged:
    """The probabilities of a question's passages."""

    def read(text: str) -> Read:
        tokens = words.tokens[text]
        return model.read(replace(tokens, vectors=tokens.vectors.astype(np.float32)))

    question = read(asked.question)
    return Judged(asked, np.array([model.probability(question, read(text)) for text in asked.passages]))


def settle(model: AnswerModel, judged: Sequence[Judged]) -> AnswerModel:
    """The model with a temperature that makes its probabilities right, and with the thresholds at which quoting an
    answer and silence where there is none are balanced, on questions that it did not learn from and whose passages
    somebody judged: written ones for policies, graded ones for products."""
    judged = [each for each in judged if each.asked.source != "hetpqa"]
    clear = [(score, grade) for each in judged for score, grade in zip(each.scores, each.asked.grades, strict=True)
             if grade in (0.0, 1.0)]  # fmt: skip
    scores, grades = np.array(clear).T
    scores = np.clip(scores, 1e-9, 1 - 1e-9)
    temperature = judging.calibrated(np.log(scores / (1 - scores)), grades == 1.0)
    softened = [Judged(each.asked, _softened(each.scores, temperature)) for each in judged]
    about = replace(model.about, temperature=temperature)
    if policies := [each for each in softened if each.asked.source == "written"]:
        about = replace(about, policy=round(judging.balanced(policies).threshold, 2))
    if products := [each for each in softened if each.asked.source == "epqa"]:
        about = replace(about, product=round(judging.balanced(products).threshold, 2))
    return replace(model, about=about)


def figures_of(model: AnswerModel, parts: dict[Part, list[Asked]], words: Words, seed: int) -> dict[str, Any]:
    """For validation and test and each source in them: how well pairs are told apart and what happens to questions at
    the threshold; and the same of likeness alone, which serves where there is no model, with the threshold at which it
    is balanced on the validation questions of that source."""
    found: dict[str, dict[str, Any]] = {"validate": {}, "test": {}}
    for source in sorted({each.source for each in parts["validate"]}):
        likeness = {p: [_likeness(a, words) for a in parts[p] if a.source == source] for p in ("validate", "test")}
        threshold = judging.balanced(likeness["validate"]).threshold
        for part, plain in likeness.items():
            own = [judge(each.asked, model, words) for each in plain]
            if own:
                found[part][source] = {"questions": len(own), "model": _figures(own, _threshold(model, source), seed),
                                       "likeness": _figures(plain, threshold, seed)}  # fmt: skip
                found[part][source]["model"]["calibration_error"] = round(judging.calibration_error(own), 3)
    return found


def _likeness(asked: Asked, words: Words) -> Judged:
    def encode(texts: Sequence[str]) -> np.ndarray:
        return np.stack([words.tokens[text].mean for text in texts])

    return Judged(asked, similarity(asked.question, asked.passages, encode).astype(np.float64))


def _threshold(model: AnswerModel, source: str) -> float:
    return model.about.policy if source == "written" else model.about.product


def _figures(judged: Sequence[Judged], threshold: float, seed: int) -> dict[str, Any]:
    told = judging.quoting(judged, threshold)
    low, high = judging.interval(judged, judging.area, seed)
    return {
        "area": round(judging.area(judged), 4), "area_interval": [round(low, 3), round(high, 3)],
        "threshold": round(threshold, 3), "accuracy": round(judging.accuracy(judged, threshold), 4),
        "quoted": round(told.quoted, 4), "silent": round(told.silent, 4),
    }  # fmt: skip


def _nearest(asked: Asked, words: Words, most: int) -> Asked:
    """Of a shop's clauses those that answer and the `most` nearest in meaning of the others; a product's all."""
    if asked.source != "written":
        return asked
    near = np.argsort(-_cosines(asked, words), kind="stable")
    others = [int(i) for i in near if asked.grades[i] == 0.0][:most]
    kept = sorted([*(i for i, grade in enumerate(asked.grades) if grade > 0.0), *others])
    return replace(asked, passages=tuple(asked.passages[i] for i in kept), grades=tuple(asked.grades[i] for i in kept))


def _cosines(asked: Asked, words: Words) -> np.ndarray:
    question = words.tokens[asked.question].mean
    return np.array([float(words.tokens[passage].mean @ question) for passage in asked.passages])


def _softened(scores: np.ndarray, temperature: float) -> np.ndarray:
    kept = np.clip(scores, 1e-9, 1 - 1e-9)
    return np.asarray(1.0 / (1.0 + np.exp(-np.log(kept / (1 - kept)) / temperature)))


def _batches(lengths: Sequence[int], size: int, seed: int) -> Iterator[list[int]]:
    """Places in batches of like length, in an order of the seed's."""
    rng = random.Random(seed)
    order = list(range(len(lengths)))
    rng.shuffle(order)
    some = [sorted(order[i : i + size * BUCKET], key=lambda place: lengths[place])
            for i in range(0, len(order), size * BUCKET)]  # fmt: skip
    batches = [bucket[i : i + size] for bucket in some for i in range(0, len(bucket), size)]
    rng.shuffle(batches)
    return iter(batches)


def _batch(pairs: Sequence[Pair], figures: np.ndarray, words: Words) -> Batch:
    from finetune.answerability.network import collate

    return collate([(words.tokens[a], words.tokens[b]) for a, b in pairs], figures, words.rarity)


def _loss(network: Network, batch: Batch, grades: Any, weights: Any) -> Any:
    from torch.nn.functional import binary_cross_entropy_with_logits as loss

    network.train()
    return (loss(network(batch), grades, reduction="none") * weights).mean()


