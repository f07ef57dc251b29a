"""The assets of a request or a registry, made from parsed JSON; every fault is listed by the path of its field."""

from energy_manager.domain.flexibility.request.inline_offer import parse_offer as parse_offer
