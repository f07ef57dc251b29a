"""Every provider of the container can be resolved, with what it promises behind it."""

from energy_manager.adapters.lanes import ElasticPool
from energy_manager.application.dispatch import DispatchLoop
from energy_manager.domain.dispatch import FollowSchedule
from energy_manager.entrypoints.container import Container
from energy_manager.entrypoints.settings import ApiSettings, DispatchSettings, Settings
from energy_manager.entrypoints.site_file import DEMO_SITE, read_site_file


def test_every_provider_resolves():
    settings = Settings(api=ApiSettings(port=0))
    container = Container(settings=settings, site=read_site_file(DEMO_SITE))
    resolved = {name: provider() for name, provider in container.providers.items()}
    assert isinstance(resolved["dispatch_loop"], DispatchLoop)
    assert resolved["api"].url.startswith("http://127.0.0.1:")
    resolved["api"].close()
    assert isinstance(resolved["pool"], ElasticPool)
    assert resolved["devices"].asset_ids == ("asset_1", "asset_2", "asset_3")


def test_the_policy_is_chosen_by_its_setting():
    settings = Settings(dispatch=DispatchSettings(policy="follow_schedule"))
    container = Container(settings=settings, site=read_site_file(DEMO_SITE))
    assert isinstance(container.policy(), FollowSchedule)


def test_two_sites_share_nothing():
    one, other = (Container(settings=Settings(), site=read_site_file(DEMO_SITE)) for _ in range(2))
    assert one.devices() is not other.devices()
    assert one.devices() is one.devices()
