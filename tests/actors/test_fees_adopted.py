"""Fees that one person had noted before two were needed: adopted by the migration, and shown as what they are."""

from importlib import import_module

from django.utils import timezone

from actors.settlement.fees import confirm_sweep, prepare_sweep
from aptic.tenancy.principal import acting
from tests.actors.money import Scheme
from tests.actors.test_fee_pages import finance, url, words
from tests.actors.test_fees import earn


def test_a_page_says_that_one_person_noted_it(fresh_database, settings, tmp_path, client):
    settings.DEBTOR_NAME, settings.DEBTOR_IBAN = "Aptic", "FR1420041010050500013M02606"
    settings.MEDIA_ROOT = tmp_path
    scheme = Scheme()
    purse = scheme.funder(cash=100_000)
    earn(scheme, purse)
    with acting(scheme.first):
        sweep = prepare_sweep(purse=purse)
    with acting(scheme.second):
        confirm_sweep(sweep=sweep, bank_reference="X", left_on=timezone.localdate())
    with fresh_database.connect("owner") as owner:
        owner.execute("ALTER TABLE actors_feesweep DISABLE TRIGGER USER, DROP CONSTRAINT sweep_two_people,"
                      " DROP CONSTRAINT sweep_left_iff_confirmed")  # fmt: skip
        owner.execute("DELETE FROM actors_feesweep")
        owner.execute(import_module("actors.migrations.0019_fee_sweeps").ADOPT)
    member = finance("Hugo Mercier")
    member.log_in(client)
    assert "sans référence une seule personne 0,40 € 0,08 €" in words(client.get(url("operator_fees", member)))
    shown = words(client.get(url("operator_fee_sweep", member, sweep.pk)))
    assert "date d’avant la règle des deux personnes" in shown
    assert "Préparé le" not in shown
    assert "Écarter" not in shown
