"""The redeem endpoints under /api/v1/."""

from django.urls import path

from passes import api

urlpatterns = [
    path("redemptions/", api.redeem, name="api_redeem"),
    path("redemptions/batch/", api.redeem_batch, name="api_redeem_batch"),
    path("redemptions/<uuid:redemption_id>/", api.show, name="api_redemption"),
    path("redemptions/<uuid:redemption_id>/void/", api.void, name="api_void"),
    path("passes/<str:text>/", api.look_up, name="api_pass"),
]
