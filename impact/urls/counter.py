"""What the counter shows of the money behind a redemption, under /guichet/."""

from django.urls import path

from impact.views import counter

urlpatterns = [
    path("<uuid:organisation>/<uuid:site>/suivre/<uuid:redemption>/", counter.trace, name="counter_trace"),
]
