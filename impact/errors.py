"""What the impact room refuses, and the next step."""

from aptic.errors import DomainError


class ThresholdsInvalid(DomainError):
    """Thresholds that nothing could be judged by."""

    code = "thresholds_invalid"


class NotOperational(DomainError):
    """A plan is reached when coverage names nothing that is missing."""

    code = "not_operational"
    status = 409
    message = "La couverture nomme encore ce qui manque : le territoire n’est pas opérationnel."
    next_step = "Voyez ce qui manque sur la page du plan ; la couverture est recalculée chaque nuit."
