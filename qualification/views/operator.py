"""The operator's space: the queue of applications, one file with everything beside it, and its answers."""

import uuid
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from aptic import french
from aptic.accounts.models import Role, User
from aptic.errors import DomainError
from aptic.ids import parse_uuid
from aptic.spaces import space
from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import Hat, Principal
from aptic.territories.services import territory_label
from aptic.vocabulary.models import Service
from qualification import answering, checks, decisions, history, places, rules, services, standing, welcome
from qualification.answer_forms import AppealAnswerForm, CorrectionForm
from qualification.candidacy_models import Appeal, ApplicationDocument
from qualification.decision import decision_on
from qualification.errors import NobodyThere
from qualification.forms import ReasonForm
from qualification.models import Application
from qualification.register_checks import request_check
from qualification.views.candidate import paper_response

DECIDERS = (Role.MANAGER, Role.AGENT)
PER_PAGE = 25
State = Application.State
APPEALS = "recours"
TAGS = {
    State.DRAFT: "",
    State.SUBMITTED: "sun",
    State.CORRECTION: "wait",
    State.WAITING: "wait",
    State.ACCEPTED: "ok",
    State.REFUSED: "no",
    State.WITHDRAWN: "",
    State.REPLACED: "",
}
TABS: tuple[tuple[str, str], ...] = (
    (State.SUBMITTED, "À étudier"),
    (State.CORRECTION, "À compléter"),
    (APPEALS, "Recours"),
    (State.WAITING, "Liste d’attente"),
    (State.ACCEPTED, "Acceptées"),
    (State.REFUSED, "Refusées"),
)
PENDING_APPEAL = Q(state=State.REFUSED, appeal__isnull=False, appeal__decided_at=None)


@require_safe
@space(Hat.OPERATOR)
def application_list(request: HttpRequest) -> HttpResponse:
    """Applications of one state, the oldest first while they wait, the latest first once answered."""
    chosen = next((state for state, _ in TABS if state == request.GET.get("etat")), State.SUBMITTED)
    visible = Application.objects.visible_to(request.principal).sent()
    counts = dict(visible.order_by().values_list("state").annotate(Count("pk")))
    counts[APPEALS] = visible.filter(PENDING_APPEAL).count()
    state_only = visible.filter(PENDING_APPEAL) if chosen == APPEALS else visible.filter(state=chosen)
    found = _filtered(state_only, request.GET, request.user.pk)
    order = {APPEALS: "decided_at", State.SUBMITTED: "first_sent_at", State.CORRECTION: "first_sent_at"}
    order |= {State.WAITING: "decided_at"}
    rows = found.with_first_sending().select_related("commune__epci", "commune__departement", "referential__weighting")
    page = Paginator(rows.order_by(order.get(chosen, "-decided_at"), "id"), PER_PAGE).get_page(request.GET.get("page"))
    people = dict(
        User.objects.filter(pk__in={row.assigned_to for row in page if row.assigned_to}).values_list("pk", "full_name")
    )
    context = {
        "tabs": [
            (f"{label} ({french.number(counts.get(state, 0))})", f"?etat={state}", state == chosen)
            for state, label in TABS
        ],
        "chosen": str(chosen),
        "typed": request.GET.get("q", ""),
        "mine": request.GET.get("suivi", ""),
        "page_obj": page,
        "rows": [(row, people.get(row.assigned_to, ""), _percent(row)) for row in page],
    }
    return render(request, "qualification/operator/applications.html", context)


def _filtered(
    found: "QuerySet[Application]", asked: Mapping[str, str], person_id: uuid.UUID
) -> "QuerySet[Application]":
    """Narrowed by a name or a SIRET, and by who follows the file."""
    if typed := asked.get("q", "").strip():
        digits = "".join(each for each in typed if each.isdigit())
        named = Q(organisation_name__icontains=typed) | Q(site_name__icontains=typed)
        named |= Q(commune__name__icontains=typed) | Q(commune__epci__name__icontains=typed)
        found = found.filter(named | Q(siret__startswith=digits) if len(digits) >= 9 else named)
    follow = {"moi": Q(assigned_to=person_id), "personne": Q(assigned_to=None)}
    return found.filter(follow.get(asked.get("suivi", ""), Q()))


def _percent(row: Application) -> int | None:
    if row.referential is None:
        return None
    return rules.score(row.referential.content, row.referential.weighting.points, row.answers).percent


@require_http_methods(["GET", "HEAD", "POST"])
@space(Hat.OPERATOR)
def application_detail(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """One file, with checks, score, places and history beside what was answered; a POST accepts it."""
    application = _application(request, pk)
    refusal = None
    if request.method == "POST":
        try:
            accepted = services.accept(application=application)
        except DomainError as error:
            refusal = error
        else:
            messages.success(
                request,
                f"{accepted.organisation_name} est un acteur : ses lieux sont ouverts, la réponse est partie.",
            )
            return redirect("operator_actor", request.organisation.pk, accepted.organisation_id)
    context = _file(request, application) | {"refusal": refusal}
    status = refusal.status if refusal else 200
    return render(request, "qualification/operator/application.html", context, status=status)


def _file(request: HttpRequest, application: Application) -> dict[str, Any]:
    """Everything that the page of a file shows."""
    names = dict(Service.objects.values_list("pk", "name"))
    given = list(application.documents.filter(deleted_at=None))
    score = answering.score_of(application)
    weighting = application.referential.weighting if application.referential else None
    territory = places.territory_of(application.commune) if application.commune else None
    appeal = getattr(application, "appeal", None)
    own = appeal is not None and answering.is_barred(appeal)
    known = welcome.known_by(application)
    return {
        "application": application,
        "tag": TAGS[State(application.state)],
        "decision": decision_on(places.sites_of(application), actor_id=known and known.pk) if territory else None,
        "territory": territory,
        "territory_label": partial(territory_label, territory) if territory else "",  # asked for where no cap is
        "sites": [(site, _names(site.services, names)) for site in application.sites.all()],
        "papers": given,
        "sections": _answers(application, score),
        "score": score,
        "checks": checks.checks_of(
            application,
            known=known,
            given=given,
            score=score,
            pass_mark=weighting.pass_mark if weighting else 0,
            on=timezone.localdate(),
        ),
        "acceptances": application.acceptances.select_related("text"),
        "decisions": application.decisions.order_by("-decided_at"),
        "history": history.history_of(application),
        "rank": places.rank_of(application, request.principal) if application.state == State.WAITING else None,
        **accepting(known),
        "passed": _passed(application, request.principal),
        "undecided": application.state in (State.SUBMITTED, State.WAITING),
        "appeal": appeal,
        "may_answer_appeal": appeal is not None and appeal.decided_at is None and not own,
        "own_appeal": own,
        "reopened_own": appeal is not None and appeal.granted and own,
        "people": decisions.deciders().select_related("user").order_by("user__full_name"),
        "delay": standing.usual_delay(),
        "may_ask_register": bool(settings.COMPANY_REGISTER_URL),
        "may_decide": request.principal.role in DECIDERS,
    }


def accepting(known: Organisation | None) -> dict[str, Any]:
    """What `_accepting.html` says of an organisation that has the SIRET already."""
    if known is None:
        return {"known": None}
    return {"known": known, "hats": welcome.hats_said(known), "opens": welcome.may_open(known)}


def _passed(application: Application, principal: Principal) -> int:
    """How many wait for its territory already; nobody is passed by a renewal, which has its places."""
    newcomer = application.state == State.SUBMITTED and application.kind != Application.Kind.RENEWAL
    return places.passed_by(application, principal) if newcomer else 0


def _answers(application: Application, score: rules.Score | None) -> list[tuple[str, list[tuple[str, str, str]]]]:
    """By part of the questionnaire: (question, answer in words, « points / maximum ») of each question asked."""
    if application.referential is None:
        return []
    content = application.referential.content
    worth = {line.key: f"{line.points} / {line.maximum}" for line in score.lines if line.maximum} if score else {}
    wanted = {one["key"] for one in rules.asked(content, application.answers)}
    return [
        (
            section["title"],
            [
                (one["text"], _said(one, application.answers.get(one["key"])), worth.get(one["key"], ""))
                for one in section["questions"]
                if one["key"] in wanted
            ],
        )
        for section in content["sections"]
    ]


def _said(question: Mapping[str, Any], value: Any) -> str:
    """An answer in the words that were ticked."""
    if rules.is_empty(value):
        return "sans réponse"
    labels = {one["key"]: one["label"] for one in rules.choices_of(question)}
    return ", ".join(labels.get(each, str(each)) for each in (value if isinstance(value, list) else [value]))


@require_POST
@space(Hat.OPERATOR, roles=DECIDERS)
def application_assign(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Say who follows the file."""
    typed = request.POST.get("person", "")
    person_id = parse_uuid(typed)
    if typed and person_id is None:
        raise NobodyThere(field="person")
    decisions.assign(application=_application(request, pk), person_id=person_id)
    messages.success(request, "C’est noté." if typed else "Le dossier n’est plus attribué.")
    return redirect("operator_application", request.organisation.pk, pk)


@require_POST
@space(Hat.OPERATOR, roles=DECIDERS)
def application_check(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Ask the register again."""
    request_check(_application(request, pk))
    messages.success(request, "Le registre est interrogé : rechargez la page dans un instant.")
    return redirect("operator_application", request.organisation.pk, pk)


@require_safe
@space(Hat.OPERATOR)
def application_paper(request: HttpRequest, pk: uuid.UUID) -> StreamingHttpResponse:
    """A paper; who opens it is in the trail."""
    return paper_response(get_object_or_404(ApplicationDocument, pk=pk))


@require_http_methods(["GET", "HEAD", "POST"])
@space(Hat.OPERATOR, roles=DECIDERS)
def application_correct(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Ask for corrections, each beside the field it is about."""
    application = _application(request, pk)
    form = CorrectionForm(request.POST or None, application=application)
    if request.method == "POST" and form.is_valid():
        try:
            decisions.ask_correction(
                application=application, remarks=form.remarks, message=form.cleaned_data["message"]
            )
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, f"{application.organisation_name} est prévenue par e-mail.")
            return redirect("operator_applications", request.organisation.pk)
    title, text = (
        "Demander une correction",
        "La personne retrouve chaque remarque à côté de sa réponse, et garde son rang parmi les dossiers à étudier.",
    )
    context = {"form": form, "title": title, "text": text, "application": application}
    return render(request, "qualification/operator/answer.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@space(Hat.OPERATOR, roles=DECIDERS)
def appeal_answer(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Examine a refusal again, by somebody who did not give it."""
    application = _application(request, pk)
    form = AppealAnswerForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            decisions.answer_appeal(
                application=application,
                granted=form.cleaned_data["granted"] == "yes",
                answer=form.cleaned_data["answer"],
            )
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, f"{application.organisation_name} est prévenue par e-mail.")
            return redirect("operator_application", request.organisation.pk, pk)
    appeal = get_object_or_404(Appeal, application=application)
    context = {"form": form, "title": "Répondre au recours", "text": appeal.text, "application": application}
    return render(request, "qualification/operator/answer.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@space(Hat.OPERATOR, roles=DECIDERS)
def application_wait(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Ask why, then put it on the waiting list."""
    text = "La candidature garde son rang. La personne reçoit ce motif par e-mail."
    return _answer(request, pk, services.put_on_waiting_list, "Mettre sur liste d’attente", text)


@require_http_methods(["GET", "HEAD", "POST"])
@space(Hat.OPERATOR, roles=DECIDERS)
def application_refuse(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Ask why, then refuse."""
    further = "elle pourra demander qu’une autre personne le réexamine"
    if Appeal.objects.filter(application_id=pk).exists():
        further = "un recours a déjà été examiné, cette réponse est la dernière"
    text = f"La personne reçoit ce motif par e-mail ; {further}."
    return _answer(request, pk, services.refuse, "Refuser la candidature", text)


def _answer(
    request: HttpRequest, pk: uuid.UUID, decide: Callable[..., Application], title: str, text: str
) -> HttpResponse:
    application = _application(request, pk)
    form = ReasonForm(request.POST or None, label="Motif", hint="Tel que la personne le lira.", max_length=1000)
    if request.method == "POST" and form.is_valid():
        try:
            decide(application=application, reason=form.cleaned_data["reason"])
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, f"{application.organisation_name} est prévenue par e-mail.")
            return redirect("operator_applications", request.organisation.pk)
    context = {"form": form, "title": title, "text": text, "application": application}
    return render(request, "qualification/operator/answer.html", context)


def _names(services_of: list[int], names: dict[int, str]) -> str:
    return ", ".join(names[pk] for pk in services_of)


def _application(request: HttpRequest, pk: uuid.UUID) -> Application:
    visible = Application.objects.visible_to(request.principal).sent()
    found = visible.select_related("commune", "organisation", "referential__weighting", "appeal")
    return get_object_or_404(found.prefetch_related(places.WITH_SITES), pk=pk)
