"""A plain model of one funder's purse: what every figure should be, kept in dictionaries and nothing else."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from passes.refusals import Refusal

VALUE, SIZE = 1000, 5  # cents per pass, passes per booklet
VOID_WINDOW = timedelta(minutes=15)


@dataclass
class ModelPass:
    """One pass: its state, and the batch and booklet it lies in."""

    batch: int
    booklet: int
    state: str = "open"


@dataclass
class ModelRedemption:
    """One accepted redemption, as a line of what an actor is owed."""

    actor: int
    serial: int
    at: datetime
    voided: bool = False
    paid: bool = False  # claimed by a payout
    undone: bool = False  # voided after it was paid: the line stays, the actor owes it


@dataclass
class ModelPayout:
    """One actor's share of a run."""

    actor: int
    gross: int
    fee: int
    vat: int
    lines: list["Line"]
    state: str = "prepared"

    @property
    def net(self) -> int:
        """What leaves for the bank."""
        return self.gross - self.fee - self.vat


@dataclass
class Line:
    """Something owed: a redemption, or what a bank sent back (which pays no second fee)."""

    actor: int
    cents: int
    redemption: ModelRedemption | None = None
    paid: bool = False

    @property
    def is_due(self) -> bool:
        """True while nothing paid or cancelled it."""
        return not self.paid and not (self.redemption and self.redemption.voided)


@dataclass
class ModelIncident:
    """A loss to be borne: of an off-line attempt that was refused, or of a redemption that was paid by mistake."""

    actor: int
    serial: int
    bearer: str
    mistake: ModelRedemption | None = None
    state: str = "open"


@dataclass
class Model:
    """One purse with two funding lines, its batches, and two actors."""

    fee_basis_points: int
    vat_basis_points: int
    cash: int = 0
    fees: int = 0
    promised: dict[int, int] = field(default_factory=lambda: {0: 0, 1: 0})
    free: dict[int, int] = field(default_factory=lambda: {0: 0, 1: 0})
    line_of: dict[int, int] = field(default_factory=dict)  # batch → funding line
    expired: set[int] = field(default_factory=set)
    passes: dict[int, ModelPass] = field(default_factory=dict)
    handed: set[int] = field(default_factory=set)
    redemptions: dict[object, ModelRedemption] = field(default_factory=dict)
    owed: list[Line] = field(default_factory=list)  # in the order it came to be owed
    payouts: list[ModelPayout] = field(default_factory=list)
    incidents: dict[object, ModelIncident] = field(default_factory=dict)
    guarantee: int = 0
    claims: int = 0

    def refusal(self, serial: int, *, over: bool) -> Refusal | None:
        """Why a pass would be refused now; `over`: the operation has ended."""
        one = self.passes[serial]
        by_state = {"redeemed": Refusal.ALREADY_REDEEMED, "blocked": Refusal.BLOCKED, "replaced": Refusal.BLOCKED,
                    "expired": Refusal.EXPIRED}  # fmt: skip
        if one.state in by_state:
            return by_state[one.state]
        if over:
            return Refusal.EXPIRED
        return None if one.booklet in self.handed else Refusal.NOT_HANDED_OUT

    def redeem(self, key: object, serial: int, actor: int, at: datetime) -> None:
        """An accepted redemption."""
        self.passes[serial].state = "redeemed"
        self.redemptions[key] = ModelRedemption(actor, serial, at)
        self.owed.append(Line(actor, VALUE, self.redemptions[key]))

    def why_not_void(self, key: object, now: datetime) -> str | None:
        """The refusal of undoing a redemption, or None."""
        one = self.redemptions[key]
        if one.voided or one.undone:
            return None
        if now - one.at > VOID_WINDOW:
            return "void_window_closed"
        return "settled" if one.paid else None

    def void(self, key: object) -> None:
        """An accepted redemption is undone."""
        self.void_of(self.redemptions[key])

    def void_of(self, one: ModelRedemption) -> None:
        """The same, of the redemption itself."""
        if not one.voided and not one.undone:
            one.voided = True
            self._reopen(one.serial)

    def _reopen(self, serial: int) -> None:
        """A pass is good again, but in a lost booklet; after the end of its batch its value goes back to the line."""
        one = self.passes[serial]
        over = one.batch in self.expired
        lost = any(
            other.booklet == one.booklet and other.state in {"blocked", "replaced"} for other in self.passes.values()
        )
        one.state = "expired" if over else "blocked" if lost else "open"
        if over:
            self.free[self.line_of[one.batch]] += VALUE

    def refuse_off_line(
        self, key: object, serial: int, actor: int, reason: Refusal, *, in_time: bool, within: bool
    ) -> ModelIncident:
        """A refused off-line attempt: within its ceiling, the guarantee bears what the till could not know.

        `in_time`: the help was given before the end; a pass that expired while it was held is news too.
        """
        took = any(
            one.actor == actor and one.serial == serial and not one.voided and not one.undone
            for one in self.redemptions.values()
        )
        news = {Refusal.BLOCKED, Refusal.NOT_HANDED_OUT} | (set() if took else {Refusal.ALREADY_REDEEMED})
        news |= {Refusal.EXPIRED} if in_time else set()
        self.incidents[key] = ModelIncident(actor, serial, "guarantee" if within and reason in news else "site")
        return self.incidents[key]

    def grant(self, one: ModelIncident) -> None:
        """The guarantee pays: the actor is owed the pass, and the purse gets the money."""
        self.guarantee -= VALUE
        self.cash += VALUE
        self.owed.append(Line(one.actor, VALUE))

    def undo_paid(self, one: ModelIncident, *, retained: bool) -> None:
        """A redemption that was paid is undone, and the actor owes it."""
        assert one.mistake is not None
        one.mistake.undone = True
        self._reopen(one.mistake.serial)
        if retained:
            self.owed.append(Line(one.actor, -VALUE))
        else:
            self.claims += VALUE

    def repay(self) -> None:
        """The actor pays back by bank."""
        self.claims -= VALUE
        self.cash += VALUE

    def circulation(self, batch: int) -> int:
        """Value of a batch's passes that may still be used."""
        return VALUE * sum(one.batch == batch and one.state in {"open", "blocked"} for one in self.passes.values())

    def payable(self, actor: int) -> int:
        """Owed to an actor and not on its way."""
        due = sum(line.cents for line in self.owed if line.actor == actor and line.is_due)
        return due + sum(one.gross for one in self.payouts if one.actor == actor and one.state == "prepared")

    @property
    def in_transfer(self) -> int:
        """On its way to actors."""
        return sum(one.net for one in self.payouts if one.state == "sent")

    def expire(self, batch: int) -> int:
        """The end of a batch: what is left goes back to its line; returns cents."""
        if batch in self.expired:
            return 0
        left = self.circulation(batch)
        for one in self.passes.values():
            if one.batch == batch and one.state in {"open", "blocked"}:
                one.state = "expired"
        self.expired.add(batch)
        self.free[self.line_of[batch]] += left
        return left

    def left_in(self, booklet: int) -> list[ModelPass]:
        """What of a booklet may still be used, or could before it was lost."""
        return [one for one in self.passes.values() if one.booklet == booklet and one.state in {"open", "blocked"}]

    def replace(self, booklet: int, batch: int, newer: int) -> None:
        """What is left in a lost booklet is in the booklet `newer` of another batch, on the same line."""
        left = self.left_in(booklet)
        self.line_of[batch] = self.line_of[left[0].batch]
        for one in left:
            one.state = "replaced"
        for position in range(1, len(left) + 1):
            self.passes[newer << 4 | position] = ModelPass(batch, newer)

    def refundable(self, line: int) -> int:
        """What may be given back of a line: free and come, from cash that nobody else is owed.

        Counted from what the purse owes; the ledger counts it from the other side of its balance.
        """
        owed = sum(max(self.payable(actor), 0) for actor in (0, 1))
        owed += sum(self.circulation(batch) for batch in self.line_of) + self.in_transfer + self.fees
        return max(0, min(self.free[line] - self.promised[line], self.cash - owed))

    def prepare(self) -> list[ModelPayout]:
        """What a run pays: the oldest lines first while the cash lasts."""
        cash = self.cash - self.in_transfer - self.fees
        cash -= sum(one.gross for one in self.payouts if one.state == "prepared")
        debts: dict[int, list[Line]] = {}
        for line in self.owed:
            if line.is_due and line.cents < 0:
                debts.setdefault(line.actor, []).append(line)
        after = {actor: sum(line.cents for line in lines) for actor, lines in debts.items()}
        taken = {actor: list(lines) for actor, lines in debts.items()}
        spent = 0
        for line in self.owed:
            if line.is_due and line.cents > 0:
                before = after.get(line.actor, 0)
                after[line.actor] = before + line.cents
                spent += max(after[line.actor], 0) - max(before, 0)  # a debt is set off first
                if spent <= cash:
                    taken.setdefault(line.actor, []).append(line)
        # What a debt or the fees eat up whole is carried forward.
        made = [
            one for one in (self._payout(actor, lines) for actor, lines in taken.items()) if one.gross > 0 < one.net
        ]
        for line in [line for one in made for line in one.lines]:
            self._mark(line, paid=True)
        self.payouts += made
        return made

    def _payout(self, actor: int, lines: list[Line]) -> ModelPayout:
        value = sum(line.cents for line in lines if line.redemption)
        fee = _share(value, self.fee_basis_points)
        return ModelPayout(actor, sum(line.cents for line in lines), fee, _share(fee, self.vat_basis_points), lines)

    def release(self, payouts: list[ModelPayout]) -> None:
        """A run is given up before its approval."""
        for one in payouts:
            one.state = "released"
            for line in one.lines:
                self._mark(line, paid=False)

    @staticmethod
    def _mark(line: Line, *, paid: bool) -> None:
        line.paid = paid
        if line.redemption:
            line.redemption.paid = paid

    def send(self, payouts: list[ModelPayout]) -> None:
        """The bank has the order."""
        for one in payouts:
            one.state = "sent"
            self.fees += one.fee + one.vat

    def settle(self, payout: ModelPayout) -> None:
        """The bank executed a transfer."""
        payout.state = "settled"
        self.cash -= payout.net

    def send_back(self, payout: ModelPayout) -> None:
        """A transfer came back, before or after it was executed."""
        if payout.state == "settled":
            self.cash += payout.net
        payout.state = "returned"
        self.owed.append(Line(payout.actor, payout.net))


def _share(cents: int, basis_points: int) -> int:
    return (cents * basis_points + 5000) // 10000
