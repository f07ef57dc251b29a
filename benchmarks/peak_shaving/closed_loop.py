"""The grid-limit law against a simple clamp and a PID on simulated plants: violation, settling, travel."""

from __future__ import annotations

from energy_manager.adapters.devices.simulated.meter import random_load
from energy_manager.domain.peak_shaving.grid_limit import GridLimitSettings, PccReading
from tests.support.peak_shaving_loop import Clairvoyant, Course, GridLimitLaw, Law, closed_loop
from tests.support.simulated_plant import PlantSettings

PEAKS_S = 3600.0


class Clamp:
    """Takes from the storage what is beyond the limit, and goes straight back to the schedule when nothing is."""

    def __init__(self, limits: GridLimitSettings) -> None:
        self.limits = limits

    def target(self, reading: PccReading | None, *, scheduled_kw: float, **_: float) -> float:
        assert reading is not None
        assert reading.import_kw is not None
        assert reading.charge_kw is not None
        base = reading.import_kw - reading.charge_kw
        target = min(max(scheduled_kw, -self.limits.export_limit_kw - base), self.limits.import_limit_kw - base)
        return min(max(target, -self.limits.max_discharge_kw), self.limits.max_charge_kw)


class Pid:
    """A PID on the distance to the import limit, with anti-windup; the schedule is its resting place."""

    kp, ki_per_s, kd_s = 0.5, 0.2, 0.0

    def __init__(self, limits: GridLimitSettings) -> None:
        self.limits = limits
        self.integral = 0.0
        self.last = 0.0

    def target(self, reading: PccReading | None, *, scheduled_kw: float, **_: float) -> float:
        assert reading is not None
        assert reading.import_kw is not None
        error = reading.import_kw - self.limits.import_limit_kw
        tick_s = self.limits.tick_s
        self.integral = min(max(self.integral + self.ki_per_s * error * tick_s, 0.0), self.limits.max_discharge_kw)
        action = self.kp * error + self.integral + self.kd_s * (error - self.last) / tick_s
        self.last = error
        return scheduled_kw - min(max(action, 0.0), self.limits.max_discharge_kw)


def table() -> None:
    print()
    print("Closed loop: an hour of random peaks above 50 kW, meter noise 0.3 kW; dead = what lag and dead time cost")
    print(
        f"{'tick':>4} {'lag':>4} {'dead time':>9} {'law':12} {'kWh beyond':>10} {'x dead':>7} "
        f"{'settling s':>10} {'worst s':>8} {'travel kW':>9} {'reversals':>9}"
    )
    base = random_load(level_kw=38.0, peak_kw=30.0, every_s=90.0, lasts_s=60.0, wander_kw=1.0, seed=11)
    for tick_s in (1.0, 2.0):
        limits = GridLimitSettings(
            import_limit_kw=50.0, export_limit_kw=1000.0, max_charge_kw=30.0, max_discharge_kw=30.0, tick_s=tick_s
        )
        for lag_s, cycles in ((1.0, 1), (3.0, 1), (5.0, 1), (5.0, 2)):
            plant = PlantSettings(
                max_charge_kw=30.0,
                max_discharge_kw=30.0,
                capacity_kwh=1000.0,
                lag_s=lag_s,
                dead_time_s=cycles * tick_s,
                meter_sigma_kw=0.3,
                storage_sigma_kw=0.05,
            )

            def course(law: Law, plant=plant, limits=limits) -> Course:
                return closed_loop(law, limits, plant, base_kw=base, lasts_s=PEAKS_S, seed=1)

            dead = course(Clairvoyant(limits))
            for name, law in (("grid limit", GridLimitLaw(limits)), ("clamp", Clamp(limits)), ("PID", Pid(limits))):
                ran = course(law)
                print(
                    f"{tick_s:4.0f} {lag_s:4.0f} {cycles * tick_s:9.0f} {name:12} {ran.violation_kwh:10.3f} "
                    f"{ran.violation_kwh / dead.violation_kwh:7.2f} {ran.mean_settling_s:10.1f} "
                    f"{max(ran.settling_s, default=0.0):8.1f} {ran.travel_kw:9.0f} {ran.reversals:9}",
                    flush=True,
                )
