"""Whether a webhook comes from Chatwoot: it signs `timestamp.body` with the bot's secret (HMAC-SHA256, since 4.13)."""

from __future__ import annotations

import hmac
from collections.abc import Mapping

SIGNATURE, TIMESTAMP = "x-chatwoot-signature", "x-chatwoot-timestamp"
PREFIX = "sha256="


class UnsignedError(Exception):
    """A webhook that nobody can show to be Chatwoot's. The message says what is missing or wrong."""


def require_signature(
    secret: str, headers: Mapping[str, str], body: bytes, now: float, tolerance: float
) -> None:
    """Raises UnsignedError unless `body` was signed with `secret` at most `tolerance` seconds before or after `now`.

    `headers` are looked up by their names in lower case; `now` is in seconds since the epoch."""
    given, stamp = headers.get(SIGNATURE, ""), headers.get(TIMESTAMP, "")
    if not given or not stamp:
        raise UnsignedError(f"The request has no {SIGNATURE} and {TIMESTAMP}: Chatwoot signs from version 4.13 on.")
    expected = PREFIX + hmac.digest(secret.encode(), stamp.encode() + b"." + body, "sha256").hex()
    if not hmac.compare_digest(given.encode(), expected.encode()):
        raise UnsignedError("The signature is wrong: chatwoot.secret has to be the secret of the agent bot.")
    if not (stamp.isascii() and stamp.isdigit()) or abs(now - int(stamp)) > tolerance:
        raise UnsignedError("The signature is too old or from the future: compare the clocks of both servers.")
