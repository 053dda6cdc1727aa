"""The first actor declares two years of income by kind, and corrects the second; nobody else declared anything yet."""

from datetime import date
from functools import partial

from actors.income import declare_income
from actors.income_rules import Kind
from impact.demonstration.stage import Stage, working_day

WHO = "amina.diallo"
BEFORE = {
    Kind.DELEGATION: 18_000_00,
    Kind.TRAINING: 6_500_00,
    Kind.ROOMS: 2_400_00,
    Kind.MEMBERS: 1_850_00,
    Kind.OTHER: 22_000_00,
}
LAST = {
    Kind.DELEGATION: 12_000_00,
    Kind.TRAINING: 8_900_00,
    Kind.ROOMS: 3_100_00,
    Kind.HOSTING: 1_200_00,
    Kind.MEMBERS: 2_050_00,
    Kind.OTHER: 15_000_00,
}
FORGOTTEN = {Kind.ENGINEERING: 1_600_00}  # found when the accounts were closed


def plan_declarations(stage: Stage) -> None:
    """A year in the December after it; the next one in January, corrected in March if the story has come so far."""
    year = stage.today.year - 1
    stage.plan(working_day(date(year, 12, 15)), partial(_declare, stage, year - 1, BEFORE, 0))
    stage.plan(min(working_day(date(year + 1, 1, 20)), stage.today), partial(_declare, stage, year, LAST, 0))
    stage.plan(working_day(date(year + 1, 3, 12)), partial(_declare, stage, year, LAST | FORGOTTEN, 1))


def _declare(stage: Stage, year: int, amounts: dict[Kind, int], after: int, day: date) -> None:
    with stage.playing(WHO):
        declare_income(year=year, amounts=amounts, after=after, at=stage.at(day, 11))
