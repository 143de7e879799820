"""How every form is drawn: label, control, help and error in one place, also for forms of other packages.

Named in the `FORM_RENDERER` setting; needs `django.forms` among the installed apps.
"""

from django.forms.renderers import TemplatesSetting


class HouseForms(TemplatesSetting):
    """Draw forms and fields with the templates under `ui/`."""

    form_template_name = "ui/form.html"
    field_template_name = "ui/field.html"
