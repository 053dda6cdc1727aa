"""A trail as a page shows it: the links of the chain, and its tables. No query here but the words of redemptions."""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from aptic import french
from aptic.french import euros, plural
from impact.tracing import SHOWN, Trail, Transferred
from passes.models import Batch, Booklet, Pass, Redemption

Address = Callable[[str, object], str]
LEVELS = {
    "funder": "source", "campaign": "source", "line": "source", "batch": "batch", "booklet": "pass", "pass": "pass",
    "redemption": "pass", "site": "place", "actor": "place", "payout": "payout",
    "settlement": "payout",
}  # fmt: skip
STATES = {
    "prepared": ("préparé", "wait"), "sent": ("envoyé à la banque", "sun"), "settled": ("exécuté", "ok"),
    "rejected": ("rejeté par la banque", "no"), "returned": ("revenu de la banque", "no"), "": ("", ""),
}  # fmt: skip


def chain(trail: Trail, address: Address) -> list[dict[str, Any]]:
    """The links from the funder's money to the bank line, for `components/timeline.html`."""
    here = LEVELS[trail.point.kind]
    links = [
        ("source", _source(trail, address)),
        ("batch", _batch(trail, address)),
        ("pass", _pass(trail)),
        ("place", _place(trail, address)),
        ("payout", _payout(trail, address)),
        ("bank", _bank(trail)),
    ]
    made = []
    for level, link in links:
        if link is not None:
            if level == here:
                link["state"], link["url"] = "here", ""
            link["cents_url"] = link["url"] or _table(trail, level)
            made.append(link)
    return made


def counter_chain(trail: Trail, stored: Redemption, name: str) -> list[dict[str, Any]]:
    """The links of one redemption for whoever stands at its counter: what it became, and no way into other spaces."""
    cents, at = stored.value_cents, stored.accounted_at
    used = [
        _link("Pass", f"Pass {name}", cents=cents, at=stored.occurred_at, text=f"{stored.service.name}."),
        _link("Lieu", f"{stored.site.name}, {stored.site.commune.name}", cents=cents, at=at, state="here"),
    ]
    if stored.is_voided:
        back = "Rien n’est dû : la valeur est revenue dans le pass."
        return [*used, _link("Annulation", "Encaissement annulé", at=stored.void.accounted_at, text=back)]
    owed = "Son argent est cantonné : il ne paie que ses propres pass."
    due = _link("Dû", f"Dû par {stored.funder.name}", cents=cents, at=at, text=owed)
    runs = [_link("Règlement", f"Arrêté au {french.date(one.cutoff)}") for one in trail.payouts[-1:]]
    return [*used, due, *runs, _payout(trail, _nowhere), _bank(trail)]


def booklet_chain(booklet: Booklet, batch: Batch, states: Counter[str]) -> list[dict[str, Any]]:
    """The links of one booklet for who hands it out: whether it is used, and never where or when."""
    value, used = batch.face_value_cents, states[Pass.State.REDEEMED]
    whose = f"Opération « {batch.campaign.name} »."
    size = f"{batch.passes_per_booklet} pass de {euros(value)}."
    rest = [
        f"{Pass.State(state).label.lower()} : {number} pass, {euros(number * value)}"
        for state, number in states.items()
        if state != Pass.State.REDEEMED
    ]
    gone = booklet.handed_out_at
    return [
        _link("Argent cantonné", batch.funder.name, text=whose),
        _link("Lot", f"Lot {batch.pk}", at=batch.issued_at, text="Chez vous, confié par le commanditaire."),
        _link("Carnet", f"Carnet n° {booklet.number}", cents=batch.passes_per_booklet * value, text=size, state="here"),
        _link("Remise", "Remis à une personne" if gone else "Pas encore remis", at=gone, state="" if gone else "next"),
        _link(
            "Pass",
            plural(used, "pass utilisé,pass utilisés"),
            cents=used * value,
            text=" ".join([_sentence(" ; ".join(rest)) if rest else "", PRIVATE]).strip(),
            state="" if used else "next",
        ),
    ]


PRIVATE = "Le lieu et la date ne regardent que la personne."


def _nowhere(kind: str, ref: object) -> str:
    return ""


def _link(kind: str, title: str, **more: Any) -> dict[str, Any]:
    return {
        "kind": kind, "title": title, "text": "", "cents": None, "cents_url": "", "at": None, "url": "", "state": "",
        **more,
    }  # fmt: skip


def _table(trail: Trail, level: str) -> str:
    """The table of the page that a level adds up; what is not used yet is found in its batch."""
    tables = {"source": trail.lines and "lignes", "batch": "lots", "payout": trail.payouts and "virements",
              "bank": "virements", "place": "lieux"}  # fmt: skip
    return f"#{tables.get(level) or ('usages' if trail.used else 'lots')}"


def _source(trail: Trail, address: Address) -> dict[str, Any] | None:
    total = sum(funds.total for funds in trail.funds.values())
    if not trail.lines:
        if not trail.funders:
            return None
        names = " · ".join(row["funder__name"] for row in trail.funders)
        cents = sum(row["cents"] for row in trail.funders)
        whose = "leurs" if len(trail.funders) > 1 else "ses"
        return _link("Argent cantonné de", names, cents=cents, text=f"Encaissé sur {whose} pass.")
    first = trail.receipts[0].recorded_at if trail.receipts else None
    money = " ".join(_sentence(one) for one in _money_in(trail))
    if trail.point.lines is None:
        money = f"{money} {euros(trail.used_cents)} ont suivi ce chemin."
    if len(trail.lines) > 1:
        names = " · ".join(dict.fromkeys(line.source for line in trail.lines))
        return _link("Lignes de financement", names, cents=total, at=first, text=money)
    (line,) = trail.lines
    where = f"Opération « {line.campaign.name} » de {line.funder.name}."
    return _link(
        "Ligne de financement",
        line.source,
        cents=total,
        at=first,
        text=f"{where} {money}".strip(),
        url=address("line", line.pk),
    )


def _money_in(trail: Trail) -> list[str]:
    came = [f"virement {one.bank_reference} de {euros(one.amount_cents)}" for one in trail.receipts]
    wait = [f"mandat {one.number} de {euros(one.amount_cents)}, attendu" for one in trail.promises]
    gone = [
        f"remboursement {one.bank_reference} de {euros(one.amount_cents)}, rendu le {french.date(one.left_on)}"
        for one in trail.refunds
    ]
    shown = [*came[:3], *wait[:2], *gone[:2]]
    left = len(came) + len(wait) + len(gone) - len(shown)
    return [*shown, *([f"et {plural(left, 'autre')}"] if left else [])] or ["Rien n’est encore arrivé"]


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _batch(trail: Trail, address: Address) -> dict[str, Any] | None:
    if not trail.batches:
        return _link("Lot", "Aucun pass émis", state="next") if trail.lines else None
    if trail.batch_count > 1:
        return _link("Lots", plural(trail.batch_count, "lot de pass,lots de pass"), cents=trail.batch_cents,
                     text="Voyez chacun dans le tableau.")  # fmt: skip
    (batch,) = trail.batches
    text = f"{plural(batch.booklets, 'carnet')} de {batch.passes_per_booklet} pass de {euros(batch.face_value_cents)}."
    if batch.replaces_id:
        text += f" Remplace des carnets du lot {french.number(batch.replaces_id)}."
    return _link(
        "Lot",
        f"Lot {batch.pk}, commande {batch.order.number}",
        cents=batch.amount_cents,
        at=batch.issued_at,
        text=text,
        url=address("batch", batch.uuid),
    )


def _pass(trail: Trail) -> dict[str, Any] | None:
    used = f"{plural(trail.used, 'pass utilisé,pass utilisés')}"
    if trail.point.single:
        state = next(iter(trail.by_state), "redeemed" if trail.used else "")
        cents = trail.used_cents or sum(cents for _, cents in trail.by_state.values())
        return _link("Pass", trail.point.title, cents=cents, at=_handed_at(trail),
                     text=" ".join(filter(None, [_handed(trail), _state_words(state), _replaced(trail)])))  # fmt: skip
    if trail.by_state:
        parts = [
            f"{Pass.State(state).label.lower()} : {french.number(passes)} pass, {euros(cents)}"
            for state, (passes, cents) in trail.by_state.items()
        ]
        words = _sentence(" ; ".join([_handed(trail), *parts]).strip("  ;"))
        return _link("Pass", used, cents=trail.used_cents, text=" ".join(filter(None, [words, _replaced(trail)])))
    if not trail.used:
        return None
    return _link("Pass", used, cents=trail.used_cents)


def _handed(trail: Trail) -> str:
    booklet = trail.booklet
    if booklet is None:
        return ""
    holder = f" par {booklet.distributor.name}" if booklet.distributor else ""
    if booklet.handed_out_at is None:
        return (
            f"Pas encore remis ; confié à {booklet.distributor.name}." if booklet.distributor else "Pas encore remis."
        )
    return f"Carnet remis{holder} le {french.date(booklet.handed_out_at)}."


def _replaced(trail: Trail) -> str:
    """Where the value of a lost booklet went."""
    names = [
        f"le carnet {french.number(one.booklet.number)} du lot {french.number(one.batch_id)}"
        for one in trail.replacements
    ]
    return f"Ce qui restait est dans {' et '.join(names)}." if names else ""


def _handed_at(trail: Trail) -> Any:
    return trail.booklet.handed_out_at if trail.booklet else None


def _state_words(state: str) -> str:
    return {
        "open": "Il peut encore servir.",
        "blocked": "Il est bloqué : déclaré perdu ou volé.",
        "expired": "Il a expiré : sa valeur est revenue à la ligne de financement.",
        "replaced": "Il a été remplacé.",
        "redeemed": "",
    }.get(state, "")


def _place(trail: Trail, address: Address) -> dict[str, Any]:
    if not trail.places:
        return _link("Lieu", "Pas encore utilisé dans un lieu", state="next")
    first = trail.places[0]
    if len(trail.places) == 1:
        return _link(
            "Lieu",
            f"{first['site__name']}, {first['site__commune__name']}",
            cents=first["cents"],
            at=first["last"],
            text=f"Acteur : {first['actor__name']}.",
            url=address("site", first["site_id"]),
        )
    actors = len({row["actor_id"] for row in trail.places})
    more = " au moins" if len(trail.places) == SHOWN else ""
    title = f"{plural(len(trail.places), 'lieu,lieux')} de {plural(actors, 'acteur')}{more}"
    return _link("Lieux", title, cents=trail.used_cents)


def _payout(trail: Trail, address: Address) -> dict[str, Any]:
    waiting = f"{euros(trail.unpaid_cents)} attendent un prochain règlement." if trail.unpaid_cents else ""
    if not trail.payouts:
        title = "Sera payé à un prochain règlement" if trail.used else "Rien à payer pour l’instant"
        return _link("Contre-paiement", title, cents=trail.unpaid_cents or None, state="next")
    if len({one.payout_id for one in trail.payouts}) == 1:
        last = trail.payouts[-1]
        return _link(
            "Contre-paiement",
            last.end_to_end_id,
            cents=trail.claimed_cents or sum(one.cents for one in trail.payouts),
            at=last.sent_at,
            text=" ".join(filter(None, [f"Pour {last.actor}, frais compris.", _came_back(trail.payouts), waiting])),
            url=address("payout", last.payout_id),
        )
    if trail.point.single or trail.point.kind == "payout":
        title = " puis ".join(dict.fromkeys(one.end_to_end_id for one in trail.payouts))
    else:
        title = plural(trail.payout_count, "virement")
    text = " ".join(filter(None, [_came_back(trail.payouts), waiting]))
    return _link("Contre-paiements", title, cents=trail.claimed_cents or None, text=text)


def _came_back(payouts: Iterable[Transferred]) -> str:
    """What the bank sent back, in one sentence for each."""
    found = [
        f"{one.end_to_end_id} est revenu le {french.date(one.rejected_at)} : {one.rejection_reason}."
        for one in payouts
        if one.state in ("rejected", "returned")
    ]
    return " ".join(dict.fromkeys(found[:3]))


def _bank(trail: Trail) -> dict[str, Any]:
    executed = [one for one in trail.payouts if one.executed]
    if not executed:
        sent = any(one.state == "sent" for one in trail.payouts)
        return _link("Banque", "Virement envoyé, pas encore exécuté" if sent else "Pas encore versé", state="next")
    last = max(executed, key=lambda one: str(one.settled_at))
    references = list(dict.fromkeys(one.bank_reference or one.end_to_end_id for one in reversed(executed)))
    more = f" et {plural(len(references) - 2, 'autre')}" if len(references) > 3 else ""
    title = " · ".join(references[:2] if more else references)
    if trail.point.kind == "payout":
        net = sum(one.net_cents for one in executed)
        return _link(
            "Ligne de banque", title + more, cents=net, at=last.settled_at, text="Somme versée, nette de frais."
        )
    text = "Exécuté pour de bon, frais compris." if trail.paid_cents else ""
    return _link("Ligne de banque", title + more, cents=trail.paid_cents, at=last.settled_at, text=text)


def payout_rows(trail: Trail, address: Address) -> list[dict[str, Any]]:
    """One row per share: which transfer, to whom, how much of this euro, and what the bank said."""
    return [
        {
            "one": one,
            "state": STATES[one.state][0],
            "tag": STATES[one.state][1],
            "at": one.rejected_at or one.settled_at or one.sent_at,
            "url": address("payout", one.payout_id),
        }
        for one in reversed(trail.payouts)
    ]


def place_rows(trail: Trail, address: Address) -> list[dict[str, Any]]:
    """One row per site."""
    return [{**row, "url": address("site", row["site_id"])} for row in trail.places]


def batch_rows(trail: Trail, address: Address) -> list[dict[str, Any]]:
    """One row per batch."""
    return [{"batch": one, "url": address("batch", one.uuid)} for one in trail.batches]


def line_rows(trail: Trail, address: Address) -> list[dict[str, Any]]:
    """One row per funding line, with where its money stands."""
    return [{"line": one, "funds": trail.funds[one.pk], "url": address("line", one.pk)} for one in trail.lines]
