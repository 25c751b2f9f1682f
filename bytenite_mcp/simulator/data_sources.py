"""Makes data sources and parameters, with secrets where ByteNite is known to return them.

The real API returned accessKey and secretKey as they were sent, in source and destination [R].
"""

from bytenite_mcp.simulator.search import Record
from bytenite_mcp.simulator.seeded_random import SeededRandom

PLANTED = "SECRET-"
"""The prefix of every secret in a record, and of no other text."""

SOURCES = ("url", "url", "s3", "s3", "aws", "gcp", "storj", "file", "bucket", "bypass")
DESTINATIONS = ("bucket", "bucket", "bucket", "s3", "gcp", "storj", "url")

_TYPE = "type.googleapis.com/bytenite.data_source."
_FILES = ("input/batch_01.parquet", "media/A086.mp4", "frames.zip", "prompts.jsonl", "scène 3.blend")
_REGIONS = ("us-east-1", "eu-west-1", "us1", "europe-west4")


def make_secret(draw: SeededRandom) -> str:
    """Make a secret, which starts with PLANTED."""
    return f"{PLANTED}{draw.getrandbits(96):024x}"


def make_source(draw: SeededRandom, kind: str) -> Record:
    """Make a data source or destination of a kind: a descriptor and its parameters [D]."""
    if kind == "bypass":
        return {"dataSourceDescriptor": kind, "params": None}
    if kind == "bucket":
        return {"dataSourceDescriptor": kind, "params": {}}
    make = {"url": _make_url, "file": _make_file}.get(kind, _make_object_store)
    params = make(draw)
    if kind == "storj":
        params |= {
            "@type": f"{_TYPE}StorjDataSource",
            "tempUrl": f"https://link.example.com/{make_secret(draw)}",
        }
    return {"dataSourceDescriptor": kind, "params": params}


def make_params(draw: SeededRandom) -> Record:
    """Make a user's own parameters, some of them with a nested token."""
    app: Record = {"steps": draw.between(10, 60), "prompt": "a lighthouse at dusk, oil on canvas"}
    partitioner: Record = {"chunk_size": draw.between(64, 4096), "replicas": draw.between(1, 16)}
    match draw.below(16):
        case 0:
            app["hf_token"] = make_secret(draw)
        case 1:
            app["env"] = {"HF_TOKEN": make_secret(draw), "LOG_LEVEL": "info"}
        case 2:
            header = {"name": "Authorization", "value": f"Bearer {make_secret(draw)}"}
            app["callbacks"] = [{"url": "https://hooks.example.com/done", "headers": [header]}]
        case 3:
            partitioner["auth"] = {"provider": {"apiKey": make_secret(draw)}}
        case 4:
            app["tags"] = ["draft", "team-blue", str(draw.below(40))]
    return {"preset": "", "partitioner": partitioner, "assembler": {}, "app": app}


def _make_url(draw: SeededRandom) -> Record:
    file = draw.pick(_FILES)
    params = {"@type": f"{_TYPE}HttpDataSource", "name": "", "url": f"https://media.example.com/{file}"}
    params |= {"username": "", "password": ""}
    match draw.below(4):
        case 0:
            params["url"] = f"https://reader:{make_secret(draw)}@media.example.com/{file}"
        case 1:
            query = (
                f"X-Amz-Credential={make_secret(draw)}&X-Amz-Expires=3600&X-Amz-Signature={make_secret(draw)}"
            )
            params["url"] = f"https://media.example.com/{file}?{query}"
        case 2:
            params |= {"username": "reader", "password": make_secret(draw)}
    return params


def _make_file(draw: SeededRandom) -> Record:
    temporary = f"https://uploads.example.com/{make_secret(draw)}/part"
    return {"@type": f"{_TYPE}LocalFileDataSource", "name": draw.pick(_FILES), "tempUrl": temporary}


def _make_object_store(draw: SeededRandom) -> Record:
    params: Record = {"@type": f"{_TYPE}S3DataSource", "name": draw.pick(_FILES)}
    params |= {"bucketName": f"acme-{draw.below(9)}", "cloudRegion": draw.pick(_REGIONS)}
    if draw.random() < 0.5:
        return params | {"secretId": f"secret-{draw.below(99)}"}
    return params | {"accessKey": make_secret(draw), "secretKey": make_secret(draw)}
