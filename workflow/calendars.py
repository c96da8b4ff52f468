"""
Filling calendars: days from the library `holidays`, and the office's own rows with a decree's number on top.

The library answers any year without complaint, also one whose decree does not exist yet; what a year rests on is therefore kept as its
coverage. Decrees change in mid-year: a row of `definitions/calendars/*.toml` or of the office's own file wins over the library.

    [[day]]
    calendar = "ID"
    on = 2026-03-20
    kind = "joint-leave"          # national, joint-leave, closure; working opens a day again
    name = "Cuti bersama Idul Fitri"
    source = "SKB 1497/2025, 2/2025, 5/2025"
"""

from __future__ import annotations

import tomllib
from datetime import date
from typing import TYPE_CHECKING, Any

from workflow.core.office import Coverage, Day
from workflow.errors import InvalidInput, Phrase

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

KINDS = ("national", "joint-leave", "closure", "working")
DAY_KEYS = {"calendar", "on", "kind", "name", "source"}
YEAR_END = ((1, 2), (1, 3), (12, 29), (12, 30), (12, 31))  # 1 January is a national holiday already
YEAR_END_NAME = str(Phrase("Year-end closure"))
YEAR_END_SOURCE = str(Phrase("Local Autonomy Act (Japan) art. 4-2(2)(iii): days that the city's ordinance names, as a rule 29 December to 3 January"))


def fill(name: str, years: Iterable[int]) -> tuple[list[Day], list[Coverage]]:
    """
    The days and the coverage of a calendar that the library knows: `ID` (with *cuti bersama*) or `JP` (with the municipal year-end closure).

    A year is `known` only if everything a working day depends on is published for it, else `partial`.
    """
    if name not in FILLS:
        raise InvalidInput("calendar", name, Phrase("there is no such calendar to fill; known are {names}", names=", ".join(FILLS)), tuple(FILLS))
    wanted = sorted(set(years))
    return FILLS[name](wanted) if wanted else ([], [])


def overrides(text: str) -> list[Day]:
    """The rows of a calendar file, each with its source; every problem of the file is told at once, a syntax error with its line."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise InvalidInput("calendar file", None, Phrase("not valid TOML: {fault}", fault=fault)) from None
    rows = data.get("day", [])
    problems = [f"{key}: unknown; only [[day]] tables may stand here" for key in data if key != "day"]
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        rows, problems = [], [*problems, "day: write each as a [[day]] table"]
    problems += [f"day {number}: {problem}" for number, row in enumerate(rows, 1) for problem in _problems(row)]
    days = [] if problems else [Day(row["calendar"], str(row["on"]), row["kind"], row["name"], row["source"]) for row in rows]
    seen = [(day.calendar, day.on) for day in days]
    problems += [f"day {number}: {' '.join(key)} stands there twice" for number, key in enumerate(seen, 1) if key in seen[:number - 1]]
    if problems:
        raise InvalidInput("calendar file", None, "; ".join(problems))
    return days


def merge(days: Iterable[Day], later: Iterable[Day]) -> list[Day]:
    """Both, ordered by calendar and day; where both have a day the later row wins."""
    rows = {(day.calendar, day.on): day for day in (*days, *later)}
    return [rows[key] for key in sorted(rows)]


def _indonesia(years: list[int]) -> tuple[list[Day], list[Coverage]]:
    national, source = _library("ID", years, "public")
    joint, _ = _library("ID", years, "government")
    days = [Day("ID", on, "national", name, source) for on, name in national.items()]
    days += [Day("ID", on, "joint-leave", name, source) for on, name in joint.items() if on not in national]
    decreed = {on[:4] for on in joint}  # no year since 2002 was without joint leave: none here means that its decree is not
    coverage = []
    for year in map("{:04d}".format, years):
        estimated = sum(on.startswith(year) and "(estimated)" in name for on, name in national.items())
        gaps = [] if year in decreed else [str(Phrase("the joint decree (cuti bersama) is missing"))]
        gaps += [str(Phrase("{count} days estimated", count=estimated))] if estimated else []
        coverage.append(Coverage("ID", int(year), "partial" if gaps else "known", "; ".join([source, *gaps])))
    return merge(days, ()), coverage


def _japan(years: list[int]) -> tuple[list[Day], list[Coverage]]:
    national, source = _library("JP", years, "public")
    closures = [Day("JP", f"{year:04d}-{month:02d}-{day:02d}", "closure", YEAR_END_NAME, YEAR_END_SOURCE)
                for year in years for month, day in YEAR_END]
    held = {int(on[:4]) for on in national}  # holidays are set by statute; the equinoxes of later years are reckoned
    coverage = [Coverage("JP", year, "known" if year in held else "partial", source) for year in years]
    return merge(closures, [Day("JP", on, "national", name, source) for on, name in national.items()]), coverage


def names(calendar: str, year: int, language: str) -> dict[tuple[str, str], str]:
    """What the library calls the days of a year in a language, by day and English name; empty where it does not speak it."""
    import holidays

    found: dict[tuple[str, str], str] = {}
    for category in ("public", "government") if calendar == "ID" else ("public",):
        if language in holidays.country_holidays(calendar).supported_languages:
            said = holidays.country_holidays(calendar, years=year, categories=(category,), language=language)
            found |= {(on, name): said[date.fromisoformat(on)] for on, name in _library(calendar, [year], category)[0].items()
                      if date.fromisoformat(on) in said}
    return found


FILLS: dict[str, Callable[[list[int]], tuple[list[Day], list[Coverage]]]] = {"ID": _indonesia, "JP": _japan}


def _library(country: str, years: list[int], category: str) -> tuple[dict[str, str], str]:
    """ISO day to English name, and what to cite for it."""
    import holidays  # 10 ms and more, wanted by few commands
    from holidays.version import __version__

    found = holidays.country_holidays(country, years=years, categories=(category,), language="en_US")
    return {day.isoformat(): label for day, label in found.items() if day.year in years}, f"holidays {__version__}"


def _problems(row: dict[str, Any]) -> list[str]:
    found = [f"{key} is unknown" for key in row if key not in DAY_KEYS]
    needed = {"calendar": "", "name": "", "source": " (the decree's number)"}
    found += [f"{key} is missing{hint}" for key, hint in needed.items() if not isinstance(row.get(key), str) or not row[key].strip()]
    if row.get("kind") not in KINDS:
        found.append(f"kind must be one of {', '.join(KINDS)}")
    if not _is_day(row.get("on")):
        found.append("on must be a day such as 2026-03-20")
    return found


def _is_day(value: object) -> bool:
    """Whether TOML gave a date (and no time of day), or the text of one."""
    if isinstance(value, str):
        try:
            return date.fromisoformat(value).isoformat() == value
        except ValueError:
            return False
    return type(value) is date
