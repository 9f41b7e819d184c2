"""The compact reader's network: MiniLM under a LoRA adapter, and heads that point at words.

Shapes: B turns, T tokens, H = 384 hidden units, S spans. No head generates text: values are spans of the input, and
what belongs together is scored by dot products between token vectors.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

import torch
from torch import Tensor, nn

from assistant.compact.encoding import Segment
from assistant.records import Act, Stage, SupportIntent
from retrieval.conditions import Attribute, Op

if TYPE_CHECKING:
    from transformers import BertModel

ATTRIBUTES: tuple[str, ...] = get_args(Attribute)
OPS: tuple[str, ...] = get_args(Op)
ACTS: tuple[str, ...] = get_args(Act)
STAGES: tuple[str, ...] = get_args(Stage)
SUPPORT: tuple[str, ...] = get_args(SupportIntent)
STRENGTHS = ("must", "prefer")
ACTIONS = ("keep", "drop", "soften", "harden")
OUTSIDE = 0


def begin(attribute: str) -> int:
    """The tag of the first token of a span of this attribute; `begin + 1` is that of the tokens after it."""
    return 1 + 2 * ATTRIBUTES.index(attribute)


TAGS = 1 + 2 * len(ATTRIBUTES)


def _mlp(inputs: int, hidden: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(inputs, hidden), nn.GELU(), nn.Linear(hidden, outputs))


class Heads(nn.Module):
    """Everything on top of the encoder, with an embedding for each segment below it."""

    def __init__(self, hidden: int = 384) -> None:
        super().__init__()
        self.segments = nn.Embedding(len(Segment), hidden)
        nn.init.normal_(self.segments.weight, std=0.02)
        self.tags = _mlp(hidden, hidden, TAGS)
        self.span = nn.Sequential(nn.Linear(3 * hidden, hidden), nn.GELU())
        self.attribute = nn.Linear(hidden, len(ATTRIBUTES))
        self.op = nn.Linear(hidden, len(OPS))
        self.strength = nn.Linear(hidden, len(STRENGTHS))
        self.owner = nn.Linear(hidden, hidden)
        self.quote_start = nn.Linear(hidden, hidden)
        self.quote_end = nn.Linear(hidden, hidden)
        self.anchor_key = nn.Linear(hidden, hidden)
        self.quote_key = nn.Linear(hidden, hidden)
        self.constraint = _mlp(hidden, hidden, len(ACTIONS))
        self.close = _mlp(hidden, hidden, 2)
        self.opens = _mlp(hidden, hidden, 2)
        self.active = nn.Linear(hidden, hidden)
        self.acts = _mlp(3 * hidden, hidden, len(ACTS))
        self.stage = _mlp(3 * hidden, hidden, len(STAGES))
        self.support = _mlp(3 * hidden, hidden, len(SUPPORT))


class Network(nn.Module):
    """The encoder and its heads. `forward` gives what needs no span; `spans` scores given spans."""

    def __init__(self, encoder: BertModel | nn.Module, hidden: int = 384) -> None:
        super().__init__()
        self.encoder = encoder
        self.heads = Heads(hidden)

    def hidden(self, ids: Tensor, segments: Tensor, mask: Tensor) -> Tensor:
        """Token vectors (B, T, H) from ids, segments and attention mask, each (B, T)."""
        words = self.encoder.get_input_embeddings()(ids)  # type: ignore[operator]
        embeds = words + self.heads.segments(segments).to(words.dtype)
        states: Tensor = self.encoder(inputs_embeds=embeds, attention_mask=mask).last_hidden_state
        return states.float()

    def turn(self, states: Tensor, segments: Tensor) -> dict[str, Tensor]:
        """What the turn says as a whole: tags (B, T, TAGS), actions on what is held (B, T, ·), acts, stage, support
        intent, and the active need as scores of every token (B, T)."""
        heads = self.heads
        first = states[:, 0]
        message = (segments == Segment.MESSAGE).unsqueeze(-1)
        said = message.any(1)
        highest = states.masked_fill(~message, -1e4).amax(1) * said
        mean = (states * message).sum(1) / message.sum(1).clamp(min=1)
        pooled = torch.cat([first, highest, mean], -1)
        keys = heads.anchor_key(states)
        return {
            "tags": heads.tags(states),
            "constraints": heads.constraint(states),
            "close": heads.close(states),
            "opens": heads.opens(states),
            "active": _dots(heads.active(first), keys),
            "acts": heads.acts(pooled),
            "stage": heads.stage(pooled),
            "support": heads.support(pooled),
        }

    def spans(self, states: Tensor, rows: Tensor, starts: Tensor, ends: Tensor) -> dict[str, Tensor]:
        """What S spans say: span s covers tokens starts[s] to ends[s] (inclusive) of turn rows[s].

        Gives attribute, op and strength (S, ·), and as scores of every token of its turn (S, T): the anchor of
        the need it belongs to, and the first and last token of the words it comes from.
        """
        heads = self.heads
        sums = torch.cat([torch.zeros_like(states[:, :1]), states.cumsum(1)], 1)
        length = (ends - starts + 1).unsqueeze(-1)
        mean = (sums[rows, ends + 1] - sums[rows, starts]) / length
        span = heads.span(torch.cat([states[rows, starts], states[rows, ends], mean], -1))
        anchors, words = heads.anchor_key(states), heads.quote_key(states)
        return {
            "attribute": heads.attribute(span),
            "op": heads.op(span),
            "strength": heads.strength(span),
            "owner": _own(heads.owner(span), anchors, rows),
            "quote_start": _own(heads.quote_start(span), words, rows),
            "quote_end": _own(heads.quote_end(span), words, rows),
        }


def _dots(queries: Tensor, keys: Tensor) -> Tensor:
    return torch.einsum("bh,bth->bt", queries, keys) / keys.shape[-1] ** 0.5


def _own(queries: Tensor, keys: Tensor, rows: Tensor) -> Tensor:
    """Dot products of each query (S, H) with the keys (B, T, H) of its own row: (S, T). Scoring all rows and picking
    is far faster to differentiate than gathering the keys."""
    count, width, hidden = keys.shape
    every = (queries @ keys.reshape(-1, hidden).T).view(-1, count, width)
    return every[torch.arange(len(rows)), rows] / hidden**0.5
