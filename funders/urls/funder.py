"""The funder's addresses, under /commanditaire/<organisation>/."""

from django.urls import path

from funders.views import funder as views

urlpatterns = [
    path("operations/", views.campaign_list, name="funder_campaigns"),
    path("operations/nouvelle/", views.campaign_create, name="funder_campaign_create"),
    path("operations/territoires/", views.territory_search, name="funder_territory_search"),
    path("operations/<uuid:pk>/", views.campaign_detail, name="funder_campaign"),
    path("operations/<uuid:pk>/financeurs/nouveau/", views.line_create, name="funder_line_create"),
    path("operations/<uuid:pk>/commander/", views.order_create, name="funder_order_create"),
    path("commandes/", views.order_list, name="funder_orders"),
    path("commandes/<uuid:pk>/", views.order_detail, name="funder_order"),
    path("commandes/<uuid:pk>/annuler/", views.order_cancel, name="funder_order_cancel"),
]
