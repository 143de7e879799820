"""All metrics, in the order in which they are shown.

Counters and times that the source of an imported ticket states are kept as stated and rule here; what the record itself shows is
taken where the source states none. Hours are gross: nights and weekends count. Net hours leave out what the ticket waited.
"""

from collections.abc import Callable

from cosource.metrics.rules.metric import Cohort, Column, Exclusion, Fold, Metric, Table, Unit
from cosource.metrics.rules.metric import gettext_noop as _

# A call given up so soon was no wait; and so soon one should be answered, where nothing else is agreed.
SHORT_SECONDS, ANSWER_SECONDS = 10, 30

_TELEPHONE = _("Calls as the telephone system counted them, from when they were offered.")
_ASKED = _("What who asked for help says once the ticket is resolved, 1 to 5; satisfied are 4 and 5.")
_SATISFIED = 4
_STATED = _("The counter of the source where there is one, else what the record shows.")
_PATH = _("Who held the ticket, line by line; a blank group is a gap in the record and is looked through.")

_NO_RESOLVE_TIME = Exclusion(
    _("closed without a resolve time"),
    lambda t: t.resolve_hours.isnull() & ~t.out_of_order,
)
_OUT_OF_ORDER = Exclusion(_("resolved before it was opened"), lambda t: t.out_of_order)
_NOBODY = Exclusion(_("nobody is known to have held it"), lambda t: t.team_handovers.isnull())
_NOT_CLOSED = Exclusion(_("resolved, not closed yet"), lambda t: t.close_hours.isnull())
_NOT_ANSWERED = Exclusion(_("not answered"), lambda t: t.response_hours.isnull())
_NO_VERDICT = Exclusion(_("the source states no verdict"), lambda t: t.sla_stated.isnull())
_NO_ARTICLE = Exclusion(_("nothing is stated about knowledge"), lambda t: t.knowledge.isnull())
_NO_CONTACT = Exclusion(
    _("no call or visit was logged at its opening"), lambda t: t.solved_at_contact.isnull()
)
_NOT_TAKEN = Exclusion(_("given up"), lambda t: ~t.answered)
_GIVEN_UP_AT_ONCE = Exclusion(_("given up within 10 seconds"), lambda t: t.abandon_seconds <= SHORT_SECONDS)
_NOT_SURVEYED = Exclusion(_("nobody was asked"), lambda t: t.surveyed.isnull())
_NO_ANSWER = Exclusion(_("asked, and not answered"), lambda t: t.surveyed & t.survey_score.isnull())
_WITHOUT_END = Exclusion(_("ended without a verdict"), lambda t: t.met.isnull() & ~t.stands_still)
_STANDS_STILL = Exclusion(_("stands still, not overdue"), lambda t: t.stands_still)

_MEANS = {Fold.MEAN: _("mean"), Fold.MEDIAN: _("median"), Fold.P90: _("p90")}


def _durations(  # noqa: PLR0917 - a row of the table below
    name: str,
    title: str,
    cohort: Cohort,
    column: str,
    exclusions: tuple[Exclusion, ...],
    source: str,
    pitfalls: str,
) -> tuple[Metric, ...]:
    """Return mean, median and 90th percentile of a duration; they are never shown one without the others."""
    return tuple(
        Metric(
            id=f"{name}.{fold}",
            title=title,
            unit=Unit.HOURS,
            cohort=cohort,
            fold=fold,
            of=lambda t: t[column],
            exclusions=exclusions,
            source=source,
            pitfalls=pitfalls,
        )
        for fold in _MEANS
    )


def _ended(  # noqa: PLR0917 - a row of the table below
    name: str,
    title: str,
    unit: Unit,
    fold: Fold,
    of: Callable[[Table], Column],
    source: str,
    pitfalls: str,
    exclusions: tuple[Exclusion, ...] = (),
    parts: str = "",
) -> Metric:
    return Metric(name, title, unit, Cohort.ENDED, fold, of, source, pitfalls, None, exclusions, parts)


def _passages(prefix: str, by: str, titles: tuple[str, ...], parts: str) -> tuple[Metric, ...]:
    """Return what the way from hand to hand shows, by team or by party."""
    count = f"{by}_handovers"
    back, direct, mutual = f"{by}_returns", f"{by}_direct_returns", f"{by}_mutual_pairs"
    one_way = _(
        "A return is no fault in itself: some are agreed. Read it beside the reasons of the handovers."
    )
    return (
        _ended(f"{prefix}handovers", titles[0], Unit.TIMES, Fold.SUM, lambda t: t[count], _PATH,
               _("Only changes that the record shows; what a source counted in silence is in `reassigned`."), (_NOBODY,)),
        _ended(f"{prefix}tickets_with_handover", titles[1], Unit.SHARE, Fold.SHARE, lambda t: t[count] > 0, _PATH,
               _("A first dispatch is no handover."), (_NOBODY,)),
        _ended(f"{prefix}returns", titles[2], Unit.TIMES, Fold.SUM, lambda t: t[back], _PATH, one_way, (_NOBODY,)),
        _ended(f"{prefix}tickets_with_return", titles[3], Unit.SHARE, Fold.SHARE, lambda t: t[back] > 0, _PATH, one_way,
               (_NOBODY,)),
        _ended(f"{prefix}direct_returns", titles[4], Unit.TIMES, Fold.SUM, lambda t: t[direct], _PATH,
               _("A, B, A in consecutive holders; A, B, C, A is a return and not a direct one."), (_NOBODY,)),
        _ended(f"{prefix}tickets_with_direct_return", titles[5], Unit.SHARE, Fold.SHARE, lambda t: t[direct] > 0, _PATH,
               _("A, B, A in consecutive holders; A, B, C, A is a return and not a direct one."), (_NOBODY,)),
        _ended(f"{prefix}mutual_pairs", titles[6], Unit.PAIRS, Fold.SUM, lambda t: t[mutual], _PATH,
               _("Each pair counts once in a ticket, however often it went to and fro; a ticket may have several pairs."),
               (_NOBODY,), parts),
    )  # fmt: skip


def _calls(  # noqa: PLR0917 - a row of the table below
    name: str, title: str, fold: Fold, of: Callable[[Table], Column], pitfalls: str, exclusion: Exclusion
) -> Metric:
    unit = Unit.SHARE if fold is Fold.SHARE else Unit.SECONDS
    return Metric(name, title, unit, Cohort.CALLS, fold, of, _TELEPHONE, pitfalls, None, (exclusion,))


METRICS: tuple[Metric, ...] = (
    Metric("tickets", _("Tickets"), Unit.TICKETS, Cohort.OPENED, Fold.COUNT, lambda t: t.ticket,
           _("One ticket of the record."), _("More tickets may mean more faults, or that more is reported.")),
    *_durations("first_response", _("First response"), Cohort.OPENED, "response_hours", (_NOT_ANSWERED,),
                _("From opening (for a partner: from being asked) to the first message that a person wrote to the other side."),
                _("What is not answered yet is left out and counted: a week of silence makes this figure better, not worse.")),
    *_durations("mttr_resolve", _("Time to resolve"), Cohort.ENDED, "resolve_hours",
                (_NO_RESOLVE_TIME, _OUT_OF_ORDER),
                _("From opening to the last resolution. Where the source has a column for it, that column rules."),
                _("A few very long tickets pull the mean far above the median.")),
    *_durations("mttr_resolve_net", _("Time to resolve, without waiting"), Cohort.ENDED, "net_hours",
                (_NO_RESOLVE_TIME, _OUT_OF_ORDER),
                _("As the time to resolve, less the stretches in which the ticket waited for somebody."),
                _("Waiting that was not recorded counts as work.")),
    *_durations("time_to_close", _("Time to close"), Cohort.ENDED, "close_hours", (_NOT_CLOSED,),
                _("From opening to closing, as the source states it or as it was done here."),
                _("Many systems close by themselves some days after a resolution: this tells about the rule, not the work.")),
    _ended("first_contact_resolution", _("First-contact resolution"), Unit.SHARE, Fold.SHARE,
           lambda t: (t.reassignments == 0) & (t.reopenings == 0), _STATED,
           _("Gross: what no first contact could have resolved is in the cohort as well.")),
    Metric("first_contact_solved", _("Solved at first contact"), Unit.SHARE, Cohort.OPENED, Fold.SHARE,
           # Nothing and untrue is untrue: a reopened ticket without a contact would count.
           lambda t: t.solved_at_contact.notnull().ifelse(t.solved_at_contact & (t.reopenings == 0), None),
           _("Calls and visits that were logged and opened a ticket: solved with the contact itself, and not reopened since."),
           _("Gross, and of what was logged: another call about the same, logged as a new ticket, does not count against it."),
           None, (_NO_CONTACT,)),
    _ended("reopened", _("Reopened"), Unit.SHARE, Fold.SHARE, lambda t: t.reopenings > 0, _STATED,
           _("A new ticket for the same fault is a hidden reopening and is not counted.")),
    _ended("reassigned", _("Reassigned"), Unit.SHARE, Fold.SHARE, lambda t: t.reassignments > 0, _STATED,
           _("A source may count changes that its lines do not show: compare `tickets_with_handover`.")),
    _ended("reassignments.mean", _("Reassignments of a ticket"), Unit.TIMES, Fold.MEAN,
           lambda t: t.reassignments, _STATED, _("A mean of small numbers: look at the share of tickets too.")),
    *_passages("", "team", (
        _("Handovers between teams"), _("Tickets with a handover"),
        _("Returns to a team"), _("Tickets with a return"),
        _("Direct returns to a team"), _("Tickets with a direct return"),
        _("Pairs of teams that handed a ticket both ways"),
    ), "pair"),
    *_passages("party_", "party", (
        _("Handovers between parties"), _("Tickets with a handover between parties"),
        _("Returns to a party"), _("Tickets with a return to a party"),
        _("Direct returns to a party"), _("Tickets with a direct return to a party"),
        _("Pairs of parties that handed a ticket both ways"),
    ), "party pair"),
    Metric("sla_met", _("Resolved in time"), Unit.SHARE, Cohort.DUE, Fold.SHARE, lambda t: t.met,
           _("The resolve clock of the agreement version that was in force when the ticket was shared."),
           _("The month of the due time counts, so a ticket resolved early counts in the month in which it was due."),
           None, (_WITHOUT_END, _STANDS_STILL)),
    _ended("sla_met_stated", _("In time as the source states it"), Unit.SHARE, Fold.SHARE,
           lambda t: t.sla_stated, _("The source's own verdict, from the last line of each ticket."),
           _("Nobody but the source knows by which target and which calendar it judged."), (_NO_VERDICT,)),
    _ended("knowledge_linked", _("Knowledge linked"), Unit.SHARE, Fold.SHARE, lambda t: t.knowledge,
           _("An article was noted here as having helped, known to all parties of the desk; of an imported ticket also what its "
             "source states on the last line."),
           _("That an article was attached is told; whether it helped is the word of who attached it."), (_NO_ARTICLE,)),
    Metric("calls", _("Calls"), Unit.CALLS, Cohort.CALLS, Fold.COUNT, lambda t: t.ticket, _TELEPHONE,
           _("A call that is put back into the queue is offered twice where its source says so.")),
    *(_calls(f"speed_to_answer.{fold}", _("Speed to answer"), fold, lambda t: t.answer_seconds,
             _("Of answered calls alone: who gave up waited too. Read it beside the share that gave up."), _NOT_TAKEN)
      for fold in (Fold.MEAN, Fold.MEDIAN, Fold.P90)),
    _calls("answered_within", _("Calls answered within 30 seconds"), Fold.SHARE,
           lambda t: ((t.abandon_seconds > SHORT_SECONDS) | t.abandon_seconds.isnull()).ifelse(
               (t.answered & (t.answer_seconds <= ANSWER_SECONDS)), None),
           _("Of the calls offered, less those given up within 10 seconds. Who gave up later was not answered in time."),
           _GIVEN_UP_AT_ONCE),
    Metric("abandoned_rate", _("Calls given up"), Unit.SHARE, Cohort.CALLS, Fold.SHARE,
           lambda t: (t.abandon_seconds > SHORT_SECONDS).fill_null(False), _TELEPHONE,
           _("Of all calls offered, those given up after more than 10 seconds; given up sooner counts as offered alone.")),
    *(_ended(f"satisfaction.{name}", title, unit, fold, of, _ASKED,
             _("Who answers is rarely who does not: read it beside the share that answered."), (_NOT_SURVEYED, _NO_ANSWER))
      for name, title, unit, fold, of in (
          ("mean", _("Satisfaction"), Unit.POINTS, Fold.MEAN, lambda t: t.survey_score),
          ("satisfied", _("Satisfied"), Unit.SHARE, Fold.SHARE, lambda t: t.survey_score >= _SATISFIED))),
    _ended("satisfaction.response_rate", _("Answers to the question"), Unit.SHARE, Fold.SHARE,
           lambda t: t.surveyed.ifelse(t.survey_score.notnull(), None), _ASKED,
           _("A person is not asked again for a while, so that most tickets of some people ask nothing."), (_NOT_SURVEYED,)),
    Metric("backlog", _("Open tickets"), Unit.TICKETS, Cohort.OPEN, Fold.COUNT, lambda t: t.ticket,
           _("Opened before that midnight and not ended by then."),
           _("A ticket that was reopened counts as open from its opening to its last end.")),
    *(Metric(name, title, Unit.HOURS, Cohort.OPEN, fold, lambda t: t.age_hours,
             _("From opening to that midnight; what waits is included."),
             _("Old tickets vanish from it all at once when somebody closes them in bulk."))
      for name, title, fold in (
          ("backlog_age", _("Age of open tickets, median"), Fold.MEDIAN),
          ("backlog_age.p90", _("Age of open tickets, 90th percentile"), Fold.P90),
          ("backlog_age.max", _("Age of the oldest open ticket"), Fold.MAX))),
    Metric("pause_share", _("Share of time spent waiting"), Unit.SHARE, Cohort.ENDED, Fold.RATIO,
           lambda t: t.wait_hours, _("Hours of waiting over hours between opening and resolution, over all tickets."),
           _("Long tickets weigh more than short ones."), lambda t: t.gross_hours, (), "turn"),
    _ended("wait_by_turn", _("Hours of waiting"), Unit.HOURS, Fold.SUM, lambda t: t.wait_hours,
           _("Stretches in which the ticket waited, clipped to its life."),
           _("A pause tells whose turn it was said to be, not who was slow."), (), "turn"),
)  # fmt: skip

BY_ID = {metric.id: metric for metric in METRICS}
TURNS = {
    "requester": _("the requester"),
    "client": _("the client"),
    "partner": _("a partner"),
    "third_party": _("a third party"),
}


def chosen(only: "tuple[str, ...] | None") -> tuple[Metric, ...]:
    """Return the metrics with these ids, in the order of the catalogue; all where none is named.

    Raises: KeyError, with the first id that there is not.
    """
    if only is None:
        return METRICS
    for name in only:
        if name not in BY_ID:
            raise KeyError(name)
    return tuple(metric for metric in METRICS if metric.id in only)
