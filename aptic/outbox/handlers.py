"""The handler of e-mails: plain text from a template, or a text written beforehand."""

import json
import smtplib
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.template import TemplateDoesNotExist
from django.template.loader import render_to_string

from aptic.documents.crypto import decrypt_text
from aptic.outbox.models import Message
from aptic.outbox.registry import Undeliverable, handles
from aptic.outbox.services import EMAIL, email_context

PERMANENT = range(500, 600)  # SMTP answers after which trying again is useless (RFC 5321, 4.2.1)


@handles(EMAIL, forget=True)
def send_email(message: Message) -> None:
    """Send one e-mail; the Message-ID is the message's id, so that a second delivery can be recognised."""
    content = json.loads(decrypt_text(message.payload["sealed"], context=email_context(message.pk)))
    subject, body = _written(content)
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip(">")
    email = EmailMessage(subject, body, to=[content["to"]], headers={"Message-ID": f"<{message.pk}@{domain}>"})
    try:
        email.send()
    except smtplib.SMTPRecipientsRefused as error:
        # The reason is kept in the message's row: the address is not.
        if all(code in PERMANENT for code, _ in error.recipients.values()):
            raise Undeliverable("address refused") from None
        raise OSError("address refused for now") from None


def _written(content: dict[str, Any]) -> tuple[str, str]:
    """Subject (one line) and body."""
    if "template" not in content:
        return content["subject"], content["body"]
    context = {"scheme": settings.SCHEME_NAME, "public_url": settings.PUBLIC_URL, **content["context"]}
    name = f"mail/{content['template']}"
    try:
        subject = render_to_string(f"{name}.subject.txt", context)
        return " ".join(subject.split()), render_to_string(f"{name}.txt", context)
    except TemplateDoesNotExist as error:
        raise Undeliverable(f"no template {error}") from error
