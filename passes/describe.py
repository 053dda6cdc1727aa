"""How redemptions, voids and incidents read on a statement: the passes' room says it for the ledger, which knows no
pass. The event of each is the attempt."""

from collections.abc import Mapping
from typing import Any

from django.db import connection

from aptic.ledger.describe import Description, Event, describes
from aptic.ledger.kinds import TransferKind
from passes.codes import short
from passes.models import Batch, Redemption

WORDS = {
    TransferKind.REDEEM.value: "Pass encaissé",
    TransferKind.VOID.value: "Encaissement annulé",
    TransferKind.INCIDENT_OPENED.value: "Pass refusé après coup, payé par la garantie",
    TransferKind.RECOVERED.value: "Encaissement par erreur, déjà payé : retenu",
    TransferKind.CLAIM_REPAID.value: "Encaissement par erreur : remboursé par l’acteur",
    TransferKind.GUARANTEE_PAID.value: "Garantie versée pour un pass refusé après coup",
    TransferKind.GUARANTEE_GRANTED.value: "Garantie reçue pour un pass refusé après coup",
}
MISTAKE = "Encaissement par erreur : pass rouvert"


@describes(*WORDS)
def describe_redemptions(events: list[Event]) -> dict[Event, Description]:
    """Day, pass, service, site and funder of each redemption the principal may see."""
    wanted = {event for _, event in events}
    rows = {
        row["id"]: row
        for row in Redemption.objects.filter(pk__in=wanted)
        .order_by("id")
        .values("id", "pass_id", "batch_id", "turn", "occurred_at", "service__name", "site__name", "funder__name")
    }
    keys = code_keys({row["batch_id"] for row in rows.values()}, [row["pass_id"] for row in rows.values()])
    return {(kind, event): _words(kind, rows[event], keys) for kind, event in events if event in rows}


def _words(kind: str, row: Mapping[str, Any], keys: dict[int, int]) -> Description:
    version = keys.get(row["batch_id"])
    return Description(
        at=row["occurred_at"],
        # An incident about an attempt that was accepted is a mistake, undone after it was paid.
        text=MISTAKE if kind == TransferKind.INCIDENT_OPENED and row["turn"] else WORDS[kind],
        code="" if version is None else short(row["pass_id"], version),
        service=row["service__name"],
        site=row["site__name"],
        funder=row["funder__name"],
    )


def code_keys(batches: set[int], passes: list[int]) -> dict[int, int]:
    """The key version of each batch. Whoever redeemed a pass has read its code: its booklet counts as presented
    for this one query, and the transaction's own list is put back."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('aptic.booklets', true)")
        before = cursor.fetchone()[0] or ""
        presented = ",".join(str(booklet) for booklet in sorted({one >> 4 for one in passes}))
        cursor.execute("SELECT set_config('aptic.booklets', %s, true)", [presented])
        found = dict(Batch.objects.filter(pk__in=batches).order_by("pk").values_list("pk", "code_key"))
        cursor.execute("SELECT set_config('aptic.booklets', %s, true)", [before])
    return found
