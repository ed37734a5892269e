"""Where stylesheets, scripts and icons are kept once collected."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class AssetStorage(CompressedManifestStaticFilesStorage):
    """Files named by their content and compressed once; imports between our ES modules are renamed too."""

    support_js_module_import_aggregation = True
