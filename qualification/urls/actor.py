"""The actor's addresses of qualification, under /acteur/<organisation>/."""

from django.urls import path

from qualification.views import actor

urlpatterns = [path("renouveler/", actor.renew, name="actor_renew")]
