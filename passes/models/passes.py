"""Batches, booklets and passes; their custody; every attempt to redeem one, and its reversal.

`pass.id` is the serial inside its code (30 bits): `booklet_id << 4 | position`. A booklet's passes, and a batch's
booklets, are therefore ranges of the primary key, and need no index of their own.
"""

import uuid
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from actors.models import Site
from aptic.documents.models import Document
from aptic.ledger.models import Account, ByTenant
from aptic.tenancy.models import Organisation
from aptic.tenancy.rls import Tenant
from aptic.vocabulary.models import Service
from funders.models import Campaign, FundingLine, Order
from passes.refusals import Refusal


class Serial(models.Model):
    """One row: the next free booklet id. A batch takes its whole range in one conditional statement."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    next_booklet = models.IntegerField(default=1)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(id=1), name="one_serial"),
            models.CheckConstraint(condition=Q(next_booklet__lt=1 << 26), name="serial_in_26_bits"),
        )


class Batch(models.Model):
    """What one order issues on one funding line. Activating or extending a million passes changes this one row.

    `valid_from`, `valid_until` (exclusive) and `claim_until` are instants; `ends_on` is the day printed. A batch that
    `replaces` another holds the value of booklets lost there: same order, same line, nothing issued a second time.
    """

    class State(models.TextChoices):
        ISSUING = "issuing", "En cours d’émission"
        ISSUED = "issued", "Émis"

    id = models.AutoField(primary_key=True)
    uuid = models.UUIDField(default=uuid.uuid4, editable=False, unique=True)
    order = models.ForeignKey(Order, on_delete=models.RESTRICT, related_name="batches")
    campaign = models.ForeignKey(Campaign, on_delete=models.RESTRICT, related_name="batches")
    line = models.ForeignKey(FundingLine, on_delete=models.RESTRICT, related_name="batches")
    funder = models.ForeignKey(Organisation, on_delete=models.RESTRICT, related_name="+")
    replaces = models.ForeignKey("self", on_delete=models.RESTRICT, null=True, related_name="replacements")
    circulation = models.OneToOneField(Account, on_delete=models.RESTRICT, related_name="batch")
    state = models.CharField(max_length=8, choices=State.choices, default=State.ISSUING)
    first_booklet = models.IntegerField(unique=True)
    booklets = models.PositiveIntegerField()
    passes_per_booklet = models.PositiveSmallIntegerField()
    face_value_cents = models.PositiveIntegerField()
    code_key = models.PositiveSmallIntegerField()
    ends_on = models.DateField()
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField()
    claim_until = models.DateTimeField()
    issued_at = models.DateTimeField(null=True)
    activated_at = models.DateTimeField(null=True)
    print_confirmed_at = models.DateTimeField(null=True)
    expired_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ByTenant.as_manager()

    class Meta:
        verbose_name = "lot"
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=["order", "line"], condition=Q(replaces__isnull=True), name="one_batch_per_order_and_line"
            ),
            models.CheckConstraint(condition=~Q(replaces=F("id")), name="batch_replaces_another"),
            models.UniqueConstraint(fields=["id", "funder"], name="batch_of_funder"),
            models.CheckConstraint(
                condition=Q(valid_until__gt=F("valid_from"), claim_until__gte=F("valid_until")), name="batch_dates"
            ),
            models.CheckConstraint(
                condition=Q(activated_at__isnull=True) | Q(state="issued"), name="batch_active_once_issued"
            ),
            Tenant(
                name="batch_rls",
                readers=("funder_id",),
                writers=("funder_id",),
                read_if="cardinality({booklets}) > 0",
            ),
        )

    def __str__(self) -> str:
        return f"Lot {self.pk}"

    @property
    def last_booklet(self) -> int:
        """The id of its last booklet, inclusive."""
        return self.first_booklet + self.booklets - 1

    @property
    def passes(self) -> int:
        """How many passes it holds."""
        return self.booklets * self.passes_per_booklet

    @property
    def amount_cents(self) -> int:
        """Their face value."""
        return self.passes * self.face_value_cents


class ByCustody(ByTenant):
    """Rows that the funder who bought and the distributor who holds may read."""

    reader_columns = ("funder_id", "distributor_id")

    def in_stock(self) -> Self:
        """Booklets not yet given to anybody."""
        return self.filter(handed_out_at__isnull=True)


class Booklet(models.Model):
    """A row of passes on paper; who holds it (`distributor`), and when it was handed to a person."""

    id = models.IntegerField(primary_key=True)
    batch = models.ForeignKey(Batch, on_delete=models.RESTRICT, db_index=False, db_constraint=False)
    funder = models.ForeignKey(Organisation, models.RESTRICT, related_name="+", db_index=False, db_constraint=False)
    number = models.PositiveIntegerField()
    distributor = models.ForeignKey(
        Organisation, models.RESTRICT, null=True, related_name="+", db_index=False, db_constraint=False
    )
    handed_out_at = models.DateTimeField(null=True)

    objects = ByCustody.as_manager()

    class Meta:
        verbose_name = "carnet"
        ordering = ("id",)
        indexes = (
            models.Index(fields=["distributor", "id"], name="booklet_custody", condition=Q(distributor__isnull=False)),
        )
        constraints = (
            models.UniqueConstraint(fields=["id", "batch", "funder"], name="booklet_of_batch"),
            models.CheckConstraint(condition=Q(id__gte=1, id__lt=1 << 26), name="booklet_in_26_bits"),
            Tenant(
                name="booklet_rls",
                readers=("funder_id", "distributor_id"),
                writers=("funder_id", "distributor_id"),
                read_if="id = ANY({booklets})",
            ),
        )

    def __str__(self) -> str:
        return f"Carnet {self.number}"


class Pass(models.Model):
    """One voucher. What moves its value changes this row in one conditional statement.

    `turn` counts accepted redemptions; `spent_on` is the day of the live one, in the campaign's time zone.
    """

    class State(models.TextChoices):
        OPEN = "open", "Disponible"
        REDEEMED = "redeemed", "Utilisé"
        BLOCKED = "blocked", "Bloqué"
        REPLACED = "replaced", "Remplacé"
        EXPIRED = "expired", "Expiré"

    id = models.IntegerField(primary_key=True)
    booklet = models.ForeignKey(Booklet, on_delete=models.RESTRICT, db_index=False, db_constraint=False)
    batch = models.ForeignKey(Batch, on_delete=models.RESTRICT, db_index=False, db_constraint=False)
    funder = models.ForeignKey(Organisation, models.RESTRICT, related_name="+", db_index=False, db_constraint=False)
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    turn = models.PositiveSmallIntegerField(default=0)
    spent_on = models.DateField(null=True)

    objects = ByTenant.as_manager()

    class Meta:
        verbose_name = "pass"
        verbose_name_plural = "pass"
        ordering = ("id",)
        constraints = (
            models.CheckConstraint(
                condition=Q(state__in=["open", "redeemed", "blocked", "replaced", "expired"]), name="pass_state_known"
            ),
            models.CheckConstraint(
                condition=Q(state="redeemed", spent_on__isnull=False, turn__gte=1)
                | (~Q(state="redeemed") & Q(spent_on__isnull=True)),
                name="pass_redeemed_iff_dated",
            ),
            Tenant(
                name="pass_rls",
                readers=("funder_id",),
                writers=("funder_id",),
                read_if="booklet_id = ANY({booklets})",
                write_if="id = ANY({passes})",
            ),
        )

    @property
    def position(self) -> int:
        """Its place in the booklet, from 1."""
        return self.pk & 15


class CampaignSite(models.Model):
    """A site where a campaign that restricts its sites may be used."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="allowed_sites")
    site = models.ForeignKey(Site, on_delete=models.RESTRICT, related_name="+")
    funder = models.ForeignKey(Organisation, on_delete=models.RESTRICT, related_name="+")

    objects = ByTenant.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["campaign", "site"], name="one_allowed_site"),
            Tenant(
                name="campaign_site_rls",
                readers=("funder_id",),
                writers=("funder_id",),
                read_if="cardinality({booklets}) > 0",
            ),
        )


class PrintedFile(models.Model):
    """One PDF of a batch's booklets, from `first_number` to `last_number`: one for each, however often it is made."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    batch = models.ForeignKey(Batch, on_delete=models.RESTRICT, related_name="printed_files")
    funder = models.ForeignKey(Organisation, on_delete=models.RESTRICT, related_name="+")
    first_number = models.PositiveIntegerField()
    last_number = models.PositiveIntegerField()
    document = models.OneToOneField(Document, on_delete=models.RESTRICT, related_name="+")
    printed_at = models.DateTimeField()

    objects = ByTenant.as_manager()

    class Meta:
        verbose_name = "fichier à imprimer"
        ordering = ("batch", "first_number")
        constraints = (
            models.UniqueConstraint(fields=["batch", "first_number"], name="one_printed_file"),
            models.CheckConstraint(
                condition=Q(first_number__gte=1, last_number__gte=F("first_number")), name="printed_file_range"
            ),
            Tenant(name="printed_file_rls", readers=("funder_id",), writers=("funder_id",)),
        )

    def __str__(self) -> str:
        return f"Carnets {self.first_number} à {self.last_number}"


class StockMove(models.Model):
    """A run of booklets changing hands, funder → distributor or back."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    batch = models.ForeignKey(Batch, on_delete=models.RESTRICT, related_name="moves")
    funder = models.ForeignKey(Organisation, on_delete=models.RESTRICT, related_name="+")
    distributor = models.ForeignKey(Organisation, on_delete=models.RESTRICT, related_name="stock_moves")
    returned = models.BooleanField(default=False)
    first_booklet = models.IntegerField()
    booklets = models.PositiveIntegerField()
    moved_at = models.DateTimeField()
    moved_by = models.UUIDField(null=True)

    objects = ByCustody.as_manager()

    class Meta:
        verbose_name = "mouvement de stock"
        ordering = ("-moved_at", "id")
        constraints = (
            models.CheckConstraint(condition=Q(booklets__gte=1), name="stock_move_positive"),
            Tenant(
                name="stock_move_rls", readers=("funder_id", "distributor_id"), writers=("funder_id",), append_only=True
            ),
        )


class HandOut(models.Model):
    """A booklet given to a person, who stays anonymous. Undone within the day, never deleted."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    booklet = models.ForeignKey(Booklet, on_delete=models.RESTRICT, related_name="hand_outs")
    campaign = models.ForeignKey(Campaign, on_delete=models.RESTRICT, related_name="hand_outs")
    funder = models.ForeignKey(Organisation, on_delete=models.RESTRICT, related_name="+")
    distributor = models.ForeignKey(Organisation, on_delete=models.RESTRICT, related_name="hand_outs")
    handed_out_at = models.DateTimeField()
    handed_out_by = models.UUIDField(null=True)
    undone_at = models.DateTimeField(null=True)

    objects = ByCustody.as_manager()

    class Meta:
        verbose_name = "remise"
        ordering = ("-handed_out_at", "id")
        constraints = (
            models.UniqueConstraint(fields=["booklet"], condition=Q(undone_at__isnull=True), name="one_live_hand_out"),
            Tenant(name="hand_out_rls", readers=("funder_id", "distributor_id"), writers=("distributor_id",)),
        )


class ByRedemption(ByTenant):
    """Rows that the funder, the actor and the distributor of a pass may read."""

    reader_columns = ("funder_id", "actor_id", "distributor_id")

    def accepted(self) -> Self:
        """Those that moved money, voided since or not."""
        return self.filter(turn__isnull=False)

    def live(self) -> Self:
        """Those that moved money and were not voided."""
        return self.filter(turn__isnull=False, void__isnull=True)


class Redemption(models.Model):
    """Every attempt on a genuine pass, accepted (`turn`) or refused (`outcome` says why): the answer, for ever.

    The id is the caller's. A pass has at most one live redemption, by constraints alone: (pass, turn) is unique,
    and turn n > 1 refers to the void of turn n − 1 through the generated column `previous_turn`. That void refers to
    the redemption it undoes by id, pass and turn at once.
    """

    ACCEPTED = "accepted"

    id = models.UUIDField(primary_key=True)
    pass_id = models.IntegerField()
    turn = models.PositiveSmallIntegerField(null=True)
    outcome = models.CharField(max_length=24)
    service = models.ForeignKey(Service, on_delete=models.RESTRICT, related_name="+", db_index=False)
    site = models.ForeignKey(Site, on_delete=models.RESTRICT, related_name="+", db_index=False, db_constraint=False)
    actor = models.ForeignKey(Organisation, models.RESTRICT, related_name="+", db_index=False, db_constraint=False)
    funder = models.ForeignKey(Organisation, models.RESTRICT, related_name="+", db_index=False, db_constraint=False)
    distributor = models.ForeignKey(
        Organisation, models.RESTRICT, null=True, related_name="+", db_index=False, db_constraint=False
    )
    batch = models.ForeignKey(Batch, models.RESTRICT, related_name="+", db_index=False, db_constraint=False)
    device_id = models.UUIDField(null=True)
    person_id = models.UUIDField(null=True)
    value_cents = models.PositiveIntegerField()
    occurred_at = models.DateTimeField()
    accounted_at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)
    offline = models.BooleanField(default=False)
    session = models.UUIDField(null=True)  # no foreign key: what was taken off line is kept whatever it names
    facts = models.JSONField(null=True)  # what a refusal was decided on (rules.Facts); older rows have none

    objects = ByRedemption.as_manager()

    class Meta:
        verbose_name = "encaissement"
        ordering = ("-accounted_at", "id")
        indexes = (
            models.Index(fields=["actor", "accounted_at"], name="redemption_actor"),
            models.Index(fields=["batch", "accounted_at"], name="redemption_batch"),
            models.Index(fields=["session"], name="redemption_session", condition=Q(session__isnull=False)),
        )
        constraints = (
            models.UniqueConstraint(fields=["pass_id", "turn"], name="one_redemption_per_turn"),
            models.CheckConstraint(
                condition=Q(outcome="accepted", turn__gte=1) | (~Q(outcome="accepted") & Q(turn__isnull=True)),
                name="redemption_turn_iff_accepted",
            ),
            models.CheckConstraint(
                condition=Q(outcome__in=["accepted", *Refusal.values]), name="redemption_outcome_known"
            ),
            models.CheckConstraint(
                condition=Q(facts__isnull=True) | Q(turn__isnull=True), name="redemption_facts_of_refused"
            ),
            models.CheckConstraint(condition=Q(value_cents__gt=0), name="redemption_value_positive"),
            Tenant(
                name="redemption_rls",
                readers=("funder_id", "actor_id", "distributor_id"),
                insert_if="actor_id = {organisation} AND site_id = {site} AND pass_id = ANY({passes})",
                append_only=True,
            ),
        )

    @property
    def is_voided(self) -> bool:
        """True once it was undone."""
        return hasattr(self, "void")


class Void(models.Model):
    """The reversal of an accepted redemption: a new row, at most one, never an edit."""

    redemption = models.OneToOneField(Redemption, on_delete=models.RESTRICT, primary_key=True, related_name="void")
    pass_id = models.IntegerField()
    turn = models.PositiveSmallIntegerField()
    actor = models.ForeignKey(Organisation, models.RESTRICT, related_name="+", db_index=False, db_constraint=False)
    funder = models.ForeignKey(Organisation, models.RESTRICT, related_name="+", db_index=False, db_constraint=False)
    distributor = models.ForeignKey(
        Organisation, models.RESTRICT, null=True, related_name="+", db_index=False, db_constraint=False
    )
    device_id = models.UUIDField(null=True)
    person_id = models.UUIDField(null=True)
    accounted_at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = ByRedemption.as_manager()

    class Meta:
        verbose_name = "annulation"
        indexes = (models.Index(fields=["actor", "accounted_at"], name="void_by_day"),)
        constraints = (
            models.UniqueConstraint(fields=["pass_id", "turn"], name="turn_voided_once"),
            Tenant(
                name="void_rls",
                readers=("funder_id", "actor_id", "distributor_id"),
                insert_if="actor_id = {organisation} AND pass_id = ANY({passes})",
                append_only=True,
            ),
        )


class Withheld(models.Model):
    """A pass that is blocked or replaced, for counters that must refuse it without a network.

    Kept by a trigger on the passes, and read by `passes/sql/knowledge.sql` alone. An index on the passes' state would
    say the same, and make each redemption write one index entry more.
    """

    pass_id = models.IntegerField(primary_key=True)
    batch = models.ForeignKey(Batch, models.RESTRICT, related_name="+", db_constraint=False)
    funder = models.ForeignKey(Organisation, models.RESTRICT, related_name="+", db_index=False, db_constraint=False)

    objects = ByTenant.as_manager()

    class Meta:
        verbose_name = "pass retenu"
        verbose_name_plural = "pass retenus"
        ordering = ("pass_id",)
        constraints = (Tenant(name="withheld_rls", readers=("funder_id",)),)

    def __str__(self) -> str:
        return f"Pass {self.pass_id}"
