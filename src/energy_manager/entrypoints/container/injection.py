"""dependency-injector without what it looks for and is not used here: web frameworks for its wiring, YAML for settings.

Where they are installed it imports FastAPI, Starlette and Werkzeug: half a second and 12 MB that a run without the
API does not need.
"""

from __future__ import annotations

import sys

_LOOKED_FOR = ("fastapi.params", "starlette.requests", "werkzeug.local", "yaml")


def _import_without_frameworks() -> None:
    hidden = [name for name in _LOOKED_FOR if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]  # None: the import fails as if it were not there
    try:
        import dependency_injector.containers  # noqa: PLC0415
        import dependency_injector.wiring  # noqa: F401, PLC0415 - as the first to do so
    finally:
        for name in hidden:
            del sys.modules[name]


_import_without_frameworks()

from dependency_injector import containers, providers  # noqa: E402 - see above

__all__ = ["containers", "providers"]
