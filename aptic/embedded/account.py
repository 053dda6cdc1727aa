"""PostgreSQL refuses to run as root: the plain system account that runs it then."""

import os
import pwd
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

NAME = "aptic-postgres"


@dataclass(frozen=True, slots=True)
class Account:
    """A system account."""

    name: str
    uid: int
    gid: int


def unprivileged() -> Account | None:
    """The account to run PostgreSQL under: None (our own) unless we are root, who creates it once.

    Raises LookupError when root cannot create it.
    """
    if os.geteuid() != 0:
        return None
    found = _find()
    if found is None:
        command = ["useradd", "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"]
        subprocess.run([*command, "--shell", "/usr/sbin/nologin", NAME], capture_output=True, check=False)
        found = _find()
    if found is None:
        raise LookupError(NAME)
    return found


def _find() -> Account | None:
    try:
        entry = pwd.getpwnam(NAME)
    except KeyError:
        return None
    return Account(NAME, entry.pw_uid, entry.pw_gid)


def let_through(path: Path) -> None:
    """Let other accounts traverse (not list) the folders above `path`, as PostgreSQL's account must."""
    for folder in path.resolve().parents:
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH:
            folder.chmod(stat.S_IMODE(mode) | stat.S_IXOTH)


def let_read(root: Path) -> None:
    """Let other accounts read and run what is under `root` (a strict umask at installation hides it)."""
    for folder, _, names in os.walk(root):
        for path in (Path(folder), *(Path(folder, name) for name in names)):
            mode = stat.S_IMODE(path.stat().st_mode)
            path.chmod(mode | stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0))
