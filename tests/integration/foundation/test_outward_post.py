"""What is sent to an address that somebody else named: it reaches nothing inside, and follows nobody elsewhere."""

import pytest
from tests.receiver import LOCAL, Receiver

from cosource.foundation.outward import Unreachable, post


@pytest.mark.threat("S03")
def test_an_address_inside_is_reached_only_where_it_is_named(receiver: Receiver, settings):
    settings.PRIVATE_TARGETS = ()
    address = receiver.address
    for url in (
        address,
        address.replace("127.0.0.1", "localhost"),
        address.replace("127.0.0.1", "2130706433"),
    ):
        with pytest.raises(Unreachable):
            post(f"{url}/in", b"{}", {})
    assert receiver.came == []
    settings.PRIVATE_TARGETS = (LOCAL,)
    assert post(f"{address}/in", b'{"a":1}', {"Cosource-Signature": "v1=x"}) == 200
    ((path, body, headers),) = receiver.came
    assert (path, body, headers["Cosource-Signature"]) == ("/in", b'{"a":1}', "v1=x")


@pytest.mark.threat("S03")
def test_a_redirect_is_an_answer_and_not_followed(receiver: Receiver):
    receiver.status = 302
    assert post(f"{receiver.address}/away", b"{}", {}) == 302
    assert [path for path, _, _ in receiver.came] == ["/away"]
