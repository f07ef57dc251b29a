"""One change, committed by itself."""


def made(repository, change):
    """What came of it."""
    (done,) = repository.commit([change])
    return done
