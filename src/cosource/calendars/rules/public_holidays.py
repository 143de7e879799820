"""Public holidays of a country or of a part of it, year by year, from the `holidays` package.

A day counts when the package lists it as public: the days on which work rests by law, with the substitute days that are kept
for those which fall on a weekend. Half days, bank, school and religious days are not closed; whoever keeps them lists the
dates. Years that the package doesn't cover have no holidays; for most countries it covers the years up to 2100. Whoever asks
about others is warned (`coverage`).

The package is large, so it is imported with the first country that is asked for.
"""

import re
import warnings
from collections.abc import Iterable, Mapping
from datetime import date
from difflib import get_close_matches
from functools import cache, lru_cache
from typing import Literal, NamedTuple

from cosource.calendars.rules.refusals import BadCalendar, gettext_noop

_WORD_START = re.compile(r"(?<=[a-z])(?=[A-Z])")
_SUGGESTED = 3
_ALL_SHOWN = 20
_ALIKE = 0.5


class Region(NamedTuple):
    """A country by its ISO 3166-1 code and, where holidays differ within it, a subdivision; "" for none."""

    country: str
    subdivision: str = ""

    def __str__(self) -> str:
        return "-".join(filter(None, self))


@lru_cache(maxsize=1024)
def find_region(country: str, subdivision: str = "") -> Region:
    """Find a region by code or name, whatever the case of its letters.

    Raises: BadCalendar with the nearest names that are known.

    >>> find_region("deu", "Bayern")
    Region(country='DE', subdivision='BY')
    """
    countries, names = _countries()
    code = countries.get(country.casefold())
    if code is None:
        raise BadCalendar(
            "holidays.country",
            _NO_COUNTRY[(found := _nearest(country, names)).sort],
            country=repr(country),
            names=found.listed,
        )
    if not subdivision:
        return Region(code)
    parts, part_names = _subdivisions(code)
    if not parts:
        raise BadCalendar(
            "holidays.subdivision",
            gettext_noop("%(subdivision)s is not known; %(country)s has no subdivisions here: leave it out"),
            subdivision=repr(subdivision),
            country=names[code],
        )
    part = parts.get(subdivision.casefold())
    if part is None:
        raise BadCalendar(
            "holidays.subdivision",
            _NO_PART[(found := _nearest(subdivision, part_names)).sort],
            subdivision=repr(subdivision),
            country=names[code],
            names=found.listed,
        )
    return Region(code, part)


@lru_cache(maxsize=4096)
def public_holidays(region: Region, year: int) -> frozenset[date]:
    """List the public holidays of one year.

    >>> sorted(public_holidays(Region("DE", "BY"), 2026))[1].isoformat()  # Epiphany is kept in Bavaria
    '2026-01-06'
    """
    import holidays  # noqa: PLC0415 - see above

    with warnings.catch_warnings():
        # Some countries warn of years that they don't cover; what then holds is said above.
        warnings.simplefilter("ignore")
        found = holidays.country_holidays(
            region.country, subdiv=region.subdivision or None, years=year, expand=False
        )
    return frozenset(found)


@cache
def known_years(region: Region) -> tuple[int, int]:
    """Return the first and the last year whose public holidays are known.

    >>> known_years(Region("JP"))
    (1949, 2099)
    """
    import holidays  # noqa: PLC0415 - see above

    found = holidays.country_holidays(region.country, subdiv=region.subdivision or None)
    return found.start_year, found.end_year


@cache
def _countries() -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Return code by what a country may be called, casefolded, and name by code."""
    from holidays.registry import COUNTRIES  # noqa: PLC0415 - see above

    codes: dict[str, str] = {}
    names: dict[str, str] = {}
    for class_name, code, *others in COUNTRIES.values():
        name = _WORD_START.sub(" ", class_name)
        names[code] = name
        codes |= {word.casefold(): code for word in (code, name, *others)}
    return codes, names


@cache
def _subdivisions(country: str) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Return code by what a subdivision may be called, casefolded, and name by code."""
    import holidays  # noqa: PLC0415 - see above

    entity = holidays.country_holidays(country)
    aliases: Mapping[str, str] = entity.subdivisions_aliases
    codes = {name.casefold(): code for name, code in aliases.items()}
    codes |= {code.casefold(): code for code in entity.subdivisions}
    names = dict.fromkeys(entity.subdivisions, "") | {code: name for name, code in aliases.items()}
    return codes, names


class _Nearest(NamedTuple):
    """What is offered instead of an unknown name. `sort`: alike ones, all there are, or too many to name."""

    sort: Literal["alike", "all", "many"]
    listed: str = ""


_NO_COUNTRY = {
    "alike": gettext_noop("%(country)s is not a country whose holidays are known; did you mean %(names)s?"),
    "all": gettext_noop("%(country)s is not a country whose holidays are known; allowed: %(names)s"),
    "many": gettext_noop(
        "%(country)s is not a country whose holidays are known; give its code of ISO 3166, such as DE"
    ),
}
_NO_PART = {
    "alike": gettext_noop(
        "%(subdivision)s is not a part of %(country)s whose holidays are known; did you mean %(names)s?"
    ),
    "all": gettext_noop(
        "%(subdivision)s is not a part of %(country)s whose holidays are known; allowed: %(names)s"
    ),
    "many": gettext_noop(
        "%(subdivision)s is not a part of %(country)s whose holidays are known; give its code of ISO 3166, such as DE"
    ),
}


def _nearest(wanted: str, names: Mapping[str, str]) -> _Nearest:
    """Say which names come nearest to what was written, or which there are."""
    called = {word.casefold(): code for code, name in names.items() for word in (name, code) if word}
    sought = wanted.strip().casefold()
    begun = sorted(word for word in called if sought and word.startswith(sought))
    alike = get_close_matches(sought, called, n=_SUGGESTED, cutoff=_ALIKE)
    found = list(dict.fromkeys(called[word] for word in (*begun, *alike)))[:_SUGGESTED]
    if found:
        return _Nearest("alike", _listed(found, names))
    if len(names) <= _ALL_SHOWN:
        return _Nearest("all", _listed(sorted(names), names))
    return _Nearest("many")


def _listed(codes: Iterable[str], names: Mapping[str, str]) -> str:
    return ", ".join(f"{code} ({names[code]})" if names[code] else code for code in codes)
