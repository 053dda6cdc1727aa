"""Where an operation may be used, when its funder wants certain sites and no other."""

from collections.abc import Iterable

from django.db import transaction

from actors.models import Site
from aptic.accounts.models import Role
from aptic.audit.services import record
from aptic.errors import NotAllowed
from aptic.tenancy.principal import Hat, current
from funders.models import Campaign
from passes.models import CampaignSite


@transaction.atomic
def restrict_to_sites(*, campaign: Campaign, sites: Iterable[Site]) -> None:
    """From now on `campaign` is used at these sites and those named before, and nowhere else.

    For its funder's managers and agents and for the operator. Raises NotAllowed.
    """
    principal = current()
    own = principal.hat == Hat.FUNDER and principal.organisation_id == campaign.funder_id
    if not (principal.is_operator or (own and principal.role in {Role.MANAGER, Role.AGENT})):
        raise NotAllowed
    rows = [CampaignSite(campaign=campaign, site=site, funder_id=campaign.funder_id) for site in sites]
    CampaignSite.objects.bulk_create(rows, ignore_conflicts=True)
    Campaign.objects.filter(pk=campaign.pk).update(restricts_sites=True)
    campaign.restricts_sites = True
    record(verb="campaign_sites_named", target=campaign, fields=("allowed_sites",), organisation_id=campaign.funder_id)
