"""The named guards refuse what cannot be, and nothing that may be."""

from __future__ import annotations

import pytest

from definitions import GUARDS


@pytest.mark.parametrize(("name", "facts", "refused"), [
    ("visit-dates", {"starts_on": "2016-11-16", "ends_on": "2016-11-20"}, False),
    ("visit-dates", {"starts_on": "2016-11-16", "ends_on": "2016-11-16"}, False),
    ("visit-dates", {"starts_on": "2016-11-16", "ends_on": "2016-11-15"}, True),
    ("visit-dates", {"starts_on": "2016-11-16", "ends_on": "2016-11"}, False),
    ("visit-dates", {"starts_on": "2016-12", "ends_on": "2016-11"}, True),
    ("visit-dates", {"starts_on": "../2016-11-16", "ends_on": "2015"}, False),
    ("visit-dates", {"starts_on": "2016-11-17", "ends_on": "../2016-11-16"}, True),
    ("visit-dates", {"starts_on": "2016-11-16"}, False),
    ("exploration-positive", {"exploration_positive": True}, False),
    ("exploration-positive", {"exploration_positive": False}, True),
    ("exploration-positive", {}, False),
    ("instrument-dates", {"instrument.signed_on": "2016-11-18", "instrument.term_kind": "unknown"}, False),
    ("instrument-dates", {"instrument.signed_on": "2016-11-18", "instrument.in_force_on": "2016-11-17"}, True),
    ("instrument-dates", {"instrument.signed_on": "2016-11-18", "instrument.in_force_on": "2017-01-01", "instrument.ends_on": "2016-12-31"}, True),
    ("instrument-dates", {"instrument.signed_on": "2016-11-18", "instrument.ends_on": "2016-11-17"}, True),
    ("instrument-dates", {"instrument.signed_on": "2016-11-18", "instrument.term_kind": "evergreen", "instrument.ends_on": "2021-11-17"}, True),
    ("instrument-dates", {"instrument.term_kind": "auto-renew", "instrument.ends_on": "2021-11-17"}, True),
    ("instrument-dates", {"instrument.term_kind": "auto-renew", "instrument.ends_on": "2021-11-17", "instrument.term_months": 60}, False),
    ("contract-dates", {"contract.signed_on": "2024-05-02", "contract.ends_on": "2024-05-01"}, True),
    ("notice-dates", {"notice.sent": "2024-05-02", "notice.terminates_on": "2024-11-02"}, False),
    ("notice-dates", {"notice.sent": "2024-05-02", "notice.terminates_on": "2024-05-01"}, True),
    ("plan-period", {"period_from": "2024-01-01", "period_to": "2023-12-31"}, True),
])
def test_a_guard_refuses_only_what_cannot_be(name, facts, refused):
    assert (GUARDS[name](facts.get, "2026-03-02") is not None) is refused


def test_every_guard_says_what_it_is_and_which_version():
    assert all(guard.version >= 1 and guard.condition.__doc__ for guard in GUARDS.values())
