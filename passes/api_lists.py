"""GET /api/v1/batches/ and /redemptions/: what a funder issued, and what was redeemed, for whoever may read it."""

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.generics import ListAPIView

from aptic.accounts import tokens
from aptic.accounts.api import HasScope, KeyUser, PrincipalAPIView, register_entrance
from aptic.paging import told
from aptic.tenancy.principal import Hat, Principal
from passes import redemption
from passes.api import instant_of, redeem
from passes.catalogue import service_slug
from passes.codes import Code, short
from passes.models import Batch, Redemption

DEVICE_SCOPES = frozenset({"sites:read", "redemptions:read"})


def enter_as_device(digest: bytes) -> KeyUser | None:
    """A till's token reads the vocabulary, its own site and its own redemptions."""
    till = redemption.enter_device(digest, [])
    if till is None or till.device_id is None:
        return None
    principal = Principal(hat=Hat.ACTOR, organisation_id=till.actor_id, site_id=till.site_id, request_id=uuid.uuid4())
    return KeyUser(till.device_id, principal, DEVICE_SCOPES)


register_entrance(tokens.DEVICE, enter_as_device)


class BatchSerializer(serializers.ModelSerializer):
    """A batch: so many booklets, on one funding line."""

    id = serializers.UUIDField(source="uuid")
    number = serializers.IntegerField(source="id", help_text="Numéro du lot, imprimé sur les carnets.")
    campaign = serializers.UUIDField(source="campaign_id")
    campaign_name = serializers.CharField(source="campaign.name")
    funder = serializers.UUIDField(source="funder_id")
    order = serializers.CharField(source="order.number")
    funding_line = serializers.CharField(source="line.source")
    passes = serializers.IntegerField()
    amount_cents = serializers.IntegerField()
    valid_until = serializers.DateTimeField(help_text="Exclu : le premier instant où le pass ne vaut plus.")

    class Meta:
        model = Batch
        fields = (
            "id", "number", "campaign", "campaign_name", "funder", "order", "funding_line", "state", "booklets",
            "passes_per_booklet", "passes", "face_value_cents", "amount_cents", "valid_from", "valid_until",
            "ends_on", "claim_until", "issued_at", "activated_at", "print_confirmed_at", "expired_at",
        )  # fmt: skip
        read_only_fields = fields


@told("Les lots", "Les siens pour un commanditaire, tous pour l’opérateur, le plus récent d’abord.")
class Batches(PrincipalAPIView, ListAPIView):
    """A funder's own, all for the operator."""

    permission_classes = [HasScope("batches:read")]
    serializer_class = BatchSerializer
    ordering = ("-id",)

    def get_queryset(self) -> QuerySet[Batch]:
        """Those of the key's funder."""
        batches = Batch.objects.visible_to(self.request.user.principal)
        return batches.select_related("campaign", "order", "line")


class RedemptionSerializer(serializers.Serializer):
    """An accepted redemption, in the words of the redeem endpoint; `voided_at` when it was undone."""

    id = serializers.UUIDField()
    value_cents = serializers.IntegerField()
    service = serializers.SerializerMethodField()
    site = serializers.UUIDField(source="site_id")
    batch = serializers.SerializerMethodField()
    occurred_at = serializers.DateTimeField()
    accounted_at = serializers.DateTimeField(help_text="L’instant comptable : la liste est dans cet ordre.")
    recorded_at = serializers.DateTimeField()
    voided_at = serializers.DateTimeField(source="void.recorded_at", default=None, allow_null=True)

    def get_fields(self) -> dict[str, Any]:
        """`pass` is a word of Python, so that its field is named here."""
        name = serializers.SerializerMethodField("get_name", help_text="Les sept premiers caractères du code.")
        return {**super().get_fields(), "pass": name}

    def get_service(self, row: Redemption) -> str:
        """Its stable name."""
        return service_slug(row.service_id)

    def get_batch(self, row: Redemption) -> uuid.UUID:
        """The batch it is from."""
        return self.context["batches"][row.batch_id].uuid

    def get_name(self, row: Redemption) -> str:
        """Enough to name a pass and not to spend it."""
        return short(row.pass_id, self.context["batches"][row.batch_id].code_key)


_FILTERS = [
    OpenApiParameter("batch", uuid.UUID, description="Un lot ; obligatoire pour la clé d’un commanditaire."),
    OpenApiParameter("site", uuid.UUID, description="Un lieu."),
    OpenApiParameter("since", datetime, description="Instant comptable, inclus."),
    OpenApiParameter("until", datetime, description="Instant comptable, exclu."),
]


@told(
    "Les encaissements acceptés, annulés ou non",
    "Un acteur lit les siens, un appareil ceux qu’il a faits, un commanditaire ceux d’un de ses lots (`?batch=`). Le "
    "plus récent d’abord.",
    *_FILTERS,
)
class Redemptions(PrincipalAPIView, ListAPIView):
    """What moved money, voided since or not; an actor's, a device's, or those of one batch of a funder."""

    permission_classes = [HasScope("redemptions:read")]
    serializer_class = RedemptionSerializer
    queryset = Redemption.objects.none()
    ordering = ("-accounted_at", "id")

    @property
    def default_response_headers(self) -> dict[str, str]:
        """This address also takes the POST of `passes.api.redeem`."""
        return {**super().default_response_headers, "Allow": "GET, HEAD, OPTIONS, POST"}

    def get_queryset(self) -> QuerySet[Redemption]:
        """The key's own rows, by the column that its index starts with."""
        principal = self.request.user.principal
        rows = Redemption.objects.visible_to(principal).accepted().select_related("void")
        if principal.hat == Hat.FUNDER:
            rows = rows.filter(funder_id=principal.organisation_id, batch_id=self._batch())
        else:
            rows = rows.filter(actor_id=principal.organisation_id)
        if principal.site_id is not None:
            rows = rows.filter(device_id=self.request.user.pk)
        given = {
            "site_id": self._read("site", uuid.UUID),
            "accounted_at__gte": self._read("since", _instant),
            "accounted_at__lt": self._read("until", _instant),
        }
        return rows.filter(**{name: value for name, value in given.items() if value is not None})

    def paginate_queryset(self, queryset: Any) -> Any:
        """One page; whoever may read a redemption may know of which batch its pass is, and nothing more of it."""
        page = super().paginate_queryset(queryset)
        redemption.present([Code(0, row.pass_id) for row in page or []])
        wanted = {row.batch_id for row in page or []}
        self._batches = Batch.objects.only("uuid", "code_key").in_bulk(wanted)
        return page

    def get_serializer_context(self) -> dict[str, Any]:
        """With the batches of the page."""
        return {**super().get_serializer_context(), "batches": getattr(self, "_batches", {})}

    def _batch(self) -> int:
        wanted = self._read("batch", uuid.UUID)
        if wanted is None:
            raise ValidationError({"batch": ["Dites quel lot : un commanditaire lit ses encaissements lot par lot."]})
        return get_object_or_404(Batch.objects.visible_to(self.request.user.principal), uuid=wanted).pk

    def _read(self, name: str, convert: Callable[[str], Any]) -> Any:
        """A parameter of the address, or None. Raises ValidationError on one that cannot be read."""
        text = self.request.query_params.get(name)
        if text is None:
            return None
        try:
            return convert(text)
        except ValueError as error:
            raise ValidationError({name: ["Cette valeur ne se lit pas."]}) from error


def _instant(text: str) -> datetime:
    found = instant_of(text)
    if found is None:
        raise ValueError(text)
    return found


def read_or_redeem(request: HttpRequest) -> HttpResponse:
    """GET lists, POST redeems: one address, and the POST is a plain view, for speed."""
    return redeem(request) if request.method == "POST" else _list(request)


_list = Redemptions.as_view()
# What URL patterns and the schema read on a view: it takes tokens and no cookie, and the list is the part DRF knows.
read_or_redeem.csrf_exempt, read_or_redeem.login_required = True, False  # type: ignore[attr-defined]
read_or_redeem.cls, read_or_redeem.initkwargs = Redemptions, {}  # type: ignore[attr-defined]
read_or_redeem.door = "device"  # type: ignore[attr-defined]
