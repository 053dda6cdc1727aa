"""The closed lists of the ledger: kinds of accounts and of transfers, and which account each transfer moves.

The table `POSTINGS` is design in data: (kind) -> (debit kind, credit kind). A transfer of another shape is refused.
"""

from django.db import models


class AccountKind(models.TextChoices):
    """Assets first, then liabilities."""

    SAFEGUARDED = "safeguarded", "Fonds cantonnés"
    RECEIVABLE = "receivable", "À recevoir"
    CLAIM = "claim", "Créance d’incident"
    CREDIT = "credit", "Disponible"
    CIRCULATION = "circulation", "En circulation"
    PAYABLE = "payable", "Dû aux acteurs"
    IN_TRANSFER = "in_transfer", "Virements en cours"
    FEES_DUE = "fees_due", "Frais dus"
    VAT_DUE = "vat_due", "TVA due"
    GUARANTEE = "guarantee", "Garantie"


# Kinds whose balance PostgreSQL keeps and refuses below zero. A claim below zero would be repaid twice, a guarantee
# would pay what nobody put in it, fees would be swept that nobody owes. Of the two others, a redemption moves both and
# may wait for no other: circulation is held by the passes themselves, and an actor may well owe.
GUARDED = frozenset(
    {
        AccountKind.CREDIT,
        AccountKind.RECEIVABLE,
        AccountKind.SAFEGUARDED,
        AccountKind.IN_TRANSFER,
        AccountKind.CLAIM,
        AccountKind.GUARANTEE,
        AccountKind.FEES_DUE,
        AccountKind.VAT_DUE,
    }
)


class TransferKind(models.TextChoices):
    """What happened, in the order of a euro's life."""

    FUNDS_PROMISED = "funds_promised", "Fonds promis"
    FUNDS_COLLECTED = "funds_collected", "Fonds encaissés"
    FUNDS_RECEIVED = "funds_received", "Fonds reçus"
    PROMISE_CANCELLED = "promise_cancelled", "Promesse annulée"
    REFUND = "refund", "Remboursement"
    ISSUE = "issue", "Émission"
    EXPIRE = "expire", "Expiration"
    REDEEM = "redeem", "Encaissement d’un pass"
    VOID = "void", "Annulation d’un encaissement"
    REPLACE = "replace", "Remplacement"
    FEE = "fee", "Frais"
    FEE_VAT = "fee_vat", "TVA sur frais"
    PAYOUT_SENT = "payout_sent", "Virement envoyé"
    PAYOUT_SETTLED = "payout_settled", "Virement exécuté"
    PAYOUT_REJECTED = "payout_rejected", "Virement rejeté"
    PAYOUT_RETURNED = "payout_returned", "Virement retourné"
    FEES_SWEPT = "fees_swept", "Frais reversés"
    VAT_SWEPT = "vat_swept", "TVA reversée"
    INCIDENT_OPENED = "incident_opened", "Incident ouvert"
    RECOVERED = "recovered", "Récupération"
    CLAIM_REPAID = "claim_repaid", "Créance remboursée"
    GUARANTEE_FUNDED = "guarantee_funded", "Garantie alimentée"
    GUARANTEE_PAID = "guarantee_paid", "Garantie versée"
    GUARANTEE_GRANTED = "guarantee_granted", "Garantie reçue"


_K, _T = AccountKind, TransferKind
POSTINGS: dict[TransferKind, tuple[AccountKind, AccountKind]] = {
    _T.FUNDS_PROMISED: (_K.RECEIVABLE, _K.CREDIT),
    _T.FUNDS_COLLECTED: (_K.SAFEGUARDED, _K.RECEIVABLE),
    _T.FUNDS_RECEIVED: (_K.SAFEGUARDED, _K.CREDIT),
    _T.PROMISE_CANCELLED: (_K.CREDIT, _K.RECEIVABLE),
    _T.REFUND: (_K.CREDIT, _K.SAFEGUARDED),
    _T.ISSUE: (_K.CREDIT, _K.CIRCULATION),
    _T.EXPIRE: (_K.CIRCULATION, _K.CREDIT),
    _T.REDEEM: (_K.CIRCULATION, _K.PAYABLE),
    _T.VOID: (_K.PAYABLE, _K.CIRCULATION),
    _T.REPLACE: (_K.CIRCULATION, _K.CIRCULATION),
    _T.FEE: (_K.PAYABLE, _K.FEES_DUE),
    _T.FEE_VAT: (_K.PAYABLE, _K.VAT_DUE),
    _T.PAYOUT_SENT: (_K.PAYABLE, _K.IN_TRANSFER),
    _T.PAYOUT_SETTLED: (_K.IN_TRANSFER, _K.SAFEGUARDED),
    _T.PAYOUT_REJECTED: (_K.IN_TRANSFER, _K.PAYABLE),
    _T.PAYOUT_RETURNED: (_K.SAFEGUARDED, _K.PAYABLE),
    _T.FEES_SWEPT: (_K.FEES_DUE, _K.SAFEGUARDED),
    _T.VAT_SWEPT: (_K.VAT_DUE, _K.SAFEGUARDED),
    _T.RECOVERED: (_K.PAYABLE, _K.CLAIM),
    _T.CLAIM_REPAID: (_K.SAFEGUARDED, _K.CLAIM),
    _T.GUARANTEE_FUNDED: (_K.SAFEGUARDED, _K.GUARANTEE),
    _T.GUARANTEE_PAID: (_K.GUARANTEE, _K.SAFEGUARDED),
    _T.GUARANTEE_GRANTED: (_K.SAFEGUARDED, _K.CLAIM),
}
# `incident_opened` is absent: it credits whichever account was harmed. PostgreSQL knows the same table as
# `ledger_postings`: a kind that is added here is added there, by a migration.
