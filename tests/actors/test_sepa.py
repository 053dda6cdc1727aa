"""The bank file against ISO 20022's own schema, as sepaxml's package carries it, and against the ledger."""

from datetime import UTC, date, datetime, timedelta
from importlib.resources import as_file, files

import pytest
from django.db.models import F
from django.utils import timezone
from lxml import etree

from actors.models import BankAccount, Payout, Settlement
from actors.sepa import bank_file, check
from actors.settlement import errors
from actors.settlement.send import write_bank_file
from aptic.documents import services as documents
from aptic.documents.crypto import encrypt_text
from aptic.tenancy.principal import acting
from tests.actors.money import IBAN, OPERATOR, Scheme

pytestmark = [pytest.mark.django_db, pytest.mark.pg15]
NS = {"p": "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"}
# The Thursday before Good Friday, long after the approval: the next bank day is the Tuesday after Easter Monday.
MADE_AT = datetime(2027, 3, 25, 12, tzinfo=UTC)
HOLDERS = ["Médiathèque « L’Œuvre »", "Sœurs & Frères <SARL>", "Ассоциация Ё", "A" * 70, "=1+1"]


@pytest.fixture(autouse=True)
def _debtor(settings, tmp_path):
    settings.DEBTOR_NAME, settings.DEBTOR_IBAN, settings.DEBTOR_BIC = (
        "Coopérative de l’Essai, cantonnement",
        "FR14 2004 1010 0505 0001 3M02 606",
        "PSSTFRPPPAR",
    )
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def approved(db):
    """A run of five actors with awkward names, one of them without BIC, and the person who may file it."""
    scheme = Scheme()
    purse, other = scheme.funder(cash=100_000), scheme.funder(cash=100_000)
    for rank, holder in enumerate(HOLDERS):
        actor = scheme.actor(bank=False)
        with acting(OPERATOR):
            BankAccount.objects.create(
                actor=actor, holder=holder, iban_last4=IBAN[-4:], bic="" if rank == 1 else "AGRIFRPP",
                iban_sealed=encrypt_text(IBAN, context=str(actor.pk).encode()).encode(),
                proposed_by=scheme.first.person_id, proposed_at=timezone.now(),
                approved_by=scheme.second.person_id, approved_at=timezone.now(),
            )  # fmt: skip
        scheme.redeem(purse, actor, times=rank + 1)
        scheme.redeem(other, actor)
    return scheme, scheme.approve(scheme.prepare())


def schema():
    with as_file(files("sepaxml") / "schemas" / "pain.001.001.09.xsd") as path:
        return etree.XMLSchema(etree.parse(path))


def test_the_file_follows_the_schema_and_says_what_is_owed(approved):
    scheme, run = approved
    with acting(scheme.second):
        content = documents.read(write_bank_file(settlement=run, at=MADE_AT))
        payouts = list(Payout.objects.filter(settlement=run).order_by("end_to_end_id"))
    tree = etree.fromstring(content)
    schema().assertValid(tree)
    assert tree.xpath("string(//p:GrpHdr/p:MsgId)", namespaces=NS) == run.number
    assert tree.xpath("string(//p:ReqdExctnDt/p:Dt)", namespaces=NS) == "2027-03-30"
    assert tree.xpath("string(//p:DbtrAcct/p:Id/p:IBAN)", namespaces=NS) == "FR1420041010050500013M02606"
    transfers = tree.xpath("//p:CdtTrfTxInf", namespaces=NS)
    named = {
        one.xpath("string(.//p:EndToEndId)", namespaces=NS): (
            one.xpath("string(.//p:InstdAmt)", namespaces=NS),
            one.xpath("string(.//p:InstdAmt/@Ccy)", namespaces=NS),
            one.xpath("string(.//p:CdtrAcct/p:Id/p:IBAN)", namespaces=NS),
        )
        for one in transfers
    }
    assert named == {one.end_to_end_id: (f"{one.net_cents / 100:.2f}", "EUR", IBAN) for one in payouts}
    total = sum(one.net_cents for one in payouts)
    assert tree.xpath("string(//p:GrpHdr/p:CtrlSum)", namespaces=NS) == f"{total / 100:.2f}"
    assert len(tree.xpath("//p:CdtrAgt", namespaces=NS)) == len(HOLDERS) - 1


def test_names_are_in_the_letters_that_banks_take(approved):
    scheme, run = approved
    with acting(scheme.second):
        tree = etree.fromstring(bank_file(run, made_at=MADE_AT))
    allowed = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 /-?:().,'+")
    names = tree.xpath("//p:Nm/text() | //p:Ustrd/text()", namespaces=NS)
    assert len(names) >= 2 * len(HOLDERS)
    for name in names:
        assert set(name) <= allowed, name
        assert 1 <= len(name) <= 140


def test_the_same_run_makes_the_same_bytes(approved):
    scheme, run = approved
    with acting(scheme.second):
        assert bank_file(run, made_at=MADE_AT) == bank_file(run, made_at=MADE_AT)


def test_a_file_made_long_after_approval_asks_for_a_day_to_come(approved):
    scheme, run = approved
    with acting(OPERATOR):
        Settlement.objects.update(approved_at=F("approved_at") - timedelta(days=8))
    with acting(scheme.second):
        tree = etree.fromstring(documents.read(write_bank_file(settlement=run)))
    asked = date.fromisoformat(tree.xpath("string(//p:ReqdExctnDt/p:Dt)", namespaces=NS))
    assert asked > timezone.localdate()
    made = datetime.fromisoformat(tree.xpath("string(//p:CreDtTm)", namespaces=NS)).date()
    assert (timezone.localdate() - made).days <= 1  # 1: midnight came between


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        (b"<InstdAmt Ccy=\"EUR\">", b"<InstdAmt>"),
        (b"<PmtMtd>TRF</PmtMtd>", b"<PmtMtd>CARTE</PmtMtd>"),
        (b"FR1420041010050500013M02606", b"14FR20041010050500013M02606"),
    ],
)  # fmt: skip
def test_a_file_that_breaks_the_schema_is_never_kept(good, bad, approved, monkeypatch):
    scheme, run = approved
    with acting(scheme.second):
        content = bank_file(run, made_at=MADE_AT)
        assert good in content
        with pytest.raises(etree.DocumentInvalid):
            check(content.replace(good, bad))


def test_without_the_schemes_own_account_there_is_no_file(approved, settings):
    scheme, run = approved
    settings.DEBTOR_IBAN = ""
    with acting(scheme.second), pytest.raises(errors.DebtorMissing):
        write_bank_file(settlement=run)


def test_an_actor_and_an_agent_cannot_read_the_file(approved, client):
    from django.urls import reverse

    from aptic.accounts.models import Role
    from aptic.tenancy.principal import Hat
    from tests.factories import make_member, make_operator

    scheme, run = approved
    with acting(scheme.second):
        address = reverse("document", args=[write_bank_file(settlement=run).pk])
        actor = Payout.objects.filter(settlement=run).select_related("actor").first().actor
    make_operator(Role.FINANCE).log_in(client)
    response = client.get(address)
    assert response.status_code == 200
    assert b"CstmrCdtTrfInitn" in b"".join(response.streaming_content)
    for stranger in (make_member(actor, Hat.ACTOR, Role.MANAGER), make_operator(Role.AGENT)):
        stranger.log_in(client)
        assert client.get(address).status_code in {403, 404}
