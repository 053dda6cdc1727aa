"""GET /api/v1/schema/: the OpenAPI 3.1 document. Lists come from their serializers; the redeem path is written here.

The redeem endpoints are plain views, for speed, and so unknown to the generator. `tests/contract` holds every answer
of every endpoint against this document, those of the redeem path included.
"""

import json
from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import cache_control
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator

from aptic.problems import MEDIA_TYPE, method_not_allowed
from aptic.spaces import public
from passes.api import MOST_LINES
from passes.models import Pass, Session
from passes.models.sessions import LONGEST, SHORTEST
from passes.refusals import EXPLANATIONS, Refusal

Document = dict[str, Any]
HOUR = 3600  # seconds
TYPE = "application/vnd.oai.openapi+json"


@public
@cache_control(public=True, max_age=HOUR)
def schema(request: HttpRequest) -> HttpResponse:
    """The document, made once per process: it only changes with a release."""
    if request.method not in ("GET", "HEAD"):
        return method_not_allowed("GET", "HEAD")
    return HttpResponse(_document(), content_type=TYPE)


@cache
def _document() -> bytes:
    return json.dumps(SchemaGenerator().get_schema(request=None, public=True), ensure_ascii=False, indent=1).encode()


class BearerScheme(OpenApiAuthenticationExtension):
    """How the document calls our tokens."""

    target_class = "aptic.accounts.api.BearerAuthentication"
    name = "bearer"

    def get_security_definition(self, auto_schema: Any) -> Document:
        """Keys and devices are written the same way in a request."""
        words = "Une clé d’API (`apk_…`, par organisation, avec ses droits) ou le jeton d’un appareil (`apd_…`)."
        return {"type": "http", "scheme": "bearer", "description": words}


def complete(result: Document, generator: Any, request: Any, public: bool) -> Document:
    """Add the redeem path and what every list may answer besides its page (SPECTACULAR_SETTINGS)."""
    schemas = result["components"]["schemas"]
    for generated in schemas.values():
        generated.pop("description", None)  # the serializers' docstrings, which are for whoever reads the code
    schemas.update(_SCHEMAS)
    refusals = {str(status): _problem(_WORDS[status]) for status in (400, 401, 403, 404, 406, 429)}
    for methods in result["paths"].values():
        for operation in methods.values():
            operation["responses"].update(refusals)
    for path, methods in _PATHS.items():
        result["paths"].setdefault(path, {}).update(methods)
    result["paths"] = dict(sorted(result["paths"].items()))
    return result


_WORDS = {
    400: "Requête illisible : `invalid`, avec la phrase ou les champs en cause.",
    401: "Jeton absent, inconnu, expiré ou révoqué.",
    403: "La clé n’a pas le droit demandé.",
    404: "Rien de tel, ou rien que cette clé puisse voir.",
    406: "L’API ne répond qu’en JSON.",
    415: "Le corps n’est pas en `application/json`.",
    429: "Trop d’essais ; `Retry-After` dit combien de secondes attendre.",
}


def _problem(description: str) -> Document:
    return {"description": description, "content": {MEDIA_TYPE: {"schema": _ref("Problem")}}}


def _answer(description: str, name: str) -> Document:
    return {"description": description, "content": {"application/json": {"schema": _ref(name)}}}


def _ref(name: str) -> Document:
    return {"$ref": f"#/components/schemas/{name}"}


def _body(name: str) -> Document:
    return {"required": True, "content": {"application/json": {"schema": _ref(name)}}}


def _codes(status: int) -> str:
    return ", ".join(f"`{one.value}`" for one in Refusal if EXPLANATIONS[one].status == status)


def _object(required: dict[str, Document], **optional: Document) -> Document:
    return {
        "type": "object",
        "properties": {**required, **optional},
        "required": list(required),
        "additionalProperties": False,
    }


_UUID: Document = {"type": "string", "format": "uuid"}
_INSTANT: Document = {"type": "string", "format": "date-time"}
_CENTS: Document = {"type": "integer", "minimum": 0, "description": "En centimes d’euro."}
_NAME: Document = {"type": "string", "description": "Les sept premiers caractères du code.", "pattern": "^[0-9A-Z]{7}$"}
_SERVICE: Document = {"type": "string", "description": "Nom stable d’un service, voir `services/`."}
_TEXT: Document = {"type": "string", "minLength": 1}
_MAYBE: Document = {"type": ["string", "null"], "format": "date-time"}
_MINUTES: Document = {"type": "integer", "minimum": SHORTEST, "maximum": LONGEST}
_KIND: Document = {"type": "string", "enum": Session.Kind.values, "description": "`group` si rien n’est dit."}
_MODE: Document = {"type": "string", "enum": Session.Mode.values, "description": "`site` si rien n’est dit."}
_REDEMPTION = {
    "id": _UUID, "pass": _NAME, "value_cents": _CENTS, "service": _SERVICE, "site": _UUID,
    "occurred_at": _INSTANT, "recorded_at": _INSTANT,
}  # fmt: skip

_SCHEMAS: dict[str, Document] = {
    "Problem": {
        "type": "object",
        "description": "RFC 9457. `code` est stable ; `title` et `detail` se montrent à une personne.",
        "properties": {
            "type": {"const": "about:blank"},
            "status": {"type": "integer", "minimum": 400, "maximum": 599},
            "code": {"type": "string", "pattern": "^[a-z_]+$"},
            "title": {"type": "string", "minLength": 1},
            "detail": {"type": "string"},
            "errors": {"type": "object", "description": "Par champ, quand plusieurs sont en cause."},
            "when": {**_INSTANT, "description": "`already_redeemed`, dans un lieu du même acteur : quand."},
            "where": {**_object({"id": _UUID, "name": _TEXT}), "description": "`already_redeemed`, même acteur : où."},
            "nearest": {"type": "array", "items": _ref("Place"), "description": "Les lieux proches qui l’acceptent."},
            "call": {**_object({"name": _TEXT, "phone": _TEXT}), "description": "Qui appeler."},
        },
        "required": ["type", "status", "code", "title"],
    },
    "Place": _object(
        {
            "id": _UUID,
            "name": _TEXT,
            "address": {"type": "string"},
            "phone": {"type": "string"},
            "distance_km": {"type": ["number", "null"]},
        }
    ),
    "Refusal": {"type": "string", "enum": [one.value for one in Refusal], "description": "Liste close, pour toujours."},
    "RedeemRequest": _object(
        {
            "id": {**_UUID, "description": "Choisi par l’appelant : la même demande porte le même id, pour toujours."},
            "code": {"type": "string", "minLength": 1, "description": "Tapé ou lu ; l’adresse entière du QR convient."},
            "service": _SERVICE,
        },
        occurred_at={**_INSTANT, "description": "À 5 minutes près ; jusqu’à 72 heures avant si `offline`."},
        offline={"type": "boolean", "default": False},
        session={
            **_UUID,
            "type": ["string", "null"],
            "description": "Une séance ouverte de ce lieu, voir `sessions/` ; hors ligne, gardée telle quelle.",
        },
        simulate={"type": "boolean", "default": False, "description": "Répond sans rien enregistrer."},
    ),
    "Redeemed": _object(_REDEMPTION),
    "Held": {
        **_object({**_REDEMPTION, "held": {"const": True}}),
        "description": "Transmis par un appareil ou un lieu arrêté entre-temps : deux personnes de l’opérateur jugent, "
        "rien n’est encaissé d’ici là. Renvoyer la ligne dit où elle en est.",
    },
    "Simulated": _object({"simulated": {"const": True}, "id": _UUID, "pass": _NAME, "value_cents": _CENTS}),
    "Voided": _object({**_REDEMPTION, "voided_at": _INSTANT}),
    "RedemptionState": _object({**_REDEMPTION, "voided_at": _MAYBE}),
    "BatchRequest": _object(
        {"redemptions": {"type": "array", "minItems": 1, "maxItems": MOST_LINES, "items": _ref("RedeemRequest")}}
    ),
    "BatchResults": _object({"results": {"type": "array", "items": _ref("BatchResult")}}),
    "BatchResult": {
        "oneOf": [
            _object({"id": _UUID, "status": {"type": "integer", "enum": [200, 201]}, "redemption": _ref("Redeemed")}),
            _object({"id": _UUID, "status": {"const": 202}, "redemption": _ref("Held")}),
            _object({"id": {}, "status": {"type": "integer", "minimum": 400}, "problem": _ref("Problem")}),
        ]
    },
    "SessionRequest": _object(
        {"id": {**_UUID, "description": "Choisi par l’appelant."}, "service": _SERVICE, "minutes": _MINUTES},
        held_on={"type": "string", "format": "date", "description": "Aujourd’hui si rien n’est dit."},
        kind=_KIND,
        mode=_MODE,
    ),
    "Session": _object(
        {
            "id": _UUID,
            "service": _SERVICE,
            "held_on": {"type": "string", "format": "date"},
            "minutes": _MINUTES,
            "kind": _KIND,
            "mode": _MODE,
            "site": _UUID,
            "opened_at": _INSTANT,
            "closed_at": _MAYBE,
        }
    ),
    "PassView": _object(
        {
            "pass": _NAME,
            "value_cents": _CENTS,
            "state": {"type": "string", "enum": Pass.State.values},
            "valid_until": {**_INSTANT, "description": "Exclu."},
            "services": {"type": "array", "items": _SERVICE, "description": "Vide : tous."},
            "left_in_booklet": {"type": "integer", "minimum": 0},
            "refusal": {"oneOf": [_ref("Refusal"), {"type": "null"}], "description": "Null : il serait accepté."},
        }
    ),
}
_ID = [{"name": "id", "in": "path", "required": True, "schema": _UUID}]
_DEVICE: Document = {"tags": ["redemptions"], "security": [{"bearer": []}]}


def _responses(**answers: Document) -> Document:
    """The answers of an operation by status, with 401, which each may give."""
    return {status.lstrip("_"): answer for status, answer in {"_401": _problem(_WORDS[401]), **answers}.items()}


_PATHS: dict[str, Document] = {
    "/api/v1/redemptions/": {
        "post": {
            **_DEVICE,
            "operationId": "redeem",
            "summary": "Encaisser un pass",
            "description": "Jeton d’appareil : le lieu est le sien. Après un 5xx ou un délai, renvoyez le même `id`.",
            "requestBody": _body("RedeemRequest"),
            "responses": _responses(
                _201=_answer("Encaissé.", "Redeemed"),
                _200={
                    "description": "Déjà encaissé sous cet `id` : le même corps, aussi après une annulation.",
                    "content": {"application/json": {"schema": {"anyOf": [_ref("Redeemed"), _ref("Simulated")]}}},
                },
                _202=_answer("Cet `id` est retenu : voir `redemptions/batch/`.", "Held"),
                _400=_problem(_WORDS[400]),
                _404=_problem(f"{_codes(404)} : aucun pass ne répond à ce code. Rien n’est gardé."),
                _409=_problem(f"{_codes(409)}."),
                _415=_problem(_WORDS[415]),
                _422=_problem(
                    f"{_codes(422)}, `id_reused` : cet `id` a servi pour une autre demande, ou `session_not_open` : "
                    "la séance est fermée ou d’un autre lieu, rien n’est gardé."
                ),
                _429=_problem(f"{_codes(429)} : trop de codes faux depuis cet appareil. {_WORDS[429]}"),
            ),
        }
    },
    "/api/v1/redemptions/batch/": {
        "post": {
            **_DEVICE,
            "operationId": "redeem_batch",
            "summary": f"Encaisser jusqu’à {MOST_LINES} pass, en une fois",
            "description": "Un atelier, une file hors ligne. Chaque ligne reçoit le statut qu’elle aurait reçu seule, "
            "dans l’ordre envoyé ; un pass nommé deux fois : le premier gagne. Pendant 72 heures après l’arrêt de "
            "l’appareil, du lieu ou de l’acteur, les lignes `offline` d’avant l’arrêt sont retenues (202) ; d’un "
            "appareil arrêté, toute autre ligne reçoit 401.",
            "requestBody": _body("BatchRequest"),
            "responses": _responses(
                _200=_answer("Une réponse par ligne.", "BatchResults"),
                _400=_problem(_WORDS[400]),
                _415=_problem(_WORDS[415]),
            ),
        }
    },
    "/api/v1/redemptions/{id}/": {
        "get": {
            **_DEVICE,
            "operationId": "redemption",
            "summary": "Un encaissement et son annulation ; d’une ligne retenue, ce qui en est advenu",
            "parameters": _ID,
            "responses": _responses(
                _200=_answer("Trouvé.", "RedemptionState"),
                _202=_answer("Retenu : deux personnes n’ont pas encore décidé.", "Held"),
                _404=_problem(_WORDS[404]),
                _409=_problem(f"Retenu, puis refusé : {_codes(409)}."),
                _422=_problem(f"Retenu, puis refusé : {_codes(422)}."),
            ),
        }
    },
    "/api/v1/redemptions/{id}/void/": {
        "post": {
            **_DEVICE,
            "operationId": "void",
            "summary": "Annuler, dans les quinze minutes, sur le même appareil",
            "parameters": _ID,
            "responses": _responses(
                _201=_answer("Annulé.", "Voided"),
                _200=_answer("Déjà annulé.", "Voided"),
                _404=_problem(_WORDS[404]),
                _409=_problem("`void_window_closed` : trop tard, ou autre appareil. `settled` : déjà payé."),
            ),
        }
    },
    "/api/v1/sessions/": {
        "post": {
            **_DEVICE,
            "tags": ["sessions"],
            "operationId": "open_session",
            "summary": "Ouvrir une séance dans le lieu de l’appareil",
            "requestBody": _body("SessionRequest"),
            "responses": _responses(
                _201=_answer("Ouverte.", "Session"),
                _200=_answer("Déjà ouverte sous cet `id` : le même corps.", "Session"),
                _400=_problem(_WORDS[400]),
                _415=_problem(_WORDS[415]),
                _422=_problem("`session_day` : à plus de sept jours. `id_reused` : l’`id` a servi pour autre chose."),
            ),
        }
    },
    "/api/v1/sessions/{id}/close/": {
        "post": {
            **_DEVICE,
            "tags": ["sessions"],
            "operationId": "close_session",
            "summary": "Fermer une séance : elle ne prend plus de pass en ligne",
            "parameters": _ID,
            "responses": _responses(_200=_answer("Fermée.", "Session"), _404=_problem(_WORDS[404])),
        }
    },
    "/api/v1/passes/{code}/": {
        "get": {
            **_DEVICE,
            "tags": ["passes"],
            "operationId": "look_up",
            "summary": "Ce qu’encaisser ferait, ici et maintenant",
            "parameters": [
                {"name": "code", "in": "path", "required": True, "schema": {"type": "string"}},
                {"name": "service", "in": "query", "schema": _SERVICE},
            ],
            "responses": _responses(
                _200=_answer("Le pass, et la raison d’un refus s’il y en a une.", "PassView"),
                _404=_problem(f"{_codes(404)}."),
                _429=_problem(_WORDS[429]),
            ),
        }
    },
}
