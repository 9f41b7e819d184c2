"""Purchase intent and mood over a conversation as the points of a small drawing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.copilot.records import Moment

WIDTH, HEIGHT, EDGE = 260.0, 64.0, 6.0


@dataclass(frozen=True)
class Chart:
    """Two lines as SVG points, and the last moment of each for those who do not see them."""

    moments: tuple[Moment, ...]
    intent: tuple[tuple[float, float], ...]
    mood: tuple[tuple[float, float], ...]
    width: float = WIDTH
    height: float = HEIGHT

    @staticmethod
    def path(points: Sequence[tuple[float, float]]) -> str:
        """Points as the `points` of a polyline."""
        return " ".join(f"{x:g},{y:g}" for x, y in points)


def chart_of(moments: Sequence[Moment]) -> Chart:
    """The chart of a conversation, one step a shopper's message; intent 0 to 1 and mood -1 to 1 fill its height."""
    step = (WIDTH - 2 * EDGE) / max(len(moments) - 1, 1)
    across = [round(EDGE + i * step, 1) for i in range(len(moments))]
    intent = [(x, _up(m.intent)) for x, m in zip(across, moments, strict=True) if m.intent is not None]
    mood = [(x, _up((m.mood + 1) / 2)) for x, m in zip(across, moments, strict=True)]
    return Chart(tuple(moments), tuple(intent), tuple(mood))


def mood_words(mood: float) -> str:
    """A mood from -1 to 1 in one word."""
    return "unhappy" if mood < -0.33 else "pleased" if mood > 0.33 else "neutral"


def _up(share: float) -> float:
    return round(HEIGHT - EDGE - share * (HEIGHT - 2 * EDGE), 1)
