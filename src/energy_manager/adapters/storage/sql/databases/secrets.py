"""What of a database's URL nobody but the driver may see."""

from __future__ import annotations

from sqlalchemy.engine import URL

MASK = "***"


def secrets_of(url: URL) -> tuple[str, ...]:
    """The passwords in a URL, in front of the host or in its query."""
    stated = [str(url.password or "")]
    stated += [str(value) for key, value in url.query.items() if _is_secret(key)]
    return tuple(secret for secret in stated if secret)


def without_secrets(url: URL) -> str:
    """The URL as it may be shown."""
    query = {key: MASK if _is_secret(key) else value for key, value in url.query.items()}
    return url.set(query=query).render_as_string(hide_password=True).replace("%2A%2A%2A", MASK)


def masked(text: str, secrets: tuple[str, ...]) -> str:
    """The text without them."""
    for secret in secrets:
        text = text.replace(secret, MASK)
    return text


def _is_secret(key: str) -> bool:
    return "pass" in key.lower()
