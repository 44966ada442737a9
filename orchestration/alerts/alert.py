"""One clear message when a run failed, to a webhook or an e-mail address."""

import re
import smtplib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from orchestration.settings import ENV_PREFIX

ATTEMPTS = 4
TIMEOUT_SECONDS = 10.0
LONGEST_ERROR = 1500
"""Characters of an error that a message holds."""

QUOTED = re.compile(r"'[^'\n]*'")
EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")
PHONE = re.compile(r"(?<!\w)\+?\(?\d(?:[\s()/-]?\d){8,}(?!\w)")


class AlertSettings(BaseSettings):
    """Recipients of messages, from the environment alone because a password may be among them."""

    model_config = SettingsConfigDict(env_prefix=ENV_PREFIX, env_ignore_empty=True, frozen=True)

    alert_webhook: str | None = None
    """URL that takes a POST of `{"text": ...}`, as Slack's, Mattermost's and Teams' do."""

    alert_email: str | None = None
    """Addresses, separated by commas."""

    alert_sender: str = "lead-funnel@localhost"
    """The sender's address."""

    smtp: str = "localhost:25"
    """Mail server and port; on port 587 the connection is encrypted (STARTTLS)."""

    smtp_user: str | None = None
    """Name at the mail server; None = it asks for none."""

    smtp_password: SecretStr = SecretStr("")
    """Password at the mail server."""

    dagster_url: str = "http://localhost:3000"
    """Where readers of a message find the Dagster UI."""


@dataclass(frozen=True)
class StepFailure:
    """A step that failed, and its first error."""

    step: str
    error: str


@dataclass(frozen=True)
class Alert:
    """A message: one line, then the rest."""

    subject: str
    body: str

    @property
    def text(self) -> str:
        """The whole message."""
        return f"{self.subject}\n\n{self.body}"


def compose(
    job: str, run_id: str, failures: Sequence[StepFailure], run_error: str, dagster_url: str
) -> Alert:
    """The message about a failed run; `run_error` is for a run that failed outside its steps."""
    first = failures[0] if failures else StepFailure("the run", run_error)
    others = [failure.step for failure in failures[1:]]
    return Alert(
        subject=f"{job} failed: {first.step}",
        body="\n".join(
            [
                without_personal_data(first.error)[:LONGEST_ERROR],
                "",
                *([f"Failed too: {', '.join(others)}."] if others else []),
                "Readers still have the last release.",
                f"{dagster_url.rstrip('/')}/runs/{run_id}",
            ]
        ),
    )


def without_personal_data(text: str) -> str:
    """A text without e-mail addresses, telephone numbers and quoted values.

    A database quotes the value that it could not use, and that may be anybody's name.
    """
    for pattern, mask in ((QUOTED, "'...'"), (EMAIL, "<e-mail>"), (PHONE, "<number>")):
        text = pattern.sub(mask, text)
    return text


def send(alert: Alert, settings: AlertSettings) -> list[str]:
    """Send a message to every place that is set, and say which those are.

    Raises:
        httpx.HTTPError: the webhook did not take it.
        OSError, smtplib.SMTPException: the mail server did not take it.
    """
    places = []
    if settings.alert_webhook:
        post(settings.alert_webhook, {"text": alert.text})
        places.append("webhook")
    if settings.alert_email:
        mail(alert, settings)
        places.append(settings.alert_email)
    return places


def post(url: str, payload: dict[str, Any]) -> None:
    """POST JSON, up to `ATTEMPTS` times while the server is away or says that it is its fault.

    Raises:
        httpx.HTTPError: it was not taken.
    """
    import httpx  # noqa: PLC0415  (half a second to import)

    for attempt in range(ATTEMPTS):
        is_last = attempt == ATTEMPTS - 1
        try:
            response = httpx.post(url, json=payload, timeout=TIMEOUT_SECONDS)
        except httpx.TransportError:
            if is_last:
                raise
        else:
            if is_last or not response.is_server_error:
                response.raise_for_status()
                return
        time.sleep(2**attempt / 2)


def mail(alert: Alert, settings: AlertSettings) -> None:
    """Send an e-mail.

    Raises:
        OSError, smtplib.SMTPException: the mail server did not take it.
    """
    message = EmailMessage()
    message["Subject"] = alert.subject
    message["From"] = settings.alert_sender
    message["To"] = settings.alert_email
    message.set_content(alert.body)
    host, _, port = settings.smtp.partition(":")
    with smtplib.SMTP(host, int(port or 25), timeout=TIMEOUT_SECONDS) as server:
        if port == "587":
            server.starttls()
        if settings.smtp_user:
            server.login(settings.smtp_user, settings.smtp_password.get_secret_value())
        server.send_message(message)
