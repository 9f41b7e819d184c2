"""Product files of every format, good and bad."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from retrieval.errors import FeedError
from retrieval.feeds import Problem, read_mapping, read_products
from tests.retrieval.conftest import shared

ROWS = [
    {"id": "1", "title": "Kettle", "price": "39.99 EUR", "brand": "Karo", "product_type": "Kitchen > Kettles"},
    {"id": "2", "title": "Toaster", "price": "25", "brand": "Brea", "product_type": "Kitchen > Toasters"},
]
XML = """<?xml version="1.0"?>
<rss xmlns:g="http://base.google.com/ns/1.0" version="2.0"><channel><title>Shop</title>
<item><g:id>1</g:id><title>Kettle &amp; lid</title><g:price>39.99 EUR</g:price><g:sale_price>29.99 EUR</g:sale_price>
<g:product_highlight>Quiet</g:product_highlight><g:product_highlight>Cordless</g:product_highlight>
<g:availability>out of stock</g:availability>
<g:product_detail><g:attribute_name>Capacity</g:attribute_name><g:attribute_value>1.7 l</g:attribute_value>
</g:product_detail></item>
<item><g:id>2</g:id></item>
</channel></rss>
"""


def _table(separator: str) -> str:
    header = list(ROWS[0])
    return "\n".join(separator.join(row) for row in [header, *([row[name] for name in header] for row in ROWS)]) + "\n"


def _write(path: Path, text: str | bytes) -> Path:
    data = text.encode() if isinstance(text, str) else text
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


LINES = "".join(json.dumps(row) + "\n" for row in ROWS)
YAML = "".join(f"- id: '{r['id']}'\n  title: {r['title']}\n  price: {r['price']}\n  brand: {r['brand']}\n"
               f"  product_type: {r['product_type']}\n" for r in ROWS)


@pytest.mark.parametrize("ending", ["", ".gz"])
@pytest.mark.parametrize(("name", "text"), [
    ("a.jsonl", LINES), ("a.json", json.dumps(ROWS)), ("a.json", json.dumps({"products": ROWS}, indent=1)),
    ("a.csv", _table(",")), ("a.csv", _table(";")), ("a.tsv", _table("\t")), ("a.txt", _table("\t")), ("a.yaml", YAML),
    ("b.jsonl", "\ufeff" + LINES), ("b.csv", "\ufeff" + _table(",")),
])
def test_every_format_reads_the_same(tmp_path: Path, name: str, text: str, ending: str) -> None:
    products, problems = read_products([_write(tmp_path / (name + ending), text)], currency="GBP")
    assert problems == []
    assert [(p.id, p.title, p.price, p.currency, p.brand) for p in products] == [
        ("1", "Kettle", 39.99, "EUR", ("Karo",)), ("2", "Toaster", 25.0, "GBP", ("Brea",)),
    ]


def test_parquet(tmp_path: Path) -> None:
    pq.write_table(pa.Table.from_pylist(ROWS), tmp_path / "a.parquet")
    products, problems = read_products([tmp_path / "a.parquet"])
    assert [p.price for p in products] == [39.99, 25.0]
    assert problems == []
    (tmp_path / "b.parquet").write_bytes(b"PAR1 cut")
    assert "damaged" in read_products([tmp_path / "b.parquet"])[1][0].message


def test_merchant_xml(tmp_path: Path) -> None:
    products, problems = read_products([_write(tmp_path / "feed.xml", XML)])
    assert [(p.title, p.amount, p.available, p.product_highlight, p.product_detail) for p in products] == [
        ("Kettle & lid", 29.99, False, ("Quiet", "Cordless"), (("Capacity", "1.7 l"),))
    ]
    assert [(p.line, p.field) for p in problems] == [(8, "title")]


def test_merchant_xml_cut_off(tmp_path: Path) -> None:
    products, problems = read_products([_write(tmp_path / "feed.xml", XML[: XML.index("<item><g:id>2")])])
    assert len(products) == 1
    assert "Merchant feed" in problems[0].message


def test_merchant_xml_with_entities_is_refused(tmp_path: Path) -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaa">]><rss><item><id>&a;</id></item></rss>'
    products, problems = read_products([_write(tmp_path / "feed.xml", bomb)])
    assert products == []
    assert len(problems) == 1


def test_merchant_tab_separated_names_and_details(tmp_path: Path) -> None:
    text = "id\ttitle\timage link\tproduct detail\n1\tKettle\tk.jpg\tGeneral:Capacity:1.7 l,General:Power:2200 W\n"
    (found,), _ = read_products([_write(tmp_path / "a.txt", text)])
    assert found.image_link == "k.jpg"
    assert found.product_detail == (("Capacity", "1.7 l"), ("Power", "2200 W"))


BAD = {
    '{"title": "No id"}': ("id", "required"),
    '{"id": "x"}': ("title", "required"),
    '{"id": "x", "title": "T", "price": "cheap"}': ("price", "expected a number such as 129.99"),
    '{"id": "x", "title": "T", "price": -1}': ("price", "found -1"),
    '{"id": "x", "title": "T", "price": NaN, "rating": 9}': ("rating", "from 0 to 5"),
    '{"id": "x", "title": "T", "availability": "maybe"}': ("availability", "in_stock"),
    '{"id": "x", "title": "T", "review_count": 1.5}': ("review_count", "whole number"),
    '{"id": "x", "title": "T", "product_detail": 7}': ("product_detail", "names and values"),
    '{"id": "x", "title": {"en": "T"}}': ("title", "expected a text"),
    '{"id": "x", "title": "T", "reviews": [{"rating": 11}]}': ("reviews.0.rating", "less than or equal"),
    '["x"]': ("", "expected one JSON object"),
    '{"id": "x", "tit': ("", "cut off"),
}


@pytest.mark.parametrize(("line", "field", "message"), [(k, *v) for k, v in BAD.items()])
def test_a_bad_record_is_named_and_the_good_ones_load(tmp_path: Path, line: str, field: str, message: str) -> None:
    path = _write(tmp_path / "a.jsonl", LINES + line)
    products, problems = read_products([path])
    assert len(products) == 2
    assert [(p.file, p.line, p.field) for p in problems] == [(str(path), 3, field)]
    assert message in problems[0].message
    with pytest.raises(FeedError, match=r"a\.jsonl:3"):
        read_products([path], strict=True)


def test_duplicate_ids_across_files(tmp_path: Path) -> None:
    first, second = _write(tmp_path / "a.jsonl", LINES), _write(tmp_path / "b.jsonl", LINES)
    products, problems = read_products([first, second])
    assert len(products) == 2
    assert [(p.line, p.field) for p in problems] == [(1, "id"), (2, "id")]
    assert f"{first}:1" in problems[0].message


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv"])
def test_wrong_encoding_names_the_line(tmp_path: Path, name: str) -> None:
    text = LINES if name == "a.jsonl" else _table(",")
    data = text.encode().replace(b"Toaster", "Käse".encode("latin-1"))
    products, problems = read_products([_write(tmp_path / name, data)])
    assert [p.id for p in products] == ["1"]
    assert problems[0].line == (2 if name == "a.jsonl" else 3)
    assert "UTF-8" in problems[0].message


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize(("name", "text"), [("a.csv", _table(",")), ("a.tsv.gz", _table("\t")), ("a.jsonl", LINES),
                                            ("a.json", json.dumps(ROWS)), ("a.yaml", YAML)])  # fmt: skip
def test_utf16_is_told(tmp_path: Path, name: str, text: str, encoding: str) -> None:
    with pytest.raises(FeedError, match=r"expected UTF-8, found UTF-16: save the file as UTF-8"):
        read_products([_write(tmp_path / name, text.encode(encoding))])


def test_xml_says_its_encoding_itself(tmp_path: Path) -> None:
    for encoding in ("utf-16", "iso-8859-1"):
        text = XML.replace('version="1.0"?', f'version="1.0" encoding="{encoding}"?').replace("lid", "Köln")
        products, _ = read_products([_write(tmp_path / "a.xml", text.encode(encoding))])
        assert [p.title for p in products] == ["Kettle & Köln"]


def test_a_quote_that_is_never_closed_swallows_nothing(tmp_path: Path) -> None:
    text = 'id,title\n1,Kettle 12" high\n2,"Tea\npot"\n3,"never closed\n4,Toaster\n5,Iron\n'
    products, problems = read_products([_write(tmp_path / "a.csv", text)])
    assert [p.id for p in products] == ["1", "2"]
    assert [(p.line, p.message) for p in problems] == [
        (5, 'expected a closing quote, found none up to line 7: close it, and write "" in a cell')
    ]


def test_lines_of_an_old_mac(tmp_path: Path) -> None:
    products, problems = read_products([_write(tmp_path / "a.csv", _table(",").replace("\n", "\r"))])
    assert (products, len(problems), problems[0].line) == ([], 1, 1)
    assert "line feed" in problems[0].message


def test_a_mapping_that_names_nothing_is_told(tmp_path: Path) -> None:
    file = _write(tmp_path / "a.csv", "sku,Product Name,cents\n1,Kettle,2000\n")
    right = {"id": "sku", "title": "product_name", "price": "cents/100", "product_type": "aisle > Product-Name"}
    assert read_products([file], right)[1] == []
    products, problems = read_products([file], right | {"price": "centz/100", "color": "hue", "brand": "a > b"})
    assert [p.price for p in products] == [None]
    assert [(p.field, p.message) for p in problems] == [
        ("price", 'the mapping "price=centz/100" names no field here; did you mean cents?'),
        ("color", 'the mapping "color=hue" names no field here; there are: sku, Product Name, cents'),
        ("brand", 'the mapping "brand=a > b" names no field here; there are: sku, Product Name, cents'),
    ]
    with pytest.raises(FeedError, match="did you mean cents"):
        read_products([file], {"id": "sku", "title": "product_name", "price": "centz"}, strict=True)


def test_truncated_gzip_keeps_what_was_read(tmp_path: Path) -> None:
    rows = [json.dumps({"id": str(i), "title": f"T{i * 7919}"}) for i in range(5000)]
    whole = gzip.compress("\n".join(rows).encode())
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(whole[: len(whole) // 2])
    products, problems = read_products([path])
    assert 100 < len(products) < 5000
    assert "cut off" in problems[-1].message


@pytest.mark.parametrize(("price", "amount", "currency"), [
    (129.99, 129.99, "USD"), ("129.99 USD", 129.99, "USD"), ("EUR 1.299,00", 1299.0, "EUR"), ("£5", 5.0, "GBP"),
    ("1,299.00 USD", 1299.0, "USD"), ("$45-52", 52.0, "USD"), ("19,5 EUR", 19.5, "EUR"), ("1,299", 1299.0, "USD"),
])
def test_prices(tmp_path: Path, price: object, amount: float, currency: str) -> None:
    (found,), _ = read_products([_write(tmp_path / "a.jsonl", json.dumps({"id": 1, "title": "T", "price": price}))])
    assert (found.id, found.price, found.currency) == ("1", amount, currency)


def test_mapping_aliases_and_unknown_fields(tmp_path: Path) -> None:
    row = {"sku": "1", "name": "T", "cents": 999, "dept": "Home", "shelf": "Lamps", "stock": 0, "attr_b_dimmable": True,
           "attr_t_product_colour": "Red", "warehouse": "B7"}
    path = _write(tmp_path / "a.jsonl", json.dumps(row))
    mapping = {"price": "cents/100", "product_type": "dept > shelf"}
    (found,), problems = read_products([path], mapping)
    assert problems == []
    assert (found.id, found.title, found.price, found.product_type) == ("1", "T", 9.99, "Home > Lamps")
    assert not found.available
    assert found.color == ("Red",)
    assert ("Dimmable", "Yes") in found.product_detail
    assert found.record()["warehouse"] == "B7"


def test_mapping_file(tmp_path: Path) -> None:
    assert read_mapping(_write(tmp_path / "m.yaml", "mapping:\n  title: name\n")) == {"title": "name"}
    with pytest.raises(FeedError, match="no field of ours"):
        read_mapping(_write(tmp_path / "m.yaml", "titel: name\n"))
    with pytest.raises(FeedError, match="expected an object"):
        read_mapping(_write(tmp_path / "m.yaml", "- title\n"))


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(FeedError, match="no such file"):
        read_products([tmp_path / "a.jsonl"])
    with pytest.raises(FeedError, match="expected a file ending on"):
        read_products([_write(tmp_path / "a.docx", "x")])
    with pytest.raises(FeedError, match="no field of ours"):
        read_products([_write(tmp_path / "a.jsonl", LINES)], {"colour": "x"})


def test_csv_rows_of_another_length(tmp_path: Path) -> None:
    products, problems = read_products([_write(tmp_path / "a.csv", 'id,title\n1,"A\nB"\n2\n3,C\n')])
    assert [(p.id, p.title) for p in products] == [("1", "A\nB"), ("3", "C")]
    assert [(p.line, p.message) for p in problems] == [(4, "expected 2 cells as in the header, found 1")]


def test_problem_reads_as_a_line() -> None:
    assert str(Problem(file="a.csv", line=3, field="price", message="bad")) == "a.csv:3: price: bad"


def test_bad_yaml_and_json_say_where(tmp_path: Path) -> None:
    assert read_products([_write(tmp_path / "a.yaml", "- id: 1\n  title: T\n- {id: [\n")])[1][0].line >= 3
    assert read_products([_write(tmp_path / "a.json", '[{"id": 1,\n "title"}]')])[1][0].line == 2


def test_retail_demo_store() -> None:
    products, problems = read_products([shared("retail-demo-store/products.yaml")])
    assert (len(products), problems) == (2465, [])
    assert products[0].product_type == "accessories > backpack"
    assert products[0].price == 129.99


def test_icecat_prices_are_cents(tmp_path: Path) -> None:
    with gzip.open(shared("icecat/products.jsonl.gz"), "rb") as file:
        head = b"".join(line for line, _ in zip(file, range(500), strict=False))
    products, problems = read_products([_write(tmp_path / "icecat.jsonl.gz", head)], price_scale=0.01)
    assert (len(products), problems) == (500, [])
    assert products[0].price == 49.95
    assert products[1].product_type == "Notebook"


def test_aws_electronics() -> None:
    products, problems = read_products([shared("aws-electronics/products.csv.gz")])
    assert len(products) == 995
    assert {p.field for p in problems} == {"id"}
    assert products[0].price == 52.0
    assert products[0].brand == ("Puma",)


def test_quoted_words_of_a_mapping_stand_for_themselves(tmp_path: Path) -> None:
    path = _write(tmp_path / "wine.csv", b"ref,label,type\n1,Barolo,red\n2,Corkscrew,\n")
    mapping = {"id": "ref", "title": "label", "product_type": '"Wine" > type'}
    products, problems = read_products([path], mapping)
    assert not problems and [p.product_type for p in products] == ["Wine > red", ""]


def test_a_rating_of_nobody_is_none(tmp_path: Path) -> None:
    path = _write(tmp_path / "p.csv", b"id,title,rating,review_count\n1,A,0,\n2,B,0,3\n3,C,4.5,\n")
    assert [p.rating for p in read_products([path])[0]] == [None, 0, 4.5]
