"""Which function does which kind of job, in which queue, and whose colleagues may stop it.

@job("passes.issue", queue="documents", roles=ROLES)
def issue(run: JobRun) -> dict:
    for start in range(run.state.get("issued", 0), total, CHUNK):
        with run.acting():
            issue_chunk(start)
            run.save_state(issued=start + CHUNK)
            run.step(start + CHUNK, total, "Émission des pass")
    return {"url": "…", "label": "Voir le lot"}
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aptic.jobs.running import JobRun

Work = Callable[["JobRun"], dict[str, Any] | None]


@dataclass(frozen=True, slots=True)
class JobKind:
    """A kind of job: its function, its queue, and the roles that may stop or restart somebody else's (none: all but
    the counter's)."""

    name: str
    work: Work
    queue: str
    roles: frozenset[str]


_kinds: dict[str, JobKind] = {}


def job(name: str, *, queue: str = "documents", roles: Iterable[str] = ()) -> Callable[[Work], Work]:
    """Register the decorated function as the work of jobs named `name`; it must be resumable from `run.state`.

    `roles` are those that may ask for such work: they may also stop and restart it when a colleague asked.
    """

    def register(work: Work) -> Work:
        _kinds[name] = JobKind(name, work, queue, frozenset(roles))
        return work

    return register


def kind_of(name: str) -> JobKind:
    """The registered kind. Raises LookupError."""
    return _kinds[name]
