"""The handler of e-mails: plain text from a template, or a text written beforehand."""

import json
import smtplib
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.template import TemplateDoesNotExist
from django.template.loader import render_to_string
from django.urls import reverse

from aptic.documents.crypto import decrypt_text
from aptic.outbox.models import Message
from aptic.outbox.registry import Undeliverable, handles
from aptic.outbox.services import EMAIL, email_context
from aptic.tenancy.models import Organisation
from aptic.tenancy.principal import Hat

ANSWER, ELSEWHERE = "répondez à ce message", "adressez-vous à l’opérateur"
PERMANENT = range(500, 600)  # SMTP answers after which trying again is useless (RFC 5321, 4.2.1)


@handles(EMAIL, forget=True)
def send_email(message: Message) -> None:
    """Send one e-mail; the Message-ID is the message's id, so that a second delivery can be recognised.

    The sender's address is often read by nobody: an answer goes to the operator's own, once it has one.
    """
    content = json.loads(decrypt_text(message.payload["sealed"], context=email_context(message.pk)))
    answers_to = _operator_address()
    subject, body = _written(content, answers_to)
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip(">")
    headers = {"Message-ID": f"<{message.pk}@{domain}>"}
    reply_to = [answers_to] if answers_to else None
    email = EmailMessage(subject, body, to=[content["to"]], reply_to=reply_to, headers=headers)
    try:
        email.send()
    except smtplib.SMTPRecipientsRefused as error:
        # The reason is kept in the message's row: the address is not.
        if all(code in PERMANENT for code, _ in error.recipients.values()):
            raise Undeliverable("address refused") from None
        raise OSError("address refused for now") from None


def _operator_address() -> str:
    """Where people answer; empty while the operator has said no address."""
    return Organisation.objects.with_hat(Hat.OPERATOR).values_list("email", flat=True).first() or ""


def _written(content: dict[str, Any], answers_to: str) -> tuple[str, str]:
    """Subject (one line) and body. `answer` is how to answer, in words that are true."""
    if "template" not in content:
        return content["subject"], content["body"]
    context = {
        "scheme": settings.SCHEME_NAME,
        "public_url": settings.PUBLIC_URL,
        "answer": ANSWER if answers_to else f"{ELSEWHERE} ({settings.PUBLIC_URL}{reverse('legal')})",
        **content["context"],
    }
    name = f"mail/{content['template']}"
    try:
        subject = render_to_string(f"{name}.subject.txt", context)
        return " ".join(subject.split()), render_to_string(f"{name}.txt", context)
    except TemplateDoesNotExist as error:
        raise Undeliverable(f"no template {error}") from error
