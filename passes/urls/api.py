"""The redeem endpoints under /api/v1/."""

from django.urls import path

from passes import api, api_lists, api_sessions, openapi

urlpatterns = [
    path("redemptions/", api_lists.read_or_redeem, name="api_redeem"),
    path("redemptions/batch/", api.redeem_batch, name="api_redeem_batch"),
    path("redemptions/<uuid:redemption_id>/", api.show, name="api_redemption"),
    path("redemptions/<uuid:redemption_id>/void/", api.void, name="api_void"),
    path("sessions/", api_sessions.open_session, name="api_sessions"),
    path("sessions/<uuid:session_id>/close/", api_sessions.close, name="api_session_close"),
    path("passes/<str:text>/", api.look_up, name="api_pass"),
    path("batches/", api_lists.Batches.as_view(), name="api_batches"),
    path("schema/", openapi.schema, name="api_schema"),
]
