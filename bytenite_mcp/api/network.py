"""Connections to ByteNite: their number, the proxy, and the trusted certificates."""

import ssl
import sys
from functools import cache
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import certifi
import httpx
import truststore

from bytenite_mcp.api.errors import UnsupportedProxy


class _Unsupported(httpx.AsyncBaseTransport):
    """Fails each request, because the system's proxy cannot be used."""

    def __init__(self, host: str, proxy: str) -> None:
        self._about = host, proxy

    async def handle_async_request(self, _: httpx.Request) -> httpx.Response:
        raise UnsupportedProxy(*self._about)


def connect(base_url: str, most: int) -> httpx.AsyncBaseTransport:
    """Make a transport for at most `most` connections, all kept alive, through the system's proxy if there is one."""
    proxy = urlsplit(find_proxy(base_url))
    if proxy.scheme not in ("", "http", "https"):
        address = proxy.netloc.rpartition("@")[2]
        return _Unsupported(urlsplit(base_url).netloc, f"{proxy.scheme}://{address}")
    return httpx.AsyncHTTPTransport(
        verify=_make_tls_context(),
        limits=httpx.Limits(max_connections=most, max_keepalive_connections=most),
        proxy=proxy.geturl() or None,
    )


def find_proxy(base_url: str) -> str:
    """Return the URL of the system's proxy for a host, or "".

    Plain http, which only loopback uses, never goes through a proxy: the key must not leave unencrypted.
    """
    url, proxies = urlsplit(base_url), getproxies()
    if url.scheme == "http" or proxy_bypass(url.netloc):
        return ""
    proxy = proxies.get(url.scheme) or proxies.get("all", "")
    return proxy if "://" in proxy or not proxy else f"http://{proxy}"


@cache
def _make_tls_context() -> ssl.SSLContext:
    """Trust the system's certificates, among them those of companies, and certifi's, for systems without any.

    SSL_CERT_FILE and SSL_CERT_DIR replace the system's if they are set. The context is cached, because loading the
    certificates takes longer than a call, and each caller may have its own client.
    """
    context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(certifi.where())
    if sys.platform in ("darwin", "win32"):
        context.set_default_verify_paths()
        return context
    # On Linux, truststore makes OpenSSL read the system's file again for each connection, which takes 20 ms. The
    # context that it wraps has already read the file.
    return context.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname="localhost").context
