"""Somebody applies in front of a browser, with scripts and without; every page they see is checked."""

from collections.abc import Callable

import pytest

from aptic.tenancy.principal import acting
from qualification import link
from qualification.models import Application
from tests.browser import applicant
from tests.browser.person import Person
from tests.factories import OPERATOR, make_siret

Enter = Callable[..., Person]
IBAN = "FR76 3000 6000 0112 3456 7890 189"


@pytest.mark.usefixtures("fresh_database")
def test_a_file_is_left_resumed_elsewhere_and_sent(enter: Enter) -> None:
    person = applicant.begins(enter(), name="Port d’attache", siret=make_siret(), email="amina@port.example")
    with acting(OPERATOR):
        row = Application.objects.get()
    elsewhere = enter(width=390).goes(f"/candidature/lien/{link.sign(row.pk)}/").reads("Port d’attache")
    applicant.sends(applicant.fills(elsewhere, site="Port d’attache, Bègles", commune="33130", iban=IBAN))
    person.goes(f"/candidature/{row.pk}/").reads("à l’étude")
    enter().goes(f"/candidature/{row.pk}/").reads("Retrouver ma candidature")
