"""The operator's open data: files of places taken in, what is to be corrected, who is known outside of the network."""

import uuid
from datetime import date, timedelta
from pathlib import Path

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from actors.directory_models import KnownPlace, PlaceImport, PlaceImportFault
from actors.models import Site
from actors.open_data import importing
from aptic.documents.uploads import takes_files, was_too_large
from aptic.errors import DomainError
from aptic.forms import DomainForm
from aptic.jobs.models import Job
from aptic.long_lists import read_page
from aptic.spaces import space
from aptic.tenancy.principal import Hat
from aptic.territories.models import Departement
from aptic.text import search_key

PER_PAGE, SHOWN = 25, 50
MOST_BYTES = 50_000_000  # the national map is half of it
MOST = f"{MOST_BYTES // 1_000_000} Mo au plus"
TOO_LARGE = f"Ce fichier est trop lourd : {MOST}. Découpez-le par département, puis importez chaque partie."
STALE = timedelta(days=365)
operator = space(Hat.OPERATOR)


class FileForm(DomainForm):
    """A file of places, and whose it is."""

    source = forms.CharField(
        label="Source",
        max_length=80,
        help_text="Qui tient ce fichier : « Cartographie nationale », « Hub Nouvelle-Aquitaine ». Gardez le même nom "
        "d’un envoi à l’autre : il distingue les identifiants.",
    )
    file = forms.FileField(
        label="Fichier",
        help_text=f"CSV (UTF-8 ou Latin-1, virgules ou points-virgules) ou JSON, au schéma national. {MOST}.",
    )


@require_safe
@operator
def known_list(request: HttpRequest) -> HttpResponse:
    """Who helps outside of the network, by département; and whose entries have grown old."""
    typed, chosen = request.GET.get("q", "").strip(), request.GET.get("departement", "")
    old = request.GET.get("anciens") == "1"
    rows = KnownPlace.objects.visible_to(request.principal)
    if chosen:
        rows = rows.filter(departement_id=chosen)
    if typed:
        rows = rows.filter(search_key__startswith=search_key(typed))
    if old:
        rows = rows.filter(said_on__lt=_long_ago())
    by_name = rows.order_by("departement_id", "search_key", "id")
    imports = PlaceImport.objects.visible_to(request.principal).order_by("-created_at", "id")
    context = {
        "page_obj": read_page(by_name, request.GET.get("page"), PER_PAGE, "commune", "last_file"),
        "typed": typed,
        "chosen": chosen,
        "old": old,
        "departements": Departement.objects.all(),
        "imports": imports[:10],
        "own_old": Site.objects.open_to_public().filter(described_at__lt=timezone.now() - STALE).count(),
    }
    return TemplateResponse(request, "actors/directory/known.html", context)


@takes_files(MOST_BYTES)
@require_http_methods(["GET", "HEAD", "POST"])
@operator
def import_start(request: HttpRequest) -> HttpResponse:
    """Take a file; a worker reads it and its own page shows the progress, then what came of it."""
    posted = request.method == "POST"
    form = FileForm(request.POST, request.FILES) if posted else FileForm()
    status = 200
    if posted and was_too_large(request):
        form.errors.pop("file", None)
        form.add_error("file", TOO_LARGE)
        status = 413
    elif posted and form.is_valid():
        found: UploadedFile = form.cleaned_data["file"]
        content = Path(found.temporary_file_path()) if hasattr(found, "temporary_file_path") else found.read()
        try:
            started = importing.start_import(
                source=form.cleaned_data["source"], filename=found.name or "lieux", content=content
            )
        except DomainError as error:
            form.refuse(error)
        else:
            return redirect("operator_place_import", request.organisation.pk, started.pk)
    return TemplateResponse(request, "actors/directory/import_start.html", {"form": form}, status=status)


@require_safe
@operator
def import_detail(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """What came of one file: counts, faults by line, the annotated file, what the source no longer says."""
    files = PlaceImport.objects.visible_to(request.principal).select_related("annotated")
    file = get_object_or_404(files, pk=pk)
    faults = PlaceImportFault.objects.visible_to(request.principal).filter(file=file).order_by("line", "id")
    gone = _gone(file, request)
    context = {
        "file": file,
        "job": Job.objects.visible_to(request.principal).filter(pk=file.job_id).first(),
        "page_obj": Paginator(faults, PER_PAGE).get_page(request.GET.get("page")),
        "gone": gone[:SHOWN],
        "gone_count": gone.count(),
        "old_count": KnownPlace.objects.filter(last_file=file, said_on__lt=_long_ago()).count(),
    }
    return TemplateResponse(request, "actors/directory/import.html", context)


def _gone(file: PlaceImport, request: HttpRequest) -> QuerySet[KnownPlace]:
    """Entries that the source gave before and not this time; none while the file is being read."""
    rows = KnownPlace.objects.visible_to(request.principal).select_related("commune")
    if file.finished_at is None:
        return rows.none()
    before = rows.filter(source=file.source, last_file__created_at__lt=file.created_at)
    return before.order_by("departement_id", "search_key", "id")


def _long_ago() -> date:
    return timezone.localdate() - STALE
