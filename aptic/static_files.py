"""Static files under names that bear their content, so that browsers and the counter's service worker keep them."""

import re
from collections.abc import Callable, Iterator

from whitenoise.storage import CompressedManifestStaticFilesStorage

_IN_MODULES = CompressedManifestStaticFilesStorage._js_module_import_aggregation_patterns[1]
# Whole lines and ends of lines; a test looks that none stands inside of a text.
COMMENTS = r"(?m)^[ \t]*//.*\n|(?<=[;,{}()\]]) // .*$"


class NamedByContent(CompressedManifestStaticFilesStorage):
    """WhiteNoise's storage that also rewrites the imports of our own modules; the scripts of others import nothing.

    Comments stay here: a third of what a counter on a slow network would fetch.
    """

    patterns = (*CompressedManifestStaticFilesStorage.patterns, ("counter/*.js", (*_IN_MODULES, (COMMENTS, ""))))

    def url_converter(
        self, name: str, hashed_files: dict[str, str], template: str | None = None
    ) -> Callable[[re.Match[str]], str]:
        """What stands in the place of a match: nothing for the pattern without a template."""
        return (lambda match: "") if template == "" else super().url_converter(name, hashed_files, template)

    def compress_files(self, paths: set[str]) -> Iterator[tuple[str, str]]:
        """Compress what pages ask for: the names that bear their content, not the same bytes under the plain name."""
        yield from super().compress_files(paths & set(self.hashed_files.values()))
