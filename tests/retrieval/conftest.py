"""A small shop of our own, a tiny seeded encoder for what is not about meaning, and the real one for what is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from retrieval.encoder import Encoder, embedded_weights
from retrieval.product import Product

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data"


def shared(name: str) -> Path:
    """A file of the shared data, or the test is skipped."""
    path = SHARED / name
    if not path.is_file():
        pytest.skip(f"needs {path}, which is not here")
    return path


def product(id: str = "p", title: str = "Thing", **fields: Any) -> Product:
    """A product with just the fields a test is about."""
    return Product.model_validate({"id": id, "title": title, "currency": "USD"} | fields)


def _shop() -> list[Product]:
    boots, kettles, bags = "Shoes > Hiking Boots", "Kitchen > Kettles", "Bags & Luggage > Backpacks"
    rows: list[tuple[str, str, float, str, dict[str, Any]]] = [
        ("b1", "Fellrun Hiking Boots", 109, boots, {"color": ["Green"], "product_highlight": ["Waterproof membrane"]}),
        ("b2", "Ridgeway Hiking Boots", 89, boots, {"color": ["Black"], "product_highlight": ["Waterproof"]}),
        ("b3", "Dale Walking Boots", 75, boots, {"color": ["Brown"], "product_detail": [("Waterproof", "No")]}),
        ("b4", "Summit Hiking Boots", 180, boots, {"color": ["Red"], "product_highlight": ["Waterproof"]}),
        ("s1", "Pacer Running Sneakers", 65, "Shoes > Sneakers", {"color": ["White"], "rating": 4.5}),
        ("s2", "Court Leather Sneakers", 95, "Shoes > Sneakers", {"color": ["Black"], "material": ["Leather"]}),
        ("k1", "Brea Gooseneck Kettle", 59, kettles, {"product_detail": [("Capacity", "0.9 l"), ("Power", "1200 W")]}),
        ("k2", "Karo Family Kettle", 35, kettles, {"product_detail": [("Capacity", "1.7 l"), ("Power", "2200 W")]}),
        ("k3", "Karo Glass Kettle", 45, kettles, {"availability": "out_of_stock", "material": ["Glass"]}),
        ("t1", "Oak Coffee Table", 240, "Home > Tables", {"description": "A low table."}),
        ("t2", "Round Dining Table", 420, "Home > Tables", {"description": "Room for coffee and cake."}),
        ("l1", "Arc Table Lamp", 48, "Home > Lighting", {}),
        ("p1", "Trek 40 Backpack", 99, bags, {"product_highlight": ["40 l", "Rain cover"]}),
        ("p2", "City Laptop Backpack", 70, bags, {"product_highlight": ["Fits a 15.6 inch laptop"]}),
        ("g1", "Pathfinder GPS Bike Computer", 199, "Cycling > Computers", {}),
        ("w1", "Nan's Wool Sweater", 60, "Clothing > Knitwear", {"color": ["Blue"], "size": ["M", "L"]}),
        ("f1", "Spring Tulip Bouquet", 30, "Flowers", {}),
        ("v1", "Silent Vacuum Cleaner", 150, "Home > Cleaning", {"product_detail": [("Noise", "62 dB")]}),
    ]
    return [product(i, t, price=p, product_type=c, **more) for i, t, p, c, more in rows]


@pytest.fixture(scope="session")
def shop() -> list[Product]:
    """Eighteen products of seven departments; k3 is out of stock."""
    return _shop()


@pytest.fixture(scope="session")
def minilm() -> Encoder:
    """The embedded encoder."""
    return Encoder.load()


@pytest.fixture(scope="session")
def make_model(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], Path]:
    """Writes a seeded 16-dimensional sentence-transformers model of MiniLM's kind and words, and says where."""

    def make(seed: int) -> Path:
        import torch
        from sentence_transformers import SentenceTransformer
        from sentence_transformers.models import Pooling, Transformer
        from transformers import AutoTokenizer, BertConfig, BertModel

        folder = tmp_path_factory.mktemp(f"encoder-{seed}")
        tokenizer = AutoTokenizer.from_pretrained(embedded_weights())
        torch.manual_seed(seed)
        config = BertConfig(
            vocab_size=len(tokenizer), hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
            intermediate_size=32, max_position_embeddings=128,
        )
        BertModel(config).save_pretrained(folder / "bert")
        tokenizer.save_pretrained(folder / "bert")
        words = Transformer(str(folder / "bert"), max_seq_length=64)
        SentenceTransformer(modules=[words, Pooling(16)], device="cpu").save(str(folder / "model"))
        return folder / "model"

    return make


@pytest.fixture(scope="session")
def tiny(make_model: Callable[[int], Path]) -> Encoder:
    """A seeded 16-dimensional encoder: real, fast, and meaningless."""
    return Encoder.load(str(make_model(0)))
