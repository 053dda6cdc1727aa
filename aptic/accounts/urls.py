"""Addresses of people, teams and keys; the team's pages exist once per kind of space.

Names for menus: `<hat>_team` and `<hat>_keys`, with the argument `organisation`.
"""

from django.urls import path

from aptic.accounts import team_views, views
from aptic.accounts.models import Role
from aptic.accounts.rules import SPACES
from aptic.spaces import space
from aptic.tenancy.principal import Hat

urlpatterns = [
    path("espace/", views.choose_space, name="choose_space"),
    path("espace/profil/", views.profile, name="profile"),
    path("espace/double-verification/", views.prove_second_factor, name="second_factor"),
    path("invitation/<str:token>/", views.accept_invitation, name="accept_invitation"),
]

TEAM_PAGES = (
    ("equipe/", team_views.team, "team"),
    ("equipe/<uuid:membership>/", team_views.member, "member"),
    ("equipe/<uuid:membership>/retirer/", team_views.remove_member, "member_remove"),
    ("equipe/invitations/<uuid:invitation>/annuler/", team_views.revoke_invitation, "invitation_revoke"),
    ("equipe/cles/", team_views.keys, "keys"),
    ("equipe/cles/<uuid:key>/revoquer/", team_views.revoke_key, "key_revoke"),
)


def _space_pages(hat: Hat) -> list:
    """The team's pages behind the door of one kind of space, for its managers."""
    door, root = space(hat, roles=(Role.MANAGER,)), f"{SPACES[hat].root}/<uuid:organisation>/"
    return [path(root + page, door(view), name=f"{hat.value}_{name}") for page, view, name in TEAM_PAGES]


urlpatterns += [pattern for hat in SPACES for pattern in _space_pages(hat)]
