"""The form in which an article is written. It parses and names choices; what is allowed the services say."""

from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from cosource.knowledge.queries.choices import Choices
from cosource.knowledge.services.articles import TEXT_LIMIT

OWN = "own"


class ArticleForm(forms.Form):
    """What an article says, what it is about, and who reads it."""

    title = forms.CharField(label=_("Title"), max_length=200)
    text = forms.CharField(
        label=_("Text"),
        max_length=TEXT_LIMIT,
        strip=False,
        widget=forms.Textarea({"rows": 22}),
        help_text=_("Markdown: # headings, **bold**, lists, tables, `code`, [links](https://…)."),
    )
    topic = forms.CharField(label=_("Topic"), max_length=120, required=False)

    def __init__(
        self,
        *args: Any,
        choices: Choices,
        topics: list[str],
        may_share: bool,
        may_open: bool,
        with_note: bool,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.topics = topics
        self.fields["topic"].widget.attrs["list"] = "topics"
        self.fields["service_id"] = forms.TypedChoiceField(
            label=_("Service"),
            choices=[("", "–"), *choices.services],
            coerce=UUID,
            empty_value=None,
            required=False,
        )
        if may_share:
            self.fields["audience"] = forms.ChoiceField(
                label=_("Who reads it once it is published"),
                choices=[(OWN, _("Only your own organization")), *choices.shared],
                widget=forms.RadioSelect,
                help_text=_("In an engagement both parties read and write. Shared once, it stays shared."),
            )
        if may_share and choices.shown:
            self.fields["shown_in"] = forms.TypedMultipleChoiceField(
                label=_("Show your own know-how to"),
                choices=choices.shown,
                coerce=UUID,
                required=False,
                widget=forms.CheckboxSelectMultiple,
                help_text=_("They read it and change nothing; none learns of the others."),
            )
        if may_open:
            self.fields["for_requesters"] = forms.BooleanField(
                label=_("Whoever asks for help may read it, too"), required=False
            )
        if with_note:
            self.fields["note"] = forms.CharField(label=_("What was changed"), max_length=200, required=False)

    def values(self) -> dict[str, Any]:
        """Return what was filled in, as the services name it."""
        values = dict(self.cleaned_data)
        audience = values.pop("audience", None)
        if audience is not None:
            values["engagement_id"] = None if audience == OWN else UUID(audience)
        if values.get("engagement_id") is not None:
            values["shown_in"] = []
        return values
