"""The card of an encoder adapter: what it rests on, and what it is worth."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

README = """# Encoder adapter for {model}

A LoRA adapter of rank {rank} for the sentence encoder `{model}`, made by `shopkeeper train encoder`. Name this folder
as `encoder.adapter` in the configuration and index the catalogue again: an index of another encoder is refused.

Trained on {pairs} pairs in {steps} steps ({seconds:.0f} s). NDCG@10 by cosine alone on queries, products and dialogues
that it never saw, with the 95 % interval of the difference:

| search | queries | before | after | difference |
|---|---|---|---|---|
{rows}
"""


def write_card(output: Path, recipe: dict[str, Any], metrics: dict[str, Any]) -> None:
    """Writes `README.md` and `metrics.json` (with the recipe) beside the adapter's weights."""
    rows = "\n".join(
        f"| {_short(name)} | {m['queries']} | {m['before']:.3f} | {m['after']:.3f} | "
        f"{m['gain']:+.3f} ({m['low']:+.3f} to {m['high']:+.3f}) |"
        for name, m in metrics["ndcg@10"].items()
    )
    text = README.format(model=recipe["model"], rank=recipe["rank"], rows=rows, **_plain(metrics))
    (output / "README.md").write_text(text, encoding="utf-8")
    (output / "metrics.json").write_text(json.dumps({"recipe": recipe, **metrics}, indent=2) + "\n", encoding="utf-8")


def _short(name: str) -> str:
    kind, _, path = name.partition(":")
    return f"{kind} {Path(path).name}".strip()


def _plain(metrics: dict[str, Any]) -> dict[str, Any]:
    return {key: metrics[key] for key in ("pairs", "steps", "seconds")}
