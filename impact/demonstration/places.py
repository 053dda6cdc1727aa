"""What the sites of the story say of themselves: hours, ways in, prices; and what visitors say of some."""

from datetime import date, timedelta
from functools import partial
from typing import Any

from actors.site_changes import report_change
from actors.site_description import Host
from aptic.tenancy.principal import Principal, acting
from impact.demonstration.stage import Stage

WEEKS = (
    ("Mo-Fr 09:00-12:00,14:00-18:00; PH off", ""),
    ("Tu-Fr 10:00-12:30,14:00-18:30; Sa 10:00-13:00; PH off", ""),
    ("Mo,We,Fr 09:30-12:30; Tu,Th 14:00-19:00; PH off", "Fermé deux semaines en août."),
    ("Mo-Sa 09:00-19:00; PH off", "Sur rendez-vous après 17 h."),
)
WAYS = (["walk_in", "call"], ["walk_in"], ["call", "book"], ["walk_in", "call", "mail"])
HELP = (["one_to_one"], ["one_to_one", "workshop"], ["alone", "one_to_one"], ["workshop", "remote"])
HOSTS = (Host.NONE, Host.LIBRARY, Host.SOCIAL_CENTRE, Host.THIRD_PLACE, Host.TOWN_HALL)
SUMMARY = "Un accueil au calme, seul ou en petit groupe, à votre rythme."
MOVING = 7  # one site in so many goes from market to market
REPORTS = (
    ("hours", "L’affiche sur la porte dit : fermé le lundi.", 6),
    ("contact", "Le numéro sonne dans le vide depuis la semaine dernière.", 3),
    ("refused", "On m’a dit de revenir avec une pièce d’identité.", 2),
)


def described(rank: int, number: int) -> dict[str, Any]:
    """The description of an actor's site: `rank` is the actor's in the cast, `number` the site's among its own."""
    turn = rank + number
    hours, remark = WEEKS[turn % len(WEEKS)]
    ways = WAYS[turn % len(WAYS)]
    return {
        "opening_hours": hours,
        "hours": remark,
        "access_modes": ways,
        "support_modes": HELP[turn % len(HELP)],
        "fees": ["conditions"] if turn % 3 else ["free"],
        "regulated_tariff": turn % 4 == 0,
        "host_kind": HOSTS[turn % len(HOSTS)],
        "itinerance": ["mobile"] if turn % MOVING == 0 else ["fixed"],
        "special_care": ["illiteracy"] if turn % 2 else [],
        "booking_url": "https://rendez-vous.example/" if "book" in ways else "",
        "mediators": 1 + turn % 3,
        "summary": SUMMARY if turn % 3 else "",
    }


def plan_reports(stage: Stage) -> None:
    """Visitors report three things in the last week of the story."""
    for rank, (kind, message, days) in enumerate(REPORTS):
        stage.plan(stage.today - timedelta(days=days), partial(_report, stage, rank, kind, message))


def _report(stage: Stage, rank: int, kind: str, message: str, day: date) -> None:
    with acting(Principal()):
        site = stage.sites[rank % len(stage.sites)].row
        report_change(site=site, kind=kind, message=message, at=stage.at(day, 11))
