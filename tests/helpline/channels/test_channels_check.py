"""`helpline channels check` against vendors of paper: each trouble is told, with what to do about it."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, field, replace
from email.utils import formatdate
from typing import Any, Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from click.testing import CliRunner
from twilio.request_validator import RequestValidator
from vendor_requests import SETTINGS, request

from helpline.channels import messenger
from helpline.channels.check import run
from helpline.channels.check.findings import OK, TROUBLE, Answer, Asker, Context, Finding, Report, as_json, shown
from helpline.channels.messenger import MessengerChannel
from helpline.channels.slack import SlackChannel
from helpline.channels.telegram import TelegramChannel
from helpline.cli import main
from helpline.settings import ROOT, Settings

URL = "https://help.example.org/webhooks/{}/webhook"
EVERYTHING = replace(
    SETTINGS, twilio_account_sid="AC" + "0" * 32, twilio_auth_token="twilio-token", twilio_sms_from="+15550001111"
)
SECRETS = ("12345:token", "telegram-secret", "page-token", "app-secret", "verify-token", "xoxb-token", "signing-secret")


def answer(content: Any = None, status: int = 200, headers: dict[str, str] | None = None) -> Answer:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return Answer(status, headers or {}, content if isinstance(content, dict) else {}, body)


def good_vendors() -> dict[str, Answer]:
    """Return what vendors answer where all is well, by the address's path."""
    return {
        "/bot12345:token/getMe": answer({"ok": True, "result": {"username": "iop_bot"}}),
        "/bot12345:token/getWebhookInfo": answer({"ok": True, "result": {"url": URL.format("telegram")}}),
        "/bot12345:token/setWebhook": answer({"ok": True, "result": True}),
        "/v25.0/me": answer({"id": "1", "name": "Our Centre"}),
        "/v25.0/debug_token": answer({"data": {"app_id": "77", "type": "PAGE", "scopes": ["pages_messaging"]}}),
        "/v25.0/me/subscribed_apps": answer({"data": [{"subscribed_fields": list(messenger.FIELDS)}]}),
        "/v25.0/77/subscriptions": answer({"data": [subscription(URL.format("messenger"))]}),
        "/api/auth.test": answer(
            {"ok": True, "team": "Centre", "user": "helpline", "bot_id": "B1"},
            headers={"x-oauth-scopes": "app_mentions:read,chat:write,im:history"},
        ),
        f"/2010-04-01/Accounts/{EVERYTHING.twilio_account_sid}.json": answer({"status": "active", "type": "Full"}),
        f"/2010-04-01/Accounts/{EVERYTHING.twilio_account_sid}/IncomingPhoneNumbers.json": numbers(),
    }


def numbers(**changed: Any) -> Answer:
    number = {"sms_url": URL.format("twilio"), "sms_method": "POST", "capabilities": {"sms": True}, **changed}
    return answer({"incoming_phone_numbers": [number]})


def subscription(url: str, *fields: str, **more: Any) -> dict[str, Any]:
    names = [{"name": name} for name in fields or messenger.FIELDS]
    return {"object": "page", "callback_url": url, "active": True, "fields": names, **more}


def server(settings: Settings) -> Callable[..., Answer]:
    """Return our assistant's webhooks as they run with these settings."""

    def answered(method: str, url: str, **options: Any) -> Answer:
        name = urlsplit(url).path.split("/")[2]
        body = options.get("data") or (b"{}" if "json" in options else b"")
        made = request(body if isinstance(body, bytes) else b"", options.get("headers"))
        if method == "GET":
            query = options["params"]
            known = query["hub.verify_token"] == settings.messenger_verify_token
            return answer(query["hub.challenge"].encode()) if known else answer(status=403)
        if name == "twilio":
            validator = RequestValidator(settings.twilio_auth_token)
            return answer(
                status=200 if validator.validate(url, {}, made.headers.get("X-Twilio-Signature", "")) else 403
            )
        channel = {"telegram": TelegramChannel, "messenger": MessengerChannel, "slack": SlackChannel}[name](settings)
        if not channel.verify(made):
            return answer(status=403)
        at_once = channel.answer_at_once(made)
        return answer(at_once.body if at_once else None)

    return answered


@dataclass
class PaperAsker(Asker):
    """Answers from paper; an Answer of `assistant` is given to all requests for our webhook."""

    settings: Settings = EVERYTHING
    changed: dict[str, Answer] = field(default_factory=dict)
    assistant: Answer | None = None
    asked: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)

    async def ask(self, method: str, url: str, **options: Any) -> Answer:
        self.asked.append((method, url, options))
        if url.startswith(EVERYTHING.public_url):
            return self.assistant or server(self.settings)(method, url, **options)
        return {**good_vendors(), **self.changed}[urlsplit(url).path]


def found(name: str, asker: PaperAsker | None = None, register: bool = False, **settings: Any) -> Report:
    context = Context(replace(EVERYTHING, **settings), asker or PaperAsker(), register)
    return Report(name, tuple(asyncio.run(run.CHECKS[name](context))))


def troubles(name: str, asker: PaperAsker | None = None, register: bool = False, **settings: Any) -> str:
    """Return the troubles of a check in one text; each must say what to do, and none may show a secret."""
    report = found(name, asker, register, **settings)
    wrong = [finding for finding in report.findings if finding.level == TROUBLE]
    assert all(finding.fix for finding in wrong)
    assert report.is_fine == (not wrong)
    assert not any(secret in shown([report]) for secret in SECRETS)
    return " ".join(finding.text for finding in wrong)


@pytest.mark.parametrize("name", run.CHECKS)
def test_where_all_is_well_nothing_is_wrong(name: str) -> None:
    assert troubles(name) == ""
    texts = " ".join(finding.text for finding in found(name).findings if finding.level == OK)
    assert f"answers at {URL.format(name)}" in texts


@pytest.mark.parametrize("name", run.CHECKS)
def test_without_a_public_url_the_check_says_so(name: str) -> None:
    assert "PUBLIC_URL is not set" in troubles(name, public_url="")
    assert "https://" in troubles(name, public_url="http://help.example.org")


@pytest.mark.parametrize("name", run.CHECKS)
@pytest.mark.parametrize(("status", "told"), [(0, "could not be reached"), (503, "an error of its own (503)")])
def test_a_vendor_that_is_away_is_told(name: str, status: int, told: str) -> None:
    changed = {path: Answer(status, {}, {}) for path in good_vendors()}
    assert told in troubles(name, PaperAsker(changed=changed))


@pytest.mark.parametrize("name", run.CHECKS)
@pytest.mark.parametrize(
    ("assistant", "told"),
    [
        (Answer(0, {}, {}), "Nothing answers at"),
        (Answer(403, {}, {}), "refuses a request signed with this"),
        (Answer(404, {}, {}), "this channel is not there"),
        (Answer(302, {}, {}), "in an unexpected way (302)"),
        (Answer(502, {}, {}), "in an unexpected way (502)"),
    ],
)
def test_what_is_wrong_with_our_own_webhook_is_told(name: str, assistant: Answer, told: str) -> None:
    assert told in troubles(name, PaperAsker(assistant=assistant))


@pytest.mark.parametrize("name", ["telegram", "twilio"])
def test_a_server_that_takes_forged_requests_is_told(name: str) -> None:
    assert "took a request without a signature" in troubles(name, PaperAsker(assistant=answer()))


@pytest.mark.parametrize("name", ["messenger", "slack"])
def test_a_page_that_says_anything_is_not_our_webhook(name: str) -> None:
    assert "in an unexpected way (200)" in troubles(name, PaperAsker(assistant=answer(b"<html>welcome</html>")))


@pytest.mark.parametrize(
    ("name", "setting"),
    [
        ("telegram", {"telegram_secret": "another-secret-than-ours"}),
        ("messenger", {"messenger_verify_token": "another-token-than-ours"}),
        ("messenger", {"messenger_app_secret": "another-secret-than-ours"}),
        ("slack", {"slack_signing_secret": "another"}),
        ("twilio", {"twilio_auth_token": "another"}),
    ],
)
def test_a_server_with_other_secrets_is_told(name: str, setting: dict[str, str]) -> None:
    asker = PaperAsker(settings=replace(EVERYTHING, **setting))
    assert "refuses a request signed with this" in troubles(name, asker)


@pytest.mark.parametrize(
    ("name", "setting"),
    [
        ("telegram", "telegram_bot_token"),
        ("messenger", "messenger_page_token"),
        ("messenger", "messenger_app_secret"),
        ("slack", "slack_bot_token"),
        ("twilio", "twilio_auth_token"),
    ],
)
@pytest.mark.parametrize("pasted", [" abc", '"abc"', "abc\n", "<abc>", "a bc"])
def test_what_came_along_with_copying_is_told_and_nothing_is_asked(name: str, setting: str, pasted: str) -> None:
    asker = PaperAsker()
    assert setting.upper() in troubles(name, asker, **{setting: pasted})
    assert asker.asked == []


def telegrams(**info: Any) -> dict[str, Answer]:
    return {"/bot12345:token/getWebhookInfo": answer({"ok": True, "result": {"url": URL.format("telegram"), **info}})}


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"/bot12345:token/getMe": answer({"ok": False}, 401)}, "does not know this token"),
        (telegrams(url=""), "does not know yet where"),
        (telegrams(url="https://old.example.org/"), "posts messages to https://old.example.org/, not to"),
        (telegrams(allowed_updates=["message"]), "does not post edited_message, callback_query"),
        (telegrams(last_error_date=int(time.time()), last_error_message="Wrong response: 403"), "could not deliver"),
        (telegrams(last_error_date=1, last_error_message="long ago"), ""),
        (telegrams(allowed_updates=[]), ""),
        (telegrams(pending_update_count=3), ""),
    ],
)
def test_troubles_of_telegram(changed: dict[str, Answer], told: str) -> None:
    wrong = troubles("telegram", PaperAsker(changed=changed))
    assert told in wrong if told else wrong == ""


def test_the_webhook_is_set_only_if_asked_to() -> None:
    asker = PaperAsker()
    assert troubles("telegram", asker) == ""
    assert not any("setWebhook" in url for _, url, _ in asker.asked)
    assert troubles("telegram", asker, register=True) == ""
    [options] = [options for _, url, options in asker.asked if "setWebhook" in url]
    assert options["json"] == {
        "url": URL.format("telegram"),
        "secret_token": "telegram-secret-of-ours",
        "allowed_updates": ("message", "edited_message", "callback_query"),
    }


def test_a_webhook_that_telegram_refuses_is_told_in_its_words() -> None:
    refusal = answer({"ok": False, "description": "Bad Request: bad webhook: IP address 10.0.0.1 is reserved"}, 400)
    told = troubles("telegram", PaperAsker(changed={"/bot12345:token/setWebhook": refusal}), register=True)
    assert "IP address 10.0.0.1 is reserved" in told


def metas(message: str, code: int) -> dict[str, Answer]:
    return {"/v25.0/me": answer({"error": {"message": message, "code": code}}, 400)}


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        (metas("Invalid appsecret_proof provided in the API argument", 100), "MESSENGER_APP_SECRET does not belong"),
        (metas("Error validating access token", 190), "does not accept the page's token"),
        (metas("(#200) Requires a permission", 200), "Meta refuses: (#200) Requires a permission"),
        ({"/v25.0/debug_token": answer({"data": {"scopes": ["pages_show_list"]}})}, "may not send messages"),
        ({"/v25.0/debug_token": answer({"data": {"type": "USER"}})}, "not the token of a page"),
        ({"/v25.0/me/subscribed_apps": answer({"data": []})}, "not connected with the app"),
        (
            {"/v25.0/me/subscribed_apps": answer({"data": [{"subscribed_fields": ["feed"]}]})},
            "not subscribed to messages",
        ),
        ({"/v25.0/77/subscriptions": answer({"data": []})}, "does not know yet where"),
        (
            {"/v25.0/77/subscriptions": answer({"data": [subscription("https://old.example.org/")]})},
            "posts messages to",
        ),
        (
            {"/v25.0/77/subscriptions": answer({"data": [subscription(URL.format("messenger"), active=False)]})},
            "switched the webhook off",
        ),
        ({"/v25.0/debug_token": answer({}, 400), "/v25.0/me/subscribed_apps": answer({}, 403)}, ""),
        ({"/v25.0/77/subscriptions": answer({}, 400)}, ""),
    ],
)
def test_troubles_of_messenger(changed: dict[str, Answer], told: str) -> None:
    # Nothing in an answer is sure to be there.
    changed = {"/v25.0/77/subscriptions": good_vendors()["/v25.0/77/subscriptions"], **changed}
    wrong = troubles("messenger", PaperAsker(changed=changed))
    assert told in wrong if told else wrong == ""


def test_metas_secrets_travel_in_headers() -> None:
    asker = PaperAsker()
    found("messenger", asker)
    for _, url, _ in asker.asked:
        query = parse_qs(urlsplit(url).query)
        assert "access_token" not in query
        assert "app-secret" not in url


@pytest.mark.parametrize(
    ("content", "scopes", "told"),
    [
        ({"ok": False, "error": "invalid_auth"}, "", "does not accept the token (invalid_auth)"),
        ({"ok": True, "team": "A", "user": "maria"}, "chat:write", "a person's token"),
        ({"ok": True, "bot_id": "B1"}, "chat:write,app_mentions:read", "lacks permissions: im:history"),
        ({"ok": True, "bot_id": "B1"}, "", ""),
    ],
)
def test_troubles_of_slack(content: dict[str, Any], scopes: str, told: str) -> None:
    changed = {"/api/auth.test": answer(content, headers={"x-oauth-scopes": scopes} if scopes else {})}
    wrong = troubles("slack", PaperAsker(changed=changed))
    assert told in wrong if told else wrong == ""


@pytest.mark.parametrize(
    ("seconds", "told"), [(0, ""), (-20, ""), (200, "200 seconds behind"), (-900, "900 seconds ahead")]
)
def test_a_clock_that_is_wrong_is_noticed(monkeypatch: pytest.MonkeyPatch, seconds: int, told: str) -> None:
    monkeypatch.setattr("helpline.channels.check.slack.time.time", lambda: 1764388498.0)
    monkeypatch.setattr("helpline.channels.slack.time.time", lambda: 1764388498.0)
    content = good_vendors()["/api/auth.test"].content
    date = formatdate(1764388498 + seconds, usegmt=True)
    wrong = troubles("slack", PaperAsker(changed={"/api/auth.test": answer(content, headers={"Date": date})}))
    assert told in wrong if told else wrong == ""


@pytest.mark.parametrize("date", ["", "yesterday", "Sun, 99 Nov 2026 99:99:99 GMT"])
def test_a_date_that_is_none_says_nothing_of_the_clock(date: str) -> None:
    content = good_vendors()["/api/auth.test"].content
    assert troubles("slack", PaperAsker(changed={"/api/auth.test": answer(content, headers={"Date": date})})) == ""


ACCOUNT = f"/2010-04-01/Accounts/{EVERYTHING.twilio_account_sid}.json"
NUMBERS = f"/2010-04-01/Accounts/{EVERYTHING.twilio_account_sid}/IncomingPhoneNumbers.json"


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({ACCOUNT: answer({"code": 20003}, 401)}, "does not accept TWILIO_ACCOUNT_SID"),
        ({ACCOUNT: answer({"status": "suspended"})}, "The account is suspended"),
        ({ACCOUNT: answer({"status": "active", "type": "Trial"})}, ""),
        ({NUMBERS: answer({"incoming_phone_numbers": []})}, "not a number of this account"),
        ({NUMBERS: numbers(capabilities={"sms": False})}, "cannot send SMS"),
        ({NUMBERS: numbers(sms_url="")}, "go to nobody"),
        ({NUMBERS: numbers(sms_url="https://demo.twilio.com/welcome/sms/reply")}, "go to https://demo.twilio.com"),
        ({NUMBERS: numbers(sms_method="GET")}, "come as GET"),
        ({NUMBERS: numbers(sms_application_sid="AP1")}, "a TwiML App"),
    ],
)
def test_troubles_of_twilio(changed: dict[str, Answer], told: str) -> None:
    wrong = troubles("twilio", PaperAsker(changed=changed))
    assert told in wrong if told else wrong == ""


def test_whatsapp_alone_asks_for_no_number_and_says_where_to_look() -> None:
    asker = PaperAsker()
    report = found("twilio", asker, twilio_sms_from="", twilio_whatsapp_from="+15550001111")
    assert report.is_fine
    assert not any("IncomingPhoneNumbers" in url for _, url, _ in asker.asked)
    assert "WhatsApp senders" in shown([report])
    assert "Sandbox settings" in shown([found("twilio", twilio_whatsapp_from="+14155238886")])


def test_only_channels_with_credentials_are_on() -> None:
    assert run.switched_on(Settings()) == []
    assert run.switched_on(EVERYTHING) == list(run.CHECKS)
    [report] = asyncio.run(run.check(Settings(), ["slack"]))
    assert not report.is_fine


def test_a_check_that_fails_tells_its_kind_only(monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(_: Context) -> list[Finding]:
        raise KeyError("12345:token")

    monkeypatch.setitem(run.CHECKS, "telegram", fail)
    [report] = asyncio.run(run.check(EVERYTHING, ["telegram"]))
    assert not report.is_fine
    assert "KeyError" in shown([report])
    assert "token" not in shown([report])


def test_reports_are_shown_for_people_and_programs() -> None:
    reports = [Report("slack", (Finding(OK, "Fine."), Finding(TROUBLE, "Broken.", "Mend it.")))]
    assert shown(reports).splitlines() == ["slack", "  ok       Fine.", "  trouble  Broken.", "           -> Mend it."]
    findings = [{"level": "ok", "text": "Fine.", "fix": ""}, {"level": "trouble", "text": "Broken.", "fix": "Mend it."}]
    assert json.loads(as_json(reports)) == [{"channel": "slack", "ok": False, "findings": findings}]


@pytest.fixture
def no_channels(monkeypatch: pytest.MonkeyPatch) -> None:
    # `main` changes the folder, which is put back.
    monkeypatch.chdir(ROOT)
    for variable in ("TWILIO_ACCOUNT_SID", "TELEGRAM_BOT_TOKEN", "MESSENGER_PAGE_TOKEN", "SLACK_BOT_TOKEN"):
        monkeypatch.delenv(variable, raising=False)


@pytest.mark.usefixtures("no_channels")
def test_the_command_ends_with_0_where_there_is_nothing_to_check() -> None:
    result = CliRunner().invoke(main, ["channels", "check"])
    assert (result.exit_code, "No messaging channel is set up" in result.output) == (0, True)
    result = CliRunner().invoke(main, ["channels", "check", "--json"])
    assert (result.exit_code, json.loads(result.output)) == (0, [])


@pytest.mark.usefixtures("no_channels")
def test_the_command_ends_with_1_where_there_is_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-token")
    monkeypatch.setenv("SLACK_SIGNING_SECRET", "signing-secret")
    # Port 9 discards; nothing listens there.
    monkeypatch.setenv("SLACK_API", "http://127.0.0.1:9")
    result = CliRunner().invoke(main, ["channels", "check"])
    assert (result.exit_code, "could not be reached" in result.output) == (1, True)
    assert "xoxb" not in result.output
    assert CliRunner().invoke(main, ["channels", "check", "telegram"]).exit_code == 1
    assert CliRunner().invoke(main, ["channels", "check", "pigeon"]).exit_code == 2
