"""`shopkeeper index` and `shopkeeper search`."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.output import DEMO, Config, Json, clean, complain, note, print_json, progress

if TYPE_CHECKING:
    from assistant.config import Settings
    from retrieval.conditions import Condition
    from retrieval.index import Hit, Index

app = typer.Typer()

WHERE = re.compile(r"^\s*(\w+)\s*(!=|<=|>=|=|~)\s*(.+?)\s*$", re.DOTALL)
OPERATORS = {"=": "is", "!=": "is_not", "<=": "at_most", ">=": "at_least", "~": "about"}
NUMERIC = ("price", "rating")
INDEX = Path(".shopkeeper/index")
SHOWN_PROBLEMS = 20


@app.command()
def index(
    file: Annotated[
        list[Path] | None,
        typer.Argument(help="JSONL, JSON, CSV, TSV, Parquet, YAML or Merchant XML; also .gz. Else those of --config."),
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help=f"Directory of the index. Default: {INDEX}")] = None,
    mapping: Annotated[
        list[str] | None, typer.Option("--map", help="OURS=THEIRS where names differ: title=name, price=cents/100.")
    ] = None,
    currency: Annotated[str | None, typer.Option(help="ISO 4217 code of prices that name none. Default: USD")] = None,
    price_scale: Annotated[float, typer.Option(help="Multiplies every price: 0.01 where they are in cents.")] = 1.0,
    strict: Annotated[bool, typer.Option("--strict", help="Stop at the first bad record.")] = False,
    config: Annotated[
        Path | None, typer.Option("--config", "-c", help="Take files, mapping, currency, encoder and directory here.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Read a catalogue, report bad records by line, embed the good ones and write an index. Resumes if interrupted."""
    from assistant.config import EncoderSettings, Settings
    from assistant.indexing import index_products, sources_of, write_demo_shop
    from retrieval.encoder import Encoder
    from retrieval.feeds import read_products
    from retrieval.index import build_index

    settings = Settings.load(config) if config else None
    of_the_shop = settings is not None and not (file or out or mapping or currency or price_scale != 1)
    if settings is not None and not file:
        write_demo_shop(settings)
    files = file or (list(settings.shop.files) if settings else [])
    if not files:
        raise typer.BadParameter("expected a catalogue file, or --config with one; found neither", param_hint="FILE")
    names = (dict(settings.shop.mapping) if settings else {}) | _mapping(mapping or [])
    money = _currency(currency or (settings.shop.currency if settings else "USD"))
    sources = sources_of(settings) if settings is not None and of_the_shop else {}
    products, problems = read_products(files, names, money, strict, _scale(price_scale))
    for problem in problems[:SHOWN_PROBLEMS]:
        complain(str(problem))
    if len(problems) > SHOWN_PROBLEMS:
        complain(f"… and {len(problems) - SHOWN_PROBLEMS} more problems")
    if not products:
        complain(
            f"No usable product was found in {', '.join(map(str, files))}, so no index was written: a record needs an "
            "id and a title; --map id=THEIRS says where they are under another name."
        )
        raise typer.Exit(2)
    directory = out or (settings.index.path if settings else INDEX)
    with progress("Embedding products") as advance:
        if settings is not None and of_the_shop:
            index_products(settings, products, sources, advance)
        else:
            chosen = settings.encoder if settings else EncoderSettings()
            encoder = Encoder.load(chosen.model, adapter=chosen.adapter)
            build_index(products, directory, encoder, progress=advance)
    if as_json:
        print_json({"index": str(directory), "products": len(products), "problems": [p.model_dump() for p in problems]})
    else:
        note(f"Indexed in {directory}: {_count(products, 'product')}; {_count(problems, 'problem')}.")


@app.command()
def search(
    query: Annotated[str, typer.Argument(help='What to look for, in words; "" ranks by rating.')],
    max_price: Annotated[float | None, typer.Option(help="Highest price.", min=0)] = None,
    min_price: Annotated[float | None, typer.Option(help="Lowest price.", min=0)] = None,
    where: Annotated[
        list[str] | None,
        typer.Option(help="A condition such as color!=black, brand=acme, 'rating>=4', 'size<=30 cm'; repeatable."),
    ] = None,
    kind: Annotated[str | None, typer.Option(help="Only this kind of product, in your words.")] = None,
    k: Annotated[int, typer.Option("-k", help="How many products.", min=1, max=1000)] = 10,
    directory: Annotated[Path | None, typer.Option("--index", help="Index directory; else that of --config.")] = None,
    config: Config = DEMO,
    as_json: Json = False,
) -> None:
    """Search an index: conditions filter exactly, then meaning and words rank what is left."""
    from assistant.config import Settings
    from retrieval.conditions import Condition

    conditions = [_condition(text) for text in where or []]
    for op, amount in (("at_most", max_price), ("at_least", min_price)):
        if amount is not None:
            conditions.append(Condition(attribute="price", op=op, value=amount))  # type: ignore[arg-type]
    settings = None if directory and config == DEMO and not DEMO.exists() else Settings.load(config)
    hits = _open(directory, settings).search(query, kind=kind, conditions=conditions, k=k)
    if as_json:
        print_json([_json(hit) for hit in hits])
    elif hits:
        _table(hits)
    else:
        note("Nothing meets all of that. Take a condition away, or name another kind of product.")


def _open(directory: Path | None, settings: Settings | None) -> Index:
    """The index of the settings, made if need be; or that of a directory, with the settings' encoder."""
    from assistant.build import build_encoder, open_index
    from assistant.cli.service import make_ready
    from assistant.config import EncoderSettings
    from retrieval.encoder import Encoder
    from retrieval.index import Index

    if directory is None and settings is not None:
        make_ready(settings)
        return open_index(settings, build_encoder(settings))
    chosen = settings.encoder if settings else EncoderSettings()
    return Index.open(directory or INDEX, Encoder.load(chosen.model, adapter=chosen.adapter))


def _count(things: Sequence[object], name: str) -> str:
    return f"{len(things)} {name}{'' if len(things) == 1 else 's'}"


def _mapping(pairs: list[str]) -> dict[str, str]:
    for pair in pairs:
        if "=" not in pair:
            raise typer.BadParameter(f"expected OURS=THEIRS, such as title=name; found {pair!r}", param_hint="--map")
    return {ours.strip(): theirs.strip() for ours, theirs in (pair.split("=", 1) for pair in pairs)}


def _currency(code: str) -> str:
    if not re.fullmatch("[A-Za-z]{3}", code):
        raise typer.BadParameter(f"expected three letters, such as EUR; found {code!r}", param_hint="--currency")
    return code.upper()


def _scale(factor: float) -> float:
    if not (math.isfinite(factor) and factor > 0):
        raise typer.BadParameter(f"expected a number above 0, such as 0.01; found {factor}", param_hint="--price-scale")
    return factor


def _condition(text: str) -> Condition:
    from retrieval.conditions import CHECKABLE, Condition

    found = WHERE.match(text)
    if not found or found[1] not in CHECKABLE:
        raise typer.BadParameter(
            f"expected ATTRIBUTE OPERATOR VALUE, such as color!=black, with an operator of = != <= >= ~ and an "
            f"attribute of {', '.join(sorted(CHECKABLE))}; found {text!r}",
            param_hint="--where",
        )
    attribute, op, value = found[1], OPERATORS[found[2]], found[3]
    return Condition(
        attribute=attribute,  # type: ignore[arg-type]
        op=op,  # type: ignore[arg-type]
        value=_number(attribute, value) if attribute in NUMERIC else value,
    )


def _number(attribute: str, value: str) -> float:
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise typer.BadParameter(f"{attribute} needs a number; found {value!r}", param_hint="--where")
    return number


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
        table.add_row(Text(clean(product.id)), Text(clean(product.title)), price, rating, f"{hit.score:.2f}")
    Console(highlight=False).print(table)
