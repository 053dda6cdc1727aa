"""Counting from the passes' own rows, for the nightly proof: what circulates, what was issued, what was redeemed."""

from django.db import connection

from actors.proof import REDEEMED_BY
from aptic.ledger.kinds import AccountKind
from aptic.ledger.models import Account
from aptic.ledger.proof import CREDIT_BY, counts

# A batch's money leaves its line before its rows are made: until it is issued, those still to come circulate too.
_CIRCULATION = """
SELECT b.circulation_id, (b.face_value_cents * (coalesce(made.usable, 0)
         + CASE WHEN b.state = 'issuing' THEN b.booklets::bigint * b.passes_per_booklet - coalesce(made.passes, 0)
                ELSE 0 END))::bigint
  FROM passes_batch b
  LEFT JOIN (SELECT batch_id, count(*) AS passes, count(*) FILTER (WHERE state IN ('open', 'blocked')) AS usable
               FROM passes_pass GROUP BY batch_id) made ON made.batch_id = b.id
"""


@counts(AccountKind.CIRCULATION, by="pass ni utilisés, ni expirés, ni remplacés")
def circulation(accounts: list[Account]) -> dict[int, int]:
    """Cents per circulation account, from the passes' own rows."""
    return _pairs(_CIRCULATION)


# The same without the passes' own state: their redemptions say which were used, and of which batch. A void, also of a
# line that was paid, ends a redemption; replaced passes are those of the batches that replace them.
_UNUSED = """
SELECT b.circulation_id, (b.face_value_cents * (b.booklets::bigint * b.passes_per_booklet - coalesce(again.passes, 0)
                                                - coalesce(gone.passes, 0)) - coalesce(used.cents, 0))::bigint
  FROM passes_batch b
  LEFT JOIN (SELECT replaces_id, sum(booklets::bigint * passes_per_booklet) AS passes FROM passes_batch
              GROUP BY replaces_id) again ON again.replaces_id = b.id
  LEFT JOIN (SELECT batch_id, count(*) AS passes FROM passes_pass WHERE state = 'expired' GROUP BY batch_id) gone
    ON gone.batch_id = b.id
  LEFT JOIN (SELECT r.batch_id, sum(r.value_cents) AS cents
               FROM passes_redemption r LEFT JOIN passes_void v ON v.redemption_id = r.id
              WHERE r.turn IS NOT NULL AND v.redemption_id IS NULL GROUP BY r.batch_id) used ON used.batch_id = b.id
"""


@counts(AccountKind.CIRCULATION, by="pass émis, moins les encaissements, les expirés et les lots qui remplacent")
def unused(accounts: list[Account]) -> dict[int, int]:
    """Cents per circulation account, from the redemptions of its batch that stand."""
    return _pairs(_UNUSED)


_ISSUED = """
SELECT l.account_id, sum(b.face_value_cents
                        * (coalesce(gone.passes, 0) - CASE WHEN b.replaces_id IS NULL
                             THEN b.booklets::bigint * b.passes_per_booklet ELSE 0 END))::bigint
  FROM passes_batch b JOIN funders_fundingline l ON l.id = b.line_id
  LEFT JOIN (SELECT batch_id, count(*) AS passes FROM passes_pass WHERE state = 'expired' GROUP BY batch_id) gone
    ON gone.batch_id = b.id
 GROUP BY l.account_id
"""


@counts(AccountKind.CREDIT, by=CREDIT_BY)
def issued(accounts: list[Account]) -> dict[int, int]:
    """Cents that issuing took from each line and expiry gave back, as a negative part; a replacement took nothing."""
    return _pairs(_ISSUED)


_REDEEMED = """
SELECT payable.id, sum(r.value_cents)::bigint
  FROM passes_redemption r JOIN passes_batch b ON b.id = r.batch_id
  JOIN ledger_account circulation ON circulation.id = b.circulation_id
  JOIN ledger_account payable
    ON payable.purse_id = circulation.purse_id AND payable.kind = 'payable' AND payable.about = r.actor_id
  LEFT JOIN passes_void v ON v.redemption_id = r.id
 WHERE r.turn IS NOT NULL AND v.redemption_id IS NULL
 GROUP BY payable.id
"""


@counts(AccountKind.PAYABLE, by=REDEEMED_BY)
def redeemed(accounts: list[Account]) -> dict[int, int]:
    """Cents per payable account: everything that was redeemed there and not voided."""
    return _pairs(_REDEEMED)


def _pairs(sql: str) -> dict[int, int]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return dict(cursor.fetchall())
