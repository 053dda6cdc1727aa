"""What counters observed, counted for a campaign: answers of people who stay unknown, so no count under five.

Each question is counted by itself, over those who answered it; who did not wish to answer is not counted, or the rest
of a total would tell how many they are.
"""

import uuid
from dataclasses import dataclass

from django.db import connection

from impact.suppression import FEWEST, OTHERS, grouped


@dataclass(frozen=True, slots=True)
class Question:
    """One question: how many answered it (0 when too few to say), and each answer with its count."""

    title: str
    answers: int
    rows: tuple[tuple[str, int], ...]

    @property
    def too_few(self) -> bool:
        """Did too few people answer for anything to be said?"""
        return not self.rows

    @property
    def shares(self) -> list[tuple[str, int, float]]:
        """Each answer with its count and its share of the answers."""
        return [(name, count, count / self.answers) for name, count in self.rows]


TITLES = {
    "first_here": "Première fois dans ce lieu",
    "never_helped": "Toute première aide avec le numérique",
    "progress": "Autonomie, après l’aide",
    "referred": "Une autre structure conseillée",
}
WORDS = {
    "yes": "Oui",
    "no": "Non",
    "more": "Plus autonome qu’avant",
    "same": "Autant qu’avant",
    "less": "Moins qu’avant",
}
_LEVEL = "array_position(ARRAY['helped', 'guided', 'alone'], {}::text)"
_OBSERVED = f"""
WITH noted AS (
  SELECT o.first_here, o.never_helped, o.referred,
         {_LEVEL.format("o.before")} AS before, {_LEVEL.format("o.after")} AS after
    FROM impact_observation o JOIN passes_batch b ON b.id = o.batch_id
    LEFT JOIN passes_void v ON v.redemption_id = o.redemption_id
   WHERE b.campaign_id = %(campaign)s AND v.redemption_id IS NULL
)
SELECT question, answer, count(*) FROM noted, LATERAL (VALUES
  ('first_here', first_here), ('never_helped', never_helped), ('referred', referred),
  ('progress', CASE WHEN after > before THEN 'more' WHEN after = before THEN 'same' WHEN after < before THEN 'less' END)
) AS asked (question, answer)
 WHERE answer NOT IN ('', 'unsaid') GROUP BY question, answer
"""


def observed(campaign_id: uuid.UUID) -> list[Question]:
    """Each question about the help that a campaign paid, as whoever is acting may see it; one query."""
    with connection.cursor() as cursor:
        cursor.execute(_OBSERVED, {"campaign": campaign_id})
        found: dict[str, list[tuple[str, int, int]]] = {name: [] for name in TITLES}
        for question, answer, count in cursor.fetchall():
            found[question].append((WORDS[answer], count, 0))
    return [said(TITLES[name], rows) for name, rows in found.items() if rows]


def said(title: str, rows: list[tuple[str, int, int]]) -> Question:
    """What may be said of one question's counts: all that can be told apart holds five people or more.

    >>> said("Q", [("Oui", 7, 0), ("Non", 6, 0)]).rows
    (('Oui', 7), ('Non', 6))
    >>> said("Q", [("Oui", 20, 0), ("Non", 2, 0)]).too_few
    True
    """
    total = sum(count for _, count, _ in rows)
    shown = [(name, count) for name, count, _ in grouped(rows)]
    if total < FEWEST or all(name == OTHERS for name, _ in shown):
        shown = []
    return Question(title, total if total >= FEWEST else 0, tuple(shown))
