"""Training what tells whether a passage answers: its questions, its network, its judgement, and a small run."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from assistant.answerability import About, AnswerModel, Answers
from assistant.service.clauses import read_clauses
from assistant.shop import Clause
from assistant.vectors import TextVectors
from finetune.answerability import judging
from finetune.answerability.judged import cite, read_judged
from finetune.answerability.judging import Judged
from finetune.answerability.network import Network, collate
from finetune.answerability.questions import PARTIAL, Asked, part_of, read_product_questions, read_written
from finetune.train_answers import Recipe, settle
from retrieval.demo.policies import policies
from tests.assistant.cli import run
from tests.assistant.scripted import encoder

POLICY = Path("../shared/data/tau2-retail/policy.md")
THINGS = ("lamp", "kettle", "chair", "tent", "scarf", "drill", "radio", "mirror", "basket", "ladder")
SHOP = """
shop-{n}:
  - {{topic: post, title: Postage, text: "The postage of a {thing} is {n} euros.",
      asks: ["What is the postage of a {thing}?"], near: ["Which company brings the {thing}?"]}}
  - {{topic: care, title: Care, text: "Wash a {thing} by hand.",
      asks: ["How do I wash a {thing}?"], near: ["How do I paint a {thing}?"]}}
"""


def small_set(folder: Path) -> Path:
    """Ten products with a weight and a colour each, asked for one or neither, in product-qa's layout; and ten shops."""
    rows = ["qid,question,ASIN,candidate,source,qa_pair_id,title,label,answer"]
    tabs = ["ASIN\tquestion\tcandidate\tanswer\tsource"]
    for n in range(60):
        thing = THINGS[n % 10]
        rows += [
            f"{n},How heavy is the {thing}?,P{n},The {thing} weighs {n} kg.,bullet,1,T,2,x",
            f"{n},How heavy is the {thing}?,P{n},A {thing} in red and blue.,bullet,1,T,0,",
            f"{n},How heavy is the {thing}?,P{n},It is light.,review,1,T,1,x",
            f"{n},Is the {thing} loud?,P{n},The {thing} weighs {n} kg.,bullet,1,T,0,",
        ]
        tabs += [f"Q{n}\tWhat colour is the {thing}?\tA {thing} in red.\tRed\tbullet",
                 f"Q{n}\tWho made the {thing}?\tMade by Brook.\tBrook\tbullet"]  # fmt: skip
    (folder / "written").mkdir(parents=True)
    (folder / "epqa.csv").write_text("\n".join(rows) + "\n")
    for name in ("train", "dev", "test"):
        (folder / f"hetpqa_{name}.csv").write_text("\n".join(tabs if name == "train" else tabs[:1]) + "\n")
    shops = "".join(SHOP.format(n=n, thing=thing) for n, thing in enumerate(THINGS))
    (folder / "written" / "shops.yaml").write_text(shops)
    return folder


def test_questions_with_their_grades(tmp_path: Path) -> None:
    asked = read_product_questions(small_set(tmp_path), seed=0)
    heavy = next(a for a in asked if a.group == "P3" and "heavy" in a.question)
    assert heavy.grades == (1.0, 0.0, PARTIAL) and heavy.answered
    assert not next(a for a in asked if "loud" in a.question).answered
    colour = next(a for a in asked if a.group == "Q3" and "colour" in a.question)
    assert dict(zip(colour.passages, colour.grades, strict=True)) == {"A tent in red.": 1.0, "Made by Brook.": 0.0}


def test_a_product_or_shop_stays_in_one_part() -> None:
    written = read_written()
    parts: dict[str, set[str]] = {}
    for asked in written:
        parts.setdefault(asked.group, set()).add(part_of(asked, 0))
    assert all(len(found) == 1 for found in parts.values())
    assert {part for found in parts.values() for part in found} == {"learn", "validate"}


def test_written_questions_are_sound() -> None:
    written = read_written()
    assert len(written) > 1000 and 0.4 < np.mean([asked.answered for asked in written]) < 0.6
    assert all(0 < len(asked.question) < 200 for asked in written)
    kept = {question.lower() for policy in ("demo", "tau2-retail") for question, _ in read_judged(policy)}
    assert not kept & {asked.question.lower() for asked in written}


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("epqa.csv", None, "expected epqa.csv or epqa.csv.gz"),
        ("epqa.csv", "qid,question\n", "expected the columns ASIN, question.*'ASIN' is missing"),
        ("epqa.csv", "ASIN,question,candidate,label\na,b,c,7\n", "label: expected 0, 1 or 2, found '7'"),
        ("hetpqa_dev.csv", "a\tb\n", "expected the columns"),
    ],
)
def test_faults_of_the_layout_are_told(name: str, text: str | None, said: str, tmp_path: Path) -> None:
    file = small_set(tmp_path) / name
    file.unlink() if text is None else file.write_text(text)
    with pytest.raises(ValueError, match=said):
        read_product_questions(tmp_path, seed=0)


def test_what_serves_sums_as_what_was_trained() -> None:
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    questions = ["How heavy is it?", "Where?", ""]
    passages = ["Weight: 7 kg, without its stand", "", "It is in the hall, where it was."]
    tokens = encoder().tokens([*questions, *passages], layer=2)
    rarity = rng.random(encoder().vocabulary).astype(np.float32)
    network = Network(size=2 * encoder().dim, figures=6, width=8, hidden=5, dropout=0.3).eval()
    centre, spread = rng.random(6).astype(np.float32), 1 + rng.random(6).astype(np.float32)
    model = network.export(About("minilm", "f", 2, 96), rarity, centre, spread)
    from assistant.answerability import pair_figures

    pairs = list(zip(tokens[:3], tokens[3:], strict=True))
    read = [(model.read(a), model.read(b)) for a, b in pairs]
    figures = np.stack([(pair_figures(a, b) - centre) / spread for a, b in read])
    with torch.no_grad():
        wanted = torch.sigmoid(network(collate(pairs, figures, rarity))).numpy()
    assert np.allclose([model.probability(a, b) for a, b in read], wanted, atol=2e-3)


def test_figures_of_a_judgement() -> None:
    def judged(grades: tuple[float, ...], scores: list[float], group: str = "g") -> Judged:
        asked = Asked("epqa", group, "q", tuple(map(str, range(len(grades)))), grades)
        return Judged(asked, np.array(scores))

    right = [judged((1.0, 0.0, PARTIAL), [0.9, 0.2, 0.5]), judged((0.0, 0.0), [0.3, 0.1])]
    assert judging.area(right) == 1.0 and judging.accuracy(right, 0.6) == 1.0
    assert judging.quoting(right, 0.6) == judging.Quoting(0.6, quoted=1.0, silent=1.0)
    assert judging.quoting(right, 0.25) == judging.Quoting(0.25, quoted=1.0, silent=0.5)
    found = judging.balanced(right)
    assert found.quoted == found.silent == 1.0 and 0.3 < found.threshold <= 0.9
    wrong = [judged((1.0, 0.0), [0.1, 0.8])]
    assert judging.area(wrong) == 0.0 and judging.quoting(wrong, 0.5) == judging.Quoting(0.5, 0.0, 0.0)
    low, high = judging.interval([*right, judged((1.0, 0.0), [0.1, 0.8], "h")], judging.area, seed=0)
    assert 0.0 <= low < high <= 1.0


def test_probabilities_that_are_too_sure_are_softened() -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(size=4000)
    right = rng.random(4000) < 1 / (1 + np.exp(-logits))
    assert judging.calibrated(3 * logits, right) == pytest.approx(3.0, rel=0.15)
    asked = Asked("epqa", "g", "q", tuple(map(str, range(4000))), tuple(right.astype(float)))
    model = AnswerModel.load("assistant/models/answers")
    settled = settle(model, [Judged(asked, 1 / (1 + np.exp(-3 * logits)))])
    assert settled.about.temperature == pytest.approx(3.0, rel=0.15)


def test_a_small_run_learns_to_tell_answers_apart(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = small_set(tmp_path)
    done = run(capsys, "train", "answers", "--data", folder, "--out", tmp_path / "out", "--set", "epochs=12",
               "--set", f"written={folder / 'written'}")  # fmt: skip
    assert json.loads(done.out)["test"]["epqa"]["model"]["area"] > 0.9
    found = Answers(AnswerModel.load(tmp_path / "out"), encoder())
    assert np.diff(found("How heavy is the sofa?", ["A sofa in red and blue.", "The sofa weighs 9 kg."]))[0] > 0


def test_recipes_that_cannot_be_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "width: expected 1 or more" in run(capsys, "train", "answers", "--set", "width=0").sentence
    assert "epqa.csv" in run(capsys, "train", "answers", "--data", tmp_path).sentence
    assert Recipe.from_yaml("configs/train-answers.yaml").output == "runs/answers"


def cited(policy: str, rules: tuple[Clause, ...]) -> tuple[float, float]:
    model = Answers(AnswerModel.load("assistant/models/answers"), encoder())
    found = cite(policy, rules, TextVectors(encoder()), 0.4, model)
    return tuple(float(np.mean([c.right for c in found if bool(c.answering) is some])) for some in (True, False))  # type: ignore[return-value]


def test_questions_to_the_demo_shops_policy() -> None:
    answered, silent = cited("demo", tuple(Clause.model_validate(clause) for clause in policies()))
    assert answered >= 0.8 and silent >= 0.6


@pytest.mark.skipif(not POLICY.exists(), reason="../shared/data/tau2-retail is not here")
def test_questions_to_the_policy_of_tau2() -> None:
    answered, silent = cited("tau2-retail", read_clauses(POLICY))
    assert answered >= 0.8 and silent >= 0.8
