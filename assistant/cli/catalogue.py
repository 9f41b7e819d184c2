"""`shopkeeper index` and `shopkeeper search`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.output import DEMO, Config, Json, complain, note, print_json, progress

if TYPE_CHECKING:
    from retrieval.conditions import Condition
    from retrieval.index import Hit

app = typer.Typer()

WHERE = re.compile(r"^\s*(\w+)\s*(!=|<=|>=|=|~)\s*(.+?)\s*$")
OPERATORS = {"=": "is", "!=": "is_not", "<=": "at_most", ">=": "at_least", "~": "about"}
SHOWN_PROBLEMS = 20


@app.command()
def index(
    file: Annotated[list[Path], typer.Argument(help="JSONL, JSON, CSV, TSV, Parquet, YAML or Merchant XML; also .gz.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Directory of the index.")] = Path(".shopkeeper/index"),
    mapping: Annotated[
        list[str] | None, typer.Option("--map", help="OURS=THEIRS where names differ: title=name, price=price/100.")
    ] = None,
    currency: Annotated[str, typer.Option(help="ISO 4217 code of prices that name none.")] = "USD",
    strict: Annotated[bool, typer.Option("--strict", help="Stop at the first bad record.")] = False,
    config: Annotated[Path | None, typer.Option("--config", "-c", help="Take mapping and encoder from here.")] = None,
    as_json: Json = False,
) -> None:
    """Read a catalogue, report bad records by line, embed the good ones and write an index. Resumes if interrupted."""
    from assistant.config import EncoderSettings, Settings
    from retrieval.encoder import Encoder
    from retrieval.feeds import read_products
    from retrieval.index import build_index

    settings = Settings.load(config) if config else None
    names = (dict(settings.shop.mapping) if settings else {}) | _mapping(mapping or [])
    products, problems = read_products(file, mapping=names, currency=currency, strict=strict)
    for problem in problems[:SHOWN_PROBLEMS]:
        complain(str(problem))
    if len(problems) > SHOWN_PROBLEMS:
        complain(f"… and {len(problems) - SHOWN_PROBLEMS} more problems")
    if not products:
        complain("No usable product was found, so no index was written.")
        raise typer.Exit(2)
    chosen = settings.encoder if settings else EncoderSettings()
    encoder = Encoder.load(chosen.model, adapter=chosen.adapter)
    with progress("Embedding products") as advance:
        build_index(products, out, encoder, progress=advance)
    if as_json:
        print_json({"index": str(out), "products": len(products), "problems": [p.model_dump() for p in problems]})
    else:
        note(f"{len(products)} products indexed in {out}; {len(problems)} problems.")


@app.command()
def search(
    query: Annotated[str, typer.Argument(help="What to look for, in words.")],
    max_price: Annotated[float | None, typer.Option(help="Highest price.", min=0)] = None,
    min_price: Annotated[float | None, typer.Option(help="Lowest price.", min=0)] = None,
    where: Annotated[
        list[str] | None, typer.Option(help="A condition such as color!=black, brand=acme, size>=42; repeatable.")
    ] = None,
    kind: Annotated[str | None, typer.Option(help="Only this kind of product, in your words.")] = None,
    k: Annotated[int, typer.Option("-k", help="How many products.", min=1, max=1000)] = 10,
    directory: Annotated[Path | None, typer.Option("--index", help="Index directory; else that of --config.")] = None,
    config: Config = DEMO,
    as_json: Json = False,
) -> None:
    """Search an index: conditions filter exactly, then meaning and words rank what is left."""
    from assistant.build import build_encoder, open_index, prepare
    from assistant.config import EncoderSettings, Settings
    from retrieval.conditions import Condition
    from retrieval.encoder import Encoder
    from retrieval.index import Index

    conditions = [_condition(text) for text in where or []]
    for op, amount in (("at_most", max_price), ("at_least", min_price)):
        if amount is not None:
            conditions.append(Condition(attribute="price", op=op, value=amount))  # type: ignore[arg-type]
    if directory:
        chosen = EncoderSettings()
        opened = Index.open(directory, Encoder.load(chosen.model, adapter=chosen.adapter))
    else:
        settings = Settings.load(config)
        prepare(settings)
        opened = open_index(settings, build_encoder(settings))
    hits = opened.search(query, kind=kind, conditions=conditions, k=k)
    if as_json:
        print_json([_json(hit) for hit in hits])
    elif hits:
        _table(hits)
    else:
        note("Nothing meets all of that. Take a condition away, or name another kind of product.")


def _mapping(pairs: list[str]) -> dict[str, str]:
    for pair in pairs:
        if "=" not in pair:
            raise typer.BadParameter(f"expected OURS=THEIRS, such as title=name; found {pair!r}", param_hint="--map")
    return {ours.strip(): theirs.strip() for ours, theirs in (pair.split("=", 1) for pair in pairs)}


def _condition(text: str) -> Condition:
    from typing import get_args

    from retrieval.conditions import Attribute, Condition

    found = WHERE.match(text)
    if not found or found[1] not in get_args(Attribute):
        raise typer.BadParameter(
            f"expected ATTRIBUTE OPERATOR VALUE, such as color!=black, with an operator of = != <= >= ~ and an "
            f"attribute of {', '.join(get_args(Attribute))}; found {text!r}",
            param_hint="--where",
        )
    attribute, op, value = found[1], OPERATORS[found[2]], found[3]
    if attribute not in ("price", "rating", "quantity"):
        return Condition(attribute=attribute, op=op, value=value)  # type: ignore[arg-type]
    try:
        return Condition(attribute=attribute, op=op, value=float(value))  # type: ignore[arg-type]
    except ValueError:
        raise typer.BadParameter(f"{attribute} needs a number; found {value!r}", param_hint="--where") from None


def _json(hit: Hit) -> dict[str, object]:
    return {"score": round(hit.score, 4), "dense": round(hit.dense, 4), "lexical": round(hit.lexical, 4)} | {
        "product": hit.product.record()
    }


def _table(hits: list[Hit]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    for title in ("id", "product", "price", "rating", "score"):
        table.add_column(title, justify="right" if title in ("price", "rating", "score") else "left")
    for hit in hits:
        product = hit.product
        price = "" if product.amount is None else f"{product.amount:.2f} {product.currency or ''}"
        rating = "" if product.rating is None else f"{product.rating:.1f}"
        table.add_row(Text(product.id), Text(product.title), price, rating, f"{hit.score:.2f}")
    Console(highlight=False).print(table)
