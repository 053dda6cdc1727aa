"""Printed booklets, read back as people and cameras read them, and what keeps a list of bearer codes safe."""

import re
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
import zxingcpp
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from aptic.accounts.models import Role
from aptic.audit.models import Event
from aptic.documents import services as documents
from aptic.documents import tasks
from aptic.documents.models import Document
from aptic.errors import NotAllowed
from aptic.jobs import running
from aptic.jobs.models import Job
from aptic.tenancy.principal import Hat, acting
from passes import booklets_pdf, codes, printing
from passes.errors import NotPrintable
from passes.models import Batch
from passes.replacing import replace_booklets
from tests.factories import OPERATOR, Member, make_campaign, make_funder, make_member, make_operator
from tests.passes.world import code_of, make_batch, make_till

DPI = 150
GROUP = "([0-9A-HJKMNP-TV-Z]{4})"
TYPED = re.compile(rf"\b{' +'.join([GROUP] * 4)}\b")
ALPHANUMERIC = re.compile(r"[0-9A-Z $%*+\-./:]+")


@pytest.fixture(autouse=True)
def _store(settings, tmp_path, monkeypatch):
    settings.MEDIA_ROOT = tmp_path / "files"
    monkeypatch.setattr(printing, "PER_FILE", 2)


def make_printable(funder: Member, *, booklets: int = 3, **terms) -> Batch:
    campaign = make_campaign(funder, name="Premiers clics", contact_phone="0556000000", **terms)
    return make_batch(campaign=campaign, booklets=booklets)


def print_batch(batch: Batch, member: Member) -> Job:
    with acting(member.principal):
        job = printing.request_print(batch=batch)
    assert running.run(job.pk)
    with acting(OPERATOR):
        job.refresh_from_db()
    assert job.state == Job.State.DONE, job.error
    return job


def contents(batch: Batch) -> list[bytes]:
    with acting(OPERATOR):
        return [documents.read(one.document) for one in printing.files_of(batch)]


def typed_codes(pdf: Path) -> list[str]:
    """The codes as a person reads them, in the order of the pages."""
    words = subprocess.run(["pdftotext", "-layout", str(pdf), "-"], capture_output=True, text=True, check=True).stdout
    return ["".join(groups) for groups in TYPED.findall(words)]


def scanned(pdf: Path, folder: Path) -> list[zxingcpp.Barcode]:
    """Every QR of every page, as a camera would see it at a common printer's half resolution."""
    subprocess.run(["pdftoppm", "-r", str(DPI), "-gray", str(pdf), str(folder / "page")], check=True)
    return [found for page in sorted(folder.glob("page*")) for found in zxingcpp.read_barcodes(Image.open(page))]


@pytest.fixture
def funder(db) -> Member:
    return make_funder("Département de l’essai")


@pytest.mark.parametrize(
    ("size", "origin"), [(10, "http://localhost:8000"), (5, "https://pass.departement-essai.fr")]
)  # fmt: skip
def test_what_is_printed_reads_back_by_eye_and_by_camera(funder, settings, tmp_path, size, origin):
    settings.PUBLIC_URL = origin
    batch = make_printable(funder, passes_per_booklet=size)
    print_batch(batch, funder)
    files = contents(batch)
    assert len(files) == 2
    expected = [
        (batch.first_booklet + number) << 4 | position
        for number in range(batch.booklets)
        for position in range(size + 1)
    ]
    typed, read = [], []
    for rank, content in enumerate(files):
        pdf = tmp_path / f"{rank}.pdf"
        pdf.write_bytes(content)
        (tmp_path / str(rank)).mkdir()
        typed += typed_codes(pdf)
        read += scanned(pdf, tmp_path / str(rank))
    found = [codes.parse(one) for one in typed]
    assert None not in found
    assert sorted(one.serial for one in found) == expected
    serials = []
    for one in read:
        assert ALPHANUMERIC.fullmatch(one.text)
        assert len(one.text) <= 172
        assert one.text.startswith(f"{origin.upper()}/P/")
        *_, code, signed = one.text.split("/")
        facts = codes.verify_signed(code, signed)
        assert facts == codes.SignedFacts(batch.pk, batch.face_value_cents, batch.ends_on)
        assert codes.parse(one.text) == codes.parse(code)
        serials.append(codes.parse(code).serial)
    assert sorted(serials) == expected


@pytest.mark.parametrize(("used", "size"), [(9, "1 pass numérique"), (3, "7 pass numériques")])
def test_a_replacement_is_printed_with_as_many_passes_as_were_left(funder, tmp_path, used, size):
    batch = make_printable(funder, booklets=1, needs_hand_out=False)
    till = make_till()
    for position in range(1, used + 1):
        assert till.redeem(code_of(batch, 0, position)).status_code == 201
    with acting(funder.principal):
        (made,) = replace_booklets(batch=batch, first_booklet=batch.first_booklet, booklets=1)
    print_batch(made, funder)
    pdf = tmp_path / "replacement.pdf"
    pdf.write_bytes(contents(made)[0])
    words = subprocess.run(["pdftotext", str(pdf), "-"], capture_output=True, text=True, check=True).stdout
    assert f"Votre carnet de {size}\n" in words.replace("\xa0", " ")
    expected = [made.first_booklet << 4 | position for position in range(11 - used)]
    assert sorted(codes.parse(one).serial for one in typed_codes(pdf)) == expected
    (tmp_path / "pages").mkdir()
    assert sorted(codes.parse(one.text).serial for one in scanned(pdf, tmp_path / "pages")) == expected


def test_a_pass_says_value_end_funder_and_where_to_ask(funder, tmp_path):
    batch = make_printable(funder, booklets=1)
    print_batch(batch, funder)
    pdf = tmp_path / "one.pdf"
    pdf.write_bytes(contents(batch)[0])
    words = subprocess.run(["pdftotext", str(pdf), "-"], capture_output=True, text=True, check=True).stdout
    cover, sheet = words.replace("\xa0", " ").split("\f")[:2]
    for said in (
        "Votre carnet de 10 pass numériques",
        "100 €",
        "Premiers clics",
        "05 56 00 00 00",
        "/lieux",
        "/solde",
        "avancez rien",
    ):
        assert said in cover, said
    for said in ("10 €", "Département de l’essai", "/lieux", "05 56 00 00 00"):
        assert sheet.count(said) >= 10, said
    for rank in range(1, 11):
        assert f"Pass {rank} sur 10" in sheet


def test_the_qr_is_level_m_and_at_least_26_mm_with_its_quiet_zone(funder, tmp_path):
    batch = make_printable(funder, booklets=1)
    print_batch(batch, funder)
    pdf = tmp_path / "one.pdf"
    pdf.write_bytes(contents(batch)[0])
    for one in scanned(pdf, tmp_path):
        assert one.ec_level == "M"
        pixels = abs(one.position.top_right.x - one.position.top_left.x)
        assert pixels / DPI * 25.4 * 53 / 45 >= 26  # version 7: 45 modules, and 4 of silence on each side


def test_the_same_booklets_are_printed_alike_whatever_the_file_they_are_in(funder):
    batch = make_printable(funder, booklets=1)
    with acting(OPERATOR):
        sheet = booklets_pdf.sheet_of(Batch.objects.select_related("campaign", "funder").get(pk=batch.pk))
    (page,) = booklets_pdf.booklets(sheet, first=1, last=1)
    assert page == next(booklets_pdf.booklets(sheet, first=1, last=9))
    assert codes.parse(page.cover.code).is_cover
    assert [codes.parse(one.code).position for one in page.passes] == list(range(1, 11))


def test_an_address_too_long_for_the_qr_is_refused_before_any_paper_is_lost(funder, settings):
    settings.PUBLIC_URL = "https://pass-numerique.un-tres-long-nom-de-collectivite.example"
    batch = make_printable(funder, booklets=1)
    with acting(funder.principal):
        job = printing.request_print(batch=batch)
    running.run(job.pk)
    with acting(OPERATOR):
        job.refresh_from_db()
    assert job.state == Job.State.FAILED
    assert "trop longue" in job.error


def test_a_worker_without_the_seeds_says_what_it_lacks_and_the_right_one_takes_the_work_up(funder, monkeypatch):
    batch = make_printable(funder, booklets=1)
    with acting(funder.principal):
        job = printing.request_print(batch=batch)
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(codes, "_seeds", dict)
        running.run(job.pk)
    with acting(OPERATOR):
        job.refresh_from_db()
    assert job.state == Job.State.FAILED
    assert "APTIC_SIGNING_KEYS manque" in job.error
    print_batch(batch, funder)


def test_files_are_stored_encrypted_for_two_roles(funder):
    batch = make_printable(funder, booklets=1)
    print_batch(batch, funder)
    with acting(OPERATOR):
        document = printing.files_of(batch)[0].document
    assert (document.encrypted, sorted(document.roles)) == (True, ["agent", "manager"])
    with default_storage.open(document.storage_name) as stored:
        raw = stored.read()
    assert b"%PDF" not in raw
    assert len(raw) > document.size
    assert contents(batch)[0].startswith(b"%PDF")


def test_each_download_is_audited_and_leaves_no_trace_in_caches(funder, client):
    batch = make_printable(funder, booklets=1)
    print_batch(batch, funder)
    with acting(OPERATOR):
        document = printing.files_of(batch)[0].document
    agent = make_member(funder.organisation, Hat.FUNDER, Role.AGENT)
    for member, status in (
        (funder, 200), (agent, 200), (make_operator(), 200), (make_operator(Role.FINANCE), 403),
        (make_member(funder.organisation, Hat.FUNDER, Role.FINANCE), 403), (make_funder(), 404),
    ):  # fmt: skip
        response = member.log_in(Client()).get(reverse("document", args=[document.pk]))
        assert response.status_code == status, member
        if status == 200:
            assert b"".join(response).startswith(b"%PDF")
            assert response["Cache-Control"] == "no-store"
            assert response["Referrer-Policy"] == "no-referrer"
    with acting(OPERATOR):
        taken = Event.objects.filter(verb="document_downloaded", object_id=str(document.pk))
        assert taken.count() == 3
        assert funder.user.pk in taken.values_list("person_id", flat=True)


def test_bearer_codes_ask_a_second_factor_of_everybody(funder):
    batch = make_printable(funder, booklets=1)
    print_batch(batch, funder)
    with acting(OPERATOR):
        document = printing.files_of(batch)[0].document
    agent = make_member(funder.organisation, Hat.FUNDER, Role.AGENT)
    password_alone = Client()
    password_alone.force_login(agent.user, backend="allauth.account.auth_backends.AuthenticationBackend")
    printed, confirmed, seen = (
        reverse(name, args=[funder.organisation.pk, batch.uuid])
        for name in ("funder_batch_print", "funder_batch_printed", "funder_batch")
    )
    for ask in (
        lambda: password_alone.get(reverse("document", args=[document.pk])),
        lambda: password_alone.get(printed),
        lambda: password_alone.post(printed),
        lambda: password_alone.post(confirmed),
    ):
        assert ask().url.startswith("/espace/double-verification/")
    assert password_alone.get(seen).status_code == 200  # without codes, the password is enough
    assert agent.log_in(Client()).get(printed).status_code == 200


def test_only_two_roles_ask_for_printing_and_asking_twice_queues_once(funder):
    batch = make_printable(funder, booklets=1)
    for member in (make_member(funder.organisation, Hat.FUNDER, Role.FINANCE), make_operator(Role.FINANCE)):
        with acting(member.principal), pytest.raises(NotAllowed):
            printing.request_print(batch=batch)
        with acting(member.principal), pytest.raises(NotAllowed):
            printing.confirm_print(batch=batch)
    with acting(funder.principal):
        assert printing.request_print(batch=batch).pk == printing.request_print(batch=batch).pk
        assert Event.objects.filter(verb="batch_print_requested").count() == 1


def test_the_funder_and_the_operator_see_the_same_work(funder):
    batch = make_printable(funder, booklets=1)
    with acting(make_operator().principal):
        first = printing.request_print(batch=batch)
    with acting(funder.principal):
        assert printing.request_print(batch=batch).pk == first.pk
    with acting(OPERATOR):
        assert Job.objects.filter(kind=printing.PRINT).count() == 1


def test_what_is_missing_fits_between_the_files_that_exist(funder, monkeypatch):
    batch = make_printable(funder, booklets=20)
    with acting(OPERATOR):
        for span in (printing.Span(4, 6), printing.Span(13, 20)):
            printing.keep_file(batch=batch, span=span, content=b"%PDF")
        monkeypatch.setattr(printing, "PER_FILE", 5)
        assert list(printing.missing_spans(batch)) == [printing.Span(1, 3), printing.Span(7, 11), printing.Span(12, 12)]
        for span in printing.missing_spans(batch):
            printing.keep_file(batch=batch, span=span, content=b"%PDF")
        assert not list(printing.missing_spans(batch))


def test_printing_is_confirmed_once_and_only_when_every_file_exists(funder):
    batch = make_printable(funder, booklets=3)
    with acting(funder.principal), pytest.raises(NotPrintable, match="pas prêts"):
        printing.confirm_print(batch=batch)
    print_batch(batch, funder)
    now = timezone.now()
    with acting(funder.principal):
        printing.confirm_print(batch=batch, at=now)
        printing.confirm_print(batch=batch, at=now + timedelta(days=3))
        batch.refresh_from_db()
        assert batch.print_confirmed_at == now
        dates = {one.document.delete_after for one in printing.files_of(batch)}
        assert dates == {now + timedelta(days=30)}
        assert Event.objects.filter(verb="batch_print_confirmed").count() == 1


def test_a_printing_that_nobody_confirms_is_forgotten_too(funder):
    batch = make_printable(funder, booklets=1)
    print_batch(batch, funder)
    with acting(OPERATOR):
        (file,) = printing.files_of(batch)
    assert timedelta(days=89) < file.document.delete_after - timezone.now() <= timedelta(days=90)


def test_a_batch_that_is_not_issued_or_expired_is_not_printed(funder):
    campaign = make_campaign(funder)
    batch = make_batch(campaign=campaign, booklets=1, active=False)
    with acting(funder.principal), pytest.raises(NotPrintable, match="en cours d’émission"):
        printing.request_print(batch=batch)
    over = make_batch(campaign=campaign, booklets=1)
    with acting(OPERATOR):
        Batch.objects.filter(pk=over.pk).update(expired_at=timezone.now())
    with acting(funder.principal), pytest.raises(NotPrintable, match="expiré"):
        printing.request_print(batch=over)


def test_a_worker_that_lost_its_lease_leaves_neither_row_nor_bytes(funder, tmp_path, monkeypatch):
    batch = make_printable(funder, booklets=1)
    with acting(funder.principal):
        job = printing.request_print(batch=batch)
    keep = printing.keep_file

    def keep_late(**kwargs):
        kept = keep(**kwargs)
        with acting(OPERATOR):
            Job.objects.filter(pk=job.pk).update(
                state=Job.State.CANCELLED, lease=None, lease_until=None, finished_at=timezone.now()
            )
        return kept

    monkeypatch.setattr(printing, "keep_file", keep_late)
    assert not running.run(job.pk)
    with acting(OPERATOR):
        assert not printing.files_of(batch).exists()
        assert not Document.objects.filter(kind=printing.DOCUMENT).exists()
    assert not [path for path in (tmp_path / "files").rglob("*") if path.is_file()]


def test_thirty_days_after_confirmation_the_schedule_deletes_the_files(fresh_database, client):
    funder, operator = make_funder(), make_operator()
    batch = make_printable(funder, booklets=3)
    print_batch(batch, funder)
    with acting(funder.principal):
        printing.confirm_print(batch=batch)
        kept = list(Document.objects.filter(kind=printing.DOCUMENT))
    with time_machine.travel(timezone.now() + timedelta(days=29, hours=23)):
        assert tasks.delete_expired() == 0
    assert all(default_storage.exists(one.storage_name) for one in kept)
    with time_machine.travel(timezone.now() + timedelta(days=30, minutes=1)):
        assert tasks.delete_expired() == 2
    assert not any(default_storage.exists(one.storage_name) for one in kept)
    funder.log_in(client)
    page = client.get(reverse("funder_batch_print", args=[funder.organisation.pk, batch.uuid])).content.decode()
    assert "Les fichiers sont effacés" in page
    assert "Préparer" not in page
    assert client.get(reverse("document", args=[kept[0].pk])).status_code == 410
    with acting(funder.principal), pytest.raises(NotPrintable, match="seul l’opérateur"):
        printing.request_print(batch=batch)
    print_batch(batch, operator)
    with acting(OPERATOR):
        batch.refresh_from_db()
        assert batch.print_confirmed_at is None
        assert printing.files_of(batch).filter(document__deleted_at=None).count() == 2


def test_deleting_is_on_the_schedule():
    from aptic.celery import SCHEDULE

    assert "aptic.documents.tasks.delete_expired" in {line["task"] for line in SCHEDULE.values()}
