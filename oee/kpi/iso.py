"""The KPIs of ISO 22400-2 that states and counts allow, and their common neighbours.

Every function takes sums, never ratios of parts, and gives None where it is undefined. Times are in one unit
of the caller's choice; a ratio is a fraction of 1. Sources: the time model and table of ISO 22400-2 in public
derivations.
"""

from collections.abc import Iterable
from math import exp
from statistics import NormalDist

from oee.kpi.ratios import Number, plus, product, ratio

# --- Time -----------------------------------------------------------------------------------------


def availability(apt: Number | None, pbt: Number | None) -> float | None:
    """APT / PBT: production time of planned busy time. None without planned busy time. ISO 22400-2."""
    return ratio(apt, pbt)


def effectiveness(ideal: Number | None, apt: Number | None) -> float | None:
    """PRI×PQ / APT: ideal time of production time; may exceed 1. None without either. ISO 22400-2."""
    return ratio(ideal, apt)


def quality_ratio(good: Number | None, produced: Number | None) -> float | None:
    """GQ / PQ. None without pieces. ISO 22400-2."""
    return ratio(good, produced)


def oee_index(
    availability: Number | None, effectiveness: Number | None, quality: Number | None
) -> float | None:
    """A × E × Q of factors already divided. None when a factor is. ISO 22400-2."""
    return product(availability, effectiveness, quality)


def nee_index(
    aupt: Number | None, pbt: Number | None, effectiveness: Number | None, quality: Number | None
) -> float | None:
    """AUPT / PBT × E × Q, AUPT = APT + setup: setup is no loss. None when a factor is. ISO 22400-2."""
    return product(ratio(aupt, pbt), effectiveness, quality)


def teep(oee: Number | None, pbt: Number | None, calendar: Number | None) -> float | None:
    """OEE × PBT / calendar time. None without calendar time. Nakajima."""
    return product(oee, ratio(pbt, calendar))


def ooe(ideal_good: Number | None, pbt: Number, planned_downtime: Number) -> float | None:
    """PRI×GQ / (PBT + planned downtime): OEE of the whole staffed time. None without staffed time."""
    return ratio(ideal_good, plus(pbt, planned_downtime))


def utilization(pbt: Number | None, calendar: Number | None) -> float | None:
    """PBT / calendar time. None without calendar time."""
    return ratio(pbt, calendar)


def utilization_efficiency(apt: Number | None, aubt: Number | None) -> float | None:
    """APT / AUBT, AUBT = production + setup + delay. None when the unit was never busy. ISO 22400-2."""
    return ratio(apt, aubt)


def allocation_efficiency(aubt: Number | None, pbt: Number | None) -> float | None:
    """AUBT / PBT: the planned time in which an order held the unit. None without it. ISO 22400-2."""
    return ratio(aubt, pbt)


def setup_ratio(aust: Number | None, aupt: Number | None) -> float | None:
    """AUST / AUPT: setup of processing time (setup + production). None without either. ISO 22400-2."""
    return ratio(aust, aupt)


def technical_efficiency(apt: Number, adet: Number) -> float | None:
    """APT / (APT + ADET): production of production and delay. None without either. ISO 22400-2."""
    return ratio(apt, plus(apt, adet))


# --- Pieces ---------------------------------------------------------------------------------------


def scrap_ratio(scrap: Number | None, produced: Number | None) -> float | None:
    """SQ / PQ. None without pieces. ISO 22400-2."""
    return ratio(scrap, produced)


def rework_ratio(rework: Number | None, produced: Number | None) -> float | None:
    """RQ / PQ. None without pieces. ISO 22400-2."""
    return ratio(rework, produced)


def first_pass_yield(good_parts: Number | None, inspected_parts: Number | None) -> float | None:
    """GP / IP: units good at their first inspection. None without inspected units. ISO 22400-2."""
    return ratio(good_parts, inspected_parts)


def throughput_rate(produced: Number | None, execution_time: Number | None) -> float | None:
    """PQ / AOET: pieces per unit of order execution time. None without time. ISO 22400-2."""
    return ratio(produced, execution_time)


def production_capacity(available_time: Number | None, ideal_cycle: Number | None) -> float | None:
    """Available time / PRI: the pieces that fit at the ideal rate. None without a rate. ISO 22400-2 EPC."""
    return ratio(available_time, ideal_cycle)


def equipment_load_ratio(quantity: Number | None, capacity: Number | None) -> float | None:
    """PQ / EPC: pieces asked for of pieces possible; may exceed 1. None without capacity. ISO 22400-2."""
    return ratio(quantity, capacity)


def takt_time(available_time: Number | None, demand: Number | None) -> float | None:
    """Available time / demand: the time one piece may take. None without demand. Lean practice."""
    return ratio(available_time, demand)


# --- Maintenance ----------------------------------------------------------------------------------


def mtbf(operating_time: Number | None, failures: int) -> float | None:
    """ΣTBF / FE: mean operating time between failures. None without failures, never infinity. ISO 22400-2."""
    return ratio(operating_time, failures)


def mttf(time_to_failure: Number | None, failures: int) -> float | None:
    """ΣTTF / FE: mean time to failure. None without failures. ISO 22400-2."""
    return ratio(time_to_failure, failures)


def mttr(repair_time: Number | None, repairs: int) -> float | None:
    """ΣTTR / FE: mean time to repair. None without repairs. ISO 22400-2."""
    return ratio(repair_time, repairs)


def inherent_availability(mtbf: Number | None, mttr: Number | None) -> float | None:
    """MTBF / (MTBF + MTTR): both in one unit. None when either is undefined. Reliability practice."""
    return None if mtbf is None or mttr is None else ratio(mtbf, plus(mtbf, mttr))


def corrective_maintenance_ratio(corrective: Number, preventive: Number) -> float | None:
    """CMT / (CMT + PMT): corrective part of maintenance time. None without maintenance. ISO 22400-2."""
    return ratio(corrective, plus(corrective, preventive))


# --- Defects --------------------------------------------------------------------------------------


def defects_per_unit(defects: int, units: int) -> float | None:
    """D / U. None without units. Six Sigma."""
    return ratio(defects, units)


def poisson_yield(dpu: float | None) -> float | None:
    """e^−DPU: expected share of units without a defect. None when DPU is. Harry 2004."""
    return None if dpu is None else exp(-dpu)


def rolled_throughput_yield(step_yields: Iterable[Number | None]) -> float | None:
    """Π of the steps' first pass yields. None when a step's is, or without steps. Harry 2004."""
    yields = tuple(step_yields)
    return product(*yields) if yields else None


def dpmo(defects: int, units: int, opportunities: int) -> float | None:
    """10⁶ × D / (U × O): defects per million opportunities. None without opportunities. Six Sigma."""
    return ratio(defects * 1_000_000, units * opportunities)


def sigma_level(dpmo: float | None) -> float | None:
    """Φ⁻¹(1 − DPMO/10⁶) + 1.5, the customary shift. None where infinite: at 0 and from 10⁶ on. Six Sigma."""
    if dpmo is None or not 0 < dpmo < 1_000_000:
        return None
    return 1.5 - NormalDist().inv_cdf(dpmo / 1_000_000)
