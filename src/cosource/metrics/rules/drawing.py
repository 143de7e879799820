"""Where the lines and bars of a figure lie: plain numbers and texts for SVG attributes, in percent or in a box, one of 100 by 30
unless another is asked for.

Numbers are written with a point in every language, since they are geometry. Not here: markup.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

WIDTH, HEIGHT = 100.0, 30.0
# Air at the sides of a line and above and below it, as parts of its box, so that its end is not cut.
_SIDE, _EDGE = 1 / 100, 2 / 30
SHADES = 6


@dataclass(frozen=True, slots=True)
class Line:
    """A trend: the points of the line, of the area under it, and where its last point is."""

    line: str
    area: str
    last_x: str
    last_y: str


def trend_line(values: Sequence[float], width: float = WIDTH, height: float = HEIGHT) -> Line | None:
    """Return the line through values in their order in a box of this size; None of fewer than two, which are no trend.

    >>> trend_line([0, 10]).line, trend_line([0, 10], 680, 120).line
    ('1.0,28.0 99.0,2.0', '6.8,112.0 673.2,8.0')
    """
    if len(values) < 2:
        return None
    low, high = min(values), max(values)
    spread = (high - low) or 1.0
    left, top, bottom = _SIDE * width, _EDGE * height, (1 - _EDGE) * height
    step = (width - 2 * left) / (len(values) - 1)
    points = [
        (left + n * step, height / 2 if high == low else bottom - (value - low) / spread * (bottom - top))
        for n, value in enumerate(values)
    ]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    first_x, (last_x, last_y) = points[0][0], points[-1]
    area = f"{first_x:.1f},{height:.0f} {line} {last_x:.1f},{height:.0f}"
    return Line(line, area, f"{last_x:.1f}", f"{last_y:.1f}")


@dataclass(frozen=True, slots=True)
class Band:
    """An interval on a scale from nothing to `top`: where it begins, how wide it is, where the value is; in percent."""

    low: str
    width: str
    value: str
    top: float


def interval_band(interval: tuple[float, float], value: float) -> Band:
    """Return where an interval of a share lies, on the smallest scale of a quarter, a half or the whole that holds it.

    >>> interval_band((0.1, 0.2), 0.15)
    Band(low='40.0', width='40.0', value='60.0', top=0.25)
    """
    low, high = interval
    top = next(scale for scale in (0.25, 0.5, 1.0) if high <= scale or scale == 1.0)
    return Band(_percent(low, top), _percent(high - low, top), _percent(value, top), top)


def _percent(part: float, whole: float) -> str:
    return f"{100 * part / whole:.1f}"


def bar_width(part: float, most: float) -> str:
    """Return the width of a bar in percent of the longest; what is not nothing is seen.

    >>> bar_width(5, 10), bar_width(1, 10_000), bar_width(0, 0)
    ('50.0', '0.5', '0.0')
    """
    if most <= 0 or part <= 0:
        return "0.0"
    return f"{max(100 * part / most, 0.5):.1f}"


def shade(part: float, most: float) -> int:
    """Return the step of the ramp for a cell: 0 for nothing, 1 to 6 by the root of its share, so that small ones differ too.

    >>> [shade(n, 64) for n in (0, 1, 8, 26, 64)]
    [0, 1, 2, 4, 6]
    """
    if part <= 0 or most <= 0:
        return 0
    return max(1, round(SHADES * sqrt(part / most)))
