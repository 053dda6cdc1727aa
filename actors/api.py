"""GET /api/v1/sites/ and /statements/: where passes are taken, and what an actor was paid, line by line."""

import uuid
from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema_field
from rest_framework import serializers
from rest_framework.generics import ListAPIView, RetrieveAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from actors.models import Claim, Payout, Site
from aptic.accounts.api import HasScope, PrincipalAPIView
from aptic.ledger.describe import describe
from aptic.paging import told
from aptic.tenancy.principal import Hat
from aptic.vocabulary.models import Service


class SiteSerializer(serializers.ModelSerializer):
    """A site, as the directory shows it."""

    actor = serializers.UUIDField(source="actor_id")
    actor_name = serializers.CharField(source="actor.name")
    commune = serializers.CharField(source="commune_id", help_text="Code INSEE.")
    commune_name = serializers.CharField(source="commune.name")
    postcode = serializers.CharField(source="commune.postcode")
    hours = serializers.CharField(source="hours_said", help_text="En français.")
    opening_hours = serializers.CharField(help_text="En syntaxe OpenStreetMap ; vide si non dit.")
    services = serializers.SerializerMethodField(help_text="Noms stables des services proposés, voir `services/`.")

    class Meta:
        model = Site
        fields = (
            "id", "actor", "actor_name", "name", "address", "commune", "commune_name", "postcode", "latitude",
            "longitude", "phone", "hours", "opening_hours", "services", "open",
        )  # fmt: skip
        read_only_fields = fields

    def get_services(self, site: Site) -> list[str]:
        """Their names, from the request's own copy of the vocabulary."""
        names = self.context["service_names"]
        return [names[pk] for pk in site.services]


@told("Les lieux", "Les siens pour un acteur, tous pour l’opérateur, ceux de l’annuaire public pour les autres.")
class Sites(PrincipalAPIView, ListAPIView):
    """An actor's own, all for the operator, those of the public directory for the others."""

    permission_classes = [HasScope("sites:read")]
    serializer_class = SiteSerializer
    ordering = ("search_key", "id")

    def get_queryset(self) -> QuerySet[Site]:
        """A device sees the site it stands at."""
        principal = self.request.user.principal
        if principal.hat in (Hat.ACTOR, Hat.OPERATOR):
            sites = Site.objects.visible_to(principal)
        else:
            sites = Site.objects.open_to_public()
        if principal.site_id is not None:
            sites = sites.filter(pk=principal.site_id)
        return sites.select_related("actor", "commune")

    def get_serializer_context(self) -> dict[str, Any]:
        """The vocabulary's names, read once."""
        names = dict(Service.objects.values_list("pk", "slug"))
        return {**super().get_serializer_context(), "service_names": names}


class StatementSerializer(serializers.ModelSerializer):
    """A payout: gross − fee − fee_vat = net, in cents."""

    number = serializers.CharField(source="end_to_end_id", help_text="Référence portée par le virement.")
    actor = serializers.UUIDField(source="actor_id")
    iban_last4 = serializers.CharField(source="bank_account.iban_last4", help_text="Fin de l’IBAN payé.")

    class Meta:
        model = Payout
        fields = (
            "id", "number", "actor", "cutoff", "state", "gross_cents", "fee_cents", "fee_vat_cents", "net_cents",
            "lines_count", "iban_last4", "sent_at", "settled_at", "rejected_at", "rejection_reason",
        )  # fmt: skip
        read_only_fields = fields


class _Statements(PrincipalAPIView):
    """What both addresses share: whose statements a key may read."""

    permission_classes = [HasScope("statements:read")]
    serializer_class = StatementSerializer

    def get_queryset(self) -> QuerySet[Payout]:
        """An actor's own, all for the operator; a payout that was abandoned never existed for the actor."""
        payouts = Payout.objects.visible_to(self.request.user.principal).exclude(state=Payout.State.RELEASED)
        return payouts.select_related("bank_account")


@told("Les relevés de contre-paiement", "Ceux de l’acteur, du plus récent au plus ancien.")
class Statements(_Statements, ListAPIView):
    """Latest cutoff first."""

    ordering = ("-cutoff", "id")


@told("Un relevé", "Brut − frais − TVA des frais = net, en centimes.")
class Statement(_Statements, RetrieveAPIView):
    """One of them."""

    lookup_field = "id"


class LineSerializer(serializers.Serializer):
    """One signed line of a statement: a pass redeemed, or a redemption voided."""

    id = serializers.IntegerField(source="transfer_id", help_text="Numéro de l’écriture, croissant.")
    kind = serializers.CharField(source="transfer__kind")
    at = serializers.SerializerMethodField()
    amount_cents = serializers.IntegerField(source="signed_cents", help_text="Négatif pour une annulation.")
    text = serializers.CharField(source="about.text")
    service = serializers.CharField(source="about.service")
    site = serializers.CharField(source="about.site")
    funder = serializers.CharField(source="about.funder")

    def get_fields(self) -> dict[str, Any]:
        """`pass` is a word of Python, so that its field is named here."""
        about = serializers.CharField(source="about.code", help_text="Les sept premiers caractères du code.")
        return {**super().get_fields(), "pass": about}

    @extend_schema_field({"type": "string", "format": "date-time"})
    def get_at(self, line: dict[str, Any]) -> Any:
        """When the help was given; else when it was booked."""
        return line["about"].at or line["transfer__accounted_at"]


_WHICH = OpenApiParameter("id", uuid.UUID, OpenApiParameter.PATH)


@told("Les lignes d’un relevé", "Une par pass. Leur somme est le brut du relevé, au centime.", _WHICH)
class StatementLines(PrincipalAPIView, ListAPIView):
    """One signed line per pass; they add up to the statement's gross."""

    permission_classes = [HasScope("statements:read")]
    serializer_class = LineSerializer
    queryset = Claim.objects.none()
    ordering = ("transfer_id",)

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Describe the lines of one page at a time."""
        page = self.paginate_queryset(self._lines(request, kwargs["id"]))
        assert page is not None
        assert self.paginator is not None
        found = describe([(row["transfer__kind"], row["transfer__event"]) for row in page])
        rows = [{**row, "about": found[row["transfer__kind"], row["transfer__event"]]} for row in page]
        return self.paginator.get_paginated_response(self.get_serializer(rows, many=True).data)

    def _lines(self, request: Request, pk: uuid.UUID) -> Any:
        principal = request.user.principal
        payouts = Payout.objects.visible_to(principal).exclude(state=Payout.State.RELEASED)
        payout = get_object_or_404(payouts, pk=pk)
        claims = Claim.objects.visible_to(principal).filter(share__payout=payout)
        return claims.values(
            "transfer_id", "transfer__kind", "transfer__event", "transfer__accounted_at", "signed_cents"
        )
