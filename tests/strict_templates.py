"""Make Django's templates refuse what they usually forgive."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.conf import settings
from django.template import Context, engines
from django.template.base import FilterExpression

FORGIVING = ("default", "default_if_none")  # a template that writes them knows that the value may be absent


class Undefined(str):
    """What an engine calls for a variable it cannot find: it fails."""

    __slots__ = ()

    def __contains__(self, item: object) -> bool:
        return item == "%s"

    def __mod__(self, variable: object) -> str:
        raise AssertionError(f"template variable without a value: {variable}")


@contextmanager
def strict_templates() -> Iterator[None]:
    """Fail on undefined variables in our own templates, for the length of the block."""
    resolve = FilterExpression.resolve

    def strict_resolve(self: FilterExpression, context: Context, ignore_failures: bool = False) -> Any:
        first = self.filters[0][0].__name__ if self.filters else ""
        return resolve(self, context, ignore_failures or first in FORGIVING or not _is_ours(context))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FilterExpression, "resolve", strict_resolve)
        patch.setattr(engines["django"].engine, "string_if_invalid", Undefined("%s"))
        yield


def _is_ours(context: Context) -> bool:
    template = getattr(context.render_context, "template", None)
    origin = str(template.origin.name) if template is not None and template.origin else ""
    return origin.startswith(str(settings.BASE_DIR)) and "site-packages" not in origin
