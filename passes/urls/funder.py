"""The funder's addresses for its batches, their printing and its stock, under /commanditaire/<organisation>/."""

from django.urls import path

from passes.views import batches, batches_print, block, funder_stock, replace

urlpatterns = [
    path("lots/", batches.funder_list, name="funder_batches"),
    path("lots/<uuid:pk>/", batches.funder_detail, name="funder_batch"),
    path("lots/<uuid:pk>/remplacer/", replace.funder_replace, name="funder_batch_replace"),
    path("lots/<uuid:pk>/impression/", batches_print.funder_print, name="funder_batch_print"),
    path("lots/<uuid:pk>/impression/confirmer/", batches_print.funder_confirm, name="funder_batch_printed"),
    path("stock/", funder_stock.stock, name="funder_stock"),
    path("stock/<uuid:pk>/confier/", funder_stock.send, name="funder_send_booklets"),
    path("stock/<uuid:pk>/reprendre/<uuid:distributor>/", funder_stock.take_back, name="funder_take_back"),
    path("stock/opposition/", block.funder_block, name="funder_block"),
    path("stock/opposition/confirmer/", block.funder_blocked, name="funder_blocked"),
]
