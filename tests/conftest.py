"""What all tests share: how many examples a property is tried on unless it says otherwise."""

from hypothesis import settings

settings.register_profile("quick", max_examples=40, deadline=None)
settings.load_profile("quick")
