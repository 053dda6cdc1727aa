"""The actor's addresses of qualification, under /acteur/<organisation>/."""

from django.urls import path

from qualification.views import renewal

urlpatterns = [path("renouveler/", renewal.renew, name="actor_renew")]
