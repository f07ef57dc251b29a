"""Where the profiles of other homes of the building come from: nowhere, or other servers."""
