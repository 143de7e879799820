"""When and how a notice goes out, what a webhook receiver gets, and messages that only one browser can read."""

import json
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from cosource.foundation.rules.notices import (
    MAIL,
    PUSH,
    SMS,
    Choices,
    Delivery,
    Said,
    deliveries,
    digest_end,
    quiet_end,
    words_kept,
    words_written,
)
from cosource.foundation.rules.web_push import (
    authorization,
    bytes_of,
    encrypted,
    private_key_of,
    public_bytes,
    unpadded,
)
from cosource.foundation.rules.webhooks import Told, body_of, is_genuine, signature
from cosource.foundation.services.gateways import filled
from cosource.tickets.rules.wording import gettext_lazy, ngettext_lazy

BERLIN = ZoneInfo("Europe/Berlin")


def at(day: int, hour: int, minute: int = 0, month: int = 3) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


def plan(choices: Choices, instant: datetime, *, urgent: bool = False, acknowledge: bool = False):
    return deliveries(choices, kind="k", urgent=urgent, acknowledge=acknowledge, at=instant, zone=BERLIN)


def test_who_chose_nothing_gets_mail_and_browser_at_once():
    now = at(2, 21)
    assert plan(Choices(), now) == [Delivery(MAIL, now), Delivery(PUSH, now)]


def test_a_kind_that_was_chosen_off_goes_nowhere():
    assert plan(Choices(ways={"k": frozenset()}), at(2, 21)) == []
    assert plan(Choices(ways={"k": frozenset({SMS}), "l": frozenset({MAIL})}), at(2, 21)) == [
        Delivery(SMS, at(2, 21))
    ]


@pytest.mark.parametrize(
    ("instant", "until"),
    [
        (at(2, 20, 59), at(2, 20, 59)),  # 21:59 in Berlin
        (at(2, 21), at(3, 6)),  # 22:00
        (at(3, 2), at(3, 6)),  # 03:00
        (at(3, 5, 59), at(3, 6)),
        (at(3, 6), at(3, 6)),
        (at(28, 23), at(29, 5)),  # the night in which the clocks go forward
    ],
)
def test_quiet_hours_over_midnight_are_the_persons_own(instant, until):
    night = Choices(quiet_from=time(22), quiet_until=time(7))
    assert quiet_end(night, instant, BERLIN) == until
    assert [d.due_at for d in plan(night, instant)] == [until, until]


def test_quiet_hours_within_a_day():
    noon = Choices(quiet_from=time(12), quiet_until=time(13, 30))
    assert quiet_end(noon, at(2, 11), BERLIN) == at(2, 12, 30)
    assert quiet_end(noon, at(2, 12, 30), BERLIN) == at(2, 12, 30)
    assert quiet_end(Choices(quiet_from=time(9), quiet_until=time(9)), at(2, 8), BERLIN) == at(2, 8)


def test_what_is_urgent_passes_if_it_may():
    night = {"quiet_from": time(22), "quiet_until": time(7)}
    late = at(2, 22)
    assert {d.due_at for d in plan(Choices(**night), late, urgent=True)} == {late}
    assert {d.due_at for d in plan(Choices(**night, urgent_passes=False), late, urgent=True)} == {at(3, 6)}
    assert {d.due_at for d in plan(Choices(**night), late, acknowledge=True)} == {at(3, 6)}


def test_a_digest_holds_mail_alone_and_only_what_can_wait():
    daily = Choices(digest="daily", digest_at=time(8))
    now = at(2, 10)
    assert plan(daily, now) == [Delivery(MAIL, at(3, 7), in_digest=True), Delivery(PUSH, now)]
    for pressing in ({"urgent": True}, {"acknowledge": True}):
        assert plan(daily, now, **pressing) == [Delivery(MAIL, now), Delivery(PUSH, now)]


def test_digests_go_out_on_the_hour_or_at_the_chosen_time():
    assert digest_end("hourly", time(8), at(2, 10, 20), BERLIN) == at(2, 11)
    assert digest_end("hourly", time(8), at(2, 10), BERLIN) == at(2, 11)
    kolkata = ZoneInfo("Asia/Kolkata")
    assert digest_end("hourly", time(8), at(2, 10, 20), kolkata) == at(2, 10, 30)
    assert digest_end("daily", time(8), at(2, 6, 59), BERLIN) == at(2, 7)
    assert digest_end("daily", time(8), at(2, 7), BERLIN) == at(3, 7)
    # The hour that comes twice has a digest each time.
    assert digest_end("hourly", time(8), at(25, 0, 30, month=10), BERLIN) == at(25, 1, month=10)
    assert digest_end("hourly", time(8), at(25, 1, 30, month=10), BERLIN) == at(25, 2, month=10)


def test_words_are_kept_and_written_in_the_readers_language():
    inner = ngettext_lazy("%(count)s hour", "%(count)s hours", 3)
    words = gettext_lazy("%(what)s in %(left)s, by %(due)s", what="HH-1", left=inner, due=at(2, 8))
    kept = json.loads(json.dumps(words_kept(words)))
    german = {"%(what)s in %(left)s, by %(due)s": "%(what)s in %(left)s, bis %(due)s"}

    def translate(message, plural, count):
        chosen = plural if plural and count != 1 else message
        return german.get(chosen, chosen)

    assert words_written(kept, translate, lambda i: f"{i:%H:%M}") == "HH-1 in 3 hours, bis 08:00"
    assert words_kept(Said("100% sure")) == {"m": "100% sure", "v": {}}
    assert words_written(words_kept(Said("100% sure")), translate, str) == "100% sure"


TOLD = Told("e1", "ticket.offered", at(2, 8), "<b> & @here", "HH-1", "https://desk.example/tickets/1/")


def test_shapes():
    assert json.loads(body_of("plain", TOLD)) == {
        "id": "e1",
        "kind": "ticket.offered",
        "at": "2026-03-02T08:00:00+00:00",
        "text": "<b> & @here",
        "reference": "HH-1",
        "url": "https://desk.example/tickets/1/",
        "urgent": False,
    }
    card = json.loads(body_of("teams", TOLD))["attachments"][0]["content"]
    assert (card["type"], card["body"][0]["text"], card["actions"][0]["url"]) == (
        "AdaptiveCard",
        "<b> & @here",
        "https://desk.example/tickets/1/",
    )
    block = json.loads(body_of("slack", TOLD))["blocks"][0]
    assert block["text"]["text"] == "&lt;b&gt; &amp; @here\n<https://desk.example/tickets/1/|HH-1>"
    with pytest.raises(KeyError):
        body_of("other", TOLD)


def test_a_receiver_believes_what_is_signed_with_its_secret_lately():
    now, body = at(2, 8), b'{"a":1}'
    moment, signed = signature(body, now, ["new", "old"])
    five = timedelta(minutes=5)
    for secret in ("new", "old"):
        assert is_genuine(body, moment, signed, secret, now, within=five)
    assert not is_genuine(body, moment, signed, "other", now, within=five)
    assert not is_genuine(body + b" ", moment, signed, "new", now, within=five)
    assert not is_genuine(body, moment, signed, "new", now + timedelta(minutes=6), within=five)
    assert not is_genuine(body, str(int(moment) + 1), signed, "new", now, within=five)
    assert not is_genuine(body, "soon", signed, "new", now, within=five)


def test_places_are_filled_once_and_change_no_shape():
    template = {"to": "{to}", "parts": ["{text}: {link}", 7], "n": None}
    places = {"to": "+4930", "text": '","x":"{link}', "link": "https://l"}
    assert filled(template, places) == {
        "to": "+4930",
        "parts": ['","x":"{link}: https://l', 7],
        "n": None,
    }


def test_a_message_is_encrypted_as_the_standard_shows():
    """The example of RFC 8291, section 5 and appendix A."""
    body = encrypted(
        b"When I grow up, I want to be a watermelon",
        browser_key=bytes_of(
            "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
        ),
        browser_secret=bytes_of("BTBZMqHH6r4Tts7J_aSIgg"),
        own=private_key_of("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"),
        salt=bytes_of("DGv6ra1nlYgDCS1FRnbzlw"),
    )
    assert unpadded(body) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27ml"
        "mlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPT"
        "pK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )
    with pytest.raises(ValueError, match="At most"):
        encrypted(b"x" * 4_000, browser_key=b"", browser_secret=b"", own=private_key_of("AQ"), salt=b"")


def test_the_senders_word_is_signed_for_one_push_service():
    key = private_key_of("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw")
    header = authorization(
        "https://push.example:8443/send/abc", key=key, contact="mailto:desk@example.org", at=at(2, 8)
    )
    word, public = header.removeprefix("vapid t=").split(", k=")
    assert bytes_of(public) == public_bytes(key)
    head, claims, signed = word.split(".")
    assert json.loads(bytes_of(head)) == {"typ": "JWT", "alg": "ES256"}
    assert json.loads(bytes_of(claims)) == {
        "aud": "https://push.example:8443",
        "exp": int(at(2, 20).timestamp()),
        "sub": "mailto:desk@example.org",
    }
    raw = bytes_of(signed)
    der = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
    key.public_key().verify(der, f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))
    with pytest.raises(InvalidSignature):
        key.public_key().verify(der, f"{head}.x".encode(), ec.ECDSA(hashes.SHA256()))
