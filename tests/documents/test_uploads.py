"""A form is read before anybody is known, so what it may leave on the disk is bounded for the whole of it."""

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, RequestFactory

from aptic.documents.uploads import was_too_large


def files(count: int, size: int) -> dict[str, SimpleUploadedFile]:
    return {f"file{rank}": SimpleUploadedFile(f"{rank}.pdf", b"0" * size) for rank in range(count)}


def test_the_files_of_one_form_are_weighed_together(settings: Any) -> None:
    settings.UPLOAD_MAX = 1_000
    request = RequestFactory().post("/compte/login/", files(2, 600))
    assert list(request.FILES) == ["file0"]
    assert was_too_large(request)
    request = RequestFactory().post("/compte/login/", files(2, 500))
    assert list(request.FILES) == ["file0", "file1"]
    assert not was_too_large(request)


def test_a_form_of_many_files_is_refused_with_a_page_whoever_sends_it(db: None) -> None:
    client = Client(enforce_csrf_checks=True)
    client.get("/compte/login/")  # its cookie is all it takes to have the form read, before the log-in is asked for
    for address in ("/compte/login/", "/espace/", "/candidature/"):
        answer = client.post(address, files(3, 10))
        assert answer.status_code == 400, address
        assert "Nous n’avons pas compris cette demande" in answer.content.decode()
        assert client.post(address, files(2, 10)).status_code == 403, "two are read: it lacks the token of a form"
