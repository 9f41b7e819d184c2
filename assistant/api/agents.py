"""Who the agents of the desk are: passwords kept as scrypt hashes, and the signed cookie that a login leaves.

Shoppers have no account here, so whatever is behind `SignedIn` is closed to them.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from typing import Annotated

from fastapi import Depends, Request
from starlette.exceptions import HTTPException

from assistant.config import DeskSettings
from assistant.errors import InvalidInput

COOKIE = "shopkeeper_agent"
SIGNED_IN_FOR = 12 * 3600.0
SHORTEST_PASSWORD = 10
COST, BLOCK, LANES = 15, 8, 1
MOST_TRIES, WITHIN = 5, 60.0
NOBODY = f"scrypt${COST}${BLOCK}${LANES}$AAAAAAAAAAAAAAAAAAAAAA==${base64.b64encode(bytes(32)).decode()}"

Clock = Callable[[], float]


class TooManyTriesError(InvalidInput):
    """A name was tried with wrong passwords too often; `InvalidInput` that waiting mends."""


class Agents:
    """The agents of `desk.agents`: checks passwords, signs cookies and checks them. Safe to use from many threads.

    The key of a cookie depends on the agent's hash, so a changed password, or an agent taken out, ends every login.
    `clock` gives seconds since the epoch."""

    def __init__(self, settings: DeskSettings, clock: Clock = time.time) -> None:
        self._hashes: Mapping[str, str] = settings.agents
        self._secret = (settings.secret or secrets.token_hex(32)).encode()
        self._clock = clock
        self._tries: dict[str, list[float]] = {}
        self._guard = threading.Lock()

    @property
    def any(self) -> bool:
        """Whether there is any agent; without one nobody can sign in."""
        return bool(self._hashes)

    def sign_in(self, name: str, password: str, address: str = "") -> str | None:
        """The cookie of agent `name`, `None` for a wrong name or password.

        Raises `TooManyTriesError` after `MOST_TRIES` wrong ones from one address within `WITHIN` seconds."""
        tried_by = f"{name[:200]}\n{address}"
        self._admit(tried_by)
        known = self._hashes.get(name)
        if not matches(password, known or NOBODY) or known is None:
            with self._guard:
                self._tries.setdefault(tried_by, []).append(self._clock())
            return None
        with self._guard:
            self._tries.pop(tried_by, None)
        return self._signed(name, int(self._clock() + SIGNED_IN_FOR))

    def name_of(self, cookie: str) -> str | None:
        """The agent whose cookie this is; `None` where it was not signed here, has expired, or they are gone."""
        encoded, _, rest = cookie.partition(".")
        ends, _, _ = rest.partition(".")
        name = _decoded(encoded)
        if name is None or name not in self._hashes or not (ends.isascii() and ends.isdigit()):
            return None
        genuine = hmac.compare_digest(cookie.encode(), self._signed(name, int(ends)).encode())
        return name if genuine and int(ends) > self._clock() else None

    def _signed(self, name: str, ends: int) -> str:
        said = f"{base64.urlsafe_b64encode(name.encode()).decode().rstrip('=')}.{ends}"
        key = hmac.digest(self._secret, self._hashes[name].encode(), "sha256")
        return f"{said}.{hmac.digest(key, said.encode(), 'sha256').hex()}"

    def _admit(self, tried_by: str) -> None:
        since = self._clock() - WITHIN
        with self._guard:
            recent = {who: [at for at in times if at > since] for who, times in self._tries.items()}
            self._tries = {who: times for who, times in recent.items() if times}
            if len(self._tries.get(tried_by, ())) >= MOST_TRIES:
                raise TooManyTriesError("Too many wrong passwords for this name: wait a minute, then try again.")


def hashed(password: str) -> str:
    """The scrypt hash of a password with a salt of its own, as `desk.agents` keeps it.

    Raises `InvalidInput` for one of fewer than `SHORTEST_PASSWORD` characters."""
    if len(password) < SHORTEST_PASSWORD:
        raise InvalidInput(f"A password has at least {SHORTEST_PASSWORD} characters, this one {len(password)}.")
    salt = secrets.token_bytes(16)
    parts = (base64.b64encode(part).decode() for part in (salt, _scrypt(password, salt, COST, BLOCK, LANES)))
    return f"scrypt${COST}${BLOCK}${LANES}${'$'.join(parts)}"


def matches(password: str, kept: str) -> bool:
    """Whether a password is the one that `hashed` made `kept` of. Raises `InvalidInput` where `kept` is no such hash.
    """
    kind, *fields = kept.split("$")
    try:
        cost, block, lanes = (int(field) for field in fields[:3])
        salt, expected = (base64.b64decode(field, validate=True) for field in fields[3:])
        if kind != "scrypt" or not (1 <= cost <= 20 and 1 <= block <= 32 and 1 <= lanes <= 16):
            raise ValueError(kind)
    except ValueError:
        raise InvalidInput("desk.agents holds what is no password hash: `shopkeeper agent add` makes one.") from None
    return hmac.compare_digest(_scrypt(password, salt, cost, block, lanes), expected)


def _scrypt(password: str, salt: bytes, cost: int, block: int, lanes: int) -> bytes:
    memory = 256 * block * lanes * 2**cost
    secret = password.encode("utf-8", "surrogatepass")
    return hashlib.scrypt(secret, salt=salt, n=2**cost, r=block, p=lanes, maxmem=memory, dklen=32)


def _decoded(encoded: str) -> str | None:
    try:
        return base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode()
    except ValueError:
        return None


def agents_of(request: Request) -> Agents:
    """The agents whom this application knows."""
    agents: Agents = request.app.state.agents
    return agents


def agent_of(request: Request) -> str | None:
    """The agent who is signed in where the request comes from; `None` for shoppers and everybody else."""
    return agents_of(request).name_of(request.cookies.get(COOKIE, ""))


def signed_in(request: Request) -> str:
    """The agent who is signed in. Raises a 401 for everybody else."""
    if (agent := agent_of(request)) is None:
        raise HTTPException(401, "This is for the shop's agents: sign in at /desk/login")
    return agent


TheAgents = Annotated[Agents, Depends(agents_of)]
SignedIn = Annotated[str, Depends(signed_in)]
