"""The template that a picture's negative prompt was drawn from."""

from core.language.words import mark, tr
from core.request.setting import Setting
from core.request.settings.template import template_setting

NEGATIVE_TEMPLATE: Setting[str] = template_setting(
    "negative_template", mark("negative template"), tr("Negative template: {}")
)
