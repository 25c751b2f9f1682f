"""Connections to ByteNite: how many, through which proxy, and whose certificates are trusted."""

import ssl
from functools import cache
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx


def connect(base_url: str, most: int) -> httpx.AsyncHTTPTransport:
    """Give what carries requests to one host, through the proxy that the system names for it, if any.

    Args:
        base_url: Where the API is.
        most: Connections at once, all kept for the next requests.
    """
    url, proxies = urlsplit(base_url), getproxies()
    proxy = "" if proxy_bypass(url.netloc) else proxies.get(url.scheme) or proxies.get("all", "")
    return httpx.AsyncHTTPTransport(
        verify=_trusted(),
        limits=httpx.Limits(max_connections=most, max_keepalive_connections=most),
        proxy=(proxy if "://" in proxy else f"http://{proxy}") if proxy else None,
    )


@cache
def _trusted() -> ssl.SSLContext:
    """Read the trusted certificates once: it takes longer than a call, and each caller may have a client."""
    return httpx.create_ssl_context()
