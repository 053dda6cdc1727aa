"""Pages of the person: choosing a space, joining an organisation, the own profile, the second factor."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from aptic.accounts import rules, second_factor, services
from aptic.accounts.adapter import INVITATION_KEY, SIGNUP_KEY, open_signup
from aptic.accounts.errors import InvitationInvalid
from aptic.accounts.forms import ProfileForm
from aptic.accounts.models import Membership, Role, User
from aptic.accounts.principals import own_memberships
from aptic.spaces import personal, public
from aptic.tenancy.principal import Hat, Principal, acting

COUNTER = "/guichet/"

ENDED = {
    "used": "Cette invitation a déjà servi. Connectez-vous avec votre adresse.",
    "revoked": "Cette invitation a été annulée ou remplacée par une plus récente.",
    "expired": "Cette invitation a expiré : elle était valable 14 jours.",
}


@require_safe
@personal
def choose_space(request: HttpRequest) -> HttpResponse:
    """One space: go there. Several: choose. None: say what to do."""
    cards = [card for membership in own_memberships(request.user) for card in _cards(membership)]
    if len(cards) == 1:
        return redirect(cards[0]["url"])
    return render(request, "accounts/choose_space.html", {"cards": cards})


def _cards(membership: Membership) -> list[dict[str, str]]:
    """The doors that a membership opens, one per hat of its organisation."""
    hats = [hat for hat in membership.organisation.hats if hat in rules.SPACES]
    return [
        {
            "organisation": membership.organisation.name,
            "space": rules.SPACES[hat].label,
            "purpose": rules.SPACES[hat].purpose,
            "role": membership.get_role_display(),
            "url": rules.space_url(hat, membership.organisation_id) if membership.role != Role.SCANNER else COUNTER,
        }
        for hat in hats
        if membership.role != Role.SCANNER or hat == Hat.ACTOR
    ]


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@public
def accept_invitation(request: HttpRequest, token: str) -> HttpResponse:
    """What an invitation opens; joining takes a button, because a mail program may open links by itself."""
    invitation = services.find_invitation(token=token)
    if invitation["state"] != "open":
        request.session.pop(INVITATION_KEY, None)
        raise InvitationInvalid(ENDED[invitation["state"]])
    if not request.user.is_authenticated:
        return _welcome(request, token, invitation)
    if request.user.email != invitation["email"]:
        request.session.pop(INVITATION_KEY, None)
        context = {"invitation": invitation, "role": Role(invitation["role"]).label}
        return render(request, "accounts/invitation_other.html", context)
    if request.method == "POST":
        with acting(Principal(person_id=request.user.pk)):
            membership = services.accept_invitation(token=token, user=request.user)
        for key in (INVITATION_KEY, SIGNUP_KEY):
            request.session.pop(key, None)
        messages.success(request, f"Bienvenue chez {membership.organisation.name}.")
        return redirect("choose_space")
    context = {"invitation": invitation, "role": Role(invitation["role"]).label}
    return render(request, "accounts/invitation_join.html", context)


def _welcome(request: HttpRequest, token: str, invitation: dict[str, str]) -> HttpResponse:
    """For somebody not logged in: this session may now open an account, for the invited address."""
    request.session[INVITATION_KEY] = token
    open_signup(request, reason="invitation", verified_email=invitation["email"])
    context = {
        "invitation": invitation,
        "role": Role(invitation["role"]).label,
        "has_account": User.objects.filter(email=invitation["email"]).exists(),
    }
    return render(request, "accounts/invitation_welcome.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@personal
def profile(request: HttpRequest) -> HttpResponse:
    """The person's own name, organisations and ways to prove who they are."""
    form = ProfileForm(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "Votre nom est à jour.")
        return redirect("profile")
    context = {
        "form": form,
        "memberships": own_memberships(request.user),
        "enrolled": second_factor.enrolled(request.user),
    }
    return render(request, "accounts/profile.html", context)


@require_safe
@personal
def prove_second_factor(request: HttpRequest) -> HttpResponse:
    """Why a space asks for more than a password, and the way to give it; then back to where one was going."""
    target = request.GET.get("next", "")
    if not url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()}, require_https=settings.HTTPS):
        target = "/espace/"
    if second_factor.has_second_factor(request):
        return redirect(target)
    context = {"next": target, "enrolled": second_factor.enrolled(request.user)}
    return render(request, "accounts/second_factor.html", context)
