"""How fast a chat model reads: seconds for a message, and tokens a second.

python -m tests.benchmarks.bench_generation --model Qwen/Qwen3-4B-Instruct-2507 [--adapter runs/hub-reader]
"""

from __future__ import annotations

import argparse
import json
import statistics
import time

from assistant.answers import parse_reading
from assistant.errors import ModelError
from assistant.generation import Generator
from assistant.prompts import reader_messages, reading_schema
from assistant.records import Conversation, Message, State

MESSAGES = (
    "Waterproof hiking boots under 120 USD in size 42, anything but black",
    "I need a quiet kettle for a small office, ideally steel, and two mugs that go with it",
    "What is your return policy for shoes?",
    "Actually up to 150 is fine, and they have to be here by Friday",
)


def main() -> None:
    """Prints one JSON object; times are medians over all messages and repeats."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--model", required=True)
    parser.add_argument("--adapter")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--dtype", default="auto")
    parser.add_argument("--repeat", type=int, default=3)
    arguments = parser.parse_args()
    adapters = {"reader": arguments.adapter} if arguments.adapter else {}
    generator = Generator.load(arguments.model, adapters, arguments.device, arguments.dtype)
    runs = [read(generator, text) for text in MESSAGES * arguments.repeat][1:]
    print(
        json.dumps(
            {
                "device": str(generator.device),
                "messages": len(runs),
                "valid": sum(valid for _, _, valid in runs),
                "seconds_per_message": round(statistics.median(seconds for seconds, _, _ in runs), 3),
                "tokens_per_second": round(statistics.median(tokens / seconds for seconds, tokens, _ in runs), 1),
            }
        )
    )


def read(generator: Generator, text: str) -> tuple[float, int, bool]:
    """Seconds, tokens, and whether the answer was a reading. The first call warms up and is left out."""
    conversation = Conversation(id="bench", messages=(Message(role="user", content=text),))
    start = time.perf_counter()
    try:
        made = generator.generate(
            reader_messages(State(), conversation),
            adapter="reader" if generator.adapters else None,
            schema=reading_schema(State(), 1, 0),
            max_new_tokens=512,
        )
        parse_reading(made.text, State(), conversation)
    except ModelError:
        return time.perf_counter() - start, 0, False
    return time.perf_counter() - start, len(made.tokens), True


if __name__ == "__main__":
    main()
