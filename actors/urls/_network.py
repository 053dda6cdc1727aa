"""Addresses of an actor's sites, people, devices and bank account, included by its own list."""

from django.urls import path

from actors.views import bank, devices, sites, staff

actor_patterns = [
    path("lieux/", sites.site_list, name="actor_sites"),
    path("lieux/nouveau/", sites.site_open, name="actor_site_open"),
    path("lieux/<uuid:pk>/", sites.site_detail, name="actor_site"),
    path("lieux/<uuid:pk>/modifier/", sites.site_edit, name="actor_site_edit"),
    path("lieux/<uuid:pk>/fermer/", sites.site_close, name="actor_site_close"),
    path("lieux/<uuid:pk>/rouvrir/", sites.site_reopen, name="actor_site_reopen"),
    path("guichet/", staff.staff_list, name="actor_staff"),
    path("guichet/<uuid:pk>/", staff.staff_sites, name="actor_staff_sites"),
    path("appareils/", devices.device_list, name="actor_devices"),
    path("appareils/<uuid:pk>/", devices.device_detail, name="actor_device"),
    path("appareils/<uuid:pk>/envoyer/", devices.device_send, name="actor_device_send"),
    path("appareils/<uuid:pk>/associer/", devices.device_pair, name="actor_device_pair"),
    path("appareils/<uuid:pk>/arreter/", devices.device_revoke, name="actor_device_revoke"),
    path("coordonnees-bancaires/", bank.bank_account, name="actor_bank_account"),
    path("coordonnees-bancaires/retirer/", bank.bank_account_withdraw, name="actor_bank_account_withdraw"),
]
