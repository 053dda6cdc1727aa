"""What can go wrong with long work."""

from aptic.errors import DomainError


class LeaseLost(Exception):
    """Another worker has the job, or a person cancelled it: stop at once, write nothing more."""


class NotRunnable(DomainError):
    """The job is not in a state that allows this."""

    code = "job_state"
    status = 409
    message = "Ce travail n’est plus dans un état qui le permet."
