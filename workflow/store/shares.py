"""Whose the files of an office are: one person's, or several users' of one machine, who are then in one group."""

from __future__ import annotations

import os
import stat

from workflow.errors import InvalidInput, Phrase

OWNER_ONLY, OWNER_AND_GROUP = 0o600, 0o660
FOLDER = 0o2770  # what is made in it belongs to its group, whoever makes it


def group_number(name: str) -> int:
    """
    The number of a group of the machine's users.

    Raises:
        InvalidInput: there is no such group.
    """
    try:
        import grp
    except ImportError:
        raise InvalidInput("group", name, "this system has no groups of users that a file could belong to") from None
    try:
        return grp.getgrnam(name).gr_gid
    except (KeyError, ValueError):
        raise InvalidInput("group", name, Phrase("there is no such group on this machine: getent group {name}", name=name)) from None


def share(path: str, group: str, number: int, mode: int) -> None:
    """
    Give what lies at a path to a group.

    Raises:
        InvalidInput: who asks is not in it.
    """
    try:
        os.chown(path, -1, number)
        os.chmod(path, mode)
    except PermissionError:
        raise InvalidInput("group", group, "you are not in it, so you cannot give a file to it") from None


def share_folder(path: str, group: str) -> bool:
    """Make a folder that a group shares; one that is there stays as it is, and False says so."""
    try:
        os.mkdir(path, 0o700)
    except FileExistsError:
        return False
    share(path, group, group_number(group), FOLDER)
    return True


def is_shared(folder: str, number: int) -> bool:
    """Whether what a user of the group makes in a folder is the whole group's: SQLite makes files beside the database."""
    found = os.stat(folder)
    return found.st_gid == number and found.st_mode & (stat.S_ISGID | stat.S_IRWXG) == stat.S_ISGID | stat.S_IRWXG


def faults(path: str) -> list[str]:
    """What is wrong with the permissions of a database's file, and of those that SQLite keeps beside it."""
    found = []
    for name in (path, f"{path}-wal", f"{path}-shm") if os.name == "posix" else ():
        try:
            mode = stat.S_IMODE(os.stat(name).st_mode)
        except FileNotFoundError:
            continue
        if mode not in (OWNER_ONLY, OWNER_AND_GROUP):
            found.append(f"{os.path.basename(name)}: its mode is {mode:o}, not 600 (one person) or 660 (a group, see mufakat init --group)")
    return found
