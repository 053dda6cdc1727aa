"""The operator's addresses in the actors' room, under /operateur/<organisation>/."""

from actors.urls._settlement import operator_patterns

urlpatterns = [*operator_patterns]
