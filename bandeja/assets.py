"""Where stylesheets, scripts and icons are kept once collected."""

from django.contrib.staticfiles.storage import HashedFilesMixin
from whitenoise.storage import CompressedManifestStaticFilesStorage

_, IMPORTS = HashedFilesMixin._js_module_import_aggregation_patterns  # type: ignore[attr-defined]  # noqa: SLF001  Django offers no other


class AssetStorage(CompressedManifestStaticFilesStorage):
    """Files named by their content and compressed once; imports between our own modules are renamed too.

    Only ours: in others' scripts Django takes an import within a comment for a real one, and fails.
    """

    support_js_module_import_aggregation = True
    _js_module_import_aggregation_patterns = ("web/*.js", IMPORTS)
