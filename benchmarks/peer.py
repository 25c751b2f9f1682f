"""What people would use instead: fastmcp's bridge from an OpenAPI description. Runs in its own environment."""

import os
import sys
from pathlib import Path

import httpx2
import yaml
from fastmcp import FastMCP

URL = os.environ["BYTENITE_BASE_URL"]
DESCRIPTION = Path(__file__).parent.parent / "tests/wire/openapi.yaml"

token = httpx2.post(
    f"{URL}/auth/access_token", json={"apiKey": os.environ["BYTENITE_API_KEY"]}, timeout=30
).json()["token"]
client = httpx2.AsyncClient(base_url=URL, headers={"Authorization": token})
description = yaml.safe_load(DESCRIPTION.read_text(encoding="utf-8"))
server = FastMCP.from_openapi(openapi_spec=description, client=client, name="peer")

if __name__ == "__main__":
    server.run(transport="stdio", show_banner=False)
    sys.exit(0)
