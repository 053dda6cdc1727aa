"""« Suivre cet euro » where one transfer pays again what several others brought back."""

import pytest
from django.urls import reverse

from actors.models import Payout
from actors.settlement.outcome import reject_payout
from aptic.accounts.models import Role
from aptic.tenancy.principal import acting
from impact.tracing import follow
from tests.actors.money import Scheme
from tests.factories import OPERATOR, make_operator
from tests.passes.world import code_of, make_batch, make_till

pytestmark = pytest.mark.django_db


@pytest.fixture
def scheme(settings):
    settings.DEBTOR_NAME, settings.DEBTOR_IBAN = "Opérateur d’essai", "FR1420041010050500013M02606"
    return Scheme()


def sent(scheme):
    """The only payout of a run that is sent."""
    run = scheme.send(scheme.prepare())
    with acting(OPERATOR):
        return Payout.objects.get(settlement=run)


def test_a_transfer_that_pays_two_again_and_a_new_pass_says_all_of_it(scheme, client):
    till, batch = make_till(), make_batch()
    with acting(OPERATOR):
        scheme.give_bank(till.site.actor)
    back = []
    for position in (1, 2):
        assert till.redeem(code_of(batch, 0, position)).status_code == 201
        back.append(sent(scheme))
    with acting(scheme.second):
        for payout in back:
            reject_payout(payout=payout, reason="Compte clos")
    assert till.redeem(code_of(batch, 0, 3)).status_code == 201
    last = sent(scheme)
    assert last.gross_cents == 1000 + 2 * 952
    with acting(OPERATOR):
        seen = follow(OPERATOR, "payout", str(last.pk)).payouts
    names = [one.end_to_end_id for one in back]
    assert [(one.cents, one.passes, one.follows) for one in seen] == [(1000, 1, []), (1000, 1, []), (2904, 1, names)]
    # Followed from one pass: what its own transfer brings again, and nothing of the others.
    with acting(OPERATOR):
        serial = (batch.first_booklet << 4) + 1
        assert [one.cents for one in follow(OPERATOR, "pass", str(serial)).payouts] == [1000, 952]
    member = make_operator(Role.FINANCE)
    page = member.log_in(client).get(reverse("operator_trace", args=[member.organisation.pk, "payout", last.pk]))
    assert f"reprend {names[0]}, {names[1]}" in page.content.decode()
