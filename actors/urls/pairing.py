"""The address behind a pairing link: open to whoever holds it."""

from django.urls import path

from actors.views import pairing

urlpatterns = [path("<str:token>/", pairing.pair_device, name="pair_device")]
