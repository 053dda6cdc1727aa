"""Every amount that stands for money leads to « Suivre cet euro »: no template and no module writes another one.

An amount is written by a link, by the tag `follow`, by the tag `amount` or a component that is given where it leads; or
it stands on one of the two closed lists below, with its reason. An entry that no longer exists fails too.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

BASE = Path(settings.BASE_DIR)
TEMPLATES = sorted(path for path in (BASE / "templates").rglob("*") if path.is_file())
SOURCES = [
    path
    for room in ("aptic", "actors", "funders", "qualification", "passes", "impact")
    for path in sorted((BASE / room).rglob("*.py"))
    if "migrations" not in path.parts
]

PRICE = "the face value of a pass: a price, the same whether any exists"
THRESHOLD = "a bound that people agreed on"
LESSON = "in training no euro stands behind it"
WISH = "what is missing is nowhere yet"
PAPER = "on paper and in files a link leads nowhere"
TOTAL = "the total of a table whose every term leads to its step"
GAP = "the difference of two totals that stand beside it, on the trail itself"
DRAWN = "in the drawing; the table under it leads"
LEADS = "becomes the words of a link: its row carries the address"
TRAIL = "a sentence of the trail itself, about the point one stands at"
LETTER = "a message about something whose page is linked in it"
REFUSAL = "a sentence that says why not, beside the form or the table that leads"
CHOICE = "an option of a list to choose from, which cannot hold a link"
TOUR = "the demonstration's story; its button opens the page where the amount leads"
COMING = "what a forecast expects, or what a decision would change: no euro stands behind it"
SUPPOSED = "an assumption of the simulator, or what follows from it: it moves nothing"
SPREAD = "the middle or an end of a table whose every term leads to its step"
CONSENTED = "lent by its owner, who alone follows it; a hub has no trail"
DECLARED = "what an actor says of its other income: no euro of ours stands behind it"
ITSELF = "what writes an amount, with its link"

# (template, expression): reason
PLAIN_IN_TEMPLATES = {
    ("actors/settlement/statement_pdf.html", "share.gross_cents"): PAPER,
    ("actors/settlement/statement_pdf.html", "share.fee_cents"): PAPER,
    ("actors/settlement/statement_pdf.html", "share.fee_vat_cents"): PAPER,
    ("actors/settlement/statement_pdf.html", "share.net_cents"): PAPER,
    ("actors/settlement/statement_pdf.html", "payout.gross_cents"): PAPER,
    ("actors/settlement/statement_pdf.html", "payout.fee_cents"): PAPER,
    ("actors/settlement/statement_pdf.html", "payout.fee_vat_cents"): PAPER,
    ("actors/settlement/statement_pdf.html", "payout.net_cents"): PAPER,
    ("actors/settlement/statement_pdf.html", "line.cents"): PAPER,
    ("impact/report_pdf.html", "step.cents"): PAPER,
    ("passes/sessions/sheet_pdf.html", "cents"): PAPER,
    ("passes/sessions/sheet_pdf.html", "row.cents"): PAPER,
    ("passes/print/booklets.html", "sheet.total_cents"): PAPER,
    ("passes/print/booklets.html", "sheet.value_cents"): PAPER,
    ("funders/funder/campaigns.html", "row.campaign.face_value_cents"): PRICE,
    ("funders/funder/order.html", "order.face_value_cents"): PRICE,
    ("funders/funder/order_form.html", "campaign.face_value_cents"): PRICE,
    ("passes/batches/detail.html", "batch.face_value_cents"): PRICE,
    ("passes/batches/issue.html", "order.face_value_cents"): PRICE,
    ("passes/citizen/_standing.html", "balance.value_cents"): PRICE,
    ("passes/citizen/balance.html", "balance.value_cents"): PRICE,
    ("passes/counter/confirm.html", "cents"): PRICE,
    ("passes/counter/training_done.html", "cents"): LESSON,
    ("passes/distributor/_booklet.html", "batch.face_value_cents"): PRICE,
    ("passes/distributor/done.html", "batch.face_value_cents"): PRICE,
    ("passes/distributor/stock.html", "one.batch.face_value_cents"): PRICE,
    ("passes/stock/stock.html", "row.batch.face_value_cents"): PRICE,
    ("impact/_home_ratio.html", "low"): THRESHOLD,
    ("impact/_home_ratio.html", "high"): THRESHOLD,
    ("impact/operator_home.html", "low"): THRESHOLD,
    ("impact/operator_home.html", "high"): THRESHOLD,
    ("impact/_home_ratio.html", "missing"): WISH,
    ("impact/income.html", "one.total_cents"): DECLARED,
    ("funders/funder/order.html", "order.missing_cents"): WISH,
    ("passes/conflicts/guarantee.html", "missing"): WISH,
    ("passes/conflicts/incidents.html", "cents"): TOTAL,
    ("passes/conflicts/held.html", "group.cents"): TOTAL,
    ("impact/public_trail.html", "sum.came"): TOTAL,
    ("impact/public_trail.html", "sum.found"): TOTAL,
    ("impact/public_trail.html", "sum.gap"): GAP,
    ("impact/_coming.html", "coming.before_cents"): COMING,
    ("impact/_coming.html", "coming.forecast_cents"): COMING,
    ("impact/_coming.html", "coming.pace_cents"): COMING,
    ("impact/_error.html", "forecast.high_cents"): COMING,
    ("impact/_error.html", "forecast.low_cents"): COMING,
    ("impact/_territory_ratio.html", "high"): THRESHOLD,
    ("impact/_territory_ratio.html", "low"): THRESHOLD,
    ("impact/_territory_ratio.html", "level.price.after_cents"): COMING,
    ("impact/_territory_ratio.html", "level.price.before_cents"): COMING,
    ("impact/_territory_ratio.html", "ratio.forecast_cents"): COMING,
    ("impact/_territory_ratio.html", "ratio.highest_cents"): SPREAD,
    ("impact/_territory_ratio.html", "ratio.lowest_cents"): SPREAD,
    ("impact/_territory_ratio.html", "ratio.median_cents"): SPREAD,
    ("impact/hub/actor.html", "actor.earned_cents"): CONSENTED,
    ("impact/hub/actor.html", "actor.forecast_cents"): COMING,
    ("impact/hub/actors.html", "one.earned_cents"): CONSENTED,
    ("impact/hub/seen_actor.html", "ratio.forecast_cents"): COMING,
    ("impact/hub/seen_funder.html", "one.face_value_cents"): PRICE,
    ("qualification/hub/funders.html", "one.issued_cents"): CONSENTED,
    ("qualification/hub/funders.html", "one.face_value_cents"): PRICE,
    ("impact/ratios.html", "france.earned_cents"): TOTAL,
    ("impact/ratios.html", "france.forecast_cents"): COMING,
    ("impact/ratios.html", "france.median_cents"): SPREAD,
    ("impact/ratios.html", "row.forecast_cents"): COMING,
    ("impact/ratios.html", "row.pace_cents"): COMING,
    ("impact/simulator.html", "outcome.budget_cents"): SUPPOSED,
    ("impact/simulator.html", "outcome.face_cents"): SUPPOSED,
    ("impact/simulator.html", "outcome.fees_cents"): SUPPOSED,
    ("impact/simulator.html", "outcome.unused_cents"): SUPPOSED,
    ("impact/simulator.html", "outcome.yearly_cents"): SUPPOSED,
    ("qualification/operator/_price.html", "level.price.after_cents"): COMING,
    ("qualification/operator/_price.html", "level.price.before_cents"): COMING,
    ("qualification/operator/_price.html", "level.price.forecast_cents"): COMING,
    ("qualification/operator/cap_form.html", "forecast.cents"): COMING,
    ("qualification/operator/cap_form.html", "forecast.high_cents"): COMING,
    ("qualification/operator/cap_form.html", "forecast.low_cents"): COMING,
    ("qualification/operator/cap_form.html", "policy.target_cents"): THRESHOLD,
}
# (module, function): reason
PLAIN_IN_MODULES = {
    ("aptic/amounts.py", "amount"): ITSELF,
    ("aptic/forms.py", "validate"): THRESHOLD,
    ("funders/rules.py", "check_terms"): THRESHOLD,
    ("funders/rules.py", "check_funds"): REFUSAL,
    ("funders/rules.py", "check_refund"): REFUSAL,
    ("funders/funding.py", "_settle"): REFUSAL,
    ("passes/errors.py", "__init__"): REFUSAL,
    ("passes/incidents/deciding.py", "_pay_from_guarantee"): REFUSAL,
    ("funders/forms.py", "label_from_instance"): CHOICE,
    ("funders/forms.py", "__init__"): CHOICE,
    ("funders/forms.py", "_at_most"): CHOICE,
    ("aptic/ledger/tasks.py", "alert"): LETTER,
    ("passes/incidents/overdue.py", "remind_overdue"): LETTER,
    ("actors/settlement/outcome.py", "_tell"): LETTER,
    ("funders/refunds.py", "_tell"): LETTER,
    ("funders/views/funder.py", "_steps"): WISH,
    ("funders/views/presenting.py", "campaign_terms"): PRICE,
    ("passes/views/batches.py", "_facts"): PRICE,
    ("funders/views/presenting.py", "segments"): LEADS,
    ("passes/views/block.py", "_shown"): LEADS,
    ("passes/views/replace.py", "_euros"): LEADS,
    ("impact/presenting.py", "money_segments"): LEADS,
    ("impact/presenting.py", "money_tiles"): LEADS,
    ("impact/presenting.py", "public_steps"): LEADS,
    ("impact/presenting.py", "public_tiles"): LEADS,
    ("impact/views/front.py", "_figures"): LEADS,
    ("impact/trace_search.py", "_bank"): LEADS,
    ("impact/presenting.py", "earnings_plot"): DRAWN,
    ("impact/presenting.py", "mix_plot"): DRAWN,
    ("impact/income_presenting.py", "mix_plot"): DECLARED,
    ("impact/income_presenting.py", "years_plot"): DECLARED,
    ("impact/trace_presenting.py", "booklet_chain"): TRAIL,
    ("impact/trace_presenting.py", "_source"): TRAIL,
    ("impact/trace_presenting.py", "_money_in"): TRAIL,
    ("impact/trace_presenting.py", "_batch"): TRAIL,
    ("impact/trace_presenting.py", "_pass"): TRAIL,
    ("impact/trace_presenting.py", "_payout"): TRAIL,
    ("impact/demonstration/tour_steps.py", ""): TOUR,
}
TAG = re.compile(r"{[{%][^{}]*?[%}]}")
AMOUNT = re.compile(r"([\w.]+)\|euros\b")
# A component that is given cents, or a value already written as an amount.
COMPONENT = re.compile(r'include "components/\w+\.html".*?\b(?:cents=([\w.]+)|value=([\w.]+)\|euros\b)')


def plain_in(template: str) -> Iterator[str]:
    """What a template writes as an amount that leads nowhere."""
    for tag in TAG.finditer(template):
        words = tag[0].strip("{%} ").split()
        linked = template.rfind("<a ", 0, tag.start()) > template.rfind("</a>", 0, tag.start())
        if component := COMPONENT.search(tag[0]):
            if not any(word.startswith("url=") for word in words):
                yield component[1] or component[2]
        elif tag[0].startswith("{%") and words[0] == "amount":
            if len(words) < 3:
                yield words[1]
        elif not linked:
            yield from AMOUNT.findall(tag[0])


def written_by(module: str) -> Iterator[str]:
    """The functions of a module that write an amount; "" for the module itself."""

    def visit(node: ast.AST, within: str) -> Iterator[str]:
        for child in ast.iter_child_nodes(node):
            called = getattr(child, "func", None)
            if "euros" in (getattr(called, "attr", ""), getattr(called, "id", "")):
                yield within
            yield from visit(child, child.name if isinstance(child, ast.FunctionDef) else within)

    return visit(ast.parse(module), "")


@pytest.mark.parametrize(
    ("template", "plain"),
    [
        ("{{ one.cents|euros }}", ["one.cents"]),
        ('<a href="{{ url }}">{{ one.cents|euros }}</a>', []),
        ('<a href="{{ url }}">voir</a> {{ one.cents|euros }}', ["one.cents"]),
        ('{% follow one.cents "line" line.pk %}{% amount one.cents url %}', []),
        ("{% amount one.cents %}", ["one.cents"]),
        ('{% include "components/money.html" with cents=one.cents url=one.url only %}', []),
        ('{% include "components/money.html" with cents=one.cents only %}', ["one.cents"]),
        ('{% include "components/figure.html" with value=n|number sentence="pass" only %}', []),
        ('{% include "components/figure.html" with value=one.cents|euros sentence="dus" only %}', ["one.cents"]),
        ("{% if cents %}écart de {{ cents|euros|default:'' }}{% endif %}", ["cents"]),
    ],
)  # fmt: skip
def test_the_scan_sees_an_amount_that_leads_nowhere(template, plain):
    assert list(plain_in(template)) == plain


def test_every_amount_of_a_template_leads_or_says_why_not():
    found = {
        (str(path.relative_to(BASE / "templates")), expression)
        for path in TEMPLATES
        for expression in plain_in(path.read_text())
    }
    assert sorted(found - PLAIN_IN_TEMPLATES.keys()) == []
    assert sorted(PLAIN_IN_TEMPLATES.keys() - found) == []


def test_every_amount_that_a_module_writes_leads_or_says_why_not():
    found = {(str(path.relative_to(BASE)), name) for path in SOURCES for name in written_by(path.read_text())}
    assert sorted(found - PLAIN_IN_MODULES.keys()) == []
    assert sorted(PLAIN_IN_MODULES.keys() - found) == []
