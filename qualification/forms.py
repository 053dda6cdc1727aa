"""What a person types to answer an application."""

from typing import Any

from django import forms

from aptic.forms import DomainForm


class ReasonForm(DomainForm):
    """Why somebody is told no, in words that they will read."""

    def __init__(self, *args: Any, label: str, hint: str, max_length: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"] = forms.CharField(
            label=label, help_text=hint, max_length=max_length, widget=forms.Textarea({"rows": 4})
        )
