"""The model card of a trained compact writer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

CARD = """---
language: en
library_name: transformers
pipeline_tag: text-generation
---

# Compact writer

Phrases a shop assistant's reply, or a note for a colleague, from a plan: it is told which facts there are and writes
placeholders such as `{{1.price}}` where they belong; the program fills them in. It never sees a catalogue's or a
shopper's words.

- **Model**: a decoder of the Qwen3 architecture, {size}, with its own byte-level BPE of {tokens} tokens, one for each
  placeholder; bfloat16 weights, trained from random ones. `adapter/` is the LoRA adapter `writer`
  (rank {rank}), trained on the finished base for plans only. `phrasebook.json` is all that it may say itself,
  in runs of three words.
- **Data**: replies composed on the fly from this project's own phrase tables (`finetune/replies`), {seen} of
  them in the last run; no outside text. Plans of {held_out:.0%} of all kinds (move, topic, question and set of facts)
  were kept back.
- **Recipe**: `configs/train-writer.yaml`, seed {seed}, {minutes} minutes of one processor core{start}.
- **Limits**: English only. It says what its tables can say, in new combinations; a plan that needs another wording, a
  translation or a longer argument needs a hub model (`configs/llm.yaml`).

## Figures on {judged} plans of kinds never seen in training

| | exact placeholders | every pick named | facts by their product | nothing stopped by the checks |
|---|---|---|---|---|
| most likely tokens, unconstrained | {free} |
| as served, before the checks | {constrained} |

*Exact*: the placeholders of the reply are those of the plan, each once. Perplexity of the replies: {perplexity_base}
for the base alone, {perplexity_writer} under the adapter. Served whole: {failed} of {judged} failed, {words_mean}
words on average, at most {words_max}; on a busy machine, one core, the first words took {first_words_seconds_median} s,
the whole reply {reply_seconds_median} s (medians; 95th percentile {reply_seconds_95th} s).
"""


def write_card(folder: Path, recipe: Mapping[str, Any], metrics: Mapping[str, Any], held_out: float) -> None:
    """Writes `metrics.json` and `README.md` beside the weights in `folder`."""
    (folder / "metrics.json").write_text(json.dumps(dict(metrics), indent=2) + "\n", "utf-8")
    columns = ("exact", "picks", "attributed", "verified")
    rows = {name: " | ".join(f"{metrics[name][c]:.1%}" for c in columns) for name in ("free", "constrained")}
    weights = sum(path.stat().st_size for path in folder.glob("*.safetensors"))
    text = CARD.format(
        **{key: value for key, value in metrics.items() if not isinstance(value, dict)},
        **metrics["served"],
        **rows,
        size=f"{weights / 2e6:.1f} million parameters",
        tokens=json.loads((folder / "config.json").read_text("utf-8"))["vocab_size"],
        rank=recipe["rank"],
        seed=recipe["seed"],
        seen=f"{(recipe['steps'] + recipe['adapter_steps']) * recipe['batch']:,}",
        minutes=metrics["processor_minutes"],
        held_out=held_out,
        start=", going on from an earlier writer of the same corpus (finetune/LOG.md)" if recipe["start"] else "",
    )
    (folder / "README.md").write_text(text, "utf-8")
