"""Static files under names that bear their content, so that browsers and the counter's service worker keep them."""

from collections.abc import Iterator

from whitenoise.storage import CompressedManifestStaticFilesStorage

_IN_MODULES = CompressedManifestStaticFilesStorage._js_module_import_aggregation_patterns[1]


class NamedByContent(CompressedManifestStaticFilesStorage):
    """WhiteNoise's storage that also rewrites the imports of our own modules; the scripts of others import nothing."""

    patterns = (*CompressedManifestStaticFilesStorage.patterns, ("counter/*.js", _IN_MODULES))

    def compress_files(self, paths: set[str]) -> Iterator[tuple[str, str]]:
        """Compress what pages ask for: the names that bear their content, not the same bytes under the plain name."""
        yield from super().compress_files(paths & set(self.hashed_files.values()))
