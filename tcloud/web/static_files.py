"""How collected assets are named: after their content, in `import` lines of scripts as well."""

from whitenoise.storage import CompressedManifestStaticFilesStorage  # type: ignore[import-untyped]  # it has none


class ModuleStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # see above
    """Whitenoise's, where a script that imports another names the very version it was made with."""

    support_js_module_import_aggregation = True
