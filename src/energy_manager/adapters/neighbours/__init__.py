"""Where the profiles of other homes of the building come from: nowhere, this process, or other servers."""
