"""People, what they may do in which organisation, and the devices and keys that act without a person."""

import uuid
from datetime import datetime
from typing import Any, ClassVar, Self

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import Hat, Principal
from aptic.tenancy.rls import Tenant


class Role(models.TextChoices):
    """What a person may do in an organisation; each service names the roles it accepts."""

    MANAGER = "manager", "Responsable"
    FINANCE = "finance", "Gestion financière"
    AGENT = "agent", "Agent"
    SCANNER = "scanner", "Guichet seulement"


class UserManager(BaseUserManager["User"]):
    """Creates people; an address is always kept in lower case."""

    def create_user(self, *, email: str, full_name: str, password: str | None = None, **fields: Any) -> "User":
        """A person who logs in by `email`; without a password, the account opens by reset or passkey only."""
        user = self.model(email=email.strip().lower(), full_name=full_name.strip(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        """Log-in by address, whatever its case."""
        return self.get(email=(username or "").lower())


class User(AbstractBaseUser):
    """A person. The row is never deleted: erasure anonymises it in place, and the trail keeps its id."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField("adresse électronique", unique=True)
    full_name = models.CharField("nom et prénom", max_length=120)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    anonymised_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["full_name"]

    class Meta:
        verbose_name = "personne"
        ordering = ("full_name", "id")
        constraints = (
            models.CheckConstraint(condition=Q(email=Lower("email")), name="user_email_lower"),
            models.CheckConstraint(
                condition=Q(anonymised_at__isnull=True) | Q(is_active=False), name="user_erased_is_inactive"
            ),
        )

    def __str__(self) -> str:
        return self.full_name or self.email

    def get_full_name(self) -> str:
        """The name as written."""
        return self.full_name

    def get_short_name(self) -> str:
        """The name as written."""
        return self.full_name


class MembershipQuerySet(models.QuerySet["Membership"]):
    """Words for choosing memberships."""

    def visible_to(self, principal: Principal) -> Self:
        """Those of the acting organisation and the person's own; all of them for the operator."""
        if principal.is_operator:
            return self
        own = Q(user_id=principal.person_id) if principal.person_id else Q(pk__in=[])
        return self.filter(own | Q(organisation_id=principal.organisation_id))

    def active(self) -> Self:
        """Those that open a space today."""
        return self.filter(active=True, user__is_active=True)

    def answering_for_money(self) -> Self:
        """Those of the operator whom an alert about the books wakes."""
        return self.active().filter(organisation__is_operator=True, role__in=[Role.MANAGER, Role.FINANCE])


class Membership(models.Model):
    """A person's role in an organisation. Removed means `active=False`: the trail still names it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.RESTRICT, related_name="memberships")
    organisation = models.ForeignKey(Organisation, on_delete=models.RESTRICT, related_name="memberships")
    role = models.CharField("rôle", max_length=16, choices=Role.choices)
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = "appartenance"
        ordering = ("user__full_name", "id")
        constraints = (
            models.UniqueConstraint(fields=["user", "organisation"], name="membership_once"),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="membership_role_known"),
            Tenant(
                name="membership_rls",
                readers=("organisation_id",),
                writers=("organisation_id",),
                read_if="user_id = {person}",
            ),
        )

    def __str__(self) -> str:
        return f"{self.user} ({self.get_role_display()})"


class OwnQuerySet(models.QuerySet[Any]):
    """For rows of one organisation."""

    def visible_to(self, principal: Principal) -> Self:
        """Those of the acting organisation; all of them for the operator."""
        return self if principal.is_operator else self.filter(organisation_id=principal.organisation_id)


class InvitationQuerySet(OwnQuerySet):
    """Words for choosing invitations."""

    def pending(self, at: datetime | None = None) -> Self:
        """Those that can still be accepted."""
        return self.filter(accepted_at=None, revoked_at=None, expires_at__gt=at or timezone.now())


class Invitation(models.Model):
    """A link sent to one address, good for one acceptance. Only the hash of its secret is kept."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.RESTRICT, related_name="+")
    email = models.EmailField("adresse électronique")
    role = models.CharField("rôle", max_length=16, choices=Role.choices)
    digest = models.BinaryField(unique=True, editable=False)
    invited_by = models.ForeignKey(User, on_delete=models.RESTRICT, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = "invitation"
        ordering = ("-created_at", "id")
        constraints = (
            models.CheckConstraint(condition=Q(role__in=Role.values), name="invitation_role_known"),
            models.CheckConstraint(condition=Q(email=Lower("email")), name="invitation_email_lower"),
            models.CheckConstraint(
                condition=Q(accepted_at__isnull=True) | Q(revoked_at__isnull=True), name="invitation_one_end"
            ),
            models.UniqueConstraint(
                fields=["organisation", "email"],
                condition=Q(accepted_at__isnull=True, revoked_at__isnull=True),
                name="one_open_invitation",
            ),
            Tenant(name="invitation_rls", readers=("organisation_id",), writers=("organisation_id",)),
        )

    def __str__(self) -> str:
        return self.email


class DeviceQuerySet(OwnQuerySet):
    """Words for choosing devices."""

    def live(self) -> Self:
        """Those not revoked."""
        return self.filter(revoked_at=None)

    def revoked(self) -> Self:
        """Those that were stopped, the latest first."""
        return self.filter(revoked_at__isnull=False).order_by("-revoked_at", "id")


class Device(models.Model):
    """A telephone or computer paired with one site. `site_id` has its foreign key in the room of sites."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.RESTRICT, related_name="+")
    site_id = models.UUIDField(db_index=True)
    name = models.CharField("nom de l’appareil", max_length=80)
    digest = models.BinaryField(unique=True, null=True, editable=False)
    pairing_digest = models.BinaryField(unique=True, null=True, editable=False)
    pairing_expires_at = models.DateTimeField(null=True, editable=False)
    paired_at = models.DateTimeField(null=True, editable=False)
    last_used_at = models.DateTimeField(null=True, editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)
    revoked_by = models.ForeignKey(User, on_delete=models.RESTRICT, null=True, related_name="+")
    created_by = models.ForeignKey(User, on_delete=models.RESTRICT, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = DeviceQuerySet.as_manager()

    class Meta:
        verbose_name = "appareil"
        ordering = ("name", "id")
        constraints = (
            models.CheckConstraint(
                condition=Q(digest__isnull=True, paired_at__isnull=True)
                | Q(digest__isnull=False, paired_at__isnull=False),
                name="device_paired_iff_dated",
            ),
            models.CheckConstraint(
                condition=Q(pairing_digest__isnull=True, pairing_expires_at__isnull=True)
                | Q(pairing_digest__isnull=False, pairing_expires_at__isnull=False),
                name="device_pairing_iff_dated",
            ),
            models.CheckConstraint(
                condition=Q(revoked_by__isnull=True) | Q(revoked_at__isnull=False), name="device_revoked_by_iff_dated"
            ),
            Tenant(name="device_rls", readers=("organisation_id",), writers=("organisation_id",)),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def is_waiting(self) -> bool:
        """True while a pairing link can still be claimed."""
        return self.pairing_expires_at is not None and self.pairing_expires_at > timezone.now()


class APIKeyQuerySet(OwnQuerySet):
    """Words for choosing API keys."""

    def live(self, at: datetime | None = None) -> Self:
        """Those that open something today."""
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=at or timezone.now()), revoked_at=None)


class APIKey(models.Model):
    """A program's way in: one organisation, one hat, a list of scopes. Only the hash of its secret is kept."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.RESTRICT, related_name="+")
    hat = models.CharField(max_length=16, choices=[(hat.value, hat.value) for hat in Hat])
    name = models.CharField("nom de la clé", max_length=80)
    prefix = models.CharField(max_length=12, editable=False)
    digest = models.BinaryField(unique=True, editable=False)
    scopes = ArrayField(models.CharField(max_length=40), default=list)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, editable=False)
    last_used_at = models.DateTimeField(null=True, editable=False)
    created_by = models.ForeignKey(User, on_delete=models.RESTRICT, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = APIKeyQuerySet.as_manager()

    class Meta:
        verbose_name = "clé d’accès"
        ordering = ("-created_at", "id")
        constraints = (
            models.CheckConstraint(
                condition=Q(hat__in=[hat.value for hat in Hat if hat != Hat.PUBLIC]), name="api_key_hat_known"
            ),
            Tenant(name="api_key_rls", readers=("organisation_id",), writers=("organisation_id",)),
        )

    def __str__(self) -> str:
        return self.name
