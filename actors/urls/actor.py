"""An actor's own addresses in the actors' room, under /acteur/<organisation>/."""

from actors.urls._settlement import actor_patterns

urlpatterns = [*actor_patterns]
