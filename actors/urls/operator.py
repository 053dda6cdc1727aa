"""The operator's addresses in the actors' room, under /operateur/<organisation>/."""

from actors.urls import _directory, _settlement

urlpatterns = [*_settlement.operator_patterns, *_directory.operator_patterns]
