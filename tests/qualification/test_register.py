"""The register of companies, against recorded answers: found, closed, hidden, unknown, away; and what is kept of it."""

import http.server
import json
import threading
from typing import Any

import pytest
from django.utils import timezone

from aptic.outbox.models import Message
from aptic.tenancy.principal import acting
from qualification import candidacy, register, register_checks
from qualification.candidacy_models import RegisterCheck
from qualification.register import Company, Outcome, RegisterAway
from tests.factories import OPERATOR, make_operator, make_siret
from tests.qualification.candidates import begin, holding, sent
from tests.qualification.test_candidate_pages import open_link
from tests.qualification.test_candidate_pages import url as candidate_url
from tests.qualification.test_pages import text, url

HEAD, BRANCH, CLOSED = "35600000000048", "35600000049837", "35600000012345"  # La Poste's: its own rule for the key


def recorded(**more: Any) -> dict[str, Any]:
    """An answer as the interface gives it, cut to what is read."""
    company = {
        "siren": "356000000",
        "nom_complet": "LA POSTE",
        "nature_juridique": "5510",
        "statut_diffusion": "O",
        "siege": {"siret": HEAD, "adresse": "9 RUE DU COLONEL PIERRE AVIA 75015 PARIS", "etat_administratif": "A"},
        "matching_etablissements": [
            {"siret": BRANCH, "adresse": "52 RUE GEORGES BONNAC 33000 BORDEAUX", "etat_administratif": "A"},
            {"siret": CLOSED, "adresse": "1 RUE FERMEE 33000 BORDEAUX", "etat_administratif": "F"},
        ],
        **more,
    }
    return {"results": [company], "total_results": 1}


@pytest.mark.parametrize(
    ("answer", "siret", "said"),
    [
        (recorded(), HEAD, (Outcome.ACTIVE, "LA POSTE", True)),
        (recorded(), BRANCH, (Outcome.ACTIVE, "LA POSTE", False)),
        (recorded(), CLOSED, (Outcome.CLOSED, "LA POSTE", False)),
        (recorded(), "35600000099999", (Outcome.UNKNOWN, "LA POSTE", None)),
        (recorded(statut_diffusion="N"), HEAD, (Outcome.NOT_PUBLIC, "", None)),
        (recorded(siege=None, matching_etablissements=None), HEAD, (Outcome.UNKNOWN, "LA POSTE", None)),
        (recorded(), "12345678900011", (Outcome.UNKNOWN, "", None)),
        ({"results": []}, HEAD, (Outcome.UNKNOWN, "", None)),
    ],
)
def test_recorded_answers_are_read(answer, siret, said):
    company = register.read(answer, siret)
    assert (company.outcome, company.name, company.head_office) == said


@pytest.mark.parametrize("answer", [{}, [], None, {"results": 3}, {"results": [{"nom": "x"}]}, {"results": ["x"]}])
def test_an_answer_of_another_shape_is_no_answer(answer):
    with pytest.raises(RegisterAway):
        register.read(answer, HEAD)


@pytest.fixture
def served(settings):
    """A register on this machine; `served.answer` is (status, bytes)."""

    class Handler(http.server.BaseHTTPRequestHandler):
        answer = (200, json.dumps(recorded()).encode())
        asked: list[str] = []

        def do_GET(self) -> None:
            Handler.asked.append(self.path)
            self.send_response(Handler.answer[0])
            self.end_headers()
            self.wfile.write(Handler.answer[1])

        def log_message(self, *args: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings.COMPANY_REGISTER_URL = f"http://127.0.0.1:{server.server_port}/search"
    yield Handler
    server.shutdown()
    server.server_close()


def test_the_register_is_asked_by_its_siret(served):
    assert register.ask(BRANCH) == Company(
        Outcome.ACTIVE, "LA POSTE", "52 RUE GEORGES BONNAC 33000 BORDEAUX", False, "5510"
    )
    assert f"q={BRANCH}" in served.asked[-1]


@pytest.mark.parametrize("answer", [(500, b"{}"), (429, b"{}"), (200, b"<html>"), (200, b"")])
def test_a_register_that_is_away_says_nothing(served, answer):
    served.answer = answer
    with pytest.raises(RegisterAway):
        register.ask(HEAD)


@pytest.mark.parametrize("address", ["http://127.0.0.1:1/search", "http://elsewhere.example/", "file:///etc/passwd"])
def test_an_address_that_does_not_answer_or_is_not_safe_is_away(settings, address):
    settings.COMPANY_REGISTER_URL = address
    with pytest.raises(RegisterAway):
        register.ask(HEAD)


def posted():
    with acting(OPERATOR):
        return list(Message.objects.filter(kind=register_checks.KIND).order_by("created_at"))


@pytest.mark.django_db
def test_nobody_is_asked_without_a_register():
    begin()
    assert posted() == []


@pytest.mark.django_db
def test_the_register_is_asked_after_the_commit_and_its_answer_kept_once(served, client):
    row = begin(siret=BRANCH)
    assert served.asked == []  # nothing inside the transaction
    (message,) = posted()
    for _ in range(2):
        register_checks.check(message)
    with acting(OPERATOR):
        check = RegisterCheck.objects.get()
    assert (check.outcome, check.application_id, check.head_office) == ("active", row.pk, False)
    open_link(client, row)
    assert "52 RUE GEORGES BONNAC" in text(client.get(candidate_url("application_page", row)))
    with holding(row) as mine:
        assert mine.checks.count() == 1
        candidacy.edit(application=mine, siret=make_siret())
    assert len(posted()) == 2  # another number is another question
    page = text(client.get(candidate_url("application_page", row)))
    assert "52 RUE GEORGES BONNAC" not in page  # what was said of the former one says nothing of this one


@pytest.mark.django_db
def test_an_away_register_is_tried_again_then_left_to_people(served, client):
    served.answer = (503, b"")
    row = sent()
    message = posted()[0]
    message.attempts = 1
    with pytest.raises(RegisterAway):
        register_checks.check(message)
    message.attempts = register_checks.GIVES_UP_AFTER
    register_checks.check(message)
    operator = make_operator()
    operator.log_in(client)
    page = text(client.get(url("operator_application", operator, row.pk)))
    assert "Registre indisponible" in page
    assert client.post(url("operator_application_check", operator, row.pk)).status_code == 302
    assert len(posted()) == 2


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        ("closed", "est fermé"),
        ("unknown", "ne connaît pas ce SIRET"),
        ("not_public", "à la main"),
        ("away", "à la main"),
    ],
)
def test_whoever_applies_reads_what_to_do(client, outcome, said):
    row = begin()
    with acting(OPERATOR):
        RegisterCheck(application=row, siret=row.siret, outcome=outcome, asked_at=timezone.now()).save(
            force_insert=True
        )
    open_link(client, row)
    assert said in text(client.get(candidate_url("application_page", row)))
