"""Pictures of training runs: the loss of its steps and of what is held out, and the score of its judgements."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import mean

from finetune.charts import WIDTH, lines
from finetune.lora_progress import Judgement

POINTS = 120
HEIGHT, GAP = 214, 28
STYLE = """text{font:12px system-ui,sans-serif;fill:#333}.small{font-size:11px;fill:#666}.title{font-weight:600}
.grid{stroke:#ddd}.line{fill:none;stroke-width:2}.s1{fill:#2a6fb0}.l1{stroke:#2a6fb0}.s2{fill:#c2571a}.l2{stroke:#c2571a}
.s3{fill:#3a8a4a}.l3{stroke:#3a8a4a}.s4{fill:#8250a8}.l4{stroke:#8250a8}
@media(prefers-color-scheme:dark){text{fill:#ddd}.small{fill:#aaa}.grid{stroke:#444}}"""


def learning_curve(
    losses: Sequence[float],
    judged: Sequence[Judgement],
    metric: str | None,
    title: str = "Loss of a token in nats: steps blue, held out orange",
) -> str:
    """An SVG file: losses of steps (blue, evened out over neighbours) and of what is held out (orange), and below,
    where there is a `metric`, its values. Private runs have no losses of steps."""
    held_out = [(float(j.step), j.loss) for j in judged if not math.isnan(j.loss)]
    curves = lines([_evened(losses), held_out], "loss", "step", None)
    charts = [(title, curves)]
    if metric is not None:
        points = [(float(j.step), j.score) for j in judged if j.score is not None]
        charts.append((f"{metric[0].upper()}{metric[1:]}, held out", lines([points], metric, "step")))
    return standing_alone(charts)


def standing_alone(charts: Sequence[tuple[str, str]]) -> str:
    """An SVG file of charts with their titles, one below the other."""
    parts = [_placed(i, title, chart) for i, (title, chart) in enumerate(charts)]
    height = len(charts) * (HEIGHT + GAP)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{2 * WIDTH}">'
        f"<style>{STYLE}</style>{''.join(parts)}</svg>\n"
    )


def _placed(number: int, title: str, chart: str) -> str:
    top = number * (HEIGHT + GAP)
    return (
        f'<text x="8" y="{top + 18}" class="title">{title}</text>'
        f'<svg y="{top + GAP}" width="{WIDTH}" height="{HEIGHT}">{chart}</svg>'
    )


def _evened(losses: Sequence[float]) -> list[tuple[float, float]]:
    """At most `POINTS` means over neighbouring steps, each at its last step."""
    known = [(step, loss) for step, loss in enumerate(losses, start=1) if not math.isnan(loss)]
    size = math.ceil(len(known) / POINTS) or 1
    parts = [known[i : i + size] for i in range(0, len(known), size)]
    return [(float(part[-1][0]), mean(loss for _, loss in part)) for part in parts]
