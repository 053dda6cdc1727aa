"""The floor: a bare Django view that looks a token up and does the four statements of a redeem, and nothing else.

What it costs is what no product on this stack can go below by much; our own figures are read as ratios to it.
"""

import json
import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

if not settings.configured:
    from environ import Env

    settings.configure(
        SECRET_KEY="floor",
        ALLOWED_HOSTS=["*"],
        ROOT_URLCONF=__name__,
        MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
        DATABASES={
            "default": {
                **Env.db_url_config(os.environ["FLOOR_URL"]),
                "ENGINE": "django.db.backends.postgresql",
                "CONN_MAX_AGE": None,
            }
        },
    )

from django.db import connection, transaction
from django.http import HttpRequest, JsonResponse
from django.urls import path


def redeem(request: HttpRequest) -> JsonResponse:
    """One redeem, with the token's look-up."""
    token = request.headers["Authorization"].removeprefix("Bearer ")
    body = json.loads(request.body)
    with connection.cursor() as cursor:
        cursor.execute("SELECT partner_id FROM token WHERE key = %s AND active", [token])
        partner = cursor.fetchone()[0]
        with transaction.atomic():
            cursor.execute(
                "UPDATE pass SET state = 'redeemed' WHERE code = %s AND state = 'active' RETURNING id, amount",
                [body["code"]],
            )
            row = cursor.fetchone()
            if row is None:
                return JsonResponse({"code": "already_redeemed"}, status=409)
            cursor.execute(
                "INSERT INTO redemption (pass_id, partner_id, nonce) VALUES (%s, %s, %s) RETURNING id",
                [row[0], partner, body["id"]],
            )
            redemption = cursor.fetchone()[0]
            cursor.execute(
                "INSERT INTO entry (redemption_id, account, amount) VALUES (%s, 'funder', %s), (%s, 'actor', %s)",
                [redemption, -row[1], redemption, row[1]],
            )
    return JsonResponse({"id": redemption}, status=201)


urlpatterns = [path("redeem", redeem)]
application = get_wsgi_application()
