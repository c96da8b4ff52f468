"""What must not happen while commits are held together (`Agreements.together`): whatever has to be durable, or undone, by itself."""

from __future__ import annotations

from workflow.errors import StoreError


class Groups:
    """A store over one connection, which may hold a group of commits; `path` is how it is called in errors."""

    path: str
    _together = False

    def _alone(self) -> None:
        """Refuse to begin inside a group: a message handed over would not yet be on the disk, and a second group would end the first."""
        if self._together:
            raise StoreError(self.path, "a group of commits is open, and this must stand by itself", "do it before the group or after it")
