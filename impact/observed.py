"""What counters observed, counted for a campaign or an actor: answers of people who stay unknown, no count under five.

Each question is counted by itself, over those who answered it; who did not wish to answer is not counted, or the rest
of a total would tell how many they are.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

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
_NOTED = f"""
  SELECT o.first_here, o.never_helped, o.referred,
         {_LEVEL.format("o.before")} AS before, {_LEVEL.format("o.after")} AS after
"""
_COUNTED = """
SELECT question, answer, count(*) FROM noted, LATERAL (VALUES
  ('first_here', first_here), ('never_helped', never_helped), ('referred', referred),
  ('progress', CASE WHEN after > before THEN 'more' WHEN after = before THEN 'same' WHEN after < before THEN 'less' END)
) AS asked (question, answer)
 WHERE answer NOT IN ('', 'unsaid') GROUP BY question, answer
"""
_OF_CAMPAIGN = f"""
WITH noted AS ({_NOTED}
    FROM impact_observation o JOIN passes_batch b ON b.id = o.batch_id
    LEFT JOIN passes_void v ON v.redemption_id = o.redemption_id
   WHERE b.campaign_id = %(campaign)s AND v.redemption_id IS NULL
) {_COUNTED}
"""
# From the redemptions, which have an index by actor and date.
_BY_ACTOR = f"""
WITH noted AS ({_NOTED}
    FROM passes_redemption r JOIN impact_observation o ON o.redemption_id = r.id
    LEFT JOIN passes_void v ON v.redemption_id = r.id
   WHERE r.actor_id = %(actor)s AND o.actor_id = %(actor)s AND r.accounted_at > %(since)s AND v.redemption_id IS NULL
) {_COUNTED}
"""


def observed(campaign_id: uuid.UUID) -> list[Question]:
    """Each question about the help that a campaign paid, as whoever is acting may see it; one query."""
    return _questions(_OF_CAMPAIGN, {"campaign": campaign_id})


def observed_by(actor_id: uuid.UUID, *, since: datetime) -> list[Question]:
    """Each question about the help that an actor gave since an instant; one query."""
    return _questions(_BY_ACTOR, {"actor": actor_id, "since": since})


def _questions(sql: str, parameters: dict[str, Any]) -> list[Question]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
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
