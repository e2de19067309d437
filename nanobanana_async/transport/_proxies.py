"""Which proxy the environment asks for: HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY, as httpx honours them."""

from __future__ import annotations

from nanobanana_async.transport._targets import Origin


def environment_proxy(origin: Origin) -> str | None:
    """The URL of the proxy that requests to `origin` go through, or None when they go straight."""
    import urllib.request as environment  # noqa: PLC0415 - brings http.client with it, which importing us should not

    proxies = environment.getproxies()
    proxy = proxies.get(origin.scheme) or proxies.get("all")
    if not proxy or "*" in _names(proxies.get("no", "")) or environment.proxy_bypass(f"{origin.host}:{origin.port}"):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


def _names(no_proxy: str) -> set[str]:
    return {name.strip() for name in no_proxy.split(",")}
