"""Starting and ending the programs that run beside us, so that none of them outlives us."""

import ctypes
import hashlib
import os
import re
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from aptic.embedded.account import Account

PR_SET_PDEATHSIG = 1
SOCKET_FOLDER_LIMIT = 80  # characters: a socket's whole path is limited to 107 by Linux, 103 by macOS
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


class CannotStart(Exception):
    """What stops us from starting, in one French sentence for whoever runs the installation."""


def die_with_parent(sent: signal.Signals = signal.SIGTERM) -> None:
    """Ask the kernel to send us `sent` when our parent dies, even of kill -9 (Linux; nothing elsewhere)."""
    if _libc:
        _libc.prctl(PR_SET_PDEATHSIG, int(sent))


def spawn(
    command: Sequence[str],
    *,
    env: dict[str, str] | None = None,
    account: Account | None = None,
    output: IO[Any] | int | None = None,
    at_our_death: signal.Signals | None = signal.SIGTERM,
) -> subprocess.Popen[bytes]:
    """Start `command` in its own session, so that Ctrl-C reaches us only, tied to our life by `at_our_death`.

    Call it from the main thread: the kernel watches the thread that starts the child.
    """
    parent = os.getpid()

    def before_exec() -> None:
        os.umask(0o077)
        if at_our_death:
            die_with_parent(at_our_death)
            if os.getppid() != parent:  # we died in between
                os._exit(1)

    identity: dict[str, Any] = {"user": account.uid, "group": account.gid, "extra_groups": []} if account else {}
    return subprocess.Popen(
        list(command),
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        preexec_fn=before_exec,
        **identity,
    )


def end(process: subprocess.Popen[bytes], *signals: tuple[signal.Signals, float]) -> None:
    """Send each signal in turn, waiting the given seconds after it; SIGKILL to the whole group at the end."""
    for sent, seconds in signals:
        if process.poll() is not None:
            break
        with suppress(ProcessLookupError):
            process.send_signal(sent)
        with suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def socket_folder(folder: Path) -> Path:
    """Where the sockets of `folder` live: inside it, or in a short private folder when its path is too long or odd."""
    inside = folder / "run"
    if len(str(inside)) <= SOCKET_FOLDER_LIMIT and re.fullmatch(r"[\w/.+-]+", str(inside), re.ASCII):
        return inside
    name = hashlib.sha256(str(folder).encode()).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"aptic-{os.geteuid()}-{name}"


def private_folder(folder: Path, *, account: Account | None = None, mode: int = 0o700) -> Path:
    """Make `folder` if needed, for `account` (or us) alone.

    Raises CannotStart when it belongs to somebody else.
    """
    owner = account.uid if account else os.geteuid()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        found = folder.lstat()
        if os.geteuid() == 0 and found.st_uid == 0 and account:
            os.chown(folder, account.uid, account.gid)
        elif found.st_uid != owner or not stat.S_ISDIR(found.st_mode):
            raise CannotStart(f"le dossier {folder} appartient à un autre compte ; choisissez-en un autre (APTIC_VAR).")
        folder.chmod(mode)
    except OSError as error:
        raise CannotStart(f"le dossier {folder} ne peut pas être préparé : {error.strerror}.") from error
    return folder


def is_running(pid: int, *, word: str) -> bool:
    """True when process `pid` lives and its command line contains `word`."""
    with suppress(OSError):
        return word in Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
    if sys.platform == "linux":
        return False
    listed = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return word in listed.stdout
