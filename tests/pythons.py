"""Pythons older than this one, for what must run on them: those that pyenv keeps, or that the path names."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest


def interpreters(*versions: str) -> list:
    """This Python and each of these, as cases of a test; one that is not on this machine is skipped."""
    cases = [pytest.param(sys.executable, id="this")]
    for version in versions:
        kept = sorted(Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")).glob(f"versions/{version}.*/bin/python{version}"))
        found = str(kept[-1]) if kept else shutil.which(f"python{version}")
        cases.append(pytest.param(found, id=version, marks=pytest.mark.skipif(found is None, reason=f"Python {version} is not installed here")))
    return cases
