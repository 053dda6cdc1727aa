"""GET /api/v1/services/: what a pass may pay for, by the names that every other endpoint uses."""

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.permissions import IsAuthenticated

from aptic.accounts.api import PrincipalAPIView
from aptic.paging import told
from aptic.vocabulary.models import Service


class ServiceSerializer(serializers.ModelSerializer):
    """A service: `id` is its stable name."""

    id = serializers.CharField(source="slug", help_text="Nom stable, celui de `service` à l’encaissement.")
    parent = serializers.CharField(  # type: ignore[assignment]
        source="parent.slug", default=None, allow_null=True, help_text="Le service du standard au-dessus."
    )

    class Meta:
        model = Service
        fields = ("id", "name", "description", "kind", "parent", "active")
        read_only_fields = fields


@told("Le vocabulaire", "Les services du standard national et, sous eux, les plus fins. Tout jeton valide suffit.")
class Services(PrincipalAPIView, ListAPIView):
    """Reference data: any live token may read it."""

    permission_classes = [IsAuthenticated]
    serializer_class = ServiceSerializer
    ordering = ("position", "id")

    def get_queryset(self) -> QuerySet[Service]:
        """All of them: one retired names what was redeemed under it."""
        return Service.objects.select_related("parent")
