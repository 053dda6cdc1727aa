"""Who stands at which counter: a member who is « guichet seulement » redeems at the sites it is assigned to."""

from django.db import transaction

from actors.errors import NotAMember
from actors.models import Site, SiteStaff
from actors.permissions import MANAGES_TILLS, check_role
from aptic.accounts.models import Membership
from aptic.audit.services import record


@transaction.atomic
def assign(*, site: Site, membership: Membership) -> None:
    """Let a member stand at a site; a repeat is silent. Raises NotAllowed and NotAMember."""
    check_role(MANAGES_TILLS, site.actor_id)
    active = Membership.objects.active().filter(pk=membership.pk, organisation_id=site.actor_id)
    if not active.exists():
        raise NotAMember(field="membership")
    if SiteStaff.objects.filter(membership=membership, site=site).exists():
        return
    # Two managers at once: the second one's row is the first one's, and nothing is said twice that matters.
    SiteStaff.objects.bulk_create(
        [SiteStaff(membership=membership, site=site, actor_id=site.actor_id)], ignore_conflicts=True
    )
    record(verb="staff_assigned", target=membership, fields=("sites",), organisation_id=site.actor_id)


@transaction.atomic
def unassign(*, site: Site, membership: Membership) -> None:
    """Take a member from a site, at once; a repeat is silent. Raises NotAllowed."""
    check_role(MANAGES_TILLS, site.actor_id)
    gone, _ = SiteStaff.objects.filter(membership=membership, site=site).delete()
    if gone:
        record(verb="staff_unassigned", target=membership, fields=("sites",), organisation_id=site.actor_id)
