"""The operator's addresses for applications, caps and actors, under /operateur/<organisation>/."""

from django.urls import path

from qualification.views import actor as rounds
from qualification.views import caps
from qualification.views import operator as views
from qualification.views import operator_actors as actors
from qualification.views import operator_hubs as hubs
from qualification.views import operator_referential as versions
from qualification.views import operator_services as offered

urlpatterns = [
    path("candidatures/", views.application_list, name="operator_applications"),
    path("candidatures/<uuid:pk>/", views.application_detail, name="operator_application"),
    path("candidatures/<uuid:pk>/attribuer/", views.application_assign, name="operator_application_assign"),
    path("candidatures/<uuid:pk>/registre/", views.application_check, name="operator_application_check"),
    path("candidatures/<uuid:pk>/correction/", views.application_correct, name="operator_application_correct"),
    path("candidatures/<uuid:pk>/recours/", views.appeal_answer, name="operator_appeal_answer"),
    path("candidatures/pieces/<uuid:pk>/", views.application_paper, name="operator_application_paper"),
    path("candidatures/<uuid:pk>/attente/", views.application_wait, name="operator_application_wait"),
    path("candidatures/<uuid:pk>/refus/", views.application_refuse, name="operator_application_refuse"),
    path("candidatures/plafonds/", caps.cap_list, name="operator_caps"),
    path("candidatures/plafonds/nouveau/", caps.cap_edit, name="operator_cap_create"),
    path("candidatures/plafonds/regle/", caps.cap_policy, name="operator_cap_policy"),
    path("candidatures/plafonds/<str:territory>/", caps.cap_edit, name="operator_cap"),
    path("candidatures/plafonds/<str:territory>/attente/", caps.waiting_list, name="operator_waiting"),
    path(
        "candidatures/plafonds/<str:territory>/attente/<uuid:pk>/accepter/",
        caps.waiting_promote,
        name="operator_waiting_promote",
    ),
    path("acteurs/", actors.actor_list, name="operator_actors"),
    path("acteurs/<uuid:pk>/", actors.actor_detail, name="operator_actor"),
    path("acteurs/<uuid:pk>/suspendre/", actors.actor_suspend, name="operator_actor_suspend"),
    path("acteurs/<uuid:pk>/dequalifier/", actors.actor_disqualify, name="operator_actor_disqualify"),
    path("acteurs/<uuid:pk>/retablir/", actors.actor_reinstate, name="operator_actor_reinstate"),
    path("acteurs/<uuid:pk>/inviter/", actors.actor_invite, name="operator_actor_invite"),
    path("acteurs/<uuid:pk>/lieux/nouveau/", actors.site_open, name="operator_site_open"),
    path("acteurs/<uuid:pk>/places/<str:territory>/rendre/", caps.place_release, name="operator_place_release"),
    path("acteurs/lieux/<uuid:pk>/tournee/", rounds.operator_round, name="operator_round"),
    path("acteurs/lieux/<uuid:pk>/fermer/", actors.site_close, name="operator_site_close"),
    path("acteurs/lieux/<uuid:pk>/rouvrir/", actors.site_reopen, name="operator_site_reopen"),
    path("acteurs/coordonnees/<uuid:pk>/approuver/", actors.bank_account_approve, name="operator_bank_account_approve"),
    path("tetes-de-reseau/", hubs.hub_list, name="operator_hubs"),
    path("tetes-de-reseau/nouvelle/", hubs.hub_create, name="operator_hub_create"),
    path("tetes-de-reseau/<uuid:pk>/", hubs.hub_detail, name="operator_hub"),
    path("tetes-de-reseau/<uuid:pk>/territoire/", hubs.hub_territory, name="operator_hub_territory"),
    path("tetes-de-reseau/<uuid:pk>/territoire/retirer/", hubs.hub_withdraw, name="operator_hub_withdraw"),
    path("tetes-de-reseau/<uuid:pk>/inviter/", hubs.hub_invite, name="operator_hub_invite"),
    path("referentiel/", versions.version_list, name="operator_referentials"),
    path("referentiel/services/", offered.service_list, name="operator_services"),
    path("referentiel/services/<int:pk>/", offered.parcours_offer, name="operator_parcours_offer"),
    path("referentiel/preparer/", versions.version_prepare, name="operator_referential_prepare"),
    path("referentiel/<uuid:pk>/", versions.version_detail, name="operator_referential"),
    path("referentiel/<uuid:pk>/publier/", versions.version_publish, name="operator_referential_publish"),
    path("referentiel/<uuid:pk>/parties/nouvelle/", versions.section_edit, name="operator_section_create"),
    path("referentiel/<uuid:pk>/parties/<slug:key>/", versions.section_edit, name="operator_section"),
    path(
        "referentiel/<uuid:pk>/parties/<slug:section>/nouvelle/",
        versions.question_edit,
        name="operator_question_create",
    ),
    path("referentiel/<uuid:pk>/parties/<slug:section>/<slug:key>/", versions.question_edit, name="operator_question"),
    path("referentiel/<uuid:pk>/questions/<slug:key>/", versions.question_move, name="operator_question_move"),
    path("referentiel/textes/<uuid:pk>/", versions.text_detail, name="operator_legal_text"),
    path("referentiel/textes/<uuid:pk>/publier/", versions.text_publish, name="operator_legal_text_publish"),
    path("referentiel/textes/<slug:kind>/ecrire/", versions.text_edit, name="operator_legal_text_write"),
]
