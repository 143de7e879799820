"""The mapping of the carried log gives the figures that were counted from it by other means."""

from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from cosource.bridges.reading.shipped import shipped_mapping, shipped_names
from cosource.bridges.reading.tickets import read_tickets, survey
from cosource.bridges.rules.describe import describe
from cosource.bridges.rules.mapping_parse import parse_mapping
from cosource.bridges.rules.problems import Problem
from cosource.bridges.rules.ticket_story import tell_story

SAMPLE = Path(__file__).parents[3] / "examples" / "servicenow-incidents.csv.xz"
MAPPING = SAMPLE.with_name("servicenow-incidents.toml")


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    mapping = parse_mapping(MAPPING.read_text())
    found = survey(SAMPLE, mapping)
    figures: Counter[str] = Counter()
    pairs, priorities, hops, parties, codes = Counter(), Counter(), Counter(), Counter(), Counter()
    digests: set[str] = set()
    for item in read_tickets(SAMPLE, mapping, found, tmp_path_factory.mktemp("spool")):
        assert not isinstance(item, Problem)
        story = tell_story(item.events)
        codes.update(problem.code for problem in item.problems)
        digests.update(event.digest for event in item.events)
        figures["events"] += len(item.events)
        figures["tickets"] += 1
        figures["refused"] += item.refused_rows
        figures["handovers"] += len(story.handovers)
        figures["handed over"] += bool(story.handovers)
        figures["with a group"] += bool(story.parties)
        figures["returns"] += story.returns
        figures["tickets with return"] += story.returns > 0
        figures["direct"] += story.direct_returns
        figures["tickets with direct"] += story.direct_returns > 0
        figures["sla met"] += story.final.stated.sla_met is True
        figures["knowledge"] += story.final.stated.knowledge is True
        figures["resolved missing"] += story.final.stated.resolved_at is None
        figures["stated reopened"] += (story.stated_reopens or 0) > 0
        figures["stated reassigned"] += (story.stated_reassignments or 0) > 0
        figures["closed"] += story.final.state == "closed"
        figures["closed as stated"] += story.closed_at == story.final.stated.closed_at
        figures["party handovers"] += story.party_handovers
        priorities[story.final.priority] += 1
        parties[story.final.party] += 1
        pairs.update(story.mutual_pairs)
        hops.update((hop.from_group, hop.to_group) for hop in story.handovers)
        both: tuple[Any, Any] = (story.possessions, story.phases)
        for pieces in both:
            assert pieces[0].from_at == story.opened_at
            assert pieces[-1].until_at == story.closed_at
            assert all(a.until_at == b.from_at for a, b in pairwise(pieces))
    return found, figures, pairs, priorities, hops, parties, codes, digests


def test_every_line_is_read_once(sample):
    found, figures, _, _, _, _, codes, digests = sample
    assert (found.rows, found.is_side_by_side) == (59354, True)
    assert (figures["events"], figures["tickets"], figures["refused"]) == (59354, 9202, 0)
    assert len(digests) == 59354
    assert codes == {"no-group": 9502, "before-opening": 5, "time-back": 1}


@pytest.mark.req("C10")
def test_passing_to_and_fro_is_counted_as_defined(sample):
    _, figures, pairs, _, hops, _, _, _ = sample
    assert figures["with a group"] == 9034
    assert figures["handovers"] == 8289
    assert figures["handed over"] == 3885
    assert figures["returns"] == 2236
    assert figures["tickets with return"] == 1128
    assert figures["direct"] == 1552
    assert figures["tickets with direct"] == 902
    assert pairs.most_common(6) == [
        (("Group 20", "Group 70"), 154),
        (("Group 54", "Group 70"), 93),
        (("Group 39", "Group 70"), 65),
        (("Group 69", "Group 70"), 48),
        (("Group 55", "Group 70"), 43),
        (("Group 66", "Group 70"), 32),
    ]
    assert hops.most_common(4) == [
        (("Group 70", "Group 20"), 519),
        (("Group 20", "Group 70"), 355),
        (("Group 70", "Group 39"), 337),
        (("Group 54", "Group 70"), 279),
    ]


def test_final_values_come_from_the_last_line(sample):
    _, figures, _, priorities, _, _, _, _ = sample
    assert priorities == {1: 94, 2: 143, 3: 8581, 4: 384}
    assert figures["sla met"] == 3719
    assert figures["knowledge"] == 3477
    assert figures["resolved missing"] == 783
    assert figures["stated reopened"] == 133
    assert figures["stated reassigned"] == 5108
    assert figures["closed"] == figures["closed as stated"] == 9202


def test_the_three_parties_share_the_work(sample):
    _, figures, _, _, _, parties, _, _ = sample
    assert parties == {"harbour": 2803, "brightline": 2924, "kestrel": 2164, None: 1311}
    assert figures["party handovers"] == 6117


def test_the_mapping_speaks_for_itself():
    mapping = parse_mapping(MAPPING.read_text())
    texts = [sentence.text for sentence in describe(mapping)]
    assert mapping.client.name == "Harbour Health"
    assert [party.name for party in mapping.partners] == ["Brightline", "Kestrel"]
    assert "“Awaiting Vendor” pauses the ticket on the turn of vendor: Answer from the vendor." in texts


def test_the_mapping_that_ships_reads_the_same_for_any_client(tmp_path):
    """But for parties and teams it is the demo's: no name of anybody, and each group a team of whoever brings the file in."""
    assert shipped_names() == ("servicenow-audit",)
    with pytest.raises(LookupError, match="servicenow-audit"):
        shipped_mapping("other")
    mapping, demo = shipped_mapping("servicenow-audit"), parse_mapping(MAPPING.read_text())
    for part in ("source", "columns", "states", "priorities", "impacts", "urgencies"):
        assert getattr(mapping, part) == getattr(demo, part)
    assert [(p.name, p.role) for p in mapping.parties.values()] == [("", "client")]
    assert [s.text for s in describe(mapping) if "client" in s.text] == [
        "Whoever brings the file in is the client: 0 groups by name in 1 rules.",
        "Any other group counts as the client’s and is reported; a blank one is unknown.",
    ]
    held = Counter()
    for item in read_tickets(SAMPLE, mapping, survey(SAMPLE, mapping), tmp_path):
        assert not isinstance(item, Problem)
        assert "unknown-group" not in {problem.code for problem in item.problems}
        held.update((event.party, event.team == event.group) for event in item.events)
        if sum(held.values()) > 5_000:
            break
    assert set(held) == {("own", True), (None, True)}
