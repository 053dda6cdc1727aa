"""What the funders' room refuses, and the next step."""

from aptic.errors import DomainError


class AlreadyFunder(DomainError):
    """The organisation of this SIRET already wears this hat."""

    code = "already_registered"
    status = 409
    message = "Cette organisation est déjà enregistrée."
    next_step = "Cherchez-la dans la liste par son nom."


class OrganisationKnown(DomainError):
    """The organisation of this SIRET has another hat, and people: who runs it would run this one too."""

    code = "organisation_known"
    status = 409
    message = "Ce SIRET est celui d’une organisation déjà connue : ses responsables dirigeraient aussi ce nouveau rôle."
    next_step = "Vérifiez de qui il s’agit, puis confirmez."


class InvalidCampaign(DomainError):
    """A term of the campaign contradicts another or leaves its bounds."""

    code = "invalid_campaign"
    message = "Les règles de cette opération ne vont pas ensemble."


class CampaignOver(DomainError):
    """Nothing can be ordered for a campaign that is closed, in preparation, or past its last day."""

    code = "campaign_over"
    status = 409
    message = "Cette opération n’accepte plus de commande : elle est close ou son dernier jour est passé."
    next_step = "Créez une nouvelle opération."


class InvalidOrder(DomainError):
    """The number of booklets, or the funding line, does not fit the campaign."""

    code = "invalid_order"
    message = "Une commande va de 1 à 200 000 carnets."


class OrderKnown(DomainError):
    """The id of an order is bound to what it says: another content needs another id."""

    code = "order_known"
    status = 409
    message = "Ce formulaire a déjà servi à passer une commande."
    next_step = "Recommencez depuis l’opération pour en passer une autre."


class OrderNotOpen(DomainError):
    """The order is being issued, issued or cancelled."""

    code = "order_not_open"
    status = 409
    message = "Cette commande ne peut plus être annulée : elle est déjà émise, en cours d’émission ou annulée."


class PaymentOrderKnown(DomainError):
    """The number is already recorded for this funder, with another content."""

    code = "payment_order_known"
    status = 409
    message = "Ce numéro de mandat est déjà enregistré pour ce commanditaire, avec un autre contenu."
    next_step = "Vérifiez le numéro sur le mandat."


class PaymentOrderClosed(DomainError):
    """The payment order is collected or cancelled."""

    code = "payment_order_closed"
    status = 409
    message = "Ce mandat est déjà encaissé ou annulé."


class AmountDiffers(DomainError):
    """The transfer does not bring the amount of the payment order it is said to pay."""

    code = "amount_differs"
    message = "Le virement n’est pas du montant du mandat."
    next_step = (
        "Enregistrez le virement sans mandat, annulez le mandat, "
        "puis enregistrez un mandat pour ce qui reste à recevoir."
    )


class ReceiptKnown(DomainError):
    """The bank reference is already recorded for this funder, with another content."""

    code = "receipt_known"
    status = 409
    message = "Ce virement est déjà enregistré pour ce commanditaire, avec un autre contenu."
    next_step = "Vérifiez la référence sur le relevé de banque. Si ce sont deux virements, complétez la référence."


class RefundTooLarge(DomainError):
    """The line has less free money that has really come, or its purse needs the cash for what it owes."""

    code = "refund_too_large"
    status = 409
    message = "Cette somme ne peut pas être rendue maintenant."
    next_step = "Le reste est promis et pas encore reçu, ou doit encore payer des pass et des acteurs."


class RefundOvertaken(DomainError):
    """What was prepared is no longer free: passes were issued on it, or another line was given back."""

    code = "refund_overtaken"
    status = 409
    message = "L’argent de ce remboursement n’est plus libre : il a servi depuis."
    next_step = (
        "Si le virement n’est pas parti, écartez ce remboursement. S’il est parti, demandez à la banque de le rappeler."
    )


class RefundWaiting(DomainError):
    """One refund at a time is prepared on a line."""

    code = "refund_waiting"
    status = 409
    message = "Un autre remboursement attend déjà d’être confirmé sur cette ligne."
    next_step = "Faites-le confirmer ou écartez-le d’abord."


class RefundNeedsAnother(DomainError):
    """Whoever prepared a refund cannot confirm it (design §4.10)."""

    code = "two_people_needed"
    status = 409
    message = "Vous avez préparé ce remboursement : une autre personne doit le confirmer."
    next_step = "Demandez à une ou un collègue de l’espace opérateur."


class RefundClosed(DomainError):
    """The refund is confirmed, or was set aside."""

    code = "refund_closed"
    status = 409
    message = "Ce remboursement est déjà confirmé ou écarté."
    next_step = "Rechargez la page : elle montre l’état actuel."


class RefundKnown(DomainError):
    """A bank reference names one refund of a funder."""

    code = "refund_known"
    status = 409
    message = "Un autre remboursement de ce commanditaire porte déjà cette référence."
    next_step = "Vérifiez la référence sur le relevé de banque. Si ce sont deux virements, complétez la référence."
