"""`python -m aptic.running`: start everything, say where, stop everything.

What is wrong is told in one sentence, and the exit code is 1.
"""

import os
import signal
import sys
import urllib.error
import urllib.request
from contextlib import ExitStack

from aptic.embedded.process import CannotStart, die_with_parent
from aptic.keys import RINGS, SECRETS, make_keys
from aptic.running.environment import Place, check_libraries, check_port, read_place, say
from aptic.running.services import Services, alone_in
from aptic.running.supervisor import Child, Supervisor


class Stopped(Exception):
    """Somebody pressed Ctrl-C before everything ran."""


def main() -> int:
    """Run until told to stop; returns the exit code."""
    if os.environ.get("MAKELEVEL"):
        die_with_parent(signal.SIGTERM)  # `kill -9` of make must not leave us behind
    for sent in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(sent, _interrupted)
    try:
        run()
    except CannotStart as problem:
        print(f"Aptic ne peut pas démarrer : {problem}", file=sys.stderr)
        return 1
    except Stopped:
        say("Arrêté.")
    return 0


def run() -> None:
    """Check, start, prepare, watch. Raises CannotStart."""
    place = read_place()
    check_port(place)
    check_libraries()
    with ExitStack() as cleaning:
        cleaning.enter_context(alone_in(place.var))
        prepare_keys(place)
        services = Services(place)
        cleaning.callback(services.stop)
        services.launch()
        load_project()  # while the servers start
        services.wait()
        demonstration = prepare(place)
        supervisor = Supervisor()
        cleaning.callback(supervisor.stop)
        supervisor.stop_on_signals()
        serve(place, services, supervisor, demonstration=demonstration)
        say("Arrêt en cours…")
    say("Arrêté.")


def prepare_keys(place: Place) -> None:
    """Make the keys that the environment does not give, once."""
    if all(os.environ.get(name) for name in SECRETS):
        return
    if any(os.environ.get(name) for name in RINGS):
        missing = ", ".join(name for name in SECRETS if not os.environ.get(name))
        raise CannotStart(f"une partie des clés seulement est donnée par l’environnement ; il manque {missing}.")
    if make_keys(place.var):
        say(f"Clés créées dans {place.var / 'keys.env'} : sauvegardez ce fichier à part de la base.")


def load_project() -> None:
    """Import Django and every application."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aptic.settings")
    import django
    from django.core.exceptions import ImproperlyConfigured

    try:
        django.setup()
    except (ImproperlyConfigured, ValueError) as error:
        raise CannotStart(f"un réglage est incorrect : {error}") from error


def prepare(place: Place) -> bool:
    """Tables, reference data, demonstration, static files. True in a demonstration. Raises CannotStart."""
    from django.db import DatabaseError

    from aptic.running.preparation import close_connections, prepare_installation
    from aptic.tenancy.demonstration import is_demonstration

    try:
        prepare_installation(demonstration=place.demonstration)
        return is_demonstration()
    except DatabaseError as error:
        raise CannotStart(f"la base de données a refusé une étape : {str(error).strip().splitlines()[0]}") from error
    finally:
        close_connections()


def serve(place: Place, services: Services, supervisor: Supervisor, *, demonstration: bool) -> None:
    """Keep everything alive; pages first, the rest once they answer."""
    from aptic.running import programs

    for name, server in (("postgres", services.postgres), ("valkey", services.valkey)):
        if server:
            supervisor.add(Child(name, start=server.start, stop=server.stop, process=server.process))
    supervisor.add(programs.web(place, signs=demonstration))
    supervisor.watch(until=lambda: _answers(place))
    if not supervisor.stopping:
        welcome(place)
        for child in (programs.worker(), programs.system_worker(), programs.clock(place.var)):
            supervisor.add(child)
    supervisor.watch()


def welcome(place: Place) -> None:
    """Tell where to go, and with which log-ins."""
    say()
    say(f"  Aptic répond sur {place.address}/")
    say(f"  Données : {place.var} — Ctrl-C pour tout arrêter.")
    logins = place.var / "demo-logins.txt"
    if logins.is_file():
        say()
        say(logins.read_text().rstrip())
    say()


def _answers(place: Place) -> bool:
    host = "[::1]" if ":" in place.bind else "127.0.0.1"
    try:
        urllib.request.urlopen(f"http://{host}:{place.port}/livez", timeout=2).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def _interrupted(*_: object) -> None:
    raise Stopped


if __name__ == "__main__":
    sys.exit(main())
