"""What goes wrong after the fact: attempts refused after a counter redeemed off line, lines held for two people to
judge, redemptions that somebody asks to undo late; and how far a device may go without a network.

The facts of a row never change and a decision stays decided: grants and triggers of migration 0005 hold both.
"""

import uuid
from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import F, Q

from actors.models import Site
from aptic.ledger.models import ByTenant, Purse
from aptic.tenancy.models import Organisation
from aptic.tenancy.rls import Tenant
from aptic.vocabulary.models import Service
from passes.models.passes import Batch, Redemption


def _two_people(first: str, second: str) -> Q:
    """The second person is there only after the first, and is another."""
    return Q(**{f"{second}__isnull": True}) | Q(**{f"{first}__isnull": False}) & ~Q(**{second: F(first)})


class OfflineCeiling(models.Model):
    """One row: how much a device may redeem without a network before the loss of a conflict is its site's."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    amount_cents = models.PositiveIntegerField("montant", default=200_00)
    passes = models.PositiveIntegerField("pass", default=20)
    hours = models.PositiveSmallIntegerField("heures", default=72)

    class Meta:
        verbose_name = "plafond hors ligne"
        constraints = (
            models.CheckConstraint(condition=Q(id=1), name="one_offline_ceiling"),
            # 72 = rules.OFFLINE_CEILING: a batch expires that long after its claim deadline, and not later.
            models.CheckConstraint(condition=Q(hours__gte=1, hours__lte=72), name="offline_ceiling_hours"),
            Tenant(name="offline_ceiling_rls", read_if="true"),
        )


class ByActor(ByTenant):
    """Rows that the actor concerned may read."""

    reader_columns = ("actor_id",)


class ByDeadline(ByActor):
    """Incidents."""

    def pending(self) -> Self:
        """Those that somebody has something to do about."""
        return self.exclude(state=Incident.State.CLOSED)

    def late(self, at: datetime) -> Self:
        """Those pending beyond their deadline."""
        return self.pending().filter(deadline__lt=at)


class Incident(models.Model):
    """A loss to be borne by somebody who is neither the citizen nor the funder. Its id is the attempt's.

    `offline`: a counter without a network took a pass that was then refused. `mistake`: a redemption that the actor
    has been paid for must be undone. The bearer is named by a rule when the incident opens (`incident_rules`).
    """

    class Kind(models.TextChoices):
        OFFLINE = "offline", "Refusé après coup"
        MISTAKE = "mistake", "Encaissé par erreur, déjà payé"

    class Bearer(models.TextChoices):
        GUARANTEE = "guarantee", "La garantie"
        SITE = "site", "Le lieu"

    class Decision(models.TextChoices):
        GUARANTEE = "guarantee", "La garantie paie le lieu"
        SITE = "site", "Le lieu garde la perte"
        RETAINED = "retained", "Retenir sur le prochain paiement"
        REPAID = "repaid", "Attendre un remboursement par virement"
        KEPT = "kept", "Maintenir l’encaissement"

    class State(models.TextChoices):
        OPEN = "open", "À instruire"
        PREPARED = "prepared", "À approuver"
        AWAITING = "awaiting", "Remboursement attendu"
        CLOSED = "closed", "Clos"

    redemption = models.OneToOneField(Redemption, on_delete=models.RESTRICT, primary_key=True, related_name="incident")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    actor = models.ForeignKey(Organisation, on_delete=models.RESTRICT, related_name="+")
    site = models.ForeignKey(Site, on_delete=models.RESTRICT, related_name="+", db_index=False)
    funder = models.ForeignKey(Organisation, on_delete=models.RESTRICT, related_name="+", db_index=False)
    purse = models.ForeignKey(Purse, on_delete=models.RESTRICT, related_name="+", db_index=False)
    value_cents = models.PositiveIntegerField()
    within_ceiling = models.BooleanField()
    bearer = models.CharField(max_length=9, choices=Bearer.choices)
    opened_at = models.DateTimeField()
    deadline = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    decision = models.CharField(max_length=9, choices=Decision.choices, blank=True)
    note = models.CharField("motif", max_length=300, blank=True)
    prepared_by = models.UUIDField(null=True)
    prepared_at = models.DateTimeField(null=True)
    approved_by = models.UUIDField(null=True)
    approved_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    bank_reference = models.CharField(max_length=60, blank=True)  # of a repayment
    reminded_at = models.DateTimeField(null=True)

    objects = ByDeadline.as_manager()

    class Meta:
        verbose_name = "incident"
        ordering = ("deadline", "redemption_id")
        indexes = (models.Index(fields=["deadline"], name="incident_pending", condition=~Q(state="closed")),)
        constraints = (
            models.CheckConstraint(condition=Q(value_cents__gt=0), name="incident_value_positive"),
            models.CheckConstraint(
                condition=_two_people("prepared_by", "approved_by"),
                name="incident_two_people",
                violation_error_message="Une autre personne doit approuver cette décision.",
            ),
            models.CheckConstraint(
                condition=Q(state="open", decision="", prepared_by=None, approved_by=None, closed_at=None)
                | Q(state="prepared", prepared_by__isnull=False, approved_by=None, closed_at=None) & ~Q(decision="")
                | Q(state="awaiting", decision="repaid", approved_by__isnull=False, closed_at=None)
                | Q(state="closed", approved_by__isnull=False, closed_at__isnull=False) & ~Q(decision=""),
                name="incident_state_agrees",
            ),
            models.CheckConstraint(
                condition=Q(prepared_by__isnull=True, prepared_at__isnull=True)
                | Q(prepared_by__isnull=False, prepared_at__isnull=False),
                name="incident_preparation_dated",
            ),
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True, approved_at__isnull=True)
                | Q(approved_by__isnull=False, approved_at__isnull=False),
                name="incident_approval_dated",
            ),
            models.CheckConstraint(
                condition=Q(decision="")
                | Q(kind="offline", decision="guarantee", bearer="guarantee")
                | Q(kind="offline", decision="site", bearer="site")
                | Q(kind="offline", decision="site", bearer="guarantee") & ~Q(note="")
                | Q(kind="mistake", decision__in=["retained", "repaid"], bearer="site")
                | Q(kind="mistake", decision="kept", bearer="site") & ~Q(note=""),
                name="incident_decision_fits",
            ),
            models.CheckConstraint(
                condition=~Q(state="closed", decision="repaid") | ~Q(bank_reference=""),
                name="incident_repayment_named",
            ),
            Tenant(
                name="incident_rls", readers=("actor_id",), insert_if="actor_id = {organisation} AND state = 'open'"
            ),
        )

    def __str__(self) -> str:
        return f"Incident {str(self.pk)[:8]}"

    def is_late(self, at: datetime) -> bool:
        """Pending beyond its deadline."""
        return self.closed_at is None and self.deadline < at


class ByUpload(ByActor):
    """Held lines."""

    def pending(self) -> Self:
        """Those that two people have not judged yet."""
        return self.filter(state__in=[Held.State.WAITING, Held.State.PREPARED])


class Held(models.Model):
    """A line uploaded from off line by a till that was stopped meanwhile: it moves no money until two people of the
    operator release it. Its id is the attempt's; once judged, the attempt itself is written under the same id."""

    class Cause(models.TextChoices):
        DEVICE = "device", "Appareil arrêté"
        ACTOR = "actor", "Acteur suspendu"
        SITE = "site", "Lieu fermé"

    class State(models.TextChoices):
        WAITING = "waiting", "À instruire"
        PREPARED = "prepared", "À approuver"
        RELEASED = "released", "Accepté"
        REFUSED = "refused", "Refusé"

    id = models.UUIDField(primary_key=True)
    pass_id = models.IntegerField()
    service = models.ForeignKey(Service, on_delete=models.RESTRICT, related_name="+", db_index=False)
    site = models.ForeignKey(Site, on_delete=models.RESTRICT, related_name="+", db_index=False, db_constraint=False)
    actor = models.ForeignKey(Organisation, on_delete=models.RESTRICT, related_name="+")
    funder = models.ForeignKey(Organisation, on_delete=models.RESTRICT, related_name="+", db_index=False)
    distributor = models.ForeignKey(
        Organisation, on_delete=models.RESTRICT, null=True, related_name="+", db_index=False
    )
    batch = models.ForeignKey(Batch, on_delete=models.RESTRICT, related_name="+", db_index=False)
    device_id = models.UUIDField(null=True)
    person_id = models.UUIDField(null=True)
    value_cents = models.PositiveIntegerField()
    occurred_at = models.DateTimeField()
    session = models.UUIDField(null=True)
    recorded_at = models.DateTimeField()
    cause = models.CharField(max_length=6, choices=Cause.choices)
    stopped_at = models.DateTimeField()
    beyond_ceiling = models.BooleanField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    release = models.BooleanField(null=True)  # what was prepared; null while nobody has
    reason = models.CharField("motif", max_length=300, blank=True)  # of a refusal; the actor reads it
    prepared_by = models.UUIDField(null=True)
    prepared_at = models.DateTimeField(null=True)
    approved_by = models.UUIDField(null=True)
    approved_at = models.DateTimeField(null=True)

    objects = ByUpload.as_manager()

    class Meta:
        verbose_name = "encaissement retenu"
        verbose_name_plural = "encaissements retenus"
        ordering = ("recorded_at", "id")
        constraints = (
            models.CheckConstraint(condition=Q(occurred_at__lt=F("stopped_at")), name="held_before_the_stop"),
            models.CheckConstraint(condition=Q(value_cents__gt=0), name="held_value_positive"),
            models.CheckConstraint(
                condition=_two_people("prepared_by", "approved_by"),
                name="held_two_people",
                violation_error_message="Une autre personne doit approuver cette décision.",
            ),
            models.CheckConstraint(
                condition=Q(state="waiting", release=None, prepared_by=None, approved_by=None)
                | Q(state="prepared", release__isnull=False, prepared_by__isnull=False, approved_by=None)
                | Q(state="released", release=True, approved_by__isnull=False)
                | Q(state="refused", release=False, approved_by__isnull=False),
                name="held_state_agrees",
            ),
            models.CheckConstraint(
                condition=Q(release=None, reason="") | Q(release=True, reason="") | Q(release=False) & ~Q(reason=""),
                name="held_refusal_explained",
            ),
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True, approved_at__isnull=True)
                | Q(approved_by__isnull=False, approved_at__isnull=False),
                name="held_approval_dated",
            ),
            Tenant(
                name="held_rls",
                readers=("actor_id",),
                insert_if="actor_id = {organisation} AND site_id = {site} AND pass_id = ANY({passes})"
                " AND state = 'waiting'",
            ),
        )

    def __str__(self) -> str:
        return f"Encaissement retenu {str(self.pk)[:8]}"


class ByRequest(ByActor):
    """Requests to undo."""

    def pending(self) -> Self:
        """Those that nobody has answered."""
        return self.filter(state=VoidRequest.State.WAITING)


class VoidRequest(models.Model):
    """Somebody at the counter asks, too late to do it alone, that a redemption be undone; another person answers."""

    class State(models.TextChoices):
        WAITING = "waiting", "À approuver"
        APPROVED = "approved", "Annulé"
        REFUSED = "refused", "Refusé"
        INCIDENT = "incident", "Déjà payé : l’opérateur instruit"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    redemption = models.ForeignKey(Redemption, on_delete=models.RESTRICT, related_name="void_requests")
    actor = models.ForeignKey(Organisation, on_delete=models.RESTRICT, related_name="+")
    site = models.ForeignKey(Site, on_delete=models.RESTRICT, related_name="+", db_index=False)
    value_cents = models.PositiveIntegerField()
    reason = models.CharField("pourquoi annuler", max_length=300)
    asked_by = models.UUIDField(null=True)
    device_id = models.UUIDField(null=True)
    asked_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    answer = models.CharField("réponse", max_length=300, blank=True)
    decided_by = models.UUIDField(null=True)
    decided_at = models.DateTimeField(null=True)

    objects = ByRequest.as_manager()

    class Meta:
        verbose_name = "demande d’annulation"
        verbose_name_plural = "demandes d’annulation"
        ordering = ("asked_at", "id")
        constraints = (
            models.UniqueConstraint(
                fields=["redemption"], condition=Q(state="waiting"), name="one_waiting_void_request"
            ),
            models.CheckConstraint(
                condition=~Q(reason="") & (Q(asked_by__isnull=False) | Q(device_id__isnull=False)),
                name="void_request_says_who_and_why",
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | Q(asked_by__isnull=True) | ~Q(decided_by=F("asked_by")),
                name="void_request_two_people",
                violation_error_message="Une autre personne doit répondre à cette demande.",
            ),
            models.CheckConstraint(
                condition=Q(state="waiting", decided_by__isnull=True, decided_at__isnull=True)
                | ~Q(state="waiting") & Q(decided_by__isnull=False, decided_at__isnull=False),
                name="void_request_answered",
            ),
            models.CheckConstraint(condition=~Q(state="refused") | ~Q(answer=""), name="void_refusal_explained"),
            # A device does not say who held it, perhaps the manager who would answer: the operator alone answers it.
            Tenant(
                name="void_request_rls",
                readers=("actor_id",),
                write_if="actor_id = {organisation} AND (asked_by IS NOT NULL OR state = 'waiting')",
            ),
        )

    def __str__(self) -> str:
        return f"Demande d’annulation {str(self.pk)[:8]}"

    @property
    def is_from_device(self) -> bool:
        """Was it asked at a paired device, so that nobody can say by whom?"""
        return self.asked_by is None
