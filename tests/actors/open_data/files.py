"""Files of places as people send them."""

import csv
import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.utils import timezone

from actors.directory_models import PlaceImport
from actors.open_data import importing
from actors.open_data.schema import COLUMNS
from aptic.jobs import running
from aptic.jobs.models import Job
from aptic.tenancy.principal import acting
from tests.factories import OPERATOR, Member

RECENT = (timezone.localdate() - timedelta(days=28)).isoformat()  # what is older than a year is reported


def entry(number: int = 1, **more: str) -> dict[str, str]:
    """A row that is right."""
    return {
        "id": f"lieu-{number}",
        "pivot": "43493312300029",
        "nom": f"Médiathèque n° {number}",
        "commune": "Bègles",
        "code_postal": "33130",
        "code_insee": "33039",
        "adresse": "12 bis rue de l’Été",
        "telephone": "+33556000000",
        "horaires": "Mo-Fr 09:00-12:00",
        "date_maj": RECENT,
        "services": "Aide aux démarches administratives|Loisirs et créations numériques",
        **more,
    }


def as_csv(rows: list[dict[str, str]], *, delimiter: str = ",", encoding: str = "utf-8") -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, delimiter=delimiter, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode(encoding)


def as_json(rows: list[dict[str, Any]]) -> bytes:
    return json.dumps(rows, ensure_ascii=False).encode()


def send(operator: Member, content: bytes | Path, *, source: str = "Cartographie nationale") -> PlaceImport:
    """Take a file in and do its job; what came of it, failed or not."""
    with acting(operator.principal):
        file = importing.start_import(source=source, filename="lieux.csv", content=content)
    running.run(file.job_id)
    with acting(OPERATOR):
        return PlaceImport.objects.get(pk=file.pk)


def job_of(file: PlaceImport) -> Job:
    with acting(OPERATOR):
        return Job.objects.get(pk=file.job_id)
