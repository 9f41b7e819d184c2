"""Requests to one server: how long is waited, what is tried again, and what a failure is called."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

import httpx

from assistant.errors import ModelError

T = TypeVar("T")
CONNECT_SECONDS = 5.0
FIRST_PAUSE, LONGEST_PAUSE, LONGEST_AFTER = 0.5, 8.0, 30.0
PASSING = frozenset({408, 429, 500, 502, 503, 504})
SHOWN = 300


class PassingError(Exception):
    """Something that may be over when it is tried again. `after` is how many seconds the server asks to wait."""

    def __init__(self, sentence: str, after: float | None = None) -> None:
        super().__init__(sentence)
        self.after = after


class Transport:
    """One server. `timeout` is the longest silence and the longest answer, in seconds; `retries` counts the attempts
    after the first. `pause` sleeps for some seconds. Safe to use from several threads."""

    def __init__(
        self,
        url: str,
        api_key: str | None,
        timeout: float,
        retries: int,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self.timeout = timeout
        self._retries = retries
        self._pause = pause
        try:
            self._url = httpx.URL(url.rstrip("/") + "/")
        except httpx.InvalidURL as error:
            raise ModelError(f"{url[:80]!r} is no URL ({error}); expected one such as http://host:8000/v1.") from error
        if self._url.scheme not in ("http", "https") or not self._url.host:
            raise ModelError(f"{url[:80]!r} is no URL of a server; expected one such as http://host:8000/v1.")
        self.place = f"The model server at {str(self._url.copy_with(userinfo=b'')).rstrip('/')}"
        self._client = httpx.Client(
            headers={"Authorization": f"Bearer {api_key}"} if api_key else {},
            timeout=httpx.Timeout(timeout, connect=min(timeout, CONNECT_SECONDS)),
        )

    def retrying(self, attempt: Callable[[], T]) -> T:
        """What `attempt` gives, tried again after a pause that grows and is drawn at random, so that many clients do
        not come back at once. Raises `ModelError` where it is still failing at the end."""
        for number in range(self._retries + 1):
            try:
                return attempt()
            except PassingError as error:
                if number == self._retries:
                    times = f" It was asked {number + 1} times." if number else ""
                    raise ModelError(f"{error}{times}") from error
                self._pause(_delay(number, error.after))
        raise AssertionError("unreachable")

    def get(self, path: str) -> Any:
        """The JSON at `path`. Raises `PassingError` or `ModelError`."""
        with self._failures():
            response = self._client.get(self._url.join(path))
        self._check(response.status_code, response.headers, response.content)
        try:
            return response.json()
        except ValueError as error:
            raise ModelError(f"{self.place} answered what is not JSON: {_shown(response.content)}.") from error

    def post(self, path: str, body: Mapping[str, Any]) -> Generator[bytes, None, None]:
        """The bytes of a server-sent stream as they arrive; closing the iterator ends the request.

        Raises `PassingError` where the server is down, overloaded or failing or the stream breaks, and `ModelError`
        where it refuses the request, takes too long, or answers with something else.
        """
        until = time.monotonic() + self.timeout
        with self._failures(), self._client.stream("POST", self._url.join(path), json=body) as response:
            if response.status_code != 200:
                self._check(response.status_code, response.headers, response.read())
            kind = response.headers.get("content-type", "nothing")
            if not kind.startswith("text/event-stream"):
                found = _shown(response.read())
                raise ModelError(f"{self.place} answered with {kind} where a stream of events was expected: {found}.")
            for chunk in response.iter_bytes():
                yield chunk
                if time.monotonic() > until:
                    raise ModelError(f"{self.place} did not finish an answer in {self.timeout:g} s. Raise `timeout`.")

    def close(self) -> None:
        """Closes the connections that are kept open."""
        self._client.close()

    @contextmanager
    def _failures(self) -> Iterator[None]:
        try:
            yield
        except httpx.ConnectTimeout as error:
            raise PassingError(f"{self.place} cannot be reached: it does not answer. {_START}") from error
        except httpx.TimeoutException as error:
            raise ModelError(f"{self.place} said nothing for {self.timeout:g} s. Raise `timeout`.") from error
        except httpx.ConnectError as error:
            raise PassingError(f"{self.place} cannot be reached: {error}. {_START}") from error
        except httpx.TransportError as error:
            raise PassingError(f"{self.place} broke off: {error or type(error).__name__}.") from error
        except httpx.RequestError as error:
            raise ModelError(f"{self.place} answered what cannot be read: {error}.") from error

    def _check(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        if status == 200:
            return
        said = _message(body)
        if status in PASSING:
            raise PassingError(f"{self.place} answers {status}: {said}.", _after(headers.get("retry-after")))
        if status in (401, 403):
            raise ModelError(f"{self.place} refuses the key ({status}: {said}). Set `api_key`.")
        if status == 404:
            raise ModelError(f"{self.place} answers 404: {said}. `url` ends in /v1; `model` is a name that it serves.")
        raise ModelError(f"{self.place} refuses the request with {status}: {said}.")


_START = "Start it, or correct `url`."


def _delay(number: int, after: float | None) -> float:
    """Seconds before attempt `number` + 2: drawn from 0 up to a bound that doubles, and no less than was asked for."""
    drawn = random.uniform(0, min(LONGEST_PAUSE, FIRST_PAUSE * 2**number))
    return drawn + min(after or 0.0, LONGEST_AFTER)


def _after(header: str | None) -> float | None:
    try:
        return max(0.0, float(header)) if header else None
    except ValueError:
        return None


def _message(body: bytes) -> str:
    """What an error's body says, in OpenAI's layout or any other."""
    try:
        data = json.loads(body)
    except ValueError:
        return _shown(body)
    error = data.get("error", data) if isinstance(data, dict) else data
    said = error.get("message") if isinstance(error, dict) else error
    return str(said)[:SHOWN].rstrip(". \n") if said else _shown(body)


def _shown(body: bytes) -> str:
    return repr(body[:SHOWN].decode("utf-8", "replace")) if body.strip() else "an empty body"
