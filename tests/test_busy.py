"""What a busy machine excuses, and what it does not."""

import pytest

from tests.busy import best


@pytest.mark.parametrize(
    ("rounds", "counts"),
    [
        ([(320, 1.0)], 320),  # too slow on a quiet machine
        ([(320, 1.1), (900, 3.9)], 320),  # which a busy round does not excuse
        ([(900, 3.0), (280, 1.05), (320, 1.0)], 280),  # load comes and goes within a round too: the best counts
        ([(600, 2.0), (900, 3.6)], 250),
    ],
)
def test_a_quiet_round_counts_as_it_was_measured(rounds: list[tuple[float, float]], counts: float) -> None:
    assert best(rounds) == pytest.approx(counts)
