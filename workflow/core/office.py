"""The office's own records: people, calendars, settings. They live on the chain `sys`, written by the same effects as agreements."""

from __future__ import annotations

from typing import Any, NamedTuple

from workflow.core import agreement

SYS = "sys"
NONE: list[str] = []  # never written to
NOBODY: dict[str, str] = {}


class Person(NamedTuple):
    """Somebody who acts or is told; `id` (`p1`) stands in the journal, the name does not."""

    id: str
    name: str
    login: str
    email: str
    roles: list[str]  # coordinator legal secretary mayor technical-unit finance auditor
    lang: str
    zone: str
    admin: bool = False
    active: bool = True
    channels: list[str] = NONE  # in the order they are tried; none: the office's
    quiet: list[str] = NONE  # hours in which messages may come, such as 08:00, 17:00; none: the office's
    deputy: dict[str, str] = NOBODY  # person, from, until: who is told instead, on which days
    calendar: str = ""  # the working days; empty: the office's


class Day(NamedTuple):
    """A day that a calendar closes (kind national, joint-leave, closure) or opens in spite of the others (kind working)."""

    calendar: str
    on: str
    kind: str
    name: str
    source: str


class Coverage(NamedTuple):
    """A year that a calendar knows; a day of any other year makes a deadline provisional. Status: known partial."""

    calendar: str
    year: int
    status: str
    source: str


class Setting(NamedTuple):
    """An office-wide setting: `zone`, `origin`, `policy.plan_months` …"""

    name: str
    value: Any


class Actor(NamedTuple):
    """Who acts and how we know. `identity`: os, --as, environment, system."""

    person: str
    name: str
    identity: str
    roles: tuple[str, ...] = ()
    admin: bool = False


SYSTEM = Actor("system", "system", "system")

agreement.RECORDS.update(person=Person, day=Day, coverage=Coverage, setting=Setting)
agreement.KEYS.update(person=("id",), day=("calendar", "on"), coverage=("calendar", "year"), setting=("name",))
