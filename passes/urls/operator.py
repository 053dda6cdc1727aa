"""The operator's addresses for batches, oppositions, refusals and incidents, under /operateur/<organisation>/."""

from django.urls import path

from passes.views import (
    batches,
    batches_print,
    block,
    guarantee,
    held,
    incidents,
    issue,
    replace,
    support,
    void_requests,
)

urlpatterns = [
    path("commandes/<uuid:pk>/emettre/", issue.order_issue, name="operator_order_issue"),
    path("lots/", batches.operator_list, name="operator_batches"),
    path("lots/<uuid:pk>/", batches.operator_detail, name="operator_batch"),
    path("lots/<uuid:pk>/remplacer/", replace.operator_replace, name="operator_batch_replace"),
    path("lots/<uuid:pk>/impression/", batches_print.operator_print, name="operator_batch_print"),
    path("lots/<uuid:pk>/impression/confirmer/", batches_print.operator_confirm, name="operator_batch_printed"),
    path("opposition/", block.operator_block, name="operator_block"),
    path("opposition/confirmer/", block.operator_blocked, name="operator_blocked"),
    path("incidents/", incidents.incident_list, name="operator_incidents"),
    path("incidents/garantie/", guarantee.show, name="operator_guarantee"),
    path("incidents/garantie/nouveau/", guarantee.enter, name="operator_guarantee_funding"),
    path("incidents/hors-ligne/", incidents.ceiling, name="operator_offline_ceiling"),
    path("incidents/retenus/", held.held_list, name="operator_held"),
    path("incidents/retenus/approuver/", held.held_approve, name="operator_held_approve"),
    path("incidents/annulations/", void_requests.operator_list, name="operator_void_requests"),
    path("incidents/annulations/<uuid:pk>/", void_requests.operator_answer, name="operator_void_request"),
    path("incidents/<uuid:pk>/", incidents.incident_detail, name="operator_incident"),
    path("incidents/<uuid:pk>/remboursement/", incidents.incident_repaid, name="operator_incident_repaid"),
    path("refus/", support.operator_refusals, name="operator_refusals"),
    path("refus/<uuid:pk>/", support.operator_refusal, name="operator_refusal"),
]
