"""Where an application stands, for whoever applies: its state in words, who has the ball, what comes next, how long."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone

from aptic import french
from qualification.models import Appeal, Application

State = Application.State
WINDOW = timedelta(days=365)
ENOUGH = 5  # decisions: fewer would say more about them than about the next one
APPLICANT, OPERATOR, NOBODY = "vous", "l’opérateur", ""


@dataclass(frozen=True, slots=True)
class Standing:
    """What the page of an application says on top."""

    title: str
    kind: str  # the colour of the ticket
    ball: str
    following: str
    measured: bool = False  # whether the usual delay says when the operator answers


WORDS = {
    State.DRAFT: Standing(
        "Votre candidature n’est pas encore envoyée",
        "wait",
        APPLICANT,
        "Complétez chaque partie, puis envoyez-la.",
        measured=True,
    ),
    State.SUBMITTED: Standing(
        "Votre candidature est à l’étude",
        "alive",
        OPERATOR,
        "Nous vérifions votre dossier et les places de votre territoire, puis nous vous répondons par e-mail.",
        measured=True,
    ),
    State.CORRECTION: Standing(
        "Une correction vous est demandée",
        "wait",
        APPLICANT,
        "Corrigez ce qui est signalé, puis envoyez de nouveau : votre rang parmi les dossiers à étudier est gardé.",
        measured=True,
    ),
    State.WAITING: Standing(
        "Votre candidature est sur liste d’attente",
        "wait",
        OPERATOR,
        "Elle garde son rang. Une place libre est donnée dans l’ordre de la liste ; personne ne peut dire quand.",
    ),
    State.ACCEPTED: Standing(
        "Votre candidature est acceptée",
        "ok",
        APPLICANT,
        "L’e-mail reçu ce jour-là dit comment entrer dans votre espace : appareils, équipe, paiements.",
    ),
    State.REFUSED: Standing(
        "Votre candidature n’est pas retenue",
        "no",
        NOBODY,
        "Vous pouvez demander qu’une seconde personne l’examine, ou candidater de nouveau plus tard.",
    ),
    State.WITHDRAWN: Standing(
        "Cette candidature est abandonnée",
        "used",
        NOBODY,
        "Ce qui y était écrit n’est gardé que six mois. Vous pouvez en commencer une autre quand vous voulez.",
    ),
    State.REPLACED: Standing(
        "Cette candidature a été remplacée", "used", NOBODY, "Quelqu’un a repris ce SIRET : le motif est ci-dessous."
    ),
}

# A refusal, once an appeal was lodged: it is lodged once.
APPEALED = Standing(
    "Votre recours est à l’examen",
    "wait",
    OPERATOR,
    "Une seconde personne relit votre dossier, puis nous vous répondons par e-mail.",
    measured=True,
)
UPHELD = Standing(
    "Votre candidature n’est pas retenue",
    "no",
    NOBODY,
    "Deux personnes ont examiné votre dossier. Vous pouvez candidater de nouveau plus tard.",
)


@dataclass(frozen=True, slots=True)
class Delay:
    """How long answers took: half of them and four in five came within so many days."""

    half: float | None
    most: float | None
    decisions: int

    @property
    def sentence(self) -> str:
        """In words; without enough decisions, says so rather than promise."""
        if self.decisions < ENOUGH or self.half is None or self.most is None:
            return "Nous n’avons pas encore assez de réponses pour mesurer un délai ; comptez quelques semaines."
        half, most = max(1, round(self.half)), max(1, round(self.most))
        return (
            f"Délai habituel : la moitié des réponses en {french.plural(half, 'jour')} ou moins, "
            f"quatre sur cinq en {french.plural(most, 'jour')} ou moins (sur un an, {self.decisions} réponses)."
        )


def standing_of(row: Application, appeal: Appeal | None = None) -> Standing:
    """The words for its state, and for the appeal of a refusal."""
    if row.state == State.REFUSED and appeal is not None:
        return APPEALED if appeal.decided_at is None else UPHELD
    return WORDS[State(row.state)]


def usual_delay(*, at: datetime | None = None) -> Delay:
    """Measured over a year of decisions; everybody may ask, since PostgreSQL tells the aggregate alone."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM qualification_usual_delay(%s)", [(at or timezone.now()) - WINDOW])
        return Delay(*cursor.fetchone())
