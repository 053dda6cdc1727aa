"""The digest that approval signs: SHA-256 over every line and every payee of a run, computed where the rows are.

Each share is digested over `transfer:cents` in the order of transfers; each payout over its payee (account, holder,
BIC, sealed IBAN), its amounts and its shares; the run over its payouts, in the order of their bank identifiers.
"""

from django.db import connection

from actors.models import Settlement

# The lines of a share are read by its index, share by share: a join of the whole run planned on statistics older
# than the run took minutes.
DIGEST = """
WITH payout AS (
  SELECT p.end_to_end_id, encode(sha256(convert_to(concat_ws('|',
           p.end_to_end_id, p.id, p.actor_id, b.id, b.holder, b.bic,
           encode(b.iban_sealed, 'hex'), p.gross_cents, p.fee_cents, p.fee_vat_cents, p.net_cents,
           string_agg(concat_ws('|', s.purse_id, s.gross_cents, s.fee_cents, s.fee_vat_cents, s.net_cents, (
             SELECT encode(sha256(convert_to(
                    string_agg(c.transfer_id || ':' || c.signed_cents, ',' ORDER BY c.transfer_id), 'UTF8')), 'hex')
               FROM actors_claim c WHERE c.share_id = s.id)), ';' ORDER BY s.purse_id)
         ), 'UTF8')), 'hex') AS text
    FROM actors_payout p JOIN actors_bankaccount b ON b.id = p.bank_account_id
         LEFT JOIN actors_payoutpurse s ON s.payout_id = p.id
   WHERE p.settlement_id = %(settlement)s GROUP BY p.id, b.id
)
SELECT encode(sha256(convert_to(coalesce(string_agg(text, ',' ORDER BY end_to_end_id), ''), 'UTF8')), 'hex') FROM payout
"""


def content_digest(settlement: Settlement) -> str:
    """The hex digest of the run's lines and payees as they stand."""
    with connection.cursor() as cursor:
        cursor.execute(DIGEST, {"settlement": settlement.pk})
        return cursor.fetchone()[0]
