"""The camera is open on the pages that say so; WebAssembly in the one worker that needs it, and nowhere else."""

from contextlib import closing
from wsgiref.headers import Headers

import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory

from aptic import workers
from aptic.device_access import CAMERA, HEADER, NOTHING, DeviceAccess, uses_camera


def test_no_page_may_use_the_camera_unless_it_says_so() -> None:
    request = RequestFactory().get("/")
    assert DeviceAccess(lambda _: HttpResponse())(request)[HEADER] == NOTHING
    assert DeviceAccess(uses_camera(lambda _: HttpResponse()))(request)[HEADER] == CAMERA


@pytest.mark.django_db
def test_pages_are_as_strict_as_before() -> None:
    page = Client().get("/")
    assert page[HEADER] == NOTHING
    policy = dict(part.strip().split(" ", 1) for part in page["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["worker-src"] == "'self'"
    assert "unsafe" not in page["Content-Security-Policy"]


@pytest.mark.django_db
def test_only_the_worker_that_reads_may_compile() -> None:
    with closing(Client().get("/static/counter/reader-worker.js")) as worker:
        assert worker["Content-Security-Policy"] == workers.POLICY
    with closing(Client().get("/static/counter/camera.js")) as script:
        assert "Content-Security-Policy" not in script


@pytest.mark.parametrize(
    ("address", "compiles"),
    [
        ("/static/counter/reader-worker.js", True),
        ("/static/counter/reader-worker.0a1b2c3d4e5f.js", True),
        ("/static/counter/reader-worker.js.map", False),
        ("/static/counter/other-reader-worker.js", False),
        ("/static/counter/camera.0a1b2c3d4e5f.js", False),
    ],
)
def test_the_name_that_bears_its_content_too(address: str, compiles: bool) -> None:
    headers = Headers()
    workers.add_headers(headers, "", address)
    assert ("Content-Security-Policy" in headers) == compiles
