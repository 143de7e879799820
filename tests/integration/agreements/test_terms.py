"""The terms that hold at an instant, and the targets that they give."""

from datetime import UTC, datetime

import pytest
from tests.integration.agreements.world import T0, World, hours, text, world

from cosource.agreements.models import AgreementVersion
from cosource.agreements.queries.terms import terms_in_force, terms_of, terms_of_desks
from cosource.agreements.services.confirmations import version_confirm
from cosource.agreements.services.proposals import version_propose, version_withdraw
from cosource.calendars.rules.business_time import due
from cosource.parties.models import EngagementService, Service, Site

pytestmark = pytest.mark.django_db


@pytest.fixture
def there() -> World:
    terms_of.cache_clear()
    return world()


def agree(there: World, source: str, at=T0) -> AgreementVersion:
    version = version_propose(engagement_id=there.with_brightline.id, text=source, actor=there.owner, at=at)
    for who in (there.owner, there.manager):
        version = version_confirm(version_id=version.id, digest=version.digest, actor=who, at=at)
    return version


def terms_at(there: World, at: datetime):
    found = terms_in_force(there.with_brightline.id, there.harbour.id, at)
    assert found is not None
    return found


@pytest.mark.req("C8")
def test_targets_read_back_exactly(there) -> None:
    more = "  - {kind: resolve, priority: 2, minutes: 480, calendar: always, site: North, service: Mail}\n"
    version = agree(there, text(more=more))
    terms = terms_at(there, T0)
    north, mail = Site.objects.get(name="North"), Service.objects.get(name="Mail")
    assert [(t.kind, t.priority, t.minutes, t.calendar, t.site_id, t.service_id) for t in terms.targets] == [
        ("respond", 1, 15, "always", None, None),
        ("resolve", 1, 240, "always", None, None),
        ("resolve", 2, 480, "always", north.id, mail.id),
    ]
    assert (terms.version_id, terms.engagement_id) == (version.id, there.with_brightline.id)
    assert (terms.return_limit, terms.warning_percent, terms.accept_minutes, terms.priority_matrix) == (
        2,
        75,
        30,
        None,
    )
    assert [(p.key, p.label, p.turn) for p in terms.pause_reasons] == [
        ("requester_answer", "Waiting for the requester", "requester"),
        ("client_access", "Waiting for access", "client"),
    ]
    assert terms.calendars["always"].zone == "Europe/Berlin"
    assert due(T0, terms.targets[1].minutes, terms.calendars["always"]) == hours(4)


@pytest.mark.req("C8")
def test_a_matrix_is_kept(there) -> None:
    agree(there, text() + "priority_matrix: [[1, 2, 3], [2, 3, 4], [3, 4, 4]]\n")
    assert terms_at(there, T0).priority_matrix == ((1, 2, 3), (2, 3, 4), (3, 4, 4))


@pytest.mark.req("A3")
def test_the_same_ticket_at_two_sites_gets_two_targets(there) -> None:
    more = "".join(
        f"  - {{kind: resolve, priority: 1, within: {within}, calendar: always, site: {site}}}\n"
        for site, within in (("North", "2h"), ("South", "6h"))
    )
    agree(there, text(more=more))
    terms = terms_at(there, T0)
    found = {
        site.name: terms.target_for("resolve", 1, site.id, Service.objects.get(name="Mail").id)
        for site in Site.objects.all()
    }
    assert {name: target.minutes for name, target in found.items() if target} == {"North": 120, "South": 360}


@pytest.mark.req("C9")
def test_last_years_ticket_uses_last_years_terms(there) -> None:
    old = agree(there, text("2025-01-01", resolve="8h"), at=T0)
    new = agree(there, text("2026-01-01", resolve="4h"), at=hours(1))
    later = agree(there, text("2026-07-01", resolve="2h"), at=hours(2))
    expected = {
        datetime(2025, 1, 1, tzinfo=UTC): (old, 480),
        datetime(2025, 12, 31, 22, 59, 59, tzinfo=UTC): (old, 480),
        datetime(2025, 12, 31, 23, 0, tzinfo=UTC): (new, 240),  # midnight in Berlin
        datetime(2026, 6, 30, 21, 59, tzinfo=UTC): (new, 240),
        datetime(2026, 6, 30, 22, 0, tzinfo=UTC): (later, 120),
    }
    for at, (version, minutes) in expected.items():
        terms = terms_at(there, at)
        assert terms.version_id == version.id
        target = terms.target_for("resolve", 1, None, None)
        assert target is not None
        assert target.minutes == minutes
    before = datetime(2024, 12, 31, 22, 59, tzinfo=UTC)
    assert terms_in_force(there.with_brightline.id, there.harbour.id, before) is None


@pytest.mark.req("C9")
def test_of_two_with_one_start_the_one_agreed_later_holds(there) -> None:
    agree(there, text(resolve="8h"), at=T0)
    second = agree(there, text(resolve="4h"), at=hours(1))
    assert terms_at(there, hours(2)).version_id == second.id


@pytest.mark.req("C8", "C9")
def test_an_unsigned_change_changes_nothing(there) -> None:
    agreed = agree(there, text("2025-01-01"))
    offered = version_propose(
        engagement_id=there.with_brightline.id, text=text("2026-01-01"), actor=there.manager, at=T0
    )
    assert terms_at(there, hours(1)).version_id == agreed.id
    version_withdraw(version_id=offered.id, actor=there.manager, at=hours(1))
    assert terms_at(there, hours(2)).version_id == agreed.id


@pytest.mark.req("A2")
def test_a_service_added_mid_term_gets_its_target_from_its_own_date(there) -> None:
    agree(there, text("2025-01-01"))
    payroll = Service.objects.get(name="Payroll")
    EngagementService.objects.create(engagement=there.with_brightline, service=payroll, starts_at=T0)
    more = "  - {kind: resolve, priority: 1, within: 1h, calendar: always, service: Payroll}\n"
    agree(there, text("2026-02-01", more=more), at=hours(1))

    def minutes(at: datetime) -> int:
        target = terms_at(there, at).target_for("resolve", 1, None, payroll.id)
        assert target is not None
        return int(target.minutes)

    assert minutes(datetime(2026, 1, 31, 22, 0, tzinfo=UTC)) == 240
    assert minutes(datetime(2026, 2, 1, tzinfo=UTC)) == 60


def test_terms_are_found_by_one_small_query_and_remembered(there, django_assert_num_queries) -> None:
    agree(there, text())
    terms_at(there, T0)
    with django_assert_num_queries(1):
        terms_at(there, T0)


def test_another_engagement_has_terms_of_its_own(there) -> None:
    agree(there, text())
    assert terms_in_force(there.with_kestrel.id, there.harbour.id, T0) is None
    assert terms_in_force(None, there.harbour.id, T0) is None


@pytest.mark.req("C9")
def test_terms_of_several_desks_at_once_are_those_of_each(there, django_assert_num_queries) -> None:
    agree(there, text("2025-01-01", resolve="8h"))
    agree(there, text("2026-01-01"))
    agree(there, text("2026-07-01", resolve="2h"))
    desk = version_propose(engagement_id=None, text=text("2025-06-01"), actor=there.owner, at=T0)
    version_confirm(version_id=desk.id, digest=desk.digest, actor=there.owner, at=T0)
    engagements = (there.with_brightline.id, there.with_kestrel.id)
    for at in (datetime(2025, 3, 1, tzinfo=UTC), T0, datetime(2026, 8, 1, tzinfo=UTC)):
        each = {key: terms_in_force(key, there.harbour.id, at) for key in (None, *engagements)}
        with django_assert_num_queries(3):  # one a desk, each with its statement at hand
            found = terms_of_desks(there.harbour.id, engagements, at)
        assert found == {key: terms for key, terms in each.items() if terms is not None}


def test_a_version_that_is_not_there_has_no_terms(there) -> None:
    with pytest.raises(AgreementVersion.DoesNotExist):
        terms_of(there.harbour.id)
