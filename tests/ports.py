"""Ports of a test's own, for the servers that it starts."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def held_port() -> Iterator[int]:
    """A free port, which nobody else is given meanwhile: we are bound to it and do not listen, so a server may."""
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do: it lets them bind beside us
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]
