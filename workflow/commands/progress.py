"""How far long work has come: one line on a terminal's stderr, rewritten, and only once a second has passed."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

WAIT, PACE = 1.0, 0.2  # seconds before the first word, and between two


@contextmanager
def progress(said: Callable[[int], str]) -> Iterator[Callable[[int], None]]:
    """Tell it how much is done; `said` puts that into words. The line is gone when the work is."""
    begun, told, shown = monotonic(), 0.0, 0

    def tell(count: int) -> None:
        nonlocal told, shown
        now = monotonic()
        if now - begun < WAIT or now - told < PACE or not sys.stderr.isatty():
            return
        text = said(count)
        sys.stderr.write(f"\r{text}{' ' * (shown - len(text))}")
        sys.stderr.flush()
        told, shown = now, len(text)
    try:
        yield tell
    finally:
        if shown:
            sys.stderr.write(f"\r{' ' * shown}\r")
            sys.stderr.flush()
