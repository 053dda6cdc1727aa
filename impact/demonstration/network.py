"""The network grows: actors apply, the operator decides under the caps, and those who are accepted settle in.

One is suspended for three weeks. Those who do not join apply on line (`applying.py`): one refused, one who appeals, two
who wait for a place, one asked to correct, one who has just applied, one who has not finished.
"""

from datetime import date, timedelta
from functools import partial

from stdnum import iban

from actors.bank_accounts import approve_bank_account, propose_bank_account
from actors.models import Actor, Site
from actors.places import cap_territory
from actors.sites import edit_site, open_site
from actors.staff import assign
from aptic.accounts.models import Membership
from aptic.iban import rib_key
from aptic.tenancy.models import Organisation
from aptic.territories.models import Epci
from impact.demonstration import cast, places
from impact.demonstration.applying import apply_on_line
from impact.demonstration.opening import DEPARTEMENT, commune, hire
from impact.demonstration.stage import OpenSite, Stage, working_day
from qualification.caps import set_cap
from qualification.models import Application
from qualification.rounds import declare_round
from qualification.services import accept, apply
from qualification.suspension import reinstate_actor, suspend_actor

DECIDES, PAYS = "claire.bonnet", "ines.caron"
DAYS_TO_DECIDE, DAYS_TO_OPEN = 6, 3
SUSPENDED_AT, SUSPENDED_DAYS = 9.0, 21  # months after the story's first, days
OFFSET = 0.006  # degrees: two sites of one commune are two points
SERVICES = ((1, 2, 3, 4), (1, 2, 3, 5), (1, 2, 4, 6))
HOURS = "Du lundi au vendredi, 9 h – 12 h et 14 h – 18 h"
MOTIVATION = (
    "Nous recevons depuis plusieurs années des personnes qui butent sur leurs démarches en ligne. Nos médiateurs "
    "les accompagnent seules ou en petit groupe."
)
LOWERED_AT = 12.0  # months after the story's first
LOWERED = "Moins de pass y sont attendus : personne de plus, et pas de remplaçant."
SUSPENDED = "L’attestation d’assurance n’est plus à jour : les encaissements reprendront dès sa réception."


def plan_network(stage: Stage) -> None:
    """Put caps, applications and decisions in the agenda."""
    stage.plan(stage.first_day, partial(_set_caps, stage))
    stage.plan(stage.day(LOWERED_AT), partial(_lower_cap, stage))
    for provider in cast.PROVIDERS:
        stage.plan(stage.day(provider.joins), partial(_apply, stage, provider))
    places.plan_reports(stage)


def _set_caps(stage: Stage, day: date) -> None:
    caps = {commune(name).epci_id: cap for name, cap in cast.CAPS.items()}
    epcis = Epci.objects.filter(commune__departement=DEPARTEMENT).distinct().order_by("siren")
    with stage.playing(DECIDES):
        for siren in epcis.values_list("siren", flat=True):
            set_cap(territory=f"epci:{siren}", cap=caps.get(siren, cast.OTHER_CAPS), at=stage.at(day, 10))
        set_cap(territory=f"departement:{DEPARTEMENT}", cap=cast.DEPARTEMENT_CAP, at=stage.at(day, 10, 30))


def _lower_cap(stage: Stage, day: date) -> None:
    """Too few passes for a second actor, and even for the one who is there: it stays, « par extinction »."""
    with stage.playing(DECIDES):
        territory = cap_territory(commune(cast.CLOSING).keys())
        set_cap(territory=territory, cap=0, reason=LOWERED, at=stage.at(day, 10))


def _apply(stage: Stage, provider: cast.Provider, day: date) -> None:
    """Whoever joins in the story had its file gathered on paper before; the others apply on line."""
    one, first = provider.organisation, provider.places[0]
    if provider not in cast.ACCEPTED:
        apply_on_line(stage, provider, fictitious_iban(one.rank), day)
        return
    people = cast.people_of(one.key)
    application = apply(
        organisation_name=one.name,
        siret=one.siret,
        contact_name=people[0].name if people else "Direction",
        email=people[0].email if people else one.email,
        phone=one.phone,
        site_name=first.name,
        site_address=first.address,
        commune=commune(first.commune),
        site_hours=HOURS,
        services=_services(provider),
        motivation=MOTIVATION,
        at=stage.at(day, 10),
    )
    stage.plan(working_day(day + timedelta(days=DAYS_TO_DECIDE)), partial(_accept, stage, provider, application))


def _accept(stage: Stage, provider: cast.Provider, application: Application, day: date) -> None:
    with stage.playing(DECIDES):
        actor = accept(application=application, at=stage.at(day, 16)).organisation
        assert actor is not None
        Actor.objects.filter(pk=actor.pk).update(charges_vat=provider.charges_vat)
        hire(stage, provider.organisation.key, actor)
    sites = [Site.objects.get(actor=actor), *_open_further(stage, provider, actor, day)]
    if provider.organisation.key == cast.ROUND[0]:
        with stage.playing(DECIDES):
            declare_round(site=sites[0], communes=[commune(name) for name in cast.ROUND[1]], at=stage.at(day, 17))
    _give_bank_account(stage, provider, actor, day)
    _settle_in(stage, provider, sites, working_day(day + timedelta(days=DAYS_TO_OPEN)))
    if provider.fate == "suspended":
        stage.plan(stage.day(SUSPENDED_AT), partial(_suspend, stage, provider, actor))


def _open_further(stage: Stage, provider: cast.Provider, actor: Organisation, day: date) -> list[Site]:
    """The actor opens its other sites; in another territory, the operator gives it its place first."""
    sites = []
    first = cap_territory(commune(provider.places[0].commune).keys())
    for place in provider.places[1:]:
        home = commune(place.commune)
        beside = cap_territory(home.keys()) == first
        with stage.playing(manager_of(provider) if beside else DECIDES):
            site = open_site(
                actor=actor,
                name=place.name,
                address=place.address,
                commune=home,
                phone=provider.organisation.phone,
                hours=HOURS,
                services=_services(provider),
                at=stage.at(day, 17),
            )
        sites.append(site)
    return sites


def _settle_in(stage: Stage, provider: cast.Provider, sites: list[Site], opens_on: date) -> None:
    """Points that differ on the map, somebody at each counter, and the doors open."""
    manager, *others = cast.people_of(provider.organisation.key)
    stands = others[0] if others else manager
    for number, (site, place) in enumerate(zip(sites, provider.places, strict=True)):
        with stage.playing(manager.key):
            member = Membership.objects.get(user=stage.people[stands.key], organisation_id=site.actor_id)
            assign(site=site, membership=member)
            changes = places.described(provider.organisation.rank, number)
            if site.latitude is not None and site.longitude is not None:
                shift = OFFSET * number
                changes |= {"latitude": site.latitude + shift, "longitude": site.longitude - shift}
            site = edit_site(site=site, **changes)
        person = stage.people[stands.key]
        stage.sites.append(OpenSite(site, provider.organisation.key, place, opens_on, person))


def _give_bank_account(stage: Stage, provider: cast.Provider, actor: Organisation, day: date) -> None:
    """Proposed by the actor, approved by the operator, before anything is owed."""
    with stage.playing(manager_of(provider)):
        account = propose_bank_account(
            actor=actor,
            holder=provider.organisation.name,
            iban=fictitious_iban(provider.organisation.rank),
            at=stage.at(day, 17, 30),
        )
    with stage.playing(PAYS):
        approve_bank_account(account=account, at=stage.at(day, 18))


def fictitious_iban(rank: int) -> str:
    """A French IBAN with right keys at a bank that does not exist (99999)."""
    account = f"9999900001{rank:011d}"
    account += rib_key(account)
    return f"FR{iban.calc_check_digits(f'FR00{account}')}{account}"


def _suspend(stage: Stage, provider: cast.Provider, actor: Organisation, day: date) -> None:
    """Those who planned to come are refused; nobody plans to come any more, until the doors open again."""
    with stage.playing(DECIDES):
        suspend_actor(actor=actor, reason=SUSPENDED, at=stage.at(day, 8))
    closed = [site for site in stage.sites if site.provider == provider.organisation.key]
    stage.sites = [site for site in stage.sites if site not in closed]
    stage.plan(working_day(day + timedelta(days=SUSPENDED_DAYS)), partial(_reinstate, stage, actor, closed))


def _reinstate(stage: Stage, actor: Organisation, closed: list[OpenSite], day: date) -> None:
    with stage.playing(DECIDES):
        reinstate_actor(actor=actor, at=stage.at(day, 8))
    stage.sites += closed


def manager_of(provider: cast.Provider) -> str:
    """Who runs it."""
    return cast.people_of(provider.organisation.key)[0].key


def _services(provider: cast.Provider) -> tuple[int, ...]:
    return SERVICES[provider.organisation.rank % len(SERVICES)]
