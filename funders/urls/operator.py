"""The operator's addresses for funders, their money, distributors and the bank, under /operateur/<organisation>/."""

from django.urls import path

from funders.views import operator as views
from funders.views import operator_bank as bank
from funders.views import operator_refunds as refunds

urlpatterns = [
    path("commanditaires/", views.funder_list, name="operator_funders"),
    path("commanditaires/nouveau/", views.funder_create, name="operator_funder_create"),
    path("commanditaires/<uuid:pk>/", views.funder_detail, name="operator_funder"),
    path("commanditaires/<uuid:pk>/virements/nouveau/", views.receipt_create, name="operator_receipt_create"),
    path("commanditaires/<uuid:pk>/mandats/nouveau/", views.payment_order_create, name="operator_payment_order_create"),
    path("mandats/<uuid:pk>/annuler/", views.payment_order_cancel, name="operator_payment_order_cancel"),
    path("commanditaires/<uuid:pk>/remboursements/nouveau/", refunds.refund_create, name="operator_refund_create"),
    path("remboursements/<uuid:pk>/", refunds.refund_detail, name="operator_refund"),
    path("aiguilleurs/", views.distributor_list, name="operator_distributors"),
    path("aiguilleurs/nouveau/", views.distributor_create, name="operator_distributor_create"),
    path("commandes/", views.order_list, name="operator_orders"),
    path("banque/", bank.bank_balance_list, name="operator_bank_balances"),
    path("banque/nouveau/", bank.bank_balance_create, name="operator_bank_balance_create"),
    path("banque/<uuid:pk>/", bank.bank_balance_detail, name="operator_bank_balance"),
]
