"""The addresses of the project: one include per room, one prefix per space."""

from django.urls import include, path

urlpatterns = [
    path("api/v1/", include("passes.urls.api")),  # first: the path that must be fast
    path("api/v1/", include("actors.urls.api")),
    path("api/v1/", include("aptic.vocabulary.urls")),
    path("", include("aptic.running.urls")),
    path("", include("aptic.accounts.urls")),
    path("appareil/", include("actors.urls.pairing")),
    path("compte/", include("allauth.urls")),
    path("travaux/", include("aptic.jobs.urls")),
    path("documents/", include("aptic.documents.urls")),
    path("territoires/", include("aptic.territories.urls")),
    path("", include("impact.urls.public")),
    path("", include("passes.urls.public")),
    path("", include("actors.urls.public")),
    path("", include("qualification.urls.public")),
    path("demonstration/", include("impact.urls.demonstration")),
    path("guichet/", include("impact.urls.counter")),
    path("guichet/", include("passes.urls.counter")),
    path("commanditaire/<uuid:organisation>/", include("impact.urls.funder")),
    path("commanditaire/<uuid:organisation>/", include("funders.urls.funder")),
    path("commanditaire/<uuid:organisation>/", include("passes.urls.funder")),
    path("aiguilleur/<uuid:organisation>/", include("impact.urls.distributor")),
    path("aiguilleur/<uuid:organisation>/", include("passes.urls.distributor")),
    path("acteur/<uuid:organisation>/", include("impact.urls.actor")),
    path("acteur/<uuid:organisation>/", include("actors.urls.actor")),
    path("acteur/<uuid:organisation>/", include("qualification.urls.actor")),
    path("acteur/<uuid:organisation>/", include("qualification.urls.renewal")),
    path("acteur/<uuid:organisation>/", include("passes.urls.actor")),
    path("tete-de-reseau/<uuid:organisation>/", include("impact.urls.hub")),
    path("tete-de-reseau/<uuid:organisation>/", include("qualification.urls.hub")),
    path("operateur/<uuid:organisation>/", include("impact.urls.operator")),
    path("operateur/<uuid:organisation>/", include("actors.urls.operator")),
    path("operateur/<uuid:organisation>/", include("funders.urls.operator")),
    path("operateur/<uuid:organisation>/", include("qualification.urls.operator")),
    path("operateur/<uuid:organisation>/", include("passes.urls.operator")),
]

# Under /api/ every refusal is a problem document, also of an address that does not exist.
handler400 = "aptic.problems.bad_request"
handler404 = "aptic.problems.not_found"
handler500 = "aptic.problems.server_error"
