"""The operator's page of the calendar that prepares runs."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from actors.settlement.calendar import calendar, set_calendar
from actors.settlement.people import ROLES
from actors.settlement_forms import CalendarForm
from aptic.errors import DomainError
from aptic.spaces import space
from aptic.tenancy.principal import Hat

operator = space(Hat.OPERATOR, roles=ROLES)


@operator
def settlement_calendar(request: HttpRequest) -> HttpResponse:
    """How often, and from which day on."""
    in_force = calendar()
    next_day = in_force.next_day(timezone.localdate())
    form = CalendarForm(
        request.POST if request.method == "POST" else None,
        initial={"rhythm": in_force.rhythm, "first_day": next_day},
    )
    if request.method == "POST" and form.is_valid():
        try:
            set_calendar(**form.cleaned_data)
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, "Calendrier enregistré.")
            return redirect("operator_settlements", request.organisation.pk)
    context = {"form": form, "calendar": in_force, "next_day": next_day}
    return render(request, "actors/settlement/calendar.html", context)
