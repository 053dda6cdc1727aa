"""The actors' room for everybody: reports about sites and open data, under /lieux/."""

from actors.urls._directory import public_patterns

urlpatterns = [*public_patterns]
