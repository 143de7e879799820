"""Pages with several small forms: each form is one service call, and all of them answer to the page's own address.

A page names its steps. A posted form says which step it is (`do`); values that do not fit come back beside their fields with
what was typed still there, and a step that was taken sends the reader back to the page. Other refusals are drawn by the frame.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.functional import Promise

from cosource.foundation.doors import PageRequest
from cosource.foundation.errors import Invalid, NotFound

DO = "do"
UNPROCESSABLE = 422


class RowForm(forms.Form):
    """The form of a button beside a row: it names the row."""

    id = forms.UUIDField()


class NoForm(forms.Form):
    """The form of a button that needs no value."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that can be done on a page.

    `act`: takes the cleaned values; what it returns, if anything, is the answer. `said`: the message afterwards. `options`: more
    arguments for the form, such as choices. `goes_to`: where to go afterwards, instead of back to the page.
    """

    form: type[forms.Form]
    act: Callable[[dict[str, Any]], HttpResponseBase | None]
    said: str | Promise
    options: Mapping[str, Any] = field(default_factory=dict)
    goes_to: str = ""


def steps_page(
    request: PageRequest, template: str, steps: Mapping[str, Step], context: Callable[[], Mapping[str, Any]]
) -> HttpResponseBase:
    """Answer a page with steps. Its template gets `forms` by step, and `context()`.

    Raises: NotFound for a step that the page does not have; what the services raise beyond Invalid.
    """
    bound: dict[str, forms.Form] = {}
    if request.method == "POST":
        key = request.POST.get(DO, "")
        step = steps.get(key)
        if step is None:
            raise NotFound
        form = step.form(request.POST, request.FILES, auto_id=f"{key}_%s", **step.options)
        bound[key] = form
        if form.is_valid():
            answer = _take(request, step, form)
            if answer is not None:
                return answer
    drawn = {
        key: bound.get(key) or step.form(auto_id=f"{key}_%s", **step.options) for key, step in steps.items()
    }
    return render(
        request,
        template,
        {**context(), "forms": drawn, "failed": next(iter(bound), "")},
        status=UNPROCESSABLE if bound else 200,
    )


def _take(request: PageRequest, step: Step, form: forms.Form) -> HttpResponseBase | None:
    try:
        answer = step.act(form.cleaned_data)
    except Invalid as refused:
        add_errors(form, refused)
        return None
    if step.said:
        messages.success(request, str(step.said))
    return answer or HttpResponseRedirect(step.goes_to or request.get_full_path())


def add_errors(form: forms.Form, refused: Invalid) -> None:
    """Put a service's refusal beside the fields it names; what the form has no field for goes above it."""
    fields = refused.details.get("fields", {})
    for name, said in fields.items():
        form.add_error(name if name in form.fields else None, said)
    if not fields:
        form.add_error(None, refused.message)


def plain_page(
    request: PageRequest, template: str, context: Mapping[str, Any], status: int = 200
) -> HttpResponse:
    """Answer a page without steps."""
    return render(request, template, dict(context), status=status)
