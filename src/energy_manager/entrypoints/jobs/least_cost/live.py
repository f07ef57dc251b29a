"""A plan of the site as the loop carries it out; runs in a worker process."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from energy_manager.application.least_cost.live_site import Begun
from energy_manager.application.least_cost.rolling_planner import LABEL, SCHEDULE_ID, LiveQuestion, PlannedSite
from energy_manager.application.planner_result import PlannerResult, run_planner
from energy_manager.domain.least_cost import Plan, Site, guidance_of, value_of_energy
from energy_manager.domain.least_cost.plan.costs import run_load
from energy_manager.domain.least_cost.scheduling import site_schedule
from energy_manager.domain.schedule import TargetPeriod
from energy_manager.domain.series import at_each_step, utc_text
from energy_manager.domain.site import PlanningSite
from energy_manager.entrypoints.jobs.least_cost import LeastCostOptions, LeastCostRequest, plan

_MOVES_KW = 1e-6


def plan_live(
    question: LiveQuestion, options: LeastCostOptions, planning_site: PlanningSite
) -> PlannerResult[PlannedSite]:
    """The plan, its schedule, and what leads the battery."""
    return run_planner(lambda: _planned(question, options, planning_site))


def _planned(question: LiveQuestion, options: LeastCostOptions, planning_site: PlanningSite) -> PlannedSite:
    site = question.site
    request = LeastCostRequest(site=site, time_limit_s=options.time_limit_s)
    found = plan(request, options)
    battery = next(storage for storage in site.storages if storage.id == question.battery)
    others = run_load(site, found.starts)
    for name, charges in found.charge_kw.items():
        if name != battery.id:
            others += charges
    guidance = guidance_of(
        site,
        battery,
        value_of_energy(site, storage=battery.id, others_kw=others.tolist(), foresees=False),
        plan=question.plan_id,
        schedule=LABEL,
        refills=_refills(site, found, battery.id, ZoneInfo(question.zone)),
        currency=question.currency,
        is_tried=question.is_tried,
    )
    schedule = site_schedule(
        site,
        found,
        assets=planning_site.controllable,
        schedule_id=SCHEDULE_ID,
        steps_per_kw=planning_site.steps_per_kw,
        beside=[piece for begun in question.begun for piece in _begun_pieces(begun, site, planning_site)],
    )
    return PlannedSite(schedule=schedule, sentence=_in_words(question, found), plan=found, guidance=guidance)


def _begun_pieces(begun: Begun, site: Site, planning_site: PlanningSite) -> list[TargetPeriod]:
    step = site.time_of(2) - site.time_of(1) if site.steps > 1 else site.time_of(1) - site.time_of(0)
    return [
        TargetPeriod(
            asset=begun.run.asset,
            start=begun.start + step * place,
            end=begun.start + step * (place + 1),
            target=-round(power * planning_site.steps_per_kw),
        )
        for place, power in enumerate(begun.run.profile_kw)
    ]


def _refills(site: Site, found: Plan, battery: str, zone: ZoneInfo) -> list[str]:
    """For each step when the battery is charged next after it, by the plan, and from what."""
    charges = found.charge_kw[battery]
    production = at_each_step(site.production_kw, site.steps)
    words, coming = [], ""
    for step in range(site.steps - 1, -1, -1):
        words.append(coming)
        if charges[step] > _MOVES_KW:
            source = "sun" if production[step] > site.load_kw[step] + _MOVES_KW else "grid"
            coming = f"at {site.time_of(step).astimezone(zone):%H:%M} from the {source}"
    words.reverse()
    return words


def _in_words(question: LiveQuestion, found: Plan) -> str:
    site = question.site
    until = utc_text(site.time_of(site.steps))
    saved = f"{found.savings.self_consumption_eur:.2f}"
    way = "to earn" if found.cost_eur < 0 else "for"
    planned = f"planned {way} {abs(found.cost_eur):.2f} {question.currency} until {until}"
    planned += f", {saved} {question.currency} less than by the self-consumption rule"
    if not question.currency:
        planned = f"planned until {until} by the self-consumption rule, for there is no tariff"
    away = f"{found.cost_eur - found.lower_bound_eur:.2f} {question.currency}".rstrip()
    proof = "proved optimal" if found.optimal else f"at most {away} from the optimum"
    said = [planned, proof, *filter(None, [found.limited_by])]
    if site.assumed_from_step is not None:
        said.append(f"prices from {utc_text(site.time_of(site.assumed_from_step))} on are assumed")
    if question.currency and not question.is_tried:
        said.append(f"{question.battery} takes surplus and covers load until it is known what forecasts miss")
    if found.kept:
        said.append("the plan in force stays")
    return "; ".join(said)
