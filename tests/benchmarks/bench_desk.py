"""How quickly the agents' desk answers while conversations are going on: the demo shop as it is served, on two cores.

    python -m tests.benchmarks.bench_desk [--config configs/demo.yaml] [--open 50] [--agents 5] [--seconds 60] [--json]

First one agent asks for each piece alone. Then the pages of several agents are open and ask as the desk's script does,
each agent turning to another conversation every ten seconds, and a shopper writes every two seconds. The program runs
as a process of its own; the figures are seconds from a request to its answer, median and 95th percentile.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import yaml

from assistant.api.agents import hashed
from tests.benchmarks.bench_turn import CORES, MESSAGES

QUEUE_EVERY, TALK_EVERY = 3.0, 1.5  # as in desk.js
TURNS_EVERY, WRITES_EVERY = 10.0, 2.0
PASSWORD = "a password for the benchmark"
PORT = 7869
PERSON = "can I talk to a human please"
ROUNDS = 10

Times = dict[str, list[float]]


@contextmanager
def served(config: Path, agents: int) -> Iterator[subprocess.Popen[bytes]]:
    """The program over `config` with as many agents and stores of its own, on two cores."""
    settings = yaml.safe_load(config.read_text("utf-8"))
    with tempfile.TemporaryDirectory() as home:
        settings["store"] = {"url": f"sqlite:///{home}/shop.db"}
        named = {f"agent{i}": hashed(PASSWORD) for i in range(agents)}
        settings["desk"] = {**settings.get("desk", {}), "url": f"sqlite:///{home}/desk.db", "agents": named}
        file = Path(home) / "config.yaml"
        file.write_text(yaml.safe_dump(settings), "utf-8")
        program = Path(sys.executable).with_name("shopkeeper")
        process = subprocess.Popen(
            [program, "serve", "--config", file, "--port", str(PORT)],
            preexec_fn=_on_two_cores, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            yield process
        finally:
            process.terminate()
            process.wait()


def _on_two_cores() -> None:
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])


def processor_seconds(process: subprocess.Popen[bytes]) -> float:
    """The processor time that a process has taken so far."""
    fields = Path(f"/proc/{process.pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Page:
    """One agent's page: asks for what the desk's script asks for, and notes how long each answer took."""

    def __init__(self, client: httpx.AsyncClient, sessions: list[str], first: int, times: Times) -> None:
        self._client = client
        self._sessions = sessions
        self._chosen = first
        self._seen = ""
        self._times = times

    async def sign_in(self, name: str) -> None:
        """As the login form does."""
        answer = await self._client.post("/desk/login", data={"name": name, "password": PASSWORD})
        assert answer.status_code == 303, answer.status_code

    async def queue(self) -> None:
        """The list of conversations."""
        await self._timed("queue", f"/desk/queue?chosen={self._session}")

    async def turn_to(self, step: int) -> None:
        """Opens another conversation."""
        self._chosen += step
        self._seen = ""
        await self.talk()

    async def talk(self) -> None:
        """The open conversation, and where it has moved on, the copilot's suggestion."""
        answer = await self._timed("conversation", f"/desk/conversations/{self._session}?seen={self._seen}")
        if answer.status_code == 200:
            self._seen = answer.json()["version"]
            await self.suggestion()

    async def suggestion(self) -> None:
        """The suggestion as it grows."""
        begun = time.perf_counter()
        came: dict[str, float] = {}
        async with self._client.stream("GET", f"/desk/conversations/{self._session}/copilot") as answer:
            async for line in answer.aiter_lines():
                now = time.perf_counter() - begun
                html = json.loads(line)["html"]
                came.setdefault("suggestion: first words", now)
                if 'class="reply"' in html:
                    came.setdefault("suggestion: first reply", now)
        came["suggestion: whole"] = time.perf_counter() - begun
        for name, taken in came.items():
            self._times[name].append(taken)

    @property
    def _session(self) -> str:
        return self._sessions[self._chosen % len(self._sessions)]

    async def _timed(self, name: str, path: str) -> httpx.Response:
        begun = time.perf_counter()
        answer = await self._client.get(path)
        answer.raise_for_status()
        unchanged = ", unchanged" if answer.status_code == 204 else ""
        self._times[name + unchanged].append(time.perf_counter() - begun)
        return answer


def client() -> httpx.AsyncClient:
    """One browser."""
    return httpx.AsyncClient(base_url=f"http://127.0.0.1:{PORT}", timeout=120)


async def ready(process: subprocess.Popen[bytes]) -> None:
    """Waits until the program answers. Raises RuntimeError where it has ended."""
    async with client() as browser:
        while process.poll() is None:
            try:
                if (await browser.get("/healthz")).status_code == 200:
                    return
            except httpx.TransportError:
                await asyncio.sleep(0.5)
    raise RuntimeError("shopkeeper serve ended; start it by hand with the same configuration to see why")


async def say(browser: httpx.AsyncClient, message: str, session_id: str | None) -> str:
    """What a shopper writes, in a new conversation where none is named; returns its id."""
    answer = await browser.post("/api/chat", json={"session_id": session_id, "message": message})
    return str(answer.raise_for_status().json()["session_id"])


async def open_conversations(count: int) -> list[str]:
    """Conversations of one turn; in each third one the shopper then asks for a person."""
    async with client() as browser:
        sessions = [await say(browser, MESSAGES[i % len(MESSAGES)], None) for i in range(count)]
        for session_id in sessions[::3]:
            await say(browser, PERSON, session_id)
    return sessions


async def alone(sessions: list[str]) -> Times:
    """One agent, one request after another; each conversation is opened once, so every suggestion is a new one."""
    times: Times = defaultdict(list)
    async with client() as browser:
        page = Page(browser, sessions, 0, times)
        await page.sign_in("agent0")
        for _ in range(ROUNDS):
            await page.queue()
            await page.turn_to(1)
            await page.talk()
    return times


async def together(sessions: list[str], agents: int, seconds: float) -> Times:
    """The pages of several agents, and shoppers who go on writing."""
    times: Times = defaultdict(list)
    browsers = [client() for _ in range(agents)]
    pages = [Page(b, sessions, ROUNDS + i * len(sessions) // agents, times) for i, b in enumerate(browsers)]
    await asyncio.gather(*(page.sign_in(f"agent{i}") for i, page in enumerate(pages)))
    end = time.perf_counter() + seconds
    work = [_again(page.queue, QUEUE_EVERY, end) for page in pages]
    work += [_again(page.talk, TALK_EVERY, end) for page in pages]
    work += [_again(lambda page=page: page.turn_to(1), TURNS_EVERY, end) for page in pages]
    await asyncio.gather(*work, _shoppers(sessions, end, times))
    for browser in browsers:
        await browser.aclose()
    return times


async def _again(work: Callable[[], Awaitable[None]], every: float, end: float) -> None:
    while time.perf_counter() < end:
        await work()
        await asyncio.sleep(every)


async def _shoppers(sessions: list[str], end: float, times: Times) -> None:
    async with client() as browser:
        for number in range(1_000_000):
            if time.perf_counter() >= end:
                return
            begun = time.perf_counter()
            await say(browser, MESSAGES[(7 * number) % len(MESSAGES)], sessions[(3 * number) % len(sessions)])
            times["a shopper's turn"].append(time.perf_counter() - begun)
            await asyncio.sleep(WRITES_EVERY)


def table(times: Times) -> dict[str, tuple[float, float, int]]:
    """Median, 95th percentile and count of each kind of request."""
    rows = {}
    for name, taken in sorted(times.items()):
        cuts = statistics.quantiles(taken, n=20, method="inclusive") if len(taken) > 1 else taken * 19
        rows[name] = (round(cuts[9], 3), round(cuts[18], 3), len(taken))
    return rows


async def measure(process: subprocess.Popen[bytes], options: argparse.Namespace) -> dict[str, object]:
    """Both phases, and the share of the two cores that the second took."""
    await ready(process)
    sessions = await open_conversations(options.open)
    one = table(await alone(sessions))
    begun, used = time.perf_counter(), processor_seconds(process)
    several = table(await together(sessions, options.agents, options.seconds))
    share = (processor_seconds(process) - used) / (time.perf_counter() - begun) / CORES
    return {"one agent": one, f"{options.agents} agents": several, "share of two cores": round(share, 2)}


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--config", type=Path, default=Path("configs/demo.yaml"))
    parser.add_argument("--open", type=int, default=50, help="conversations")
    parser.add_argument("--agents", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=60, help="how long the agents' pages are open")
    parser.add_argument("--json", action="store_true", help="figures for a program")
    options = parser.parse_args()
    with served(options.config, options.agents) as process:
        results = asyncio.run(measure(process, options))
    if options.json:
        print(json.dumps(results))
        return 0
    for phase, rows in results.items():
        print(f"{phase}: {rows if not isinstance(rows, dict) else f'{options.open} conversations open; seconds'}")
        for name, (median, high, count) in rows.items() if isinstance(rows, dict) else ():
            print(f"  {name:<28}{median:8.3f}{high:8.3f}   ({count} times)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
