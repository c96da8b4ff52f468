"""An office for every flow: holidays filled, the clock at noon in Jakarta on Monday 2 March 2026."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from world import World

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path).holidays()
