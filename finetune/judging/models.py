"""The readers that can be judged, by name; nothing is loaded before something has to be read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.config import ModelSettings, Settings
from assistant.reading import Reader
from assistant.records import Conversation, State
from finetune.evaluate import Tokens

if TYPE_CHECKING:
    from assistant.chat_model import ChatModel
    from assistant.compact_reader import CompactReader
    from assistant.generation import Generation

ADAPTER, BASE, BASELINE = "adapter", "base", "baseline"
KNOWN = (
    f"{ADAPTER} (the reader of --config), {BASE} (the same without its LoRA adapter), {BASELINE} (TF-IDF and logistic "
    "regression, trained on --train), a folder that training wrote, or a configuration such as configs/llm.yaml"
)
ROOT = Path(__file__).resolve().parents[2]
FEW_FILES = 3
WHOLE = 256 * 2**20
"""Files up to this many bytes are told apart by all of their content, larger ones by size, time and beginning."""


@dataclass(frozen=True)
class Loaded:
    """A reader, and what tells how many tokens it took for the message it read last, if anything does."""

    reader: Reader
    tokens: Tokens | None = None


@dataclass(frozen=True)
class Model:
    """A reader to be judged. `fingerprint` changes with its weights, its settings and the code that reads."""

    name: str
    about: str
    fingerprint: str
    load: Callable[[], Loaded]


def find_model(name: str, settings: Settings, train: Sequence[Path] = ()) -> Model:
    """The model called `name`: one of `KNOWN`. Raises `ValueError` for another name, and for a baseline without
    anything to train it on; weights that are missing are told when it is loaded."""
    if name == ADAPTER:
        return _configured(name, settings, settings.reader)
    if name == BASE:
        return _without_adapter(settings)
    if name == BASELINE:
        return _baseline(settings, train)
    path = Path(name)
    if path.suffix in (".yaml", ".yml"):
        other = Settings.load(path)
        return _configured(name, other, other.reader)
    if path.is_dir():
        return _configured(name, settings, _of_folder(path))
    raise ValueError(f"--model: expected {KNOWN}; found {name!r}, which is none of these and no folder that is there.")


def distinct(models: Sequence[Model]) -> list[Model]:
    """Models under names that differ: of those called the same, later ones get a number."""
    seen: dict[str, int] = {}
    named = []
    for model in models:
        seen[model.name] = seen.get(model.name, 0) + 1
        count = seen[model.name]
        named.append(model if count == 1 else replace(model, name=f"{model.name} ({count})"))
    return named


def _of_folder(path: Path) -> ModelSettings:
    from assistant.adapters import read_card
    from assistant.compact_reader import HEADS

    if (path / HEADS).is_file() or not (path / "adapter_config.json").is_file():
        chat = (path / "tokenizer.json").is_file()
        return ModelSettings(kind="hub", model=str(path)) if chat else ModelSettings(kind="compact", path=path)
    card = read_card(path)
    named = json.loads((path / "adapter_config.json").read_text("utf-8"))["base_model_name_or_path"]
    return ModelSettings(kind="hub", model=card.base if card else named, adapter=path)


def _configured(name: str, settings: Settings, reader: ModelSettings) -> Model:
    return Model(name, _about(reader), _fingerprint(name == BASE, _plain(reader), _files(reader)),
                 lambda: _build(settings.model_copy(update={"reader": reader})))  # fmt: skip


def _without_adapter(settings: Settings) -> Model:
    reader = settings.reader
    if reader.kind != "compact":
        return _configured(BASE, settings, reader.model_copy(update={"adapter": None}))

    def load() -> Loaded:
        return _counted(switched_off(_compact(settings, reader)))

    about = "MiniLM with the reader's heads, its LoRA adapter switched off"
    return Model(BASE, about, _fingerprint(True, _plain(reader), _files(reader)), load)


def switched_off(reader: CompactReader) -> CompactReader:
    """The compact reader with the weights of its base put back in place of those that its adapter changed."""
    from assistant.compact_reader import load_base

    base, _ = load_base()
    reader.network.encoder.load_state_dict(base.state_dict())
    return reader


def _baseline(settings: Settings, train: Sequence[Path]) -> Model:
    if not train:
        raise ValueError("--model baseline: expected labelled conversations to train it on (--train FILE), found none.")

    def load() -> Loaded:
        from assistant.indexing import read_catalogue, write_demo_shop
        from finetune.conversations import read_conversations
        from finetune.judging.baseline import Baseline
        from retrieval.catalogue import levels

        write_demo_shop(settings)
        names = {name for product in read_catalogue(settings) for name in levels(product.product_type)}
        return Loaded(Baseline.train(read_conversations(train)[0], names))

    names = ", ".join(path.name for path in train) if len(train) <= FEW_FILES else f"{len(train)} files"
    about = f"TF-IDF, logistic regression and nearest phrases; trained on {names}"
    return Model(BASELINE, about, _fingerprint(BASELINE, [*train, *settings.shop.files]), load)


def _build(settings: Settings) -> Loaded:
    from assistant.build import Generators, build_reader

    if settings.reader.kind == "compact":
        return _counted(_compact(settings, settings.reader))
    if settings.reader.kind == "hub":
        from assistant.hub_reader import HubReader

        meter = Meter(Generators(settings).get(settings.reader))
        return Loaded(HubReader(meter), meter.tokens)
    return Loaded(build_reader(settings.reader, Generators(settings)))


def _compact(settings: Settings, reader: ModelSettings) -> CompactReader:
    from assistant.build import Generators, build_reader
    from assistant.compact_reader import CompactReader

    built = build_reader(reader, Generators(settings))
    assert isinstance(built, CompactReader)
    return built


def _counted(reader: CompactReader) -> Loaded:
    from assistant.compact.encoding import encode

    def tokens(state: State, turn: Conversation) -> int:
        return sum(len(part.ids) for part in encode(reader.tokenizer, state, turn))

    return Loaded(reader, tokens)


class Meter:
    """A chat model that remembers how many tokens its last answer took, prompt and answer together."""

    def __init__(self, model: ChatModel) -> None:
        self._model = model
        self.name, self.adapters = model.name, model.adapters
        self._last: int | None = None

    def generate(self, messages: Any, **options: Any) -> Generation:
        """As of the model."""
        from assistant.generation import render

        self._last = None
        made = self._model.generate(messages, **options)
        tokenizer = getattr(self._model, "tokenizer", None)
        if tokenizer is not None:
            prompt = tokenizer.encode(render(tokenizer, messages), add_special_tokens=False)
            self._last = len(prompt) + len(made.tokens)
        return made

    def stream(self, messages: Any, **options: Any) -> Any:
        """As of the model."""
        return self._model.stream(messages, **options)

    def tokens(self, state: State, turn: Conversation) -> int | None:
        """Of the last answer; `None` where the model does not tell."""
        return self._last


def _about(reader: ModelSettings) -> str:
    if reader.kind == "compact":
        return f"compact reader, {reader.path}"
    adapter = f", adapter {reader.adapter}" if reader.adapter else ", no adapter"
    return f"{reader.model}{adapter}"


def _plain(reader: ModelSettings) -> str:
    return reader.model_dump_json()


def _files(reader: ModelSettings) -> list[Path]:
    folders = [reader.path, reader.adapter, Path(reader.model) if reader.model else None]
    return [path for folder in folders if folder is not None for path in (folder.rglob("*") if folder.is_dir() else ())]


def _fingerprint(*parts: Any) -> str:
    """A hash of settings, of files, and of the code of the packages that read."""
    digest = hashlib.sha256(_code().encode())
    for part in parts:
        for each in sorted(part) if isinstance(part, list) else [part]:
            digest.update(_of_file(each) if isinstance(each, Path) else str(each).encode())
    return digest.hexdigest()[:16]


def _of_file(path: Path) -> bytes:
    if not path.is_file():
        return b""
    status = path.stat()
    with path.open("rb") as file:
        if status.st_size <= WHOLE:
            return hashlib.file_digest(file, "sha256").digest()
        return f"{status.st_size} {status.st_mtime_ns}".encode() + hashlib.sha256(file.read(2**20)).digest()


@lru_cache(maxsize=1)
def _code() -> str:
    digest = hashlib.sha256()
    for path in _sources():
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _sources() -> Iterable[Path]:
    """The modules that take part in reading: the assistant's own and the compact reader's, not its web pages or API."""
    return sorted([*(ROOT / "assistant").glob("*.py"), *(ROOT / "assistant" / "compact").glob("*.py"),
                   ROOT / "finetune" / "judging" / "baseline.py"])  # fmt: skip
