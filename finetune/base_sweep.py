"""Several sizes of base model on several amounts of chats: how loss falls with data and size, as table and picture."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path

from finetune.base import BaseMetrics, train_base
from finetune.base_recipe import BaseRecipe
from finetune.charts import lines
from finetune.learning_curve import standing_alone

COLOURS = ("blue", "orange", "green", "violet")
Report = Callable[[str], None]


def sweep(
    recipe: BaseRecipe, sizes: Sequence[str], counts: Sequence[int], report: Report = print
) -> list[BaseMetrics]:
    """Trains every size on every number of chats, each in a folder of its own in `recipe.output` (what is finished is
    not trained again), and writes `sweep.json` and `sweep.svg` there."""
    folder = Path(recipe.output)
    done: list[BaseMetrics] = []
    for size in sizes:
        for count in counts:
            one = replace(recipe, size=size, chats=count, output=str(folder / f"{size}-{count}"))
            report(f"{size} on {count} chats")
            done.append(_finished(one) or train_base(one, report))
    rows = [{k: v for k, v in asdict(metrics).items() if k != "losses"} for metrics in done]
    (folder / "sweep.json").write_text(json.dumps(rows, indent=2) + "\n", "utf-8")
    (folder / "sweep.svg").write_text(picture(done, sizes), "utf-8")
    return done


def picture(done: Sequence[BaseMetrics], sizes: Sequence[str]) -> str:
    """An SVG file: held-out loss of readings and replies against how many were trained on, a line for each size."""
    series = [[(m.chats / 1000, m.chat_loss) for m in done if m.size == size] for size in sizes]
    coloured = ", ".join(f"{size} {colour}" for size, colour in zip(sizes, COLOURS, strict=False))
    chart = lines(series, "Held-out loss", "thousands of readings and replies", None)
    return standing_alone([(f"Loss of a held-out token in nats: {coloured}", chart)])


def _finished(recipe: BaseRecipe) -> BaseMetrics | None:
    path = Path(recipe.output) / "metrics.json"
    if not path.exists():
        return None
    record = json.loads(path.read_text("utf-8"))
    known = BaseRecipe(**record.pop("recipe"))
    return BaseMetrics(**record) if known.identity() == recipe.identity() else None
