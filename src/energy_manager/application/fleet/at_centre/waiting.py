"""What a centre says that is not the active one."""

from energy_manager.domain.errors import EnergyManagerError


class CentreWaits(EnergyManagerError):
    """This centre is not the active one."""

    code = "centre_waits"

    def __init__(self, active: str) -> None:
        who = f"{active} is the active one" if active else "none is active now"
        super().__init__(f"this centre waits: {who}")
        self.active = active
