"""The pages of an application for whoever applies: where it stands, each of its parts, sending it."""

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from aptic.accounts.throttle import client_address, too_much
from aptic.documents.uploads import FileTooLarge, was_too_large
from aptic.errors import DomainError, NotAllowed
from aptic.forms import DomainForm
from qualification import attachments, candidacy, papers, progress, referentials, rules, standing
from qualification.candidacy_forms import (
    AccountForm,
    AppealForm,
    DocumentForm,
    OrganisationForm,
    PeopleForm,
    ProposedPlaceForm,
    SectionAnswers,
    SubmitForm,
)
from qualification.candidacy_models import ApplicationDocument, ApplicationSite
from qualification.models import Application
from qualification.views.by_link import by_link, may_give_account

PAGES = {
    "organisation": "application_organisation",
    "personnes": "application_people",
    "lieux": "application_sites",
    "questionnaire": "application_questions",
    "pieces": "application_papers",
    "banque": "application_account",
}
BYTES_PER_HOUR = 200_000_000  # of papers from one address: a whole file of scans, and no more than a disk bears
HOUR = 3600
TOO_MUCH = (
    "Trop de fichiers depuis cette connexion en une heure. Les pièces déjà jointes sont gardées : "
    "réessayez dans une heure."
)


@require_safe
@by_link
def page(request: HttpRequest, application: Application) -> HttpResponse:
    """Where it stands, who has the ball, what comes next and how long that usually takes; then its parts."""
    parts = progress.parts_of(application, on=timezone.localdate())
    appeal = getattr(application, "appeal", None)
    context = {
        "application": application,
        "standing": standing.standing_of(application, appeal),
        "delay": standing.usual_delay(),
        "steps": [_step(part, application, request) for part in parts],
        "complete": all(part.done for part in parts),
        "decisions": application.decisions.order_by("-decided_at"),
        "appeal": appeal,
        "papers": application.documents.filter(deleted_at=None),
        "check": application.checks.filter(siret=application.siret).first(),
        "sites": application.sites.select_related("commune"),
    }
    return render(request, "qualification/public/candidate/page.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@by_link
def organisation(request: HttpRequest, application: Application) -> HttpResponse:
    """What the organisation is."""
    return _edit(request, application, "organisation", OrganisationForm)


@require_http_methods(["GET", "HEAD", "POST"])
@by_link
def people(request: HttpRequest, application: Application) -> HttpResponse:
    """Who applies, who represents the organisation."""
    return _edit(request, application, "personnes", PeopleForm)


@require_safe
@by_link
def sites(request: HttpRequest, application: Application) -> HttpResponse:
    """The places proposed."""
    context = {**_frame(application, "lieux"), "sites": application.sites.select_related("commune")}
    return render(request, "qualification/public/candidate/sites.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@by_link
def site(request: HttpRequest, application: Application, site_id: uuid.UUID | None = None) -> HttpResponse:
    """Add a place or change one. A remark about one of several places stands on their list, once."""
    place = get_object_or_404(application.sites.select_related("commune"), pk=site_id) if site_id else None
    initial = ProposedPlaceForm.initial_of(place) if place else {"email": application.email, "phone": application.phone}
    alone = place is not None and application.sites.count() == 1
    remarks = _remarks(application, "lieux") if alone else {}
    form = ProposedPlaceForm(request.POST or None, initial=initial, remarks=remarks)

    def save() -> None:
        candidacy.save_site(application=application, site=place, **form.cleaned_data)

    if done := _saved(request, form, save, "application_sites", application):
        return done
    context = {**_frame(application, "lieux"), "form": form, "place": place, "sections": True}
    context["remarks"] = tuple(remarks.values())
    return render(request, "qualification/public/candidate/part.html", context)


@require_POST
@by_link
def site_remove(request: HttpRequest, application: Application, site_id: uuid.UUID) -> HttpResponse:
    """Take a place out."""
    place = get_object_or_404(ApplicationSite, application=application, pk=site_id)
    candidacy.remove_site(application=application, site=place)
    messages.success(request, f"« {place.name} » est retiré.")
    return redirect("application_sites", application.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@by_link
def questions(request: HttpRequest, application: Application, section: str = "") -> HttpResponse:
    """One part of the questionnaire a page. An answer may lead to further questions: then the page comes back."""
    content = application.referential.content if application.referential else {"sections": []}
    keys = [one["key"] for one in content["sections"]]
    if not section and keys:
        return redirect("application_section", application.pk, _first_unfinished(content, application.answers))
    here = next((one for one in content["sections"] if one["key"] == section), None)
    if here is None:
        raise Http404

    def build(answers: rules.Answers) -> SectionAnswers:
        return SectionAnswers(
            _posted(request),
            section=here,
            content=content,
            answers=answers,
            remarks=_remarks(application, "questionnaire"),
        )

    form = build(application.answers)
    if request.method == "POST" and form.is_valid():
        row = candidacy.answer(application=application, answers=form.given)
        asked = {one["key"] for one in rules.asked(content, row.answers)}
        further = [one for one in here["questions"] if one["key"] in asked and one["key"] not in form.fields]
        if further:
            messages.info(request, "Votre réponse amène une autre question.")
            return redirect("application_section", application.pk, section)
        following = keys[keys.index(section) + 1 :]
        if following:
            return redirect("application_section", application.pk, following[0])
        return redirect("application_page", application.pk)
    context = {
        **_frame(application, "questionnaire"),
        "form": form,
        "section": here,
        "number": keys.index(section) + 1,
        "of": len(keys),
        "place": None,
        "sections": False,
    }
    return render(request, "qualification/public/candidate/part.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@by_link
def documents(request: HttpRequest, application: Application) -> HttpResponse:
    """The papers asked for by the legal status, those given, and one more to join."""
    form, status = DocumentForm(request.POST or None, request.FILES or None), 200
    if request.method == "POST":
        if was_too_large(request):
            form.errors.pop("file", None)
            form.add_error("file", f"{FileTooLarge.message} {FileTooLarge.next_step}")
            status = 413
        elif form.is_valid() and _sends_too_much(request, form):
            form.add_error("file", TOO_MUCH)
            status = 429
        elif form.is_valid():
            done, status = _attached(request, application, form)
            if done:
                return done
    context = {
        **_frame(application, "pieces"),
        "form": form,
        "asked": papers.asked_of(
            application.legal_status, application.documents.filter(deleted_at=None), on=timezone.localdate()
        ),
        "papers": application.documents.filter(deleted_at=None),
        "remarks": [text for name, text in progress.remarks_of(application).items() if name.startswith("pieces")],
    }
    return render(request, "qualification/public/candidate/papers.html", context, status=status)


def _sends_too_much(request: HttpRequest, form: DocumentForm) -> bool:
    """Whether this address has sent more than papers ever weigh, before any is read: who sends proved no mailbox."""
    size = form.cleaned_data["file"].size
    return too_much("papers", client_address(request), size, limit=BYTES_PER_HOUR, window=HOUR)


def _attached(request: HttpRequest, application: Application, form: DocumentForm) -> tuple[HttpResponse | None, int]:
    """The way on when the paper was kept; otherwise the form says why not, with the status that goes with it."""
    data = form.cleaned_data
    try:
        attachments.attach(
            application=application,
            kind=data["kind"],
            filename=data["file"].name,
            content=data["file"].read(),
            expires_on=data["expires_on"],
        )
    except DomainError as error:
        form.add_error(error.field or "file", f"{error.text} {error.next_step}".strip())
        return None, error.status
    messages.success(request, "La pièce est jointe : elle est chiffrée, seul l’opérateur peut l’ouvrir.")
    return redirect("application_papers", application.pk), 302


@require_safe
@by_link
def document(request: HttpRequest, application: Application, paper_id: uuid.UUID) -> StreamingHttpResponse:
    """One's own paper, to check what was sent."""
    return paper_response(get_object_or_404(application.documents, pk=paper_id))


@require_POST
@by_link
def document_remove(request: HttpRequest, application: Application, paper_id: uuid.UUID) -> HttpResponse:
    """Take a paper back."""
    paper = get_object_or_404(application.documents, pk=paper_id)
    attachments.remove(application=application, paper=paper)
    messages.success(request, f"« {paper.get_kind_display()} » est retirée.")
    return redirect("application_papers", application.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@by_link
def account(request: HttpRequest, application: Application) -> HttpResponse:
    """Where to be paid."""
    if not may_give_account(request):
        raise NotAllowed
    form = AccountForm(
        request.POST or None,
        initial={"holder": application.account_holder or application.organisation_name, "bic": application.bic},
        remarks=_remarks(application, "banque"),
    )

    def save() -> None:
        candidacy.give_account(application=application, **form.cleaned_data)

    if done := _saved(request, form, save, "application_page", application):
        return done
    context = {**_frame(application, "banque"), "form": form, "place": None, "sections": False}
    return render(request, "qualification/public/candidate/part.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@by_link
def submit(request: HttpRequest, application: Application) -> HttpResponse:
    """Read the charter and the terms, agree, send."""
    texts = referentials.texts_in_force()
    form = SubmitForm(_posted(request), texts=texts)

    def save() -> None:
        candidacy.submit(application=application, agreed=form.agreed)

    if done := _saved(request, form, save, "application_page", application):
        messages.success(request, "Votre candidature est envoyée.")
        return done
    parts = progress.parts_of(application, on=timezone.localdate())
    context = {
        "application": application,
        "form": form,
        "texts": texts,
        "lacking": [(part.title, PAGES[part.key], part.faults) for part in parts if part.faults],
    }
    return render(request, "qualification/public/candidate/submit.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@by_link
def withdraw(request: HttpRequest, application: Application) -> HttpResponse:
    """Give up, after saying what that does."""
    if request.method == "POST":
        candidacy.withdraw(application=application)
        return redirect("application_page", application.pk)
    return render(request, "qualification/public/candidate/withdraw.html", {"application": application})


@require_http_methods(["GET", "HEAD", "POST"])
@by_link
def appeal(request: HttpRequest, application: Application) -> HttpResponse:
    """Ask that somebody else examines the refusal."""
    form = AppealForm(_posted(request))

    def save() -> None:
        candidacy.appeal(application=application, text=form.cleaned_data["text"])

    if done := _saved(request, form, save, "application_page", application):
        messages.success(request, "Votre recours est envoyé : une autre personne l’examine.")
        return done
    return render(request, "qualification/public/candidate/appeal.html", {"application": application, "form": form})


def paper_response(paper: ApplicationDocument) -> StreamingHttpResponse:
    """A paper as a download: never shown by the browser, never kept."""
    response = StreamingHttpResponse(attachments.read(paper), content_type=paper.media_type)
    response["Content-Length"] = str(paper.size)
    response["Content-Disposition"] = content_disposition_header(True, paper.filename) or "attachment"
    response["Cache-Control"] = "no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _posted(request: HttpRequest) -> QueryDict | None:
    """What was sent, also when everything was left empty."""
    return request.POST if request.method == "POST" else None


def _edit(request: HttpRequest, application: Application, key: str, form_class: type[Any]) -> HttpResponse:
    initial = {name: getattr(application, name) for name in form_class.base_fields}
    form = form_class(request.POST or None, initial=initial, remarks=_remarks(application, key))

    def save() -> None:
        candidacy.edit(application=application, **form.cleaned_data)

    if done := _saved(request, form, save, "application_page", application):
        return done
    context = {**_frame(application, key), "form": form, "place": None, "sections": False}
    return render(request, "qualification/public/candidate/part.html", context)


def _saved(
    request: HttpRequest, form: DomainForm, save: Callable[[], None], following: str, application: Application
) -> HttpResponse | None:
    """Save a valid form and go on; None when the page must be shown, with what is wrong."""
    if request.method != "POST" or not form.is_valid():
        return None
    try:
        save()
    except DomainError as error:
        form.refuse(error)
        return None
    return redirect(following, application.pk)


def _frame(application: Application, key: str) -> dict[str, Any]:
    """What every part's page shows around its form."""
    parts = progress.parts_of(application, on=timezone.localdate())
    return {
        "application": application,
        "title": progress.TITLES[key],
        "steps": [{"title": part.title, "state": _state(part, key)} for part in parts],
        "section": None,
        "remarks": next(part.remarks for part in parts if part.key == key),
    }


def _state(part: progress.Part, here: str) -> str:
    return "here" if part.key == here else "done" if part.done else ""


def _step(part: progress.Part, application: Application, request: HttpRequest) -> dict[str, Any]:
    """A part as the page of the application lists it."""
    said = " ".join(f"À corriger : {text}" for text in part.remarks) or " ".join(part.faults[:3])
    opens = application.editable and (part.key != "banque" or may_give_account(request))
    if application.editable and not opens:
        said = f"{said} Seule une personne responsable de votre structure ouvre cette partie.".strip()
    return {
        "title": part.title,
        "text": said or "Complet.",
        "url": reverse(PAGES[part.key], args=[application.pk]) if opens else "",
        "state": "done" if part.done and not part.remarks else "",
        "action": "",
    }


def _remarks(application: Application, key: str) -> dict[str, str]:
    """The open remarks of one part, by the name of its field."""
    open_ones = progress.remarks_of(application).items()
    return {name.partition(":")[2]: text for name, text in open_ones if name.partition(":")[0] == key}


def _first_unfinished(content: rules.Content, answers: rules.Answers) -> str:
    """Where to go on: the first part that lacks an answer, the first of all when none does."""
    lacking = set(rules.missing(content, answers))
    sections = content["sections"]
    unfinished = (one for one in sections if lacking & {question["key"] for question in one["questions"]})
    return next(unfinished, sections[0])["key"]
