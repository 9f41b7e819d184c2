"""One raw record of a shop's feed to a `Product`: names, numbers, lists and details brought to Merchant's form."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from math import isnan
from typing import Any

from pydantic import ValidationError

from retrieval.product import Product
from retrieval.values import RANGE, FieldError, availability, count, money, plain, rating, shown

Row = dict[str, Any]

FIELDS = tuple(Product.model_fields)
_LISTS = ("brand", "color", "size", "material", "gender", "age_group")
_ALIASES: dict[str, tuple[str, ...]] = {
    "id": ("product_id", "item_id", "sku", "asin", "article_number", "uid"),
    "title": ("name", "product_name", "product_title", "item_name"),
    "description": ("short_description", "long_description", "body", "summary", "description_and_reviews"),
    "price": ("current_price", "list_price", "regular_price", "price_range", "unit_price"),
    "sale_price": ("discounted_price", "special_price"),
    "availability": ("current_stock", "stock", "in_stock", "stock_quantity", "inventory", "stock_status"),
    "brand": ("manufacturer", "supplier", "vendor", "maker"),
    "color": ("colour", "product_colour", "product_color", "colors"),
    "size": ("sizes",),
    "material": ("materials",),
    "gender": ("gender_affinity",),
    "product_type": ("category_path", "google_product_category", "categories", "category", "department"),
    "item_group_id": ("group_id", "parent_id"),
    "link": ("url", "product_url"),
    "image_link": ("image_url", "image", "img", "img_500x500", "picture", "thumbnail"),
    "product_detail": ("specifications", "specs", "attributes", "details", "features_table"),
    "product_highlight": ("highlights", "bullet_points", "features", "bullets"),
    "rating": ("average_rating", "stars", "review_rating"),
    "review_count": ("reviews_count", "number_of_reviews", "num_reviews", "ratings_count", "rating_count"),
}
_SUBCATEGORIES = ("subcategory", "sub_category", "style")
_GENDERS = {"f": "female", "m": "male", "u": "unisex", "women": "female", "men": "male"}
_LITERAL = re.compile(r"""\s*(["'])(?P<text>[^"'>]+)\1\s*""")
_EXPRESSION = re.compile(r"^(?P<name>.+?)\s*(?P<sign>[*/])\s*(?P<number>\d+(?:\.\d+)?)$")
_ATTRIBUTE = re.compile(r"^attr_(?:[a-z]_)?(.+)$")
_PAIRS = re.compile(r"\s*,\s*(?=[^,:]+:[^,:]+)")


@dataclass(frozen=True)
class Rules:
    """How the rows of a feed are to be read: `mapping` is ours to theirs, `currency` where a price names none,
    `price_scale` what all prices are multiplied by (0.01 for a feed in cents)."""

    mapping: Mapping[str, str] = field(default_factory=dict)
    currency: str = "USD"
    price_scale: float = 1.0


def product_of(row: Mapping[str, Any], rules: Rules) -> Product:
    """The product that a row describes. Unknown fields are kept. Raises `FieldError`."""
    named = {name_of(key): value for key, value in row.items() if key is not None and not _empty(value)}
    known = _mapped(named, rules)
    _alias(known, named)
    details = [*_details(known.pop("product_detail", None)), *_attributes(known)]
    fields: Row = {
        **{key: value for key, value in known.items() if key not in FIELDS},
        **{key: known[key] for key in ("item_group_id", "link", "image_link") if key in known},
        **{key: _texts(known[key]) for key in _LISTS if key in known},
        **_prices(known, rules),
        "product_detail": tuple(details),
        "product_highlight": tuple(_texts(known.get("product_highlight"))),
        "product_type": _path(known.get("product_type", "")),
        "availability": availability(known.get("availability")),
        "rating": rating(known.get("rating")),
        "review_count": count(known.get("review_count")),
        "reviews": known.get("reviews", ()),
    }
    if fields["rating"] == 0 and not fields["review_count"]:
        fields["rating"] = None  # nobody rated it: the lowest that a buyer can give is above 0
    for key in ("id", "title", "description", "item_group_id", "link", "image_link"):
        fields[key] = _text(known.get(key), key)
    if "gender" in fields:
        fields["gender"] = [_GENDERS.get(value.lower(), value.lower()) for value in fields["gender"]]
    return _validated({key: value for key, value in fields.items() if value is not None})


def names_in(theirs: str) -> list[str]:
    """The fields of theirs that the right side of a mapping names, in the form of `name_of`."""
    scaled = _EXPRESSION.match(theirs)
    parts = theirs.split(">")
    if scaled is not None and len(parts) == 1:
        return [name_of(scaled["name"])]
    return [name_of(part) for part in parts if not _LITERAL.fullmatch(part)]


@lru_cache(maxsize=4096)
def name_of(key: str) -> str:
    """A field's name as all files have it: `g:Sale Price` is `sale_price`."""
    return re.sub(r"[\s-]+", "_", str(key).strip().lower().removeprefix("g:"))


def _validated(fields: Row) -> Product:
    for key in ("id", "title"):
        if not fields.get(key):
            raise FieldError(key, f'required: expected a text, found nothing. Map its field: "{key}=THEIRS"')
    fields.setdefault("description", "")
    try:
        return Product.model_validate(fields)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise FieldError(place, f"{first['msg']}, found {shown(first['input'])}") from None


def _mapped(named: Row, rules: Rules) -> Row:
    """The row under our names, after the mapping: a plain name, `price/100`, or `category > style` to join, in which
    `"Wine" > type` puts a word of one's own before."""
    known = dict(named)
    for ours, theirs in rules.mapping.items():
        scaled = _EXPRESSION.match(theirs)
        parts = theirs.split(">")
        if len(parts) > 1:
            values = [_LITERAL.fullmatch(part) or named.get(name_of(part)) for part in parts]
            if any(value is not None and not isinstance(value, re.Match) for value in values):
                texts = (value["text"] if isinstance(value, re.Match) else value for value in values)
                known[ours] = " > ".join(str(text) for text in texts if text is not None)
        elif scaled is not None and (name := name_of(scaled["name"])) in named:
            factor = float(scaled["number"])
            number = money(named[name], ours)[0]
            known[ours] = round(number * factor if scaled["sign"] == "*" else number / factor, 4)
            if name != ours:
                known.pop(name, None)
        elif (name := name_of(theirs)) in named:
            known[ours] = named[name]
            if name != ours and name not in rules.mapping:
                known.pop(name, None)
    return known


def _alias(known: Row, named: Row) -> None:
    """Fill fields that are missing from what other shops call them: from a field, or else from an attribute."""
    attributes = any(key.startswith("attr_") for key in named)
    for ours, others in _ALIASES.items():
        if ours in known:
            continue
        for other in others:
            if other in known:
                known[ours] = known.pop(other)
                if ours == "product_type" and other == "category":
                    _join_subcategory(known, named)
                break
        else:
            names = [ours, *others] if attributes else []
            said = (named.get(prefix + name) for prefix in ("attr_t_", "attr_") for name in names)
            if (text := next((value for value in said if isinstance(value, str)), None)) is not None:
                known[ours] = text


def _join_subcategory(known: Row, named: Row) -> None:
    for name in _SUBCATEGORIES:
        if isinstance(named.get(name), str) and isinstance(known["product_type"], str):
            known["product_type"] = f"{known['product_type']} > {known.pop(name)}"
            return


def _prices(known: Row, rules: Rules) -> Row:
    found: Row = {"currency": known.get("currency") or rules.currency}
    for name in ("price", "sale_price"):
        if name in known:
            amount, currency = money(known[name], name)
            found[name] = round(amount * rules.price_scale, 4)
            found["currency"] = currency or found["currency"]
            if isinstance(known[name], str) and RANGE.search(known[name]):
                found["price_range"] = known[name]
    return found


def _details(value: Any) -> Iterator[tuple[str, str]]:
    """Details in any of their layouts: a list of name and value, one object, or Merchant's `name:value,name:value`."""
    if value is None:
        return
    if isinstance(value, Mapping):
        if "attribute_name" in value:
            yield str(value["attribute_name"]), plain(value.get("attribute_value", ""))
        else:
            yield from ((str(name), plain(each)) for name, each in value.items() if not _empty(each))
    elif isinstance(value, str):
        for pair in _PAIRS.split(value):
            name, _, text = pair.rpartition(":")
            yield (name.rpartition(":")[2].strip() or "Detail", text.strip())
    elif isinstance(value, list | tuple):
        for each in value:
            if isinstance(each, list | tuple) and len(each) == 2:
                yield str(each[0]), plain(each[1])
            elif isinstance(each, Mapping | str):
                yield from _details(each)
            else:
                raise FieldError("product_detail", f"expected attribute_name and attribute_value, found {shown(each)}")
    else:
        raise FieldError("product_detail", f"expected a list of names and values, found {shown(value)}")


def _attributes(known: Row) -> Iterator[tuple[str, str]]:
    """Columns such as `attr_t_form_factor`, which leave the row and become details."""
    for key in [k for k in known if _ATTRIBUTE.match(k)]:
        match = _ATTRIBUTE.match(key)
        if match is not None:
            name = " ".join(match[1].split("_")).strip()
            yield name[:1].upper() + name[1:], plain(known.pop(key))


def _path(value: Any) -> str:
    if isinstance(value, list | tuple):
        if value and all(isinstance(each, str) and ">" in each for each in value):
            value = value[0]
        else:
            value = " > ".join(str(each) for each in value)
    return " > ".join(part.strip() for part in re.split(r"\s*(?:>|\s/\s|\|)\s*", str(value)) if part.strip())


def _texts(value: Any) -> list[str]:
    if value is None:
        return []
    values = value if isinstance(value, list | tuple) else [value]
    return [text for each in values if (text := plain(each).strip())]


def _text(value: Any, name: str) -> str | None:
    if value is None:
        return None
    if isinstance(value, list | tuple) and len(value) == 1:
        value = value[0]
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise FieldError(name, f"expected a text, found {shown(value)}")
    return plain(value).strip()


def _empty(value: Any) -> bool:
    return value is None or value == "" or value == [] or value == {} or (isinstance(value, float) and isnan(value))


