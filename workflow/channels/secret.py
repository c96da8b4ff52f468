"""Files with credentials: TOML that nobody but its owner can read, refused otherwise."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, Any

from workflow.errors import InvalidInput, Phrase

if TYPE_CHECKING:
    from collections.abc import Iterable


def read(path: str, known: Iterable[str]) -> dict[str, Any]:
    """
    What the file says.

    Raises:
        InvalidInput: absent, open to others, no TOML, a key that is not known.
    """
    import tomllib

    try:
        with open(path, "rb") as stream:
            if os.name == "posix" and stat.S_IMODE(os.fstat(stream.fileno()).st_mode) & 0o077:
                raise InvalidInput("credentials", path, Phrase("others can read it: chmod 600 {path}", path=path))
            data = tomllib.load(stream)
    except OSError as refused:
        raise InvalidInput("credentials", path, Phrase("it cannot be read ({why})", why=refused.strerror)) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise InvalidInput("credentials", path, Phrase("not valid TOML: {fault}", fault=fault)) from None
    names = tuple(known)
    for name in data:
        if name not in names:
            raise InvalidInput("credentials", name, Phrase("{path} sets what is not known; known are {names}", path=path, names=", ".join(names)),
                               names)
    return data
