"""Who bears a loss, and how far a device may go: pure decisions."""

from datetime import UTC, datetime, timedelta

import pytest

from passes import incident_rules as rules
from passes.models import Incident
from passes.refusals import Refusal

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
CEILING = rules.Ceiling(amount_cents=3000, passes=3, hours=24)
SITE, GUARANTEE = Incident.Bearer.SITE, Incident.Bearer.GUARANTEE


@pytest.mark.parametrize("reason", Refusal)
def test_the_guarantee_bears_what_the_counter_could_not_know_and_the_site_the_rest(reason):
    named = rules.bearer(reason, within_ceiling=True, known_to_device=False, valid_when_used=False)
    news = {"already_redeemed", "blocked", "limit_reached", "not_handed_out"}
    assert named == (GUARANTEE if reason in news else SITE)
    beyond = rules.bearer(reason, within_ceiling=False, known_to_device=False, valid_when_used=True)
    assert beyond == SITE


def test_a_device_knows_what_it_took_itself():
    facts = {"within_ceiling": True, "valid_when_used": True}
    assert rules.bearer(Refusal.ALREADY_REDEEMED, known_to_device=True, **facts) == SITE


def test_a_pass_valid_when_the_help_was_given_is_not_the_sites_fault():
    facts = {"within_ceiling": True, "known_to_device": False}
    assert rules.bearer(Refusal.EXPIRED, valid_when_used=True, **facts) == GUARANTEE
    assert rules.bearer(Refusal.EXPIRED, valid_when_used=False, **facts) == SITE


def hours_ago(*hours: int, sent: int = 0) -> list[tuple[datetime, int, datetime]]:
    return [(NOW - timedelta(hours=one), 1000, NOW - timedelta(hours=sent)) for one in hours]


@pytest.mark.parametrize(
    ("lines", "at", "recorded", "inside"),
    [
        (hours_ago(3, 2, 1), 1, 0, True),  # three passes, 30 €
        (hours_ago(4, 3, 2, 1), 1, 0, False),  # the fourth
        (hours_ago(4, 3, 2, 1), 2, 0, True),  # what came later does not count
        (hours_ago(30, 26, 3, 2), 2, 0, True),  # what is older than the span does not count
        ([(NOW - timedelta(hours=2), 2500, NOW), *hours_ago(1)], 1, 0, False),  # 35 €
        (hours_ago(6, 5, 4, sent=3) + hours_ago(2, 1), 1, 0, True),  # what was sent before is carried no more
        (hours_ago(6, 5, 4, sent=1) + hours_ago(2), 2, 0, False),  # what was sent after still was
        (hours_ago(3, 2, 1, -1), -1, 0, False),  # by a clock that is fast
        (hours_ago(25), 25, 0, False),  # told too late
        (hours_ago(24), 24, 0, True),
    ],
)  # fmt: skip
def test_the_ceiling_counts_what_the_device_carried(lines, at, recorded, inside):
    load = rules.carried(
        lines, occurred_at=NOW - timedelta(hours=at), recorded_at=NOW - timedelta(hours=recorded), ceiling=CEILING
    )
    assert rules.within(CEILING, load) is inside


@pytest.mark.parametrize(
    ("offline", "occurred", "stopped", "may"),
    [(True, 3, 2, True), (False, 3, 2, False), (True, 2, 2, False), (True, 1, 2, False), (True, 80, 72, True),
     (True, 80, 73, False), (True, 3, None, False)],
)  # fmt: skip
def test_a_stopped_till_hands_in_what_it_did_before_for_72_hours(offline, occurred, stopped, may):
    stopped_at = None if stopped is None else NOW - timedelta(hours=stopped)
    at = NOW - timedelta(hours=occurred)
    assert rules.may_hold(offline=offline, occurred_at=at, stopped_at=stopped_at, now=NOW) is may


def test_what_departs_from_the_rule_says_why():
    D, K = Incident.Decision, Incident.Kind
    assert rules.decisions(K.OFFLINE, GUARANTEE) == [D.GUARANTEE, D.SITE]
    assert rules.decisions(K.OFFLINE, SITE) == [D.SITE]  # the guarantee never pays for it
    assert rules.decisions(K.MISTAKE, SITE) == [D.RETAINED, D.REPAID, D.KEPT]
    assert [rules.needs_reason(K.OFFLINE, GUARANTEE, one) for one in (D.GUARANTEE, D.SITE)] == [False, True]
    assert [rules.needs_reason(K.MISTAKE, SITE, one) for one in (D.RETAINED, D.REPAID, D.KEPT)] == [False, False, True]
