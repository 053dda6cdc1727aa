"""Settle many redemptions of many actors: from preparation to bank file, on rows written straight into a database.

`run` counts what the product does (claim, approval, file, sending); filling the database is apart and untimed.
"""

import itertools
import os
import resource
import time
import uuid
from typing import Any

from django.db import connections
from django.utils import timezone

from actors.settlement.approve import approve_settlement
from actors.settlement.prepare import prepare_settlement
from actors.settlement.send import mark_sent, write_bank_file
from aptic.accounts.models import Role, User
from aptic.documents.crypto import encrypt_text
from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import Hat, Principal, acting
from benchmarks.bed import Bed

IBAN = "FR7630006000011234567890189"  # the example of the standard
FUNDERS = 5
LINES_WANTED = int(os.environ.get("BENCH_LINES", "1000000"))

# Everything is found again by its name: other measures may have filled the same database.
FILL = """
INSERT INTO tenancy_organisation (id, name, search_key, address, email, phone, is_operator, is_funder, is_distributor,
                                  is_actor, is_hub, created_at)
SELECT gen_random_uuid(), 'Mesure ' || kind || ' ' || n, 'mesure ' || kind || ' ' || n, '', '', '', false,
       kind = 'funder', false, kind = 'actor', false, now()
  FROM (SELECT 'actor' AS kind, n FROM generate_series(1, %(actors)s) n
        UNION ALL SELECT 'funder', n FROM generate_series(1, %(funders)s) n) t;
INSERT INTO actors_actor (organisation_id, state, qualified_at, suspension_reason, charges_vat, updated_at)
SELECT id, 'qualified', now(), '', false, now() FROM tenancy_organisation WHERE search_key LIKE 'mesure actor %%';
INSERT INTO ledger_purse (id, funder_id, available_cents, created_at)
SELECT gen_random_uuid(), id, 0, now() FROM tenancy_organisation WHERE search_key LIKE 'mesure funder %%';
CREATE TEMPORARY TABLE purse AS
SELECT p.* FROM ledger_purse p JOIN tenancy_organisation o ON o.id = p.funder_id WHERE o.search_key LIKE 'mesure %%';
INSERT INTO ledger_account (purse_id, kind, about, funder_id, actor_id, guarded_cents)
SELECT id, k, NULL, funder_id, NULL::uuid, CASE k WHEN 'circulation' THEN NULL ELSE 0 END
  FROM purse, unnest(ARRAY['safeguarded', 'credit', 'circulation']) k
UNION ALL
SELECT p.id, 'payable', o.id, p.funder_id, o.id, NULL
  FROM purse p, tenancy_organisation o WHERE o.search_key LIKE 'mesure actor %%';
INSERT INTO ledger_transfer (purse_id, debit_id, credit_id, amount_cents, kind, event, funder_id, accounted_at)
SELECT p.id, d.id, c.id, 100000000000, m.kind, gen_random_uuid(), p.funder_id, now()
  FROM purse p, (VALUES (1, 'funds_received', 'safeguarded', 'credit'), (2, 'issue', 'credit', 'circulation'))
       AS m(turn, kind, debit, credit), ledger_account d, ledger_account c
 WHERE d.purse_id = p.id AND d.kind = m.debit AND c.purse_id = p.id AND c.kind = m.credit ORDER BY m.turn;
"""
LINES = """
WITH payable AS (
  SELECT a.id, a.purse_id, a.actor_id, a.funder_id, c.id AS circulation, row_number() OVER (ORDER BY a.id) - 1 AS rank
    FROM ledger_account a
         JOIN ledger_account c ON c.purse_id = a.purse_id AND c.kind = 'circulation' AND c.about IS NULL
   WHERE a.kind = 'payable' AND a.purse_id IN (SELECT id FROM purse)
), many AS (SELECT count(*) AS accounts FROM payable)
INSERT INTO ledger_transfer
       (purse_id, debit_id, credit_id, amount_cents, kind, event, funder_id, actor_id, accounted_at)
SELECT p.purse_id, p.circulation, p.id, 1000, 'redeem', gen_random_uuid(), p.funder_id, p.actor_id, now()
  FROM many, generate_series(0, %(lines)s - 1) n JOIN payable p ON p.rank = n %% (SELECT accounts FROM many)
"""


def measure(bed: Bed, *, lines: int = LINES_WANTED, actors: int = 3_000) -> list[tuple[str, str, str, str]]:
    """Rows of the table: (work, measured, at least, aim)."""
    from django.conf import settings

    fill(lines=lines, actors=actors)
    cpu = bed.postgres_cpu() + time.process_time()
    found = run(settings)
    cpu = bed.postgres_cpu() + time.process_time() - cpu
    many, payees = (f"{count:,}".replace(",", " ") for count in (lines, actors))
    work = f"settle {many} redemptions of {payees} actors, from preparation to bank file"
    steps = ", ".join(f"{name} {found[name]:.1f}" for name in ("prepare", "approve", "file"))
    return [
        (work, f"{found['seconds']:.1f} s ({steps}), + {found['memory_mb']:.0f} MB", "60 s", "30 s"),
        ("the same run marked as sent; CPU of all of it", f"{found['send']:.1f} s; {cpu:.0f} s CPU", "", ""),
    ]


def fill(*, lines: int, actors: int) -> None:
    """Write the redemptions and who is owed them, as the owner."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(FILL, {"actors": actors, "funders": FUNDERS})
        cursor.execute(LINES, {"lines": lines})
        cursor.execute("SELECT id FROM tenancy_organisation WHERE search_key LIKE 'mesure actor %'")
        rows = [
            (uuid.uuid4(), actor, encrypt_text(IBAN, context=str(actor).encode()).encode(), uuid.uuid4(), uuid.uuid4())
            for (actor,) in cursor.fetchall()
        ]
        cursor.executemany(
            "INSERT INTO actors_bankaccount (id, actor_id, holder, iban_sealed, iban_last4, bic,"
            " proposed_by, proposed_at, approved_by, approved_at) VALUES (%s, %s, 'Acteur de mesure', %s,"
            " '0189', 'AGRIFRPP', %s, now(), %s, now())",
            rows,
        )
        cursor.execute("ANALYZE")


def run(settings: Any) -> dict[str, float]:
    """Seconds of each step, their sum, and how much this process's memory grew, in megabytes."""
    settings.DEBTOR_NAME = settings.DEBTOR_NAME or "Aptic, mesure"
    settings.DEBTOR_IBAN = settings.DEBTOR_IBAN or "FR1420041010050500013M02606"
    first, second = _person(), _person()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    marks = [("", time.perf_counter())]
    with acting(first):
        settlement = prepare_settlement(cutoff=timezone.now())
    marks.append(("prepare", time.perf_counter()))
    with acting(second):
        approve_settlement(settlement=settlement, digest=settlement.digest)
    marks.append(("approve", time.perf_counter()))
    with acting(second):
        size = write_bank_file(settlement=settlement).size
    marks.append(("file", time.perf_counter()))
    with acting(second):
        mark_sent(settlement=settlement)
    marks.append(("send", time.perf_counter()))
    steps = {name: end - start for (_, start), (name, end) in itertools.pairwise(marks)}
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    return {**steps, "seconds": marks[3][1] - marks[0][1], "memory_mb": grown, "file_bytes": size}


def _person() -> Principal:
    """Somebody of the operator who may touch money."""
    with acting(Principal(hat=Hat.OPERATOR)):
        operator, _ = Organisation.objects.get_or_create(is_operator=True, defaults={"name": "Opérateur"})
        user = User.objects.create_user(email=f"{uuid.uuid4().hex}@mesure.example", full_name="Mesure")
    return Principal(hat=Hat.OPERATOR, organisation_id=operator.pk, person_id=user.pk, role=Role.FINANCE)
