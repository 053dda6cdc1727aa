"""An actor's own addresses in the actors' room, under /acteur/<organisation>/."""

from actors.urls import _directory, _network, _settlement

urlpatterns = [*_settlement.actor_patterns, *_network.actor_patterns, *_directory.actor_patterns]
