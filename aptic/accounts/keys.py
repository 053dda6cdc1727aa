"""API keys: made by a manager for a program, shown once, limited to scopes, refused as soon as they are revoked."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from aptic.accounts import rules, tokens
from aptic.accounts.errors import InvalidScope, UnknownHat
from aptic.accounts.models import APIKey
from aptic.audit.services import record
from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import Hat, current

PREFIX_LENGTH = 10


@transaction.atomic
def create_api_key(
    *, organisation: Organisation, name: str, scopes: Iterable[str], hat: Hat, expires_at: datetime | None = None
) -> tuple[APIKey, str]:
    """A key of `organisation` under one of its hats, and its token, which is kept nowhere.

    Raises InvalidScope and UnknownHat.
    """
    wanted = sorted(set(scopes))
    if not rules.valid_scopes(wanted):
        raise InvalidScope(field="scopes")
    if hat not in organisation.hats:
        raise UnknownHat(field="hat")
    token, digest = tokens.new_token(tokens.API_KEY)
    key = APIKey.objects.create(
        organisation=organisation,
        hat=hat.value,
        name=name.strip(),
        prefix=token[:PREFIX_LENGTH],
        digest=digest,
        scopes=wanted,
        expires_at=expires_at,
        created_by_id=current().person_id,
    )
    record(verb="api_key_created", target=key, fields=("scopes",), organisation_id=organisation.pk)
    return key, token


def revoke_api_key(*, key: APIKey, at: datetime | None = None) -> None:
    """Refuse the key from its next request on; silent when it is revoked already."""
    if APIKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=at or timezone.now()):
        record(verb="api_key_revoked", target=key, organisation_id=key.organisation_id)
