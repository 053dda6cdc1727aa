"""The passes' tables: what is issued, held and redeemed (`passes`), what goes wrong afterwards (`conflicts`), booklets
that hold the value of lost ones (`replacements`), and the sessions of help that a counter holds (`sessions`)."""

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
from passes.models.replacements import Replacement
from passes.models.sessions import Session

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
    "Replacement",
    "Serial",
    "Session",
    "StockMove",
    "Void",
    "VoidRequest",
    "Withheld",
]
