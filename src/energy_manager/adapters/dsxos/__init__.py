"""The DSxOS platform, over its REST API: forecasts and schedules in, plans out. Its watts and its signs end here."""

from energy_manager.adapters.dsxos.client import Account, DsxosClient
from energy_manager.adapters.dsxos.platform import Datapoints, DsxosPlatform, LimitSource, LimitSources

__all__ = ["Account", "Datapoints", "DsxosClient", "DsxosPlatform", "LimitSource", "LimitSources"]
