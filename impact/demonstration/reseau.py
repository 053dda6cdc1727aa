"""The hub of the département: its territory, a plan half done, an actor and a funder who let it read their amounts."""

from datetime import date, timedelta
from functools import partial

from aptic.tenancy.models import Organisation
from impact.demonstration import cast
from impact.demonstration.opening import DEPARTEMENT, commune, hire
from impact.demonstration.stage import Stage
from impact.hub import propose
from qualification.consents import give_consent
from qualification.hubs import create_hub, give_territory, live_remit
from qualification.plans import add_task, begin_plan, edit_plan, live_plan, mark_task

RUNS, DECIDES = "elodie.garnier", "claire.bonnet"
REGISTERED_AT, PLANNED_AT, CONSENTED_AT = 5.0, 5.5, 9.5  # months after the story's first
AIMED_IN = 3  # months after its last
CONSENTS = (("marc.delmas", cast.GIRONDE), ("amina.diallo", "clics-estey"))
DIAGNOSIS = (
    "La métropole est bien servie, le Médoc et la Haute-Gironde le sont moins : des intercommunalités entières n’ont "
    "qu’un lieu, ou aucun.\n\nLes maisons des solidarités orientent déjà ; il manque des tournées, des horaires "
    "connus, et une opération qui aille au-delà de la métropole."
)
# (step, what, who, due and done in months after the story's first; None: still to do)
TASKS = (
    ("diagnosis", "Réunir les communes et les maisons des solidarités", "Élodie Garnier", 6.5, 6.3),
    ("diagnosis", "Cartographier qui aide déjà, et où", "Réseau", 7.5, 7.8),
    ("actors", "Accompagner la candidature de Créon", "Créon Médiation", 8.0, 7.0),
    ("actors", "Ouvrir une tournée dans le Médoc", "Le Fil du Médoc", 10.0, 9.5),
    ("actors", "Trouver un deuxième acteur en Haute-Gironde", "Élodie Garnier", 13.0, None),
    ("funders", "Présenter le plan au Département", "Élodie Garnier", 9.0, 8.8),
    ("funders", "Rencontrer la Caisse sociale sur les communes rurales", "Réseau", 15.0, None),
)


def plan_hub(stage: Stage) -> None:
    """Put its registration, its plan and the two consents in the agenda."""
    stage.plan(stage.day(REGISTERED_AT), partial(_register, stage))
    stage.plan(stage.day(PLANNED_AT), partial(_write_plan, stage))
    stage.plan(stage.day(CONSENTED_AT), partial(_consent, stage))


def propose_tasks(stage: Stage) -> None:
    """Once coverage is measured: the tasks that it asks for."""
    with stage.playing(RUNS):
        remit = live_remit(stage.organisations[cast.RESEAU].pk)
        plan = live_plan(remit) if remit else None
        if plan:
            propose(plan=plan, at=stage.now)


def _register(stage: Stage, day: date) -> None:
    one, at = cast.HUB, stage.at(day, 10)
    with stage.playing(DECIDES):
        hub = create_hub(
            name=one.name,
            siret=one.siret,
            commune=commune(one.commune),
            email=one.email,
            phone=one.phone,
            manager_email=cast.people_of(one.key)[0].email,
            at=at,
        )
        hire(stage, one.key, hub)
        give_territory(hub=hub, territory=f"departement:{DEPARTEMENT}", at=at)


def _write_plan(stage: Stage, day: date) -> None:
    """The plan as it stands today: what lies in the future is not done yet."""
    hub: Organisation = stage.organisations[cast.RESEAU]
    with stage.playing(RUNS):
        remit = live_remit(hub.pk)
        assert remit is not None
        plan = begin_plan(remit=remit, at=stage.at(day, 14))
        edit_plan(plan=plan, diagnosis=DIAGNOSIS, aimed_on=stage.today + timedelta(days=AIMED_IN * 30))
        for step, text, who, due, done in TASKS:
            task = add_task(plan=plan, step=step, text=text, who=who, due_on=stage.day(due), at=stage.at(day, 15))
            if done is not None:
                mark_task(task=task, done=True, at=stage.at(stage.day(done), 17))


def _consent(stage: Stage, day: date) -> None:
    remit = live_remit(stage.organisations[cast.RESEAU].pk)
    assert remit is not None
    for person, organisation in CONSENTS:
        with stage.playing(person):
            give_consent(remit=remit, organisation=stage.organisations[organisation], at=stage.at(day, 11))
