"""Addresses of settlement, included by the operator's and the actor's lists of this room."""

from django.urls import path

from actors.views import calendar, fees, payouts, settlement

operator_patterns = [
    path("reglements/", settlement.settlement_list, name="operator_settlements"),
    path("reglements/preparer/", settlement.settlement_prepare, name="operator_settlement_prepare"),
    path("reglements/calendrier/", calendar.settlement_calendar, name="operator_settlement_calendar"),
    path("reglements/frais/", fees.fee_list, name="operator_fees"),
    path("reglements/frais/<uuid:pk>/", fees.fee_sweep, name="operator_fee_sweep"),
    path("reglements/<uuid:pk>/", settlement.settlement_detail, name="operator_settlement"),
    path("reglements/<uuid:pk>/approuver/", settlement.settlement_approve, name="operator_settlement_approve"),
    path("reglements/<uuid:pk>/abandonner/", settlement.settlement_cancel, name="operator_settlement_cancel"),
    path("reglements/<uuid:pk>/fichier/", settlement.settlement_file, name="operator_settlement_file"),
    path("reglements/<uuid:pk>/envoye/", settlement.settlement_sent, name="operator_settlement_sent"),
    path("reglements/<uuid:pk>/execute/", settlement.settlement_settled, name="operator_settlement_settled"),
    path("reglements/paiements/<uuid:pk>/", payouts.operator_payout, name="operator_payout"),
    path("reglements/paiements/<uuid:pk>/execute/", settlement.payout_settled, name="operator_payout_settled"),
    path("reglements/paiements/<uuid:pk>/revenu/", settlement.payout_failed, name="operator_payout_failed"),
    path("reglements/paiements/<uuid:pk>/releve.csv", payouts.operator_payout_csv, name="operator_payout_csv"),
    path("reglements/paiements/<uuid:pk>/releve.pdf", payouts.operator_payout_pdf, name="operator_payout_pdf"),
]
actor_patterns = [
    path("paiements/", payouts.payout_list, name="actor_payouts"),
    path("paiements/du/", payouts.owed, name="actor_owed"),
    path("paiements/<uuid:pk>/", payouts.actor_payout, name="actor_payout"),
    path("paiements/<uuid:pk>/releve.csv", payouts.actor_payout_csv, name="actor_payout_csv"),
    path("paiements/<uuid:pk>/releve.pdf", payouts.actor_payout_pdf, name="actor_payout_pdf"),
]
