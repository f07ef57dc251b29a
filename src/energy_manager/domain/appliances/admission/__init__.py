"""How a request is decided: five steps, each tried only when the ones before it failed."""
