"""A PostgreSQL server of the tests' own, in a temporary directory, reached by a Unix socket."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class NoPostgresError(Exception):
    """The reason why no server can be started here."""


@contextmanager
def server() -> Iterator[str]:
    """Runs a server and yields the URL of its empty database `postgres`. Raises NoPostgresError."""
    tools = _tools()
    user = _user()
    home = Path(tempfile.mkdtemp(prefix="shopkeeper-pg-"))
    try:
        if user:
            shutil.chown(home, user)
        environment = {**os.environ, "LC_ALL": "C.UTF-8", "HOME": str(home)}
        options = {"user": user, "env": environment, "cwd": home, "check": True, "timeout": 60}
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        data, log = home / "data", home / "log"
        control = [tools / "pg_ctl", "-D", data, "-w"]
        start = [*control, "-l", log, "-o", f"-c listen_addresses= -k {home} -F", "start"]
        try:
            subprocess.run([tools / "initdb", "-D", data, "-U", "shop", "-A", "trust"], **options, **quiet)
            subprocess.run(start, **options, **quiet)
        except (OSError, subprocess.SubprocessError) as error:
            raise NoPostgresError(f"a PostgreSQL server cannot be started here: {error}") from error
        try:
            yield f"postgresql://shop@/postgres?host={home}"
        finally:
            subprocess.run([*control, "-m", "immediate", "stop"], **options, **quiet)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _tools() -> Path:
    found = [Path(path).parent for name in ("initdb",) if (path := shutil.which(name))]
    for directory in [*found, *sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]:
        if (directory / "initdb").exists() and (directory / "pg_ctl").exists():
            return directory
    raise NoPostgresError("no initdb and pg_ctl on this machine")


def _user() -> str | None:
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    raise NoPostgresError("PostgreSQL refuses to run as root, and there is no user to run it as")
