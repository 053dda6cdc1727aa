"""Lists of the API: by cursor, so that a page costs the same however far one reads and no line is seen twice.

@told("Les lots", "Les siens pour un commanditaire.")
class Batches(PrincipalAPIView, ListAPIView):
    ordering = ("-id",)
"""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import ValidationError as InvalidValue
from django.db import DataError
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.pagination import CursorPagination, _positive_int

MOST = 200


class ByCursor(CursorPagination):
    """Follow `next` until it is null; `page_size` asks for up to 200 lines. The view says its `ordering`."""

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = MOST
    cursor_query_description = "D’où reprendre : copiez `next` ou `previous` d’une réponse, sans rien y changer."
    page_size_query_description = f"Lignes par page, de 1 à {MOST} ; 50 si rien n’est dit."

    def get_ordering(self, request: Any, queryset: Any, view: Any) -> tuple[str, ...]:
        """The order that the view's index serves; its last column is unique."""
        return view.ordering

    def get_page_size(self, request: Any) -> int:
        """What was asked for, between 1 and 200. Raises ValidationError on anything else than a number."""
        asked = request.query_params.get(self.page_size_query_param)
        if asked is None:
            return self.page_size
        try:
            return _positive_int(asked, strict=True, cutoff=self.max_page_size)
        except ValueError as error:
            raise ValidationError({self.page_size_query_param: [f"Un nombre de 1 à {MOST}."]}) from error

    def decode_cursor(self, request: Any) -> Any:
        """The cursor of the request. Raises ValidationError on one that no answer gave."""
        try:
            return super().decode_cursor(request)
        except NotFound as error:
            raise _unknown_cursor() from error

    def paginate_queryset(self, queryset: Any, request: Any, view: Any = None) -> Any:
        """One page. Raises ValidationError on a cursor whose place in the list is no value of its column."""
        try:
            return super().paginate_queryset(queryset, request, view)
        except (ValueError, OverflowError, InvalidValue, DataError) as error:
            if self.cursor_query_param not in request.query_params:
                raise
            raise _unknown_cursor() from error

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """A page, in the words of OpenAPI 3.1."""
        link = {"type": ["string", "null"], "format": "uri"}
        properties = {"next": link, "previous": link, "results": schema}
        return {"type": "object", "properties": properties, "required": list(properties)}


def _unknown_cursor() -> ValidationError:
    return ValidationError({"cursor": ["Ce curseur ne vient d’aucune réponse."]})


def told(summary: str, description: str, *parameters: OpenApiParameter) -> Callable[[type], type]:
    """What the published schema says of a view's GET, in French; its docstring is for whoever reads the code."""
    return extend_schema_view(get=extend_schema(summary=summary, description=description, parameters=list(parameters)))
