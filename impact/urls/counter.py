"""What the counter shows of the money behind a redemption and notes of its effect, under /guichet/."""

from django.urls import path

from impact.views import counter, observing

urlpatterns = [
    path("<uuid:organisation>/<uuid:site>/suivre/<uuid:redemption>/", counter.trace, name="counter_trace"),
    path("<uuid:organisation>/<uuid:site>/effet/<uuid:redemption>/", observing.observe, name="counter_observe"),
]
