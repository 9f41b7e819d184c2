"""Settings of one way of running Shopkeeper, read from a YAML file such as configs/demo.yaml.

Precedence, highest first: an environment variable `SHOPKEEPER_<SECTION>_<KEY>` (`SHOPKEEPER_STORE_URL`,
`SHOPKEEPER_SERVER_PORT`; `SHOPKEEPER_HOST` and `SHOPKEEPER_PORT` for short), the file, the defaults here.
Paths are relative to the working directory.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from assistant.errors import ConfigError

PREFIX = "SHOPKEEPER_"
SHORT = {"HOST": "SERVER_HOST", "PORT": "SERVER_PORT"}
KUBERNETES = f"{PREFIX}SERVICE_"
"""What Kubernetes sets for a service of the name shopkeeper."""
NEARLY = 0.85
"""How alike a variable must be to one of ours for it to be taken for a slip of the pen: a ratio of `difflib`."""
SHOWN = frozenset({"int_parsing", "float_parsing", "bool_parsing", "literal_error", "string_pattern_mismatch"})
"""Kinds of errors that tell what was found; others may be about secrets."""

log = logging.getLogger(__name__)


class Section(BaseModel):
    """Base of all sections: frozen, and a key that is not known is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ShopSettings(Section):
    """The shop: its catalogue files, and where its policies and orders are (either may be absent).

    `demo_seed` marks the demo shop, whose files are written by the generator when they are missing."""

    name: str = "Shopkeeper"
    currency: str = Field(default="USD", pattern="^[A-Z]{3}$")
    catalogue: Path | tuple[Path, ...]
    mapping: dict[str, str] = Field(default_factory=dict)
    policies: Path | None = None
    orders: Path | None = None
    sessions: Path | None = None
    demo_seed: int | None = None

    @property
    def files(self) -> tuple[Path, ...]:
        """The catalogue's files."""
        return (self.catalogue,) if isinstance(self.catalogue, Path) else self.catalogue


class IndexSettings(Section):
    """Where the search index is kept."""

    path: Path = Path(".shopkeeper/index")


class EncoderSettings(Section):
    """The sentence encoder: `minilm` (shipped in a package) or any sentence-transformers name, and its adapter."""

    model: str = "minilm"
    adapter: Path | None = None


class ModelSettings(Section):
    """A language model in one role. `compact` takes `path`; `hub` takes `model`, `adapter`, `device`, `dtype`;
    `endpoint` takes `model` and the settings from `url` on (see `assistant.endpoint.EndpointOptions`)."""

    kind: Literal["compact", "hub", "endpoint"] = "compact"
    path: Path | None = None
    model: str | None = None
    adapter: Path | None = None
    device: str = "auto"
    dtype: str = "auto"
    url: str | None = None
    api_key: str | None = Field(default=None, repr=False)
    timeout: float = Field(default=60.0, gt=0)
    retries: int = Field(default=4, ge=0, le=10)
    guided: Literal["response_format", "structured_outputs"] = "response_format"
    extra: dict[str, Any] = Field(default_factory=lambda: {"chat_template_kwargs": {"enable_thinking": False}})


class IntentSettings(Section):
    """The purchase intent model's directory."""

    path: Path = Path("assistant/models/intent")


class TicketSettings(Section):
    """What suggests a ticket's type and satisfaction to agents: the model's directory, `null` for none."""

    path: Path | None = Path("assistant/models/tickets")


class AskSettings(Section):
    """What hears which action of the service desk a customer asks for: the model's directory."""

    path: Path = Path("assistant/models/asks")


class AnswerSettings(Section):
    """What tells whether a passage answers a question: the model's directory, `null` for none; then
    `conversation.answer_similarity` and `policy_similarity` decide."""

    path: Path | None = Path("assistant/models/answers")


class StoreSettings(Section):
    """Where sessions are kept: an SQLAlchemy URL."""

    url: str = "sqlite:///.shopkeeper/shopkeeper.db"


class ServerSettings(Section):
    """Where the web app and the API listen, whether the chat shows purchase intent (to staff, in a demo), and whether
    the models are served as they are under /v1 to whoever has the staff token."""

    host: str = "127.0.0.1"
    port: int = Field(default=7860, ge=1, le=65535)
    show_intent: bool = False
    staff_token: str | None = Field(default=None, min_length=12)
    """What staff and the shop's own servers send as `Authorization: Bearer ...` to be told purchase intent."""
    completions: bool = False

    @model_validator(mode="after")
    def _guarded(self) -> ServerSettings:
        if self.completions and self.staff_token is None:
            raise ValueError("completions answers only those who send the staff token: set staff_token, too")
        return self


class DeskSettings(Section):
    """The agents' desk at /desk, and the shop's own systems behind it.

    `agents` maps their names to password hashes (`shopkeeper agent add NAME` makes one); `secret` signs their logins, a
    new one at each start where it is left out. `url` is the database of customers and orders, filled once from `data`,
    a file in tau2-bench's layout, else from `shop.orders` and the catalogue; `policy` is a Markdown or JSON file of
    clauses, else `shop.policies`."""

    agents: dict[str, str] = Field(default_factory=dict, repr=False)
    secret: str | None = Field(default=None, min_length=32, repr=False)
    url: str | None = None
    data: Path | None = None
    policy: Path | None = None


class ChatwootSettings(Section):
    """The Chatwoot whose conversations the assistant answers as an agent bot; off where `url` is not set.

    `account` is the number in its addresses (/app/accounts/1/...); `token` is the agent bot's access token, `secret`
    signs its webhooks, at most `tolerance` seconds ago. With `notes`, a conversation that is handed over gets a private
    note with the copilot's summary and suggestions."""

    url: str | None = Field(default=None, pattern="^https?://.")
    account: int = Field(default=1, ge=1)
    token: str | None = Field(default=None, min_length=1, repr=False)
    secret: str | None = Field(default=None, min_length=8, repr=False)
    tolerance: float = Field(default=300.0, gt=0)
    notes: bool = True

    @model_validator(mode="after")
    def _complete(self) -> ChatwootSettings:
        if self.url is not None and (self.token is None or self.secret is None):
            raise ValueError("url also needs the agent bot's token and secret, best as SHOPKEEPER_CHATWOOT_TOKEN and "
                             "SHOPKEEPER_CHATWOOT_SECRET in the environment")  # fmt: skip
        return self


class ConversationSettings(Section):
    """Thresholds of the conversation."""

    picks: int = Field(default=3, ge=1, le=10)
    candidates: int = Field(default=60, ge=1)
    max_message_chars: int = Field(default=4000, ge=1)
    sure: float = Field(default=0.5, ge=0, le=1)
    ask_above: int = Field(default=8, ge=1)
    ask_gain: float = Field(default=0.9, ge=0)
    answer_similarity: float = Field(default=0.45, ge=0, le=1)
    policy_similarity: float = Field(default=0.4, ge=0, le=1)


class Settings(Section):
    """All settings of one way of running."""

    shop: ShopSettings
    index: IndexSettings = IndexSettings()
    encoder: EncoderSettings = EncoderSettings()
    reader: ModelSettings = ModelSettings(path=Path("assistant/models/reader"))
    writer: ModelSettings = ModelSettings(path=Path("assistant/models/writer"))
    intent: IntentSettings = IntentSettings()
    tickets: TicketSettings = TicketSettings()
    asks: AskSettings = AskSettings()
    answers: AnswerSettings = AnswerSettings()
    store: StoreSettings = StoreSettings()
    server: ServerSettings = ServerSettings()
    desk: DeskSettings = DeskSettings()
    chatwoot: ChatwootSettings = ChatwootSettings()
    conversation: ConversationSettings = ConversationSettings()

    @classmethod
    def load(cls, path: str | Path, environment: Mapping[str, str] = os.environ) -> Settings:
        """Settings from the YAML file `path`, with the environment's overrides. Raises `ConfigError`."""
        path = Path(path)
        try:
            data = yaml.safe_load(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise ConfigError(_missing(path)) from None
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            raise ConfigError(f"{path} cannot be read as YAML: {' '.join(str(error).split())}") from error
        if not isinstance(data, dict):
            sections = ", ".join(cls.model_fields)
            found = "nothing" if data is None else type(data).__name__
            raise ConfigError(f"{path}: expected sections ({sections}), found {found}.")
        _warn_of_slips(environment)
        try:
            return cls.model_validate(_with_environment(data, environment))
        except ValidationError as error:
            problems = "\n".join(f"  {_problem(cls, p, environment)}" for p in error.errors())
            raise ConfigError(f"{path} is not a valid configuration:\n{problems}") from error


def _missing(path: Path) -> str:
    others = sorted(str(p) for p in Path("configs").glob("*.yaml"))
    there = f" There are: {', '.join(others)}." if others else ""
    return f"No configuration file {path} (looked from {Path.cwd()}).{there}"


def _with_environment(data: dict[str, Any], environment: Mapping[str, str]) -> dict[str, Any]:
    merged = {section: {} if keys is None else keys for section, keys in data.items()}
    for variable, value in environment.items():
        section, key = _named_by(variable)
        if key in _keys(Settings, (section,)) and isinstance(keys := merged.get(section, {}), dict):
            merged[section] = keys | {key: value}
    return merged


def _named_by(variable: str) -> tuple[str, str]:
    """The section and key that an environment variable sets, as it is written; both "" where it is none of ours."""
    name = variable.removeprefix(PREFIX)
    section, _, key = SHORT.get(name, name).lower().partition("_")
    return (section, key) if variable.startswith(PREFIX) else ("", "")


def _warn_of_slips(environment: Mapping[str, str]) -> None:
    """Warns of variables that are nearly ours. They are no error: others may have names like them."""
    keys = [(section, key) for section in Settings.model_fields for key in _keys(Settings, (section,))]
    known = {*(f"{PREFIX}{section}_{key}".upper() for section, key in keys), *(PREFIX + short for short in SHORT)}
    for variable in environment:
        if not variable.startswith(PREFIX) or variable.startswith(KUBERNETES) or variable in known:
            continue
        if near := get_close_matches(variable, known, 1, cutoff=NEARLY):
            log.warning("%s in the environment means nothing; did you mean %s?", variable, near[0])


def _keys(model: type[BaseModel], location: tuple[Any, ...]) -> list[str]:
    """The keys valid at `location` of a settings model; empty where it leads to no section."""
    for part in location:
        field = model.model_fields.get(str(part))
        if field is None or not (isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)):
            return []
        model = field.annotation
    return list(model.model_fields)


def _problem(model: type[BaseModel], problem: ErrorDetails, environment: Mapping[str, str]) -> str:
    location, message = problem["loc"], problem["msg"]
    where = ".".join(str(part) for part in location)
    if problem["type"] == "extra_forbidden":
        valid = _keys(model, location[:-1])
        near = get_close_matches(str(location[-1]), valid, 1)
        meant = f" Did you mean {near[0]}?" if near else ""
        return f"{where}: no such key.{meant} Valid keys here: {', '.join(valid)}."
    if problem["type"] == "model_type":
        message = f"expected keys ({', '.join(_keys(model, location))})"
    shown = problem["type"] in SHOWN and len(str(problem["input"])) <= 80
    found = f", found {str(problem['input'])!r}" if shown else ""
    variable = next((name for name in environment if _named_by(name) == location[:2]), None)
    return f"{where}: {message}{found}{f', set by {variable} in the environment' if variable else ''}."
