"""Two worlds made by the services, and every address of the site filled with what is theirs, for tests of tenancy.

What is private bears the world's name: a page of one world that shows the other's has leaked.
"""

import itertools
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.test import Client
from django.utils import timezone

from actors.bank_accounts import approve_bank_account, propose_bank_account
from actors.income import declare_income
from actors.income_rules import Kind, open_year
from actors.site_changes import report_change
from aptic.accounts import scopes
from aptic.accounts import services as accounts
from aptic.accounts.devices import revoke_device
from aptic.accounts.models import Role
from aptic.documents import services as documents
from aptic.jobs import registry
from aptic.jobs import services as jobs
from aptic.tenancy.principal import Hat, Principal, acting
from funders import services as funders
from impact.observing import observe
from passes import attendance, distribution
from passes.models import Batch, Booklet, Redemption
from passes.void_requests import request_void
from qualification import plans
from tests.actors.money import Scheme
from tests.factories import Member, make_campaign, make_distributor, make_funder, make_member, make_paid_line
from tests.passes.conflicts import line, upload
from tests.passes.test_sessions import opened
from tests.passes.world import TestTill, code_of, make_batch, make_till
from tests.planting import guarded
from tests.qualification.hubs import begin, consent, make_hub
from tests.qualification.world import apply
from tests.test_consistency import addresses

PLACES = itertools.cycle((("33063", "epci:243300316"), ("33243", "epci:200070092")))  # Bordeaux, Libourne
IBAN = "FR7630006000011234567890189"
Ids = dict[str, list[Any]]
SHORT, FEW = 30, 12  # rows of a table


@dataclass
class Side:
    """One world: a member of each organisation, a till, and the ids of its rows by table."""

    name: str
    funder: Member
    distributor: Member
    actor: Member
    till: TestTill
    hub: Member
    keys: dict[Hat, str] = field(default_factory=dict)
    ids: Ids = field(default_factory=dict)

    @property
    def members(self) -> dict[Hat, Member]:
        """Who logs in, by the hat of their space."""
        return {
            Hat.FUNDER: self.funder, Hat.DISTRIBUTOR: self.distributor, Hat.ACTOR: self.actor, Hat.HUB: self.hub,
        }  # fmt: skip


def make_side(name: str, scheme: Scheme) -> Side:
    """A funder's passes sold, issued, handed out, redeemed and paid; people, keys, files and work of everybody.

    Each world lies in an intercommunalité of its own, which its hub reads.
    """
    before = ids_of_everything()
    commune, territory = next(PLACES)
    funder, distributor = make_funder(), make_distributor(role=Role.MANAGER)
    till = make_till(commune=commune)
    actor = make_member(till.site.actor, Hat.ACTOR, Role.MANAGER, name=f"Personne {name}")
    side = Side(name, funder, distributor, actor, till, make_hub(territory))
    campaign = make_campaign(funder, name=f"Opération {name}", needs_hand_out=False, territories=(territory,))
    batch = make_batch(booklets=4, campaign=campaign)
    line = make_paid_line(campaign, cents=100_000)
    with acting(funder.principal):
        funders.place_order(campaign=campaign, line=line, booklets=1)
        distribution.send_booklets(
            batch=batch,
            distributor=distributor.organisation,
            first_booklet=batch.first_booklet,
            booklets=2,
            at=timezone.now(),
        )
    with acting(distributor.principal):
        distribution.hand_out(booklet=Booklet.objects.get(pk=batch.first_booklet), at=timezone.now())
    for position in (1, 2, 3):
        answer = till.redeem(code_of(batch, position=position))
        assert answer.status_code == 201, answer.content
    void = till.post(f"redemptions/{answer.json()['id']}/void/")
    assert void.status_code == 201
    _hold_session(side, batch)
    _go_wrong(side, batch)
    _follow(side)
    with acting(actor.principal):
        holder = f"Titulaire {name}"
        bank = propose_bank_account(actor=till.site.actor, holder=holder, iban=IBAN, bic="AGRIFRPP", at=timezone.now())
        declare_income(year=open_year(timezone.localdate()), amounts={Kind.TRAINING: 1_000_00, Kind.ROOMS: 500_00})
    with acting(scheme.second):
        approve_bank_account(account=bank, at=timezone.now())
    scheme.send(scheme.prepare())
    for member in side.members.values():
        _furnish(side, member)
    for table, keys in ids_of_everything().items():
        known = set(before.get(table, []))
        side.ids[table] = [key for key in keys if key not in known]
    return side


def _hold_session(side: Side, batch: Batch) -> None:
    """A session with one pass, its sheet, and what was observed."""
    session = opened(side.till)
    answer = side.till.redeem(code_of(batch, position=7), session=str(session.pk))
    assert answer.status_code == 201
    with acting(side.actor.principal.at_site(side.till.site.pk)):
        attendance.keep(session, side.name.encode())
        observe(redemption=Redemption.objects.get(pk=answer.json()["id"]), answers={"first_here": "yes"})


def _go_wrong(side: Side, batch: Batch) -> None:
    """A pass taken twice, the second time off line; a late wish to undo; a line that a stopped device handed in."""
    taken, undo, kept = (code_of(batch, position=position) for position in (4, 5, 6))
    side.till.redeem(taken)
    (refused,) = upload(side.till, line(taken))
    assert refused["status"] == 409
    key = side.till.redeem(undo).json()["id"]
    agent = make_member(side.actor.organisation, Hat.ACTOR, Role.AGENT, name=f"Agent {side.name}")
    with acting(agent.principal):
        request_void(redemption=Redemption.objects.get(pk=key), reason=f"Erreur {side.name}")
    stopped = make_till(actor=side.actor.organisation, commune=side.till.site.commune_id)
    with acting(side.actor.principal):
        revoke_device(device=stopped.device)
    assert upload(stopped, line(kept))[0]["status"] == 202
    with acting(Principal()):
        report_change(site=side.till.site, kind="other", message=f"Un visiteur de {side.name}")


def _follow(side: Side) -> None:
    """Somebody applies there; the hub has a plan with a task, and reads the amounts of the actor and of the funder."""
    apply(organisation_name=f"Candidate {side.name}", commune=side.till.site.commune_id)
    with acting(side.hub.principal):
        plans.add_task(plan=begin(side.hub), step="actors", text=f"Tâche {side.name}")
    for member in (side.actor, side.funder):
        consent(member, side.hub)


def _furnish(side: Side, member: Member) -> None:
    """What every organisation has: an invited person, a colleague, a key, a file, a piece of work."""
    organisation = member.organisation
    for role in (Role.AGENT, Role.SCANNER):
        make_member(organisation, member.principal.hat, role, name=f"Collègue {side.name}")
    with acting(member.principal):
        accounts.invite_person(organisation=organisation, email=f"{uuid.uuid4().hex}@{side.name}.example", role="agent")
        _, side.keys[member.principal.hat] = accounts.create_api_key(
            organisation=organisation, name=f"Clé {side.name}", scopes=every_scope(), hat=member.principal.hat
        )
        documents.store(kind="essai", title=f"Document {side.name}", filename=f"{side.name}.pdf",
                        media_type="application/pdf", content=side.name.encode(), owner_id=organisation.pk)  # fmt: skip
        kind = next(iter(sorted(registry._kinds)))
        jobs.start(kind=kind, params={}, title=f"Travail {side.name}")


def every_scope() -> list[str]:
    """Every right that any key may have."""
    return sorted(scopes._known) or ["essais:read"]


def ids_of_everything() -> Ids:
    """The ids of all rows under row-level security by table: primary keys, and `uuid` where addresses use that."""
    found: Ids = {}
    with acting(Principal(hat=Hat.OPERATOR)):
        for model in guarded():
            names = {field.attname for field in model._meta.fields}
            column = "uuid" if "uuid" in names else "pk"
            found[model._meta.db_table] = list(model._default_manager.order_by("pk").values_list(column, flat=True))
    return found


@dataclass(frozen=True)
class Address:
    """One address of a space, and the ways to fill what it leaves open."""

    name: str
    route: str
    view: Any

    @property
    def holes(self) -> list[tuple[str, str]]:
        """Converter and name of everything but the organisation."""
        found = re.findall(r"<(\w+):(\w+)>", self.route)
        return [(converter, name) for converter, name in found if name != "organisation"]

    def fill(self, **values: Any) -> str:
        """The path."""
        return "/" + re.sub(r"<\w+:(\w+)>", lambda hole: str(values[hole[1]]), self.route)


def addresses_of(root: str) -> Iterator[Address]:
    """The addresses below `root` that carry the organisation, and have a name."""
    for route, pattern in addresses():
        if route.startswith(root) and pattern.name:
            yield Address(pattern.name, route, pattern.callback)


def likely_first(address: Address, ids: Ids) -> list[tuple[str, Any]]:
    """(table, id) of rows of every table, those first whose name is in the address's.

    Of a long table that nothing names, a few: which ones is chance, and a short table might lose the row it is about.
    """

    def named(table: str) -> bool:
        return table.split("_")[1] in address.name + address.route

    ordered = sorted(ids, key=lambda table: (not named(table), table))
    return [(table, key) for table in ordered for key in _some(ids[table], whole=named(table))]


def _some(keys: list[Any], *, whole: bool) -> list[Any]:
    return keys if whole or len(keys) <= SHORT else keys[-FEW:]


def fits(converter: str, value: Any) -> bool:
    """May this id stand in a hole of that converter?"""
    return isinstance(value, uuid.UUID) if converter == "uuid" else True


def logged_in(member: Member) -> Client:
    """A client of the member, second factor given."""
    return member.log_in(Client())
