"""Connections to ByteNite: how many, through which proxy, and whose certificates are trusted."""

import ssl
import sys
from functools import cache
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import certifi
import httpx
import truststore


def connect(base_url: str, most: int) -> httpx.AsyncHTTPTransport:
    """Give what carries requests to one host, through the proxy that the system names for it, if any.

    Args:
        base_url: Where the API is.
        most: Connections at once, all kept for the next requests.
    """
    return httpx.AsyncHTTPTransport(
        verify=_make_tls_context(),
        limits=httpx.Limits(max_connections=most, max_keepalive_connections=most),
        proxy=find_proxy(base_url) or None,
    )


def find_proxy(base_url: str) -> str:
    """Give the URL of the proxy that the system names for a host; empty if there is none.

    Plain http, which is for this machine only, never goes through one: a key must not leave in the clear.
    """
    url, proxies = urlsplit(base_url), getproxies()
    if url.scheme == "http" or proxy_bypass(url.netloc):
        return ""
    proxy = proxies.get(url.scheme) or proxies.get("all", "")
    return proxy if "://" in proxy or not proxy else f"http://{proxy}"


@cache
def _make_tls_context() -> ssl.SSLContext:
    """Trust the system's certificates, as companies add their own there, and certifi's, as slim containers have none.

    SSL_CERT_FILE and SSL_CERT_DIR are the system's, where they are set. The certificates are read once: it takes
    longer than a call, and each caller may have a client.
    """
    context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(certifi.where())
    if sys.platform in ("darwin", "win32"):
        context.set_default_verify_paths()
        return context
    # Where OpenSSL verifies, truststore has it read the system's file again for each connection, 20 ms each time.
    return context.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname="localhost").context
