"""The pages of the network, who each is for, and with what it is called at national size.

Addresses are read from the modules of addresses: one that stands in none of the lists below stops the measure.
"""

import importlib
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType

from django.urls import URLPattern

PACKAGES = ("qualification.urls", "impact.urls", "actors.urls")
ONE_MORE = ("aptic.territories.urls", "passes.urls.public")
OPERATOR, FUNDER, ACTOR, HUB = "operator", "funder", "actor", "hub"
APPLICANT, ANYBODY = "applicant", "anybody"


@dataclass(frozen=True)
class Page:
    """Who asks for it, which rows fill its address (`ROWS`), and what may stand behind the question mark."""

    who: str
    rows: str = ""
    asked: tuple[str, ...] = ("",)


APPLICATIONS = tuple(
    f"?etat={state}{more}"
    for state in ("submitted", "correction", "recours", "waiting", "accepted", "refused")
    for more in ("", "&page=2", "&q=lieu", "&suivi=moi", "&suivi=personne")
)
TERRITORIES = tuple(
    f"?niveau={level}&etat={state}{more}"
    for level in ("epci", "departement", "region")
    for state in ("", "deserts", "a-completer", "operationnels")
    for more in ("", "&departement=33", "&page=3", "&q=saint")
)
SIMULATED = ("", "?budget=500000", "?budget=20000000", "?actors=40", "?actors=3000")
TYPED = tuple(f"?q={text}" for text in ("b", "saint", "bordeaux", "33", "75011", "gironde", "la roche", "métropole"))
FOUND = ("", "Bègles", "75011", "Lyon", "Gironde", "59", "Quimper", "13200", "Saint-Étienne", "97400")
DIRECTORY = tuple(f"?q={place}{more}" for place in FOUND for more in (
    "", "&service=aide-aux-demarches-administratives", "&ouvert=1", "&acces=walk_in&ouvert=1", "&page=40"))  # fmt: skip
PAGED = ("", "?page=2", "?page=9", "?page=last")
NAMED = ("", "?page=2", "?page=40", "?q=mediatheque", "?q=centre&page=3", "?q=zz")

PAGES: dict[str, Page] = {
    # the operator: applications, caps, actors, referential
    "operator_applications": Page(OPERATOR, asked=APPLICATIONS),
    "operator_application": Page(OPERATOR, "application"),
    "operator_application_correct": Page(OPERATOR, "submitted"),
    "operator_application_wait": Page(OPERATOR, "submitted"),
    "operator_application_refuse": Page(OPERATOR, "submitted"),
    "operator_appeal_answer": Page(OPERATOR, "appeal"),
    "operator_caps": Page(OPERATOR, asked=("", "?niveau=epci", "?niveau=region", "?q=saint", "?q=gironde", "?page=30")),
    "operator_cap_create": Page(OPERATOR),
    "operator_cap_policy": Page(OPERATOR),
    "operator_cap": Page(OPERATOR, "cap"),
    "operator_waiting": Page(OPERATOR, "crowded"),
    "operator_waiting_promote": Page(OPERATOR, "waiting"),
    "operator_actors": Page(OPERATOR, asked=(*NAMED, "?etat=echue", "?etat=echue&q=centre")),
    "operator_actor": Page(OPERATOR, "any_actor"),
    "operator_actor_invite": Page(OPERATOR, "any_actor"),
    "operator_actor_suspend": Page(OPERATOR, "any_actor"),
    "operator_actor_disqualify": Page(OPERATOR, "any_actor"),
    "operator_site_open": Page(OPERATOR, "any_actor"),
    "operator_place_release": Page(OPERATOR, "idle"),
    "operator_round": Page(OPERATOR, "itinerant"),
    "operator_site_close": Page(OPERATOR, "site"),
    "operator_bank_account_approve": Page(OPERATOR, "proposal"),
    "operator_referentials": Page(OPERATOR),
    "operator_services": Page(OPERATOR),
    "operator_referential": Page(OPERATOR, "referential"),
    "operator_referential_publish": Page(OPERATOR, "draft"),
    "operator_section_create": Page(OPERATOR, "draft"),
    "operator_section": Page(OPERATOR, "section"),
    "operator_question_create": Page(OPERATOR, "home"),
    "operator_question": Page(OPERATOR, "question"),
    "operator_legal_text": Page(OPERATOR, "text"),
    "operator_legal_text_write": Page(OPERATOR, "kind"),
    # coverage, ratio, simulator
    "operator_home": Page(OPERATOR),
    "operator_ratios": Page(OPERATOR, asked=("", "?alerte=starving", "?alerte=overloaded", "?page=60", "?alerte=new")),
    "operator_territories": Page(OPERATOR, asked=TERRITORIES),
    "operator_territory": Page(OPERATOR, "territory"),
    "operator_thresholds": Page(OPERATOR),
    "operator_simulator": Page(OPERATOR, asked=SIMULATED),
    "funder_territories": Page(FUNDER, asked=TERRITORIES),
    "funder_territory": Page(FUNDER, "territory"),
    "funder_simulator": Page(FUNDER, asked=SIMULATED),
    # reports and open data
    "operator_site_changes": Page(OPERATOR, asked=("", "?page=8", "?etat=traites", "?etat=traites&page=200")),
    "operator_site_change": Page(OPERATOR, "change"),
    "operator_known_places": Page(OPERATOR, asked=("", "?departement=33", "?q=lieu", "?anciens=1", "?page=700")),
    "operator_place_import_start": Page(OPERATOR),
    "operator_place_import": Page(OPERATOR, "upload", PAGED),
    # an actor's space
    "actor_home": Page(ACTOR, "earner"),
    "actor_income": Page(ACTOR, "earner"),
    "actor_income_declare": Page(ACTOR, "earner"),
    "actor_sites": Page(ACTOR, "earner", ("", "?page=2", "?q=lieu")),
    "actor_site_open": Page(ACTOR, "earner"),
    "actor_site": Page(ACTOR, "own_site"),
    "actor_site_edit": Page(ACTOR, "own_site"),
    "actor_site_close": Page(ACTOR, "own_site"),
    "actor_round": Page(ACTOR, "own_itinerant"),
    "actor_staff": Page(ACTOR, "earner", PAGED),
    "actor_staff_sites": Page(ACTOR, "own_staff"),
    "actor_devices": Page(ACTOR, "earner", PAGED),
    "actor_device": Page(ACTOR, "own_device"),
    "actor_device_revoke": Page(ACTOR, "own_device"),
    "actor_bank_account": Page(ACTOR, "earner"),
    "actor_site_changes": Page(ACTOR, "earner", ("", "?etat=traites")),
    "actor_site_change": Page(ACTOR, "own_change"),
    # hubs: their own pages, and what each side sees of them
    "hub_home": Page(HUB),
    "hub_actors": Page(HUB, asked=("", "?page=2", "?page=9", "?q=centre")),
    "hub_actor": Page(HUB, "hub_actor"),
    "hub_applications": Page(HUB, asked=("", "?page=2", "?page=9")),
    "hub_funders": Page(HUB),
    "hub_plan": Page(HUB),
    "hub_plan_edit": Page(HUB),
    "hub_plan_end": Page(HUB),
    "hub_plantask_create": Page(HUB),
    "hub_plantask": Page(HUB, "task"),
    "hub_plantask_remove": Page(HUB, "task"),
    "operator_hubs": Page(OPERATOR),
    "operator_hub_create": Page(OPERATOR),
    "operator_hub": Page(OPERATOR, "hub"),
    "operator_hub_territory": Page(OPERATOR, "hub"),
    "operator_hub_withdraw": Page(OPERATOR, "hub"),
    "operator_hub_invite": Page(OPERATOR, "hub"),
    "actor_hubs": Page(ACTOR, "remit_actor"),
    "actor_remit": Page(ACTOR, "remit_of_actor"),
    "funder_hubs": Page(FUNDER),
    "funder_remit": Page(FUNDER, "remit"),
    # whoever applies, by the link
    "application_page": Page(APPLICANT, "own_application"),
    "application_organisation": Page(APPLICANT, "own_application"),
    "application_people": Page(APPLICANT, "own_application"),
    "application_sites": Page(APPLICANT, "own_application"),
    "application_site_create": Page(APPLICANT, "own_application"),
    "application_site": Page(APPLICANT, "own_place"),
    "application_section": Page(APPLICANT, "own_section"),
    "application_papers": Page(APPLICANT, "own_application"),
    "application_account": Page(APPLICANT, "own_application"),
    "application_submit": Page(APPLICANT, "own_application"),
    "application_appeal": Page(APPLICANT, "own_refused"),
    "application_withdraw": Page(APPLICANT, "own_application"),
    # everybody
    "application": Page(ANYBODY),
    "application_find": Page(ANYBODY),
    "directory": Page(ANYBODY, asked=DIRECTORY),
    "site_page": Page(ANYBODY, "site"),
    "site_report": Page(ANYBODY, "site"),
    "open_data": Page(ANYBODY),
    "territories:territories": Page(ANYBODY, asked=TYPED),
    "territories:communes": Page(ANYBODY, asked=TYPED),
}

# What only takes a form, leads elsewhere, or hands over a file: no page.
ACTIONS = frozenset({
    "operator_application_assign", "operator_application_check", "operator_actor_reinstate", "operator_site_reopen",
    "operator_parcours_offer", "operator_referential_prepare", "operator_question_move",
    "operator_legal_text_publish", "operator_territories_measure", "actor_site_reopen", "actor_device_send",
    "actor_device_pair", "actor_bank_account_withdraw", "actor_renew", "application_site_remove",
    "application_paper_remove", "hub_plan_begin", "hub_plan_propose", "hub_plan_reach", "hub_plantask_mark",
})  # fmt: skip
LEADS = frozenset({"application_link", "application_questions"})
FILES = frozenset({"operator_application_paper", "application_paper", "open_data_file"})
# Pages of other work, and where they are measured or why they are not.
ELSEWHERE = {
    "impact.urls._trace": "following a euro",
    "impact.urls.counter": "the counter",
    "impact.urls.demonstration": "a demonstration",
    "impact.urls.distributor": "following a booklet",
    "impact.urls.public": "the first page and the public counters",
    "actors.urls._settlement": "settlement",
    "actors.urls.api": "the API",
    "actors.urls.pairing": "a link that works once",
    **{f"{hat}_{page}": "following a euro" for hat in (OPERATOR, FUNDER, ACTOR) for page in ("follow", "trace")},
    **{f"funder_{page}": "a funder’s figures" for page in ("home", "report", "report_csv", "report_pdf")},
    "operator_proof": "the proof",
    **dict.fromkeys(("balance", "pass_page", "accessibility", "legal"), "the citizen"),
}  # fmt: skip


def unlisted() -> set[str]:
    """Addresses of the network that no list above names."""
    return names() - PAGES.keys() - ACTIONS - LEADS - FILES - ELSEWHERE.keys()


def gone() -> set[str]:
    """Names of the lists above that no address has."""
    return (PAGES.keys() | ACTIONS | LEADS | FILES) - names()


def names() -> set[str]:
    """The names of all addresses of these modules, without those of other work."""
    found = {name for path in _modules() if path not in ELSEWHERE for name in _named(importlib.import_module(path))}
    others = {name for path in _modules() if path in ELSEWHERE for name in _named(importlib.import_module(path))}
    return found - others


def _modules() -> Iterator[str]:
    for package in PACKAGES:
        folder = importlib.import_module(package)
        yield from (f"{package}.{one.name}" for one in pkgutil.iter_modules(folder.__path__))
    yield from ONE_MORE


def _named(module: ModuleType) -> Iterator[str]:
    space = f"{module.app_name}:" if hasattr(module, "app_name") else ""
    for name, patterns in vars(module).items():
        if name.endswith("patterns") and isinstance(patterns, list):
            yield from (f"{space}{one.name}" for one in patterns if isinstance(one, URLPattern) and one.name)
