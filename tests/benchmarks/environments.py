"""Virtual environments in the cache folder: what is measured against never enters the project's own."""

from __future__ import annotations

import os
import subprocess
import sys
from hashlib import sha256


class Unavailable(Exception):
    """It could not be installed; the message says what pip said."""


def environment(cache: str, name: str, *requirements: str) -> str:
    """
    The interpreter of an environment with these packages, built when it is first asked for.

    Raises:
        Unavailable: what cannot be installed here.
    """
    digest = sha256(repr((sys.version_info[:2], requirements)).encode()).hexdigest()[:8]
    folder = os.path.join(cache, f"{name}-{digest}")
    python, ready = os.path.join(folder, "bin", "python"), os.path.join(folder, "ready")
    if os.path.exists(ready):
        return python
    print(f"building {folder} …", file=sys.stderr, flush=True)
    subprocess.run([getattr(sys, "_base_executable", sys.executable), "-m", "venv", "--clear", folder], check=True)
    if requirements:
        install(python, *requirements)
    with open(ready, "w", encoding="utf-8") as stream:
        stream.write("\n".join(requirements) + "\n")
    return python


def install(python: str, *requirements: str) -> None:
    """
    Install into an environment.

    Raises:
        Unavailable: with the last thing that pip said.
    """
    pip = [python, "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    done = subprocess.run([*pip, *requirements], capture_output=True, text=True, check=False)
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.startswith("ERROR")] or done.stderr.splitlines()
        raise Unavailable(said[-1] if said else "pip failed without a word")
