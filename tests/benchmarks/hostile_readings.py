"""Reads hostile conversations with the shipped reader and checks each state: how many were valid, how long they took.

    python -m tests.benchmarks.hostile_readings [--count 10000]

Exit code 1 where one crashed or gave what nobody said. `tests/assistant/test_compact_reader.py` reads the first ones.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from rich.progress import track

from assistant.compact_reader import CompactReader
from assistant.reading import fold
from tests.assistant.test_compact_reader import check
from tests.hostile import hostile

WEIGHTS = Path(__file__).resolve().parents[2] / "assistant" / "models" / "reader"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=10_000)
    count = parser.parse_args().count
    reader = CompactReader.load(WEIGHTS)
    failed, longest = 0, 0.0
    for seed in track(range(count), description="Reading"):
        conversation = hostile(seed)
        started = time.perf_counter()
        try:
            check(fold(reader, conversation), conversation)
        except Exception as error:
            failed += 1
            print(f"{conversation.id}: {type(error).__name__}: {error}", file=sys.stderr)
        longest = max(longest, time.perf_counter() - started)
    print(f"{count - failed:,} of {count:,} valid, the longest in {longest:.1f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
