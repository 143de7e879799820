"""Foreign times: text to an instant, whatever the form and the zone.

Here: one reader per mapping, which remembers what it has read since logs repeat their times. Not here: what
the times are of (`interpret`).
"""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

REMEMBERED = 50_000
EARLIEST_YEAR, LATEST_YEAR = 1970, 2199


_NUMBERS = {
    "%Y": r"(?P<year>\d{4})",
    "%m": r"(?P<month>\d{1,2})",
    "%d": r"(?P<day>\d{1,2})",
    "%H": r"(?P<hour>\d{1,2})",
    "%M": r"(?P<minute>\d{1,2})",
    "%S": r"(?P<second>\d{1,2})",
}
_DIRECTIVE = re.compile(r"%.")


class DateReader:
    """Will read times in the given forms; a time without an offset is local time in `zone`.

    `read` returns the instant in UTC (None when the text is not a time) and the code of a problem or None:
    `time-twice` for a local time that occurs twice (the earlier is taken), `time-skipped` for one that the
    change of the clock leaves out (the jump is added), `bad-date` for anything else.

    Source: PEP 495 for what `fold` means in gaps and folds.

    >>> DateReader(("%d/%m/%Y %H:%M",), "UTC").read("29/2/2016 01:16")
    (datetime.datetime(2016, 2, 29, 1, 16, tzinfo=datetime.timezone.utc), None)
    >>> DateReader(("iso",), "Europe/Berlin").read("2024-10-27T02:30")
    (datetime.datetime(2024, 10, 27, 0, 30, tzinfo=datetime.timezone.utc), 'time-twice')
    >>> DateReader(("iso",), "Europe/Berlin").read("2024-03-31T02:30")
    (datetime.datetime(2024, 3, 31, 1, 30, tzinfo=datetime.timezone.utc), 'time-skipped')
    >>> DateReader(("iso",), "UTC").read("soon")
    (None, 'bad-date')
    """

    def __init__(self, formats: tuple[str, ...], zone: str) -> None:
        self._forms = tuple((form, _numeric(form)) for form in formats)
        self._zone = ZoneInfo(zone)
        self._known: dict[str, tuple[datetime | None, str | None]] = {}

    def read(self, text: str) -> tuple[datetime | None, str | None]:
        """Return the instant and the code of a problem; see the class."""
        known = self._known.get(text)
        if known is None:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            known = self._known[text] = self._read(text)
        return known

    def _read(self, text: str) -> tuple[datetime | None, str | None]:
        for form, numeric in self._forms:
            found = self._parse(text, form) if numeric is None else _read_numbers(text, numeric)
            if found is not None:
                return self._placed(found)
        # A workbook's own dates reach us in ISO form, whatever the mapping says of text.
        found = self._parse(text, "iso") if "T" in text else None
        return (None, "bad-date") if found is None else self._placed(found)

    @staticmethod
    def _parse(text: str, form: str) -> datetime | None:
        try:
            found = datetime.fromisoformat(text) if form == "iso" else datetime.strptime(text, form)  # noqa: DTZ007 - the zone is put on in _placed
        except (ValueError, OverflowError):
            return None
        return found if EARLIEST_YEAR <= found.year <= LATEST_YEAR else None

    def _placed(self, found: datetime) -> tuple[datetime, str | None]:
        if found.tzinfo is not None:
            return found.astimezone(UTC), None
        first = found.replace(tzinfo=self._zone, fold=0)
        second = found.replace(tzinfo=self._zone, fold=1)
        instant = first.astimezone(UTC)
        if first.utcoffset() == second.utcoffset():
            return instant, None
        twice = instant.astimezone(self._zone).replace(tzinfo=None) == found
        return instant, "time-twice" if twice else "time-skipped"


def _numeric(form: str) -> re.Pattern[str] | None:
    """Return a pattern for a form of plain numbers, which is read several times quicker that way."""
    parts = _DIRECTIVE.findall(form)
    if "%Y" not in parts or len(set(parts)) < len(parts) or not set(parts) <= set(_NUMBERS):
        return None
    between = [re.escape(text) for text in _DIRECTIVE.split(form)]
    numbers = (_NUMBERS[part] + text for part, text in zip(parts, between[1:], strict=True))
    return re.compile(between[0] + "".join(numbers), re.ASCII)


def _read_numbers(text: str, numeric: re.Pattern[str]) -> datetime | None:
    match = numeric.fullmatch(text)
    if match is None:
        return None
    numbers = {"month": 1, "day": 1, **{name: int(digits) for name, digits in match.groupdict().items()}}
    try:
        found = datetime(**numbers)  # type: ignore[arg-type]  # noqa: DTZ001 - no zone among the numbers; _placed adds it
    except ValueError:
        return None
    return found if EARLIEST_YEAR <= found.year <= LATEST_YEAR else None
