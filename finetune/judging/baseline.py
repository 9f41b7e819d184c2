"""What a reader has to beat: TF-IDF with logistic regression, and the nearest phrase of the catalogue.

- Acts and stage: TF-IDF of the message (words and pairs, the stage before as a word), logistic regression.
- Product: the run of words that is nearest to a product phrase of the catalogue or of the training labels, by TF-IDF
  of letter n-grams.
- Constraints: logistic regression marks each word with attribute, operator and strength, or with none of them.

It is trained in seconds on labelled conversations, lives in the evaluation alone, and never runs in the assistant.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from assistant.amounts import currency, number
from assistant.records import Added, Constraint, Conversation, Named, Reading, Ref, Source, State
from finetune.conversations import chains
from finetune.evidence import numbers
from finetune.labels import NUMERIC
from finetune.readings import readings

WORD = re.compile(r"[^\W_]+(?:['.,-][^\W_]+)*|[$£€¥₹%]")
NOTHING = ""
NEAR = 0.6
SURE_ACT = 0.4
LONGEST_PRODUCT = 3
Words = list[re.Match[str]]


@dataclass(frozen=True)
class Span:
    """Characters `start` to `end` of a message, the class of its words, and the mean of their probabilities."""

    start: int
    end: int
    kind: str
    sure: float


class Baseline:
    """A `Reader` of simple parts; made by `train`."""

    def __init__(self, acts: Turns, stage: Turns, products: Phrases, tagger: Tagger) -> None:
        self._acts, self._stage, self._products, self._tagger = acts, stage, products, tagger

    @classmethod
    def train(cls, conversations: Sequence[Conversation], phrases: Iterable[str]) -> Baseline:
        """Trained on labelled conversations and product phrases of a catalogue. Raises `ValueError` where the labels
        do not hold needs, acts of two kinds and two stages."""
        turns = [turn for chain in chains(conversations) for turn in readings(chain)]
        if len({r.stage for _, _, r in turns}) < 2 or len({a for _, _, r in turns for a in r.acts}) < 2:
            raise ValueError(
                f"The baseline needs labelled conversations with two kinds of acts and stages at least; found "
                f"{len(turns)} labelled messages that can be learned from. Give more of them with --train."
            )
        texts = [_turn_text(state, conversation) for state, conversation, _ in turns]
        named = [n.product for _, _, reading in turns for n in reading.named if n.product]
        return cls(
            Turns(texts, [set(reading.acts) for _, _, reading in turns]),
            Turns(texts, [{reading.stage} for _, _, reading in turns]),
            Phrases({*phrases, *named}),
            Tagger([(c.messages[-1].content, list(_marks(c, reading))) for _, c, reading in turns]),
        )

    def read(self, state: State, conversation: Conversation) -> Reading:
        """What the last message changed. A product that is not held opens a need; what is set belongs to the last
        named or the active need; a new price limit replaces the old one of its kind."""
        text = _turn_text(state, conversation)
        content, last = conversation.messages[-1].content, len(conversation.messages) - 1
        scores = self._acts.scores(text)
        stages = self._stage.scores(text)
        product = self._products.nearest(content)
        spans = self._tagger.spans(content)
        need, named = _need(state, product, bool(spans))
        added = [a for span in spans if need is not None and (a := _added(span, content, last, need)) is not None]
        return Reading.model_validate({
            "named": named,
            "added": added,
            "dropped": _replaced(state, added),
            "active": need,
            "acts": [a for a, sure in scores.items() if sure >= SURE_ACT] or [max(scores, key=lambda a: scores[a])],
            "stage": max(stages, key=lambda s: stages[s]),
        })  # fmt: skip


class Turns:
    """Labels of whole messages: one logistic regression each over TF-IDF of words and pairs of words."""

    def __init__(self, texts: Sequence[str], labels: Sequence[set[str]]) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import LogisticRegression
        from sklearn.multiclass import OneVsRestClassifier
        from sklearn.preprocessing import MultiLabelBinarizer

        self._vectors = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=r"\w+|[?!$]")
        self._names = MultiLabelBinarizer()
        regression = LogisticRegression(C=10.0, class_weight="balanced", max_iter=300)
        self._model = OneVsRestClassifier(regression).fit(
            self._vectors.fit_transform(texts), self._names.fit_transform(labels)
        )

    def scores(self, text: str) -> dict[str, float]:
        """The probability of each label."""
        found = self._model.predict_proba(self._vectors.transform([text]))[0]
        return dict(zip(self._names.classes_, found.tolist(), strict=True))


class Phrases:
    """Finds the words of a message that are nearest to one of some phrases."""

    def __init__(self, phrases: Iterable[str]) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer

        known = sorted({phrase.lower() for phrase in phrases})
        if not known:
            raise ValueError("The baseline needs product phrases: of a catalogue, or of labels that name products.")
        self._vectors = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True)
        self._matrix = self._vectors.fit_transform(known)

    def nearest(self, text: str) -> str | None:
        """The run of up to three words, lower case, that is nearest to a phrase; `None` where none is near."""
        words = list(WORD.finditer(text))
        runs = [text[words[i].start() : words[j].end()].lower() for i, j in _runs(len(words))]
        if not runs:
            return None
        scores = (self._vectors.transform(runs) @ self._matrix.T).max(axis=1).toarray().ravel()
        best = int(np.argmax(scores + 0.02 * np.array([run.count(" ") for run in runs])))
        return runs[best] if scores[best] >= NEAR else None


class Tagger:
    """Marks the words of a message with kinds, by the word, its shape and its neighbours."""

    def __init__(self, marked: Sequence[tuple[str, list[tuple[int, int, str]]]]) -> None:
        from sklearn.feature_extraction.text import CountVectorizer
        from sklearn.linear_model import SGDClassifier

        rows: list[list[str]] = []
        kinds: list[str] = []
        for text, marks in marked:
            words = list(WORD.finditer(text))
            rows += [_features(words, i) for i in range(len(words))]
            kinds += [_kind_at(word, marks) for word in words]
        self._features = CountVectorizer(analyzer=list, binary=True)
        vectors = self._features.fit_transform(rows)
        self._model = None
        if len(set(kinds)) > 1:
            self._model = SGDClassifier(loss="log_loss", alpha=1e-5, max_iter=20, tol=None, random_state=0)
            self._model.fit(vectors, kinds)

    def spans(self, text: str) -> list[Span]:
        """The runs of words of one kind."""
        words = list(WORD.finditer(text))
        if not words or self._model is None:
            return []
        sure = self._model.predict_proba(self._features.transform([_features(words, i) for i in range(len(words))]))
        spans: list[Span] = []
        before = NOTHING
        for word, row in zip(words, sure, strict=True):
            kind, p = str(self._model.classes_[row.argmax()]), float(row.max())
            if kind != NOTHING and kind == before:
                spans[-1] = Span(spans[-1].start, word.end(), kind, (spans[-1].sure + p) / 2)
            elif kind != NOTHING:
                spans.append(Span(word.start(), word.end(), kind, p))
            before = kind
        return spans


def _turn_text(state: State, conversation: Conversation) -> str:
    held = "held" if state.needs else "nothingheld"
    return f"stage_{state.stage} {held} {conversation.messages[-1].content.lower()}"


def _runs(count: int) -> Iterator[tuple[int, int]]:
    return ((i, j) for i in range(count) for j in range(i, min(i + LONGEST_PRODUCT, count)))


def _features(words: Words, i: int) -> list[str]:
    """A word as features: itself, its ends, whether it holds digits, and its neighbours."""
    word = words[i].group().lower()
    near = {d: words[i + d].group().lower() for d in (-2, -1, 1, 2) if 0 <= i + d < len(words)}
    own = [f"word {word}", f"start {word[:3]}", f"end {word[-3:]}", f"digits {any(c.isdigit() for c in word)}"]
    pairs = [f"before {near.get(-1, '')} {word}", f"after {word} {near.get(1, '')}"]
    return own + pairs + [f"at {d} {other}" for d, other in near.items()]


def _kind_at(word: re.Match[str], marks: list[tuple[int, int, str]]) -> str:
    return next((kind for start, end, kind in marks if start < word.end() and word.start() < end), NOTHING)


def _marks(conversation: Conversation, reading: Reading) -> Iterator[tuple[int, int, str]]:
    """Where the last message says each value that it sets, and what kind of constraint that is."""
    content = conversation.messages[-1].content
    for added in reading.added:
        constraint = added.constraint
        place = _place(content, constraint.source.quote if constraint.source else None, constraint.value)
        if place is not None:
            yield (*place, f"{constraint.attribute}|{constraint.op}|{constraint.strength}")


def _place(content: str, quote: str | None, value: str | float) -> tuple[int, int] | None:
    offset = content.find(quote) if quote else -1
    if quote is None or offset < 0:
        return None
    if isinstance(value, str):
        start = quote.lower().find(value)
        return (offset + start, offset + start + len(value)) if start >= 0 else None
    said = (word for word in WORD.finditer(quote) if value in numbers(word.group()))
    return next(((offset + word.start(), offset + word.end()) for word in said), None)


def _need(state: State, product: str | None, sets: bool) -> tuple[int | None, list[Named]]:
    held = [need.product for need in state.needs]
    active = next((i for i, need in enumerate(state.needs) if need.active), len(held) - 1)
    if product is not None and product not in held:
        return len(held), [Named(need=len(held), product=product)]
    if product is not None:
        return held.index(product), []
    if not held:
        return (0, [Named(need=0)]) if sets else (None, [])
    return active, []


def _added(span: Span, content: str, message: int, need: int) -> Added | None:
    attribute, op, strength = span.kind.split("|")
    said = content[span.start : span.end]
    value = number(said) if attribute in NUMERIC else " ".join(said.lower().split())
    if value is None or (attribute == "product" and op != "is_not"):
        return None
    around = content[max(span.start - 2, 0) : span.end + 8]
    return Added(
        need=need,
        constraint=Constraint.model_validate({
            "attribute": attribute, "op": op, "value": value, "strength": strength,
            "unit": currency(around) if attribute == "price" else None,
            "source": Source(message=message, quote=said), "confidence": round(span.sure, 4),
        }),
    )  # fmt: skip


def _replaced(state: State, added: Sequence[Added]) -> list[Ref]:
    limits = {(a.need, a.constraint.op) for a in added if a.constraint.attribute == "price"}
    return [
        Ref(need=i, constraint=j)
        for i, need in enumerate(state.needs)
        for j, held in enumerate(need.constraints)
        if held.attribute == "price" and (i, held.op) in limits
    ]
