"""The actors' room under /api/v1/."""

from django.urls import path

from actors import api

urlpatterns = [
    path("sites/", api.Sites.as_view(), name="api_sites"),
    path("statements/", api.Statements.as_view(), name="api_statements"),
    path("statements/<uuid:id>/", api.Statement.as_view(), name="api_statement"),
    path("statements/<uuid:id>/lines/", api.StatementLines.as_view(), name="api_statement_lines"),
]
