"""Loading: everything in seconds, again without effect, all or nothing, and for the owner alone."""

import pytest
from django.core.management import CommandError, call_command
from django.db import ProgrammingError, connection, transaction

from aptic.territories import files, loading
from aptic.territories.errors import DataFileBroken, UnknownTerritory
from aptic.territories.models import Commune, Epci, Region, SearchTerm
from tests.busy import timed

pytestmark = pytest.mark.pg15


def versions() -> set[tuple[str, str]]:
    """Which transaction wrote each row: unchanged rows keep theirs."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 'commune', code || xmin FROM territories_commune"
            " UNION ALL SELECT 'term', id::text || xmin FROM territories_searchterm"
            " UNION ALL SELECT 'epci', siren || xmin FROM territories_epci"
        )
        return set(cursor.fetchall())


def test_the_whole_country_loads_in_seconds(fresh_database):
    with timed() as load:
        loaded = loading.load("owner")
    assert load.quiet() < 15  # five on a quiet machine
    assert (loaded.regions, loaded.departements, loaded.epci, loaded.communes) == (26, 109, 1_255, 34_969)
    assert Commune.objects.count() == 34_969
    assert SearchTerm.objects.count() == loaded.terms
    assert loading.is_current()
    before = versions()
    assert loading.load("owner") == loaded
    assert versions() == before


def test_loading_again_changes_nothing_and_mends_what_was_changed(fresh_database):
    before = versions()
    loading.load("owner", ["33"])
    assert versions() == before
    Commune.objects.using("owner").filter(pk="33394").update(name="Ailleurs", epci=None, postcodes=[])
    SearchTerm.objects.using("owner").filter(commune="33394").delete()
    loading.load("owner", ["33"])
    mended = Commune.objects.get(pk="33394")
    assert (mended.name, mended.epci_id, mended.postcodes) == ("Saint-Émilion", "200035533", ["33330"])
    assert set(mended.terms.values_list("term", flat=True)) == {"saint emilion", "emilion", "33330"}


def test_a_part_is_not_taken_for_the_whole(fresh_database):
    loading.load("owner", ["33", "2A"])
    assert set(Commune.objects.values_list("departement", flat=True)) == {"33", "2A"}
    assert not loading.is_current()
    assert Region.objects.count() == 26
    assert Epci.objects.count() == 1_255


def test_all_or_nothing(fresh_database, monkeypatch):
    before = versions()
    monkeypatch.setattr(loading, "_term_rows", lambda departements: iter([("33394", None)]))
    Commune.objects.using("owner").filter(pk="33394").update(population=1)
    with pytest.raises(Exception, match="null value"):
        loading.load("owner", ["33"])
    assert Commune.objects.get(pk="33394").population == 1
    assert len(before ^ versions()) == 2  # the row just updated, before and after


def test_a_broken_file_loads_nothing(fresh_database, monkeypatch):
    real = files.read
    before = versions()

    def read(table, folder=files.DATA):
        yield from list(real(table, folder))[:100]
        if table == "communes":
            raise DataFileBroken(file=table)

    monkeypatch.setattr(files, "read", read)
    with pytest.raises(DataFileBroken):
        loading.load("owner")
    assert versions() == before


def test_a_commune_that_left_the_list_stays_and_is_no_longer_found(fresh_database):
    gone = Commune.objects.get(pk="33394")
    gone.pk, gone.name, gone.search_key = "33999", "Ancienne", "ancienne"
    gone.save(using="owner", force_insert=True)
    SearchTerm.objects.using("owner").create(commune_id="33999", term="ancienne")
    loading.load("owner", ["33"])
    assert SearchTerm.objects.filter(commune="33999").exists()  # a part cannot know
    loading.load("owner")
    assert Commune.objects.filter(pk="33999").exists()
    assert not SearchTerm.objects.filter(commune="33999").exists()


def test_two_loads_at_once_wait_for_each_other(fresh_database, together):
    results = together(2, lambda index: loading.load("owner", ["33"]))
    assert results[0] == results[1]
    assert isinstance(results[0], loading.Loaded)


def test_an_unknown_departement_is_refused():
    with pytest.raises(UnknownTerritory):
        loading.load("owner", ["20"])


def test_the_command_says_what_it_did(fresh_database, capsys):
    call_command("load_territories", "--departement=33")
    assert "534 communes, 1255 EPCI, 109 départements, 26 régions chargés en" in capsys.readouterr().out
    with pytest.raises(CommandError, match="departement:20"):
        call_command("load_territories", "--departement=20")


def test_the_command_does_nothing_when_nothing_is_needed(fresh_database, capsys, monkeypatch):
    monkeypatch.setattr(loading, "is_current", lambda using: True)
    monkeypatch.setattr(loading, "load", lambda *arguments: pytest.fail("loaded"))
    call_command("load_territories", "--if-needed")
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("table", ["region", "departement", "epci", "commune", "searchterm"])
@pytest.mark.parametrize("alias", ["default", "system"])
def test_serving_roles_only_read(fresh_database, table, alias):
    for statement in (f"DELETE FROM territories_{table}", f"TRUNCATE territories_{table} CASCADE"):
        with fresh_database.connect(alias) as own, pytest.raises(Exception, match="permission denied"):
            own.execute(statement)
    with fresh_database.connect(alias) as own:
        assert own.execute(f"SELECT count(*) FROM territories_{table}").fetchone()[0] > 0


def test_a_service_cannot_rename_a_commune(db):
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        Commune.objects.filter(pk="33394").update(name="Ailleurs")
