"""The embedded PostgreSQL after a crash: what a killed server left behind never stops the next one."""

import signal
from pathlib import Path

from aptic.embedded.postgres import Postgres
from aptic.embedded.process import end
from tests.servers import SERVERS


def test_a_killed_servers_number_given_to_another_process_stops_nothing(tmp_path: Path) -> None:
    server = Postgres(tmp_path / "var")
    process = server.start()
    server.wait()
    end(process, (signal.SIGKILL, 10))
    living = (SERVERS.postgres.data / "postmaster.pid").read_text().split("\n", 1)[0]  # of the same account
    for left in (server.sockets / ".s.PGSQL.5432.lock", server.data / "postmaster.pid"):
        assert left.exists()
        left.write_text("\n".join([living, *left.read_text().split("\n")[1:]]))
    server.start()
    server.wait()
    server.stop()
