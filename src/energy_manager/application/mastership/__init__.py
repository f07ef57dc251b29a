"""One master (law 13): of all processes on one store, one commands the site; a lease in the store says which."""

from energy_manager.application.mastership.lease import Lease, OtherSite, is_given_back, leases_of, refuse_other_site
from energy_manager.application.mastership.mastership import RENEWED_EVERY_S, AnotherMaster, Mastership

__all__ = [
    "RENEWED_EVERY_S",
    "AnotherMaster",
    "Lease",
    "Mastership",
    "OtherSite",
    "is_given_back",
    "leases_of",
    "refuse_other_site",
]
