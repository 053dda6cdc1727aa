"""The hub's addresses of qualification, under /tete-de-reseau/<organisation>/."""

from django.urls import path

from qualification.views import hub as views

urlpatterns = [
    path("candidatures/", views.application_list, name="hub_applications"),
    path("commanditaires/", views.funder_list, name="hub_funders"),
    path("plan/ouvrir/", views.plan_begin, name="hub_plan_begin"),
    path("plan/modifier/", views.plan_edit, name="hub_plan_edit"),
    path("plan/clore/", views.plan_end, name="hub_plan_end"),
    path("plan/taches/nouvelle/", views.task_create, name="hub_plantask_create"),
    path("plan/taches/<uuid:pk>/", views.task_edit, name="hub_plantask"),
    path("plan/taches/<uuid:pk>/cocher/", views.task_mark, name="hub_plantask_mark"),
    path("plan/taches/<uuid:pk>/retirer/", views.task_remove, name="hub_plantask_remove"),
]
