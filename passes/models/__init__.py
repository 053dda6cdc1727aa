"""The passes' tables: what is issued, held and redeemed (`passes`), and what goes wrong afterwards (`conflicts`)."""

from passes.models.conflicts import Held, Incident, OfflineCeiling, VoidRequest
from passes.models.passes import (
    Batch,
    Booklet,
    ByCustody,
    ByRedemption,
    CampaignSite,
    HandOut,
    Pass,
    PrintedFile,
    Redemption,
    Serial,
    StockMove,
    Void,
    Withheld,
)

__all__ = [
    "Batch",
    "Booklet",
    "ByCustody",
    "ByRedemption",
    "CampaignSite",
    "HandOut",
    "Held",
    "Incident",
    "OfflineCeiling",
    "Pass",
    "PrintedFile",
    "Redemption",
    "Serial",
    "StockMove",
    "Void",
    "VoidRequest",
    "Withheld",
]
