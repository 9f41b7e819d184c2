"""`shopkeeper train base` and `shopkeeper train encoder`: what wants a GPU at full size (finetune/GPU.md)."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from assistant.cli.output import note, print_json
from finetune.cli_train import Out, Recipe, Set, _recipe, train

Sizes = Annotated[list[str] | None, typer.Option("--size", help="A size; several are trained one after the other.")]
Chats = Annotated[list[int] | None, typer.Option("--chats", help="How many chats to train on; repeatable.", min=1)]
Prepare = Annotated[bool, typer.Option("--prepare", help="Only make the tokenizer and the public text's tokens.")]


@train.command("base")
def train_base(
    config: Recipe = Path("configs/train-base.yaml"),
    out: Out = None,
    changes: Set = None,
    sizes: Sizes = None,
    chats: Chats = None,
    prepare: Prepare = False,
) -> None:
    """Train a chat model from scratch on public text, then on generated readings and replies.

    With several --size or --chats, each size is trained on each number of chats, and sweep.json and sweep.svg compare
    them. A run that was interrupted goes on from its last checkpoint. --prepare makes what only the public text can
    give, so that the folder `data` can be carried to the machine that trains.
    """
    from finetune.base_recipe import BaseRecipe

    recipe = _recipe(BaseRecipe.from_yaml, config, changes, output=out)
    if prepare:
        from finetune.base_data import make_text

        return make_text(recipe, note)
    if sizes or chats:
        from finetune.base_sweep import sweep

        done = sweep(recipe, sizes or [recipe.size], chats or [recipe.chats], note)
    else:
        from finetune.base import train_base as run

        done = [run(recipe, note)]
    if os.environ.get("RANK", "0") == "0":
        print_json([{name: value for name, value in asdict(each).items() if name != "losses"} for each in done])


@train.command("encoder")
def train_encoder(config: Recipe = Path("configs/train-encoder.yaml"), out: Out = None, changes: Set = None) -> None:
    """Train a LoRA adapter of the sentence encoder on what people look for and what is right for it.

    Prints NDCG@10 before and after on queries, products and dialogues held out. Name the folder as `encoder.adapter` in
    the configuration to use it. A run that was interrupted goes on from its last checkpoint.
    """
    from finetune.train_encoder import Recipe
    from finetune.train_encoder import train_encoder as run

    metrics = run(_recipe(Recipe.from_yaml, config, changes, output=out), note)
    print_json({name: value for name, value in metrics.items() if name != "loss"})
