"""What a pass is good for, in the words of the person who receives it."""

from aptic.territories.services import territory_labels
from aptic.vocabulary.models import Service
from funders.models import Campaign


def what_for(campaign: Campaign) -> list[str]:
    """The services it pays, the broad ones only when the finer ones came with them; empty: all of them."""
    chosen = Service.objects.filter(pk__in=campaign.services).order_by("position", "id")
    return [one.name for one in chosen if one.parent_id is None or one.parent_id not in campaign.services]


def where(campaign: Campaign) -> list[str]:
    """The territories whose sites accept it; empty: everywhere."""
    return list(territory_labels(campaign.territories).values())
