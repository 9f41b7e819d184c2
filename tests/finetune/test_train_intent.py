"""Training the intent model on small made-up data: it learns what is there, and figures are right."""

from __future__ import annotations

import json
import random
from pathlib import Path

import numpy as np
import pytest

from assistant.intent import IntentModel
from finetune.intent_data import Example, before_purchase, rees46_sessions, uci_sessions
from finetune.train_intent import Recipe, calibration_error, fit, judge

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared" / "data"


def test_the_shipped_recipe_parses_and_unknown_keys_are_refused(tmp_path: Path) -> None:
    assert Recipe.from_yaml(ROOT / "configs" / "train-intent.yaml").output == "runs/intent"
    file = tmp_path / "r.yaml"
    file.write_text("ucci: x\n")
    with pytest.raises(ValueError, match=r"ucci.*Known are"):
        Recipe.from_yaml(file)


def test_fit_finds_known_weights_and_leaves_offsets_alone() -> None:
    rng = random.Random(0)
    examples = []
    for _ in range(6000):
        x = rng.gauss(3.0, 1.0)
        p = 1 / (1 + np.exp(-(-1.0 + 1.5 * (x - 3.0))))
        examples.append(Example({"x": x}, rng.random() < p))
    features, base = fit(examples, ("x",), "t", ridge=0.01)
    assert features[0].weight == pytest.approx(1.5, abs=0.12) and base == pytest.approx(-1.0, abs=0.1)
    odds = [-1.0 + 1.5 * (example.values["x"] - 3.0) for example in examples]
    features, base = fit(examples, ("x",), "t", ridge=0.01, offsets=odds)
    assert features[0].weight == pytest.approx(0.0, abs=0.12) and base == pytest.approx(0.0, abs=0.1)
    figures = judge(IntentModel(base=-1.0, features=fit(examples, ("x",), "t", 0.01)[0]), examples)
    assert figures["auc"] > 0.75 and figures["brier"] < figures["brier_base_rate"] and figures["ece"] < 0.03


def test_calibration_error_by_hand() -> None:
    assert calibration_error(np.array([0.25, 0.25, 0.85]), np.array([0.0, 1.0, 1.0])) == pytest.approx(0.2167, abs=1e-3)


def test_rees46_is_cut_before_the_purchase(tmp_path: Path) -> None:
    import gzip

    rows = ["event_time,event_type,product_id,user_session"]
    rows += [f"2019-10-01 00:00:0{i} UTC,{name},1,a" for i, name in enumerate(("view", "cart", "purchase", "view"))]
    rows += ["2019-10-01 00:00:00 UTC,view,1,b", "2019-10-01 00:00:00 UTC,purchase,1,c"]
    file = tmp_path / "e.csv.gz"
    with gzip.open(file, "wt") as stream:
        stream.write("\n".join(rows) + "\n")
    examples = rees46_sessions(file)
    assert [example.bought for example in examples] == [True, False]
    assert examples[0].values["added to basket"] == 1.0
    assert before_purchase([]) == []


@pytest.mark.skipif(not SHARED.exists(), reason="needs ../shared/data/uci-online-shoppers")
def test_uci_sessions_hold_no_page_values() -> None:
    examples = uci_sessions(SHARED / "uci-online-shoppers" / "sessions.csv")
    assert len(examples) == 9824 and set(examples[0].values) == {"product views", "minutes on products", "weekend"}


def test_figures_in_the_card_are_those_measured() -> None:
    folder = ROOT / "assistant" / "models" / "intent"
    card, figures = (folder / "README.md").read_text(), json.loads((folder / "metrics.json").read_text())
    for values in figures.values():
        assert f".{round(values['auc'] * 1000):03d} |" in card
