"""Public addresses: an application, begun, resumed by its link, filled in part by part, sent."""

from django.urls import path

from qualification.views import candidate, public

urlpatterns = [
    path("candidature/", public.application, name="application"),
    path("candidature/retrouver/", public.application_find, name="application_find"),
    path("candidature/lien/<str:token>/", public.application_link, name="application_link"),
    path("candidature/<uuid:pk>/", candidate.page, name="application_page"),
    path("candidature/<uuid:pk>/organisation/", candidate.organisation, name="application_organisation"),
    path("candidature/<uuid:pk>/personnes/", candidate.people, name="application_people"),
    path("candidature/<uuid:pk>/lieux/", candidate.sites, name="application_sites"),
    path("candidature/<uuid:pk>/lieux/nouveau/", candidate.site, name="application_site_create"),
    path("candidature/<uuid:pk>/lieux/<uuid:site_id>/", candidate.site, name="application_site"),
    path("candidature/<uuid:pk>/lieux/<uuid:site_id>/retirer/", candidate.site_remove, name="application_site_remove"),
    path("candidature/<uuid:pk>/questionnaire/", candidate.questions, name="application_questions"),
    path("candidature/<uuid:pk>/questionnaire/<slug:section>/", candidate.questions, name="application_section"),
    path("candidature/<uuid:pk>/pieces/", candidate.documents, name="application_papers"),
    path("candidature/<uuid:pk>/pieces/<uuid:paper_id>/", candidate.document, name="application_paper"),
    path(
        "candidature/<uuid:pk>/pieces/<uuid:paper_id>/retirer/",
        candidate.document_remove,
        name="application_paper_remove",
    ),
    path("candidature/<uuid:pk>/banque/", candidate.account, name="application_account"),
    path("candidature/<uuid:pk>/envoyer/", candidate.submit, name="application_submit"),
    path("candidature/<uuid:pk>/recours/", candidate.appeal, name="application_appeal"),
    path("candidature/<uuid:pk>/abandonner/", candidate.withdraw, name="application_withdraw"),
]
