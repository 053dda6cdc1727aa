"""Static files under names that bear their content, so that browsers and the counter's service worker keep them."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class NamedByContent(CompressedManifestStaticFilesStorage):
    """WhiteNoise's storage that also rewrites the imports of our JavaScript modules."""

    support_js_module_import_aggregation = True
