"""The funder's addresses for its batches and their printing, under /commanditaire/<organisation>/."""

from django.urls import path

from passes.views import batches, batches_print

urlpatterns = [
    path("lots/", batches.funder_list, name="funder_batches"),
    path("lots/<uuid:pk>/", batches.funder_detail, name="funder_batch"),
    path("lots/<uuid:pk>/impression/", batches_print.funder_print, name="funder_batch_print"),
    path("lots/<uuid:pk>/impression/confirmer/", batches_print.funder_confirm, name="funder_batch_printed"),
]
