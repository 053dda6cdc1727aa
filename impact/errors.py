"""What the impact room refuses, and the next step."""

from aptic.errors import DomainError


class ThresholdsInvalid(DomainError):
    """Thresholds that nothing could be judged by."""

    code = "thresholds_invalid"
