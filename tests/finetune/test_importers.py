"""Public sets as partial labels: valid, honest about what they do not know, and split once and for all."""

import gzip
import json
from itertools import islice
from pathlib import Path

import pytest

from finetune.conversations import base_id
from finetune.importers import (
    heldout,
    import_bitext,
    import_clinc150,
    import_multidogo,
    import_pscon,
    import_sgd,
    import_shoppingbench,
    training,
)
from finetune.labels import label_faults

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data"
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="needs the public sets of ../shared")


def pack(path, rows):
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)
    return path


def test_keywords_become_product_and_constraints(tmp_path):
    said = [
        {"role": "user", "content": "I want a lamp", "intent": "Reveal", "keywords": ["lamp"]},
        {"role": "system", "content": "Which brand?", "action": "Clarify", "clarifying_attribute": ["Brand: Ilo"]},
        {
            "role": "user",
            "content": "Any except Ilo, under $25",
            "intent": "Interpret",
            "keywords": ["ilo lamp", "under $25"],
        },
    ]
    path = pack(tmp_path / "c.jsonl.gz", [{"conv_id": 1, "conversation": said}])
    first, last = import_pscon(path)
    assert first.label == {"needs": [{"product": "lamp", "active": True, "constraints": []}], "acts": ["state_need"]}
    found = [(c["attribute"], c["op"], c["value"]) for c in last.label["needs"][0]["constraints"]]
    assert found == [("brand", "is_not", "ilo"), ("price", "at_most", 25.0)]
    assert "stage" not in last.label
    assert label_faults(last) == []


def test_gold_attributes_and_prices_become_constraints(tmp_path):
    query = "Show me blue canvas shoes from Mara priced between 100 and 250 PHP."
    reward = {
        "title": ["Mara Classic Shoes"],
        "attributes": [{"brand": ["mara"]}, {"clothing_material": ["canvas"]}, {"pattern": ["dots"]}],
        "sku_options": [{"color_family": "blue"}],
        "price": [{"between": [100, 250]}],
    }
    pack(tmp_path / "product.jsonl.gz", [{"query": query, "reward": reward}])
    pack(tmp_path / "shop.jsonl.gz", [])
    (conversation,) = import_shoppingbench(tmp_path)
    need = conversation.label["needs"][0]
    assert need["product"] == "shoes"
    assert [(c["attribute"], c["op"], c["value"]) for c in need["constraints"]] == [
        ("brand", "is", "mara"),
        ("material", "is", "canvas"),
        ("color", "is", "blue"),
        ("price", "at_least", 100),
        ("price", "at_most", 250),
    ]
    assert label_faults(conversation) == []


def test_an_unknown_set_is_refused(tmp_path):
    with pytest.raises(ValueError, match="pscon"):
        heldout("webshop", tmp_path)


@needs_shared
@pytest.mark.parametrize(
    ("name", "path"), [("pscon", "pscon/conversations.jsonl.gz"), ("shoppingbench", "shoppingbench")]
)
def test_judged_and_trained_conversations_are_apart(name, path):
    judged, trained = heldout(name, SHARED / path), training(name, SHARED / path)
    assert len(judged) >= 20
    assert {base_id(c.id) for c in judged}.isdisjoint(base_id(c.id) for c in trained)
    assert not [fault for c in (*judged, *trained) for fault in label_faults(c)]


@needs_shared
@pytest.mark.parametrize(
    ("importer", "path", "act"),
    [
        (import_multidogo, "multidogo/turns.jsonl.gz", "greet"),
        (import_bitext, "bitext/dev.csv.gz", "change_order"),
        (import_clinc150, "clinc150/data_full.json.gz", "off_topic"),
    ],
)
def test_intents_become_acts(importer, path, act):
    conversations = list(islice(importer(SHARED / path), 3000))
    assert any(act in c.label["acts"] for c in conversations)
    assert not [fault for c in conversations for fault in label_faults(c)]


@needs_shared
def test_slot_values_become_spans():
    conversations = list(import_sgd(SHARED / "sgd" / "dialogues.jsonl.gz", limit=20))
    assert any(c.label["needs"][0]["constraints"] for c in conversations)
    assert not [fault for c in conversations for fault in label_faults(c)]
