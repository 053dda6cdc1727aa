"""The operator's addresses for issuing, batches, printing, oppositions, refusals, under /operateur/<organisation>/."""

from django.urls import path

from passes.views import batches, batches_print, block, issue, support

urlpatterns = [
    path("commandes/<uuid:pk>/emettre/", issue.order_issue, name="operator_order_issue"),
    path("lots/", batches.operator_list, name="operator_batches"),
    path("lots/<uuid:pk>/", batches.operator_detail, name="operator_batch"),
    path("lots/<uuid:pk>/impression/", batches_print.operator_print, name="operator_batch_print"),
    path("lots/<uuid:pk>/impression/confirmer/", batches_print.operator_confirm, name="operator_batch_printed"),
    path("opposition/", block.operator_block, name="operator_block"),
    path("opposition/confirmer/", block.operator_blocked, name="operator_blocked"),
    path("refus/", support.operator_refusals, name="operator_refusals"),
    path("refus/<uuid:pk>/", support.operator_refusal, name="operator_refusal"),
]
