"""The kind and the likely cause of errors."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bytenite_mcp.simulator.templates import FAILURES, Failure
from bytenite_mcp.table.causes import Cause, error_kind, find_likely_cause


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        (
            "CUDA out of memory in task 34e1d35f-1084-59db-93a2-5abc359e0853: tried to allocate 2.50 GiB",
            "CUDA out of memory in task #: tried to allocate # GiB",
        ),
        (
            "Container killed (exit code 137) in task 9 after 3 retries",
            "Container killed (exit code 137) in task # after # retries",
        ),
        (
            "exited with code 1; HTTP/1.1 404 Not Found for part-00012.parquet",
            "exited with code 1; HTTP/1.1 404 Not Found for part-#.parquet",
        ),
        ("bucket acme-3 answered 403 AccessDenied", "bucket acme-# answered 403 AccessDenied"),
        ("[Errno 28] No space left, status=503", "[Errno 28] No space left, status=503"),
        (
            "frame00012 of H264 at 1024x768 in 12GiB by python3.11 from s3://b",
            "frame# of H264 at # in #GiB by python3.11 from s3://b",
        ),
        ("at 2026-03-04T15:00:00.123Z on i-0abc12de", "at # on i-#"),
        ("10.0.0.12:8080 refused\n  after 1e5 ms", "# refused after # ms"),
        ("No such key: aB3dE5fG7hI9jK1lM3", "No such key: #"),
        ("HTTPError: 502 Server Error: for url", "HTTPError: 502 Server Error: for url"),
        ("An error occurred (403) when calling (12)", "An error occurred (403) when calling (#)"),
        (
            "process 1234 returned 1200 rows, returncode=-9, exit code -11, got 503, responded with 404",
            "process # returned # rows, returncode=-9, exit code -11, got 503, responded with 404",
        ),
        ("task deadbeef-cafe-0abe-feed-facefeedbeef at 0xdeadbeef", "task # at #"),
        ("part-7 of code-12 on 2026-03-04", "part-# of code-# on #"),
        ("no digits at all", "no digits at all"),
        ("", ""),
    ],
)
def test_the_kind_of_an_error_has_no_ids_and_varying_numbers_but_its_codes_and_words(
    message: str, kind: str
) -> None:
    assert error_kind(message) == kind


@pytest.mark.parametrize(
    "letters", ["a", "a1", "1", "f", "exit ", "1.1", "0x", "[a ", "a" * 15 + "1", "é", "-"]
)
def test_no_error_takes_long_to_be_read(letters: str) -> None:
    began = time.process_time()
    error_kind(letters * (4000 // len(letters)))
    assert time.process_time() - began < 0.5


@given(st.text())
def test_the_kind_of_a_kind_is_itself(message: str) -> None:
    kind = error_kind(message)
    assert error_kind(kind) == kind


ERRORS = [
    ("chunk 404 exceeded taskTimeout", Cause.TIMEOUT),
    ("task 34e1d35f timed out after 3600 s", Cause.TIMEOUT),
    ("Job exceeded jobTimeout (7200 s)", Cause.TIMEOUT),
    ("taskTimeout of 600 s was exceeded; container killed (exit code 137)", Cause.TIMEOUT),
    ("requests.exceptions.ReadTimeout: HTTPSConnectionPool(host='huggingface.co', port=443)", Cause.NETWORK),
    ("subprocess.TimeoutExpired: Command '['ffmpeg', '-i', 'in.mp4']' timed out after 30 seconds", None),
    ("asyncio.exceptions.TimeoutError", None),
    ("rpc error: code = DeadlineExceeded desc = context deadline exceeded", None),
    ("TimeoutError: [Errno 110] Connection timed out", Cause.NETWORK),
    ("socket.gaierror: [Errno -2] Name or service not known", Cause.NETWORK),
    ("dial tcp: lookup api.example.com: no such host", Cause.NETWORK),
    ("ConnectionRefusedError: [Errno 111] Connection refused", Cause.NETWORK),
    ("ssl.SSLCertVerificationError: [SSL: CERTIFICATE_VERIFY_FAILED] certificate has expired", Cause.NETWORK),
    ("ffmpeg: command not found", Cause.PROGRAM),
    ("/bin/sh: 1: ffmpeg: not found", Cause.PROGRAM),
    ('exec: "ffprobe": executable file not found in $PATH: unknown', Cause.PROGRAM),
    ("./run: Permission denied", Cause.PERMISSION),
    ("bash: line 3: /app/entrypoint.sh: Permission denied", Cause.PERMISSION),
    ("PermissionError: [Errno 13] Permission denied: '/output/result.json'", Cause.PERMISSION),
    ("git@example.com: Permission denied (publickey).", None),
    (
        "botocore.exceptions.ClientError: An error occurred (AccessDenied) when calling the GetObject operation",
        Cause.ACCESS,
    ),
    ("botocore.exceptions.NoCredentialsError: Unable to locate credentials", Cause.ACCESS),
    ("failed to download data source: 403 Forbidden", Cause.ACCESS),
    ("SignatureDoesNotMatch: The request signature we calculated does not match", Cause.ACCESS),
    ("openai.AuthenticationError: Error code: 401 - Incorrect API key provided", None),
    ("requests.exceptions.HTTPError: 403 Client Error: Forbidden for url: https://api.example.com/v2", None),
    ("processed 403 of 404 frames, then stopped", None),
    ("ValueError: bucket size must be positive; got 401", Cause.EXCEPTION),
    ("Invalid source: 401 frames found", None),
    ("uploaded 404 to bucket", None),
    ("source: rows 401 to 500", None),
    ("chunk 404 in bucket upload", None),
    ("The job failed because the source video is 404 pixels wide", None),
    ("bucket acme-3 answered 403", Cause.ACCESS),
    ("S3: HTTP 401", Cause.ACCESS),
    ("403 from bucket acme-3", Cause.ACCESS),
    ("source returned 404", Cause.MISSING),
    ("S3 upload failed with 403", Cause.ACCESS),
    ("bucket answered 403 instead of 200", Cause.ACCESS),
    ("GET s3://b/in.mp4 => 404 after 3 tries", Cause.MISSING),
    ("container exit code: 139", Cause.CRASH),
    ("container exited with 137", Cause.MEMORY),
    ("task 3 timed out waiting for postgres", None),
    ("job timed out connecting to redis", Cause.NETWORK),
    ("process exited with code 139", Cause.CRASH),
    ("An error occurred (NoSuchBucket) when calling the ListObjectsV2 operation", Cause.MISSING),
    ("An error occurred (404) when calling the HeadObject operation: Not Found", Cause.MISSING),
    ("FileNotFoundError: [Errno 2] No such file or directory: '/tmp/input/data.csv'", Cause.MISSING),
    ("destination bucket acme-out does not exist", Cause.MISSING),
    ("Template acme-render@3 not found", None),
    ("/usr/bin/env: 'node': No such file or directory", Cause.PROGRAM),
    ("Error: spawn ffmpeg ENOENT", Cause.PROGRAM),
    ("insufficient balance of classes in dataset", None),
    ("Not enough credits on replicate.com", None),
    ("insufficient funds in simulated account 12", None),
    ("insufficient balance in your account", Cause.BALANCE),
    ("Failed to pull image tile 12/33/4 from map server", None),
    ('Failed to pull image "acme/render:3": timeout', Cause.IMAGE),
    ("torch.cuda.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB", Cause.MEMORY),
    ("numpy.core._exceptions._ArrayMemoryError: Unable to allocate 8.00 GiB for an array", Cause.MEMORY),
    ("java.lang.OutOfMemoryError: Java heap space", Cause.MEMORY),
    ("FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory", Cause.MEMORY),
    ("terminate called after throwing an instance of 'std::bad_alloc'", Cause.MEMORY),
    ("process exited with code 1374", None),
    ("peak memory 512 MB, exit code 1", None),
    ("OSError: [Errno 28] No space left on device", Cause.DISK),
    ("ModuleNotFoundError: No module named 'pandas'", Cause.PACKAGE),
    ("Error: Cannot find module 'express'", Cause.PACKAGE),
    ("ImportError: cannot import name 'soft_unicode' from 'markupsafe'", Cause.EXCEPTION),
    ("ImportError: libGL.so.1: cannot open shared object file: No such file or directory", Cause.LIBRARY),
    ("RuntimeError: No CUDA GPUs are available", Cause.GPU),
    ("insufficient balance: 12.4 BYC needed", Cause.BALANCE),
    ("openai.RateLimitError: Error code: 429 - You exceeded your current quota", None),
    ("exec /app/main: exec format error", Cause.PROCESSOR),
    ("ErrImagePull: pull access denied for acme/app, repository does not exist", Cause.IMAGE),
    ("no suitable worker for 128 CPU cores", Cause.HARDWARE),
    ("no available engine", Cause.HARDWARE),
    ("RuntimeError: Found no NVIDIA driver on your system", Cause.GPU),
    ("Job time limit of 2 h reached", Cause.TIMEOUT),
    ("taskTimeout (600 s) expired", Cause.TIMEOUT),
    ("chunk 7 exceeded its time", Cause.TIMEOUT),
    ("write /tmp/out.mp4: ENOSPC", Cause.DISK),
    ("not enough ByteChips", Cause.BALANCE),
    ("insufficient credits in your ByteNite wallet", Cause.BALANCE),
    ("container waiting: ErrImagePull", Cause.IMAGE),
    ("image pull failed: acme/render:3", Cause.IMAGE),
    ("could not pull the image", Cause.IMAGE),
    ("NoSuchKey in GetObject", Cause.MISSING),
    ("FileNotFoundError: in.mp4", Cause.MISSING),
    ("open /tmp/a.csv: no such file or directory", Cause.MISSING),
    ("Error: ENOENT, open 'in.mp4'", Cause.MISSING),
    ("404 Client Error: for url: https://example.com/a", Cause.MISSING),
    ("curl: 404 Not Found", Cause.MISSING),
    ("PermissionError: /out", Cause.PERMISSION),
    ("OSError: [Errno 13] /out", Cause.PERMISSION),
    ("read tcp 10.0.0.1:443: connection reset by peer", Cause.NETWORK),
    ("Failed to establish a new connection", Cause.NETWORK),
    ("received SIGABRT", Cause.CRASH),
    ("AttributeError: 'NoneType' object has no attribute 'shape'", Cause.EXCEPTION),
    ("NameError: name 'x' is not defined", Cause.EXCEPTION),
    ('Exception in thread "main" acme.Failure', Cause.EXCEPTION),
    ("Traceback (most recent call last):\n  acme.Failure", Cause.EXCEPTION),
    ("no more retries", Cause.RETRIES),
    ("max task retries reached", Cause.RETRIES),
    ("Execution aborted", Cause.ABORTED),
    ("access denied to bucket acme", Cause.ACCESS),
    ("expired credentials for the destination", Cause.ACCESS),
    ("KeyError: 'prompt'", Cause.EXCEPTION),
    ("ZeroDivisionError: division by zero", Cause.EXCEPTION),
    ("Segmentation fault (core dumped)", Cause.CRASH),
    ("Aborted (core dumped)", Cause.CRASH),
    ("panic: runtime error: index out of range [3] with length 3", Cause.CRASH),
    ("chunk 12 failed: max retries exceeded (3)", Cause.RETRIES),
    ("MaxRetryError: Max retries exceeded with url: /models (Caused by NewConnectionError)", Cause.NETWORK),
    ("The job was cancelled by its owner", Cause.ABORTED),
    ("sqlite3.OperationalError: current transaction is aborted", None),
    ("partitioner produced 0 chunks", None),
    ("it broke", None),
]


@pytest.mark.parametrize(("error", "cause"), ERRORS)
def test_an_error_has_the_cause_that_it_names_and_else_none(error: str, cause: Cause | None) -> None:
    assert find_likely_cause(error) is cause


@pytest.mark.parametrize("failure", FAILURES.values())
def test_every_failure_of_the_simulator_has_a_cause(failure: Failure) -> None:
    assert find_likely_cause(re.sub(r"\{\w+\}", "7", failure.message))


def test_of_several_lines_each_names_its_own_cause() -> None:
    assert find_likely_cause("reading the bucket\n403 frames were processed") is None
