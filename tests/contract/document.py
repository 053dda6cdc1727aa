"""The published document as a judge: is this answer one that it announces, for this address and this method?"""

import json
import re
from functools import cache
from typing import Any

from django.test import Client
from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

ROOT = "urn:aptic:openapi"


@cache
def document() -> dict[str, Any]:
    """What the outside reads at /api/v1/schema/."""
    from passes.openapi import _document

    return json.loads(_document())


@cache
def _registry() -> Registry:
    return Registry().with_resource(ROOT, Resource(document(), DRAFT202012))


def errors(schema: dict[str, Any], value: Any) -> list[str]:
    """What is wrong with `value`, in the words of the validator."""
    absolute = json.loads(json.dumps(schema).replace('"#/components', f'"{ROOT}#/components'))
    validator = Draft202012Validator(absolute, registry=_registry(), format_checker=FormatChecker())
    return [f"{'/'.join(map(str, e.absolute_path))}: {e.message}" for e in validator.iter_errors(value)]


def check(response: Any, method: str = "get") -> Any:
    """The body of an answer that the document announces; fails on one that it does not."""
    path = response.request["PATH_INFO"]
    template, operation = _operation(path, method)
    status = str(response.status_code)
    assert status in operation["responses"], f"{method} {template} does not announce {status}: {response.content!r}"
    media = operation["responses"][status]["content"]
    given = response["Content-Type"].split(";")[0]
    assert given in media, f"{method} {template} {status} is {given}, not {list(media)}"
    body = response.json()
    assert errors(media[given]["schema"], body) == [], f"{method} {template} {status}"
    if status.startswith(("4", "5")):
        assert body["status"] == response.status_code
    return body


def _operation(path: str, method: str) -> tuple[str, dict[str, Any]]:
    exact = [t for t in document()["paths"] if t == path]
    fitting = exact or [t for t in document()["paths"] if re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", t), path)]
    assert len(fitting) == 1, f"{path} is in the document {len(fitting)} times"
    return fitting[0], document()["paths"][fitting[0]][method]


class Caller:
    """A program with a token."""

    def __init__(self, token: str) -> None:
        self.token, self.client = token, Client()

    def get(self, path: str, **query: Any) -> Any:
        """GET /api/v1/<path>, judged by the document."""
        response = self.raw(path, **query)
        check(response)
        return response

    def raw(self, path: str, **query: Any) -> Any:
        """The same, not judged."""
        address = path if path.startswith(("/", "http")) else f"/api/v1/{path}"
        return self.client.get(address, query, headers={"Authorization": f"Bearer {self.token}"})

    def all(self, path: str, **query: Any) -> list[dict[str, Any]]:
        """Every line, page after page, as `next` leads."""
        found, response = [], self.get(path, **query)
        while True:
            found += response.json()["results"]
            following = response.json()["next"]
            if following is None:
                return found
            response = self.client.get(following, headers={"Authorization": f"Bearer {self.token}"})
            check(response)
