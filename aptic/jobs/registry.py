"""Which function does which kind of job, in which queue.

@job("passes.issue", queue="documents")
def issue(run: JobRun) -> dict:
    for start in range(run.state.get("issued", 0), total, CHUNK):
        with run.acting():
            issue_chunk(start)
            run.save_state(issued=start + CHUNK)
            run.step(start + CHUNK, total, "Émission des pass")
    return {"url": "…", "label": "Voir le lot"}
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aptic.jobs.running import JobRun

Work = Callable[["JobRun"], dict[str, Any] | None]


@dataclass(frozen=True, slots=True)
class JobKind:
    """A kind of job: its function and its queue."""

    name: str
    work: Work
    queue: str


_kinds: dict[str, JobKind] = {}


def job(name: str, *, queue: str = "documents") -> Callable[[Work], Work]:
    """Register the decorated function as the work of jobs named `name`; it must be resumable from `run.state`."""

    def register(work: Work) -> Work:
        _kinds[name] = JobKind(name, work, queue)
        return work

    return register


def kind_of(name: str) -> JobKind:
    """The registered kind. Raises LookupError."""
    return _kinds[name]
