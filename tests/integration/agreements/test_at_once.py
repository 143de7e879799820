"""Two parties who act in the same moment: nothing is lost and nothing happens twice."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection
from tests.integration.agreements.world import T0, kinds, text, world

from cosource.agreements.models import AgreementVersion
from cosource.agreements.services.confirmations import version_confirm
from cosource.agreements.services.proposals import version_propose, version_table, version_withdraw
from cosource.foundation.errors import CosourceError

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.req("C8")]


def at_once(*calls: Callable[[], object]) -> list[str]:
    """Run the calls side by side; give "done" or the refusal's code of each."""
    start = Barrier(len(calls))

    def run(call: Callable[[], object]) -> str:
        start.wait(timeout=60)
        try:
            call()
        except CosourceError as refused:
            return refused.code
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def test_two_words_at_once_put_a_version_in_force_once() -> None:
    there = world()
    for _ in range(5):
        version = version_propose(
            engagement_id=there.with_brightline.id, text=text(), actor=there.owner, at=T0
        )

        def give(who, version=version):
            return lambda: version_confirm(version_id=version.id, digest=version.digest, actor=who, at=T0)

        assert at_once(give(there.owner), give(there.manager)) == ["done", "done"]
        version.refresh_from_db()
        assert (version.in_force_at, version.confirmed_parties) == (T0, 2)
    assert kinds().count("agreement.version_in_force/1") == 5


def test_one_word_sent_twice_counts_once() -> None:
    there = world()
    version = version_propose(engagement_id=there.with_brightline.id, text=text(), actor=there.owner, at=T0)

    def give():
        return version_confirm(version_id=version.id, digest=version.digest, actor=there.owner, at=T0)

    assert sorted(at_once(give, give)) == ["done", "settled"]
    version.refresh_from_db()
    assert (version.in_force_at, version.confirmed_parties) == (None, 1)


def test_a_word_and_a_withdrawal_at_once_leave_one_of_them() -> None:
    there = world()
    for _ in range(5):
        version = version_propose(engagement_id=None, text=text(), actor=there.owner, at=T0)

        def give(version=version):
            return version_confirm(version_id=version.id, digest=version.digest, actor=there.owner, at=T0)

        def take_back(version=version):
            return version_withdraw(version_id=version.id, actor=there.owner, at=T0)

        outcome = at_once(give, take_back)
        version.refresh_from_db()
        assert outcome.count("done") == 1
        assert (version.in_force_at is None) != (version.withdrawn_at is None)


def test_drafts_tabled_at_once_get_numbers_of_their_own() -> None:
    there = world()
    drafts = [
        version_propose(engagement_id=there.with_brightline.id, text=text(), actor=who, at=T0, tabled=False)
        for who in (there.owner, there.manager)
    ]
    calls = [
        lambda draft=draft, who=who: version_table(version_id=draft.id, actor=who, at=T0)
        for draft, who in zip(drafts, (there.owner, there.manager), strict=True)
    ]
    assert at_once(*calls, calls[0]).count("done") == 2
    assert set(AgreementVersion.objects.values_list("number", flat=True)) == {1, 2}
