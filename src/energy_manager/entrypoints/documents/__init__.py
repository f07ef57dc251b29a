"""Each job's JSON, the same for the command line and HTTP: text in, planner, text out."""


def load_planners() -> None:
    """Import what the planners need, so that a fresh worker process answers its first request at once."""
    from energy_manager.entrypoints.documents import production  # noqa: F401, PLC0415
