"""Requests read exactly: decimals as the JSON spells them, ``"5"`` is no 5, and every fault is named by its field."""

from energy_manager.entrypoints.jobs.exact.document import read_document
from energy_manager.entrypoints.jobs.exact.faults import FaultsFound, faults_of
from energy_manager.entrypoints.jobs.exact.moments import Day, Instant
from energy_manager.entrypoints.jobs.exact.numbers import Number, is_exact
from energy_manager.entrypoints.jobs.exact.request_model import EXACT, ExactModel, LenientModel, RequestModel

__all__ = [
    "EXACT",
    "Day",
    "ExactModel",
    "FaultsFound",
    "Instant",
    "LenientModel",
    "Number",
    "RequestModel",
    "faults_of",
    "is_exact",
    "read_document",
]
