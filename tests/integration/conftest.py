"""What several modules of this folder share."""

from pathlib import Path

import pytest

SAMPLE = Path(__file__).parents[2] / "examples" / "servicenow-incidents.csv.xz"
SAMPLE_MAPPING = SAMPLE.with_name("servicenow-incidents.toml")


@pytest.fixture(scope="session")
def _imported_log(database_template, django_db_setup, django_db_blocker, tmp_path_factory):
    """The name of a kept database with the whole log in it, brought in and sealed once a run."""
    from tests.databases import in_place
    from tests.integration.bridges.log import quiet
    from tests.worlds import PASSWORD, START

    from cosource.bridges.reading.tickets import survey
    from cosource.bridges.services.import_run import import_run, import_start
    from cosource.bridges.services.preparing import import_plan
    from cosource.foundation.services.sealing import seal_all
    from cosource.foundation.sight import system_actor
    from cosource.parties.queries.sight import actor_for_person
    from cosource.parties.services.engagements import engagement_create
    from cosource.parties.services.organizations import organization_create

    name = database_template.keep()
    with django_db_blocker.unblock(), in_place(name):
        founded = organization_create(
            name="Harbour Health",
            time_zone="Europe/London",
            leads_as="service_owner",
            person_name="Ruth Adeyemi",
            person_email="ruth@harbour.example",
            password=PASSWORD,
            actor=system_actor(reason="first run"),
            at=START,
        )
        actor = actor_for_person(founded.person, organization_id=founded.organization.id, at=START)
        for partner in ("Brightline", "Kestrel"):
            engagement_create(name=partner, other_name=partner, own_side="client", actor=actor, at=START)
        plan = import_plan(
            actor=actor, mapping_text=SAMPLE_MAPPING.read_text(), mapping_name=SAMPLE_MAPPING.name
        )
        found = survey(SAMPLE, plan.mapping)
        row = import_start(plan=plan, survey=found, file_name=SAMPLE.name, actor=actor, at=START)
        import_run(
            row=row,
            plan=plan,
            survey=found,
            path=SAMPLE,
            spool_directory=tmp_path_factory.mktemp("spool"),
            actor=actor,
            clock=lambda: START,
            tell=quiet,
        )
        seal_all()
    return name


@pytest.fixture(scope="module")
def imported(_imported_log, django_db_blocker):
    """The name of the database with the whole log in it, which is in place for the module; it is read, never changed."""
    from tests.databases import in_place

    with django_db_blocker.unblock(), in_place(_imported_log):
        yield _imported_log
