"""Data Docs: Great Expectations' page on each table and one index per run, readable without a network.

Belongs here: writing and pruning the pages. Does not: running checks. Great Expectations renders each table's
page; its site builder is not used because its pages load their style, their scripts and even the index table
from eleven addresses on the internet: without one the index is blank, and a table that is missing appears on
no page at all.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2

from orchestration.errors import SetupError
from orchestration.quality.verdict import CheckResult

if TYPE_CHECKING:
    from great_expectations.core import ExpectationSuiteValidationResult

KEPT_RUNS = 14
"""Runs whose pages are kept: two weeks of nights, enough to see when a failure began."""

_STYLE = """
body{font:15px/1.45 system-ui,sans-serif;margin:0 auto;max-width:72rem;
padding:1rem 1.5rem;color:#222;background:#fff}
a{color:#0b57a4} h1{font-size:1.4rem} h2,h3,h4,h5,h6{font-size:1.05rem;margin:1.2rem 0 .4rem}
table{border-collapse:collapse;margin:.4rem 0 1rem} td,th{border:1px solid #ccc;padding:.25rem .6rem;
text-align:left;vertical-align:top;overflow-wrap:break-word} th{background:#f2f2f2}
thead[hidden]{display:none}
.passed,.text-success{color:#1a7f37} .failed,.text-danger{color:#b42318} .warning,.text-warning{color:#9a6700}
.fa-check-circle::before{content:"✓"} .fa-times::before{content:"✗"}
.fa-exclamation-triangle::before{content:"!"}
pre,code{white-space:pre-wrap} ul{padding-left:1.2rem}
/* Great Expectations links to pages of suites, which say nothing that these don't. */
a[href*="expectations/"]{pointer-events:none;color:inherit;text-decoration:none}
@media(prefers-color-scheme:dark){body{color:#ddd;background:#1b1b1b} th{background:#2a2a2a} a{color:#7ab7ff}
td,th{border-color:#555} .passed,.text-success{color:#5ac77a} .failed,.text-danger{color:#ff8a80}
.warning,.text-warning{color:#e3b341}}
"""

_TABLE_PAGE = (
    """<!DOCTYPE html>
<html lang="en"><head><meta charset="UTF-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ expectation_suite_name }}</title><style>"""
    + _STYLE
    + """</style></head><body>
<p><a href="index.html">All tables of this run</a></p>
<h1>{{ expectation_suite_name }}</h1>
{% for section in sections %}{% set section_loop = loop -%}{% include 'section.j2' %}{% endfor %}
</body></html>
"""
)

# What Great Expectations folds away with a script from the internet, as HTML folds it.
_FOLDED = """<details><summary>
{{ content_block.get("collapse_toggle_link", "Show more…") | render_content_block }}</summary>
{% for block in content_block["collapse"] %}{{ block | render_content_block }}{% endfor %}
</details>
"""

_INDEX = (
    """<!DOCTYPE html>
<html lang="en"><head><meta charset="UTF-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Data Docs: {{ run }}</title><style>"""
    + _STYLE
    + """</style></head><body>
<h1>Checks of {{ run }}</h1>
<p>{{ results | length }} checks of {{ tables | length }} tables:
{% if errors %}<b class="failed">{{ errors }} failed</b>{% else %}<b class="passed">none failed</b>{% endif %}
{%- if warnings %}, <b class="warning">{{ warnings }} warned</b>{% endif %}.</p>
{% if failures %}<h2>What failed</h2>
<table><tr><th>Table</th><th>Check</th><th>Severity</th><th>Observed</th><th>Expected</th></tr>
{% for r in failures %}<tr><td>{{ r.table_name }}</td>
<td class="{{ 'warning' if r.severity == 'warning' else 'failed' }}">{{ r.check_name }}</td>
<td>{{ r.severity }}</td><td>{{ r.observed }}</td><td>{{ r.expected }}</td></tr>
{% endfor %}</table>{% endif %}
<h2>Tables</h2>
<table><tr><th></th><th>Table</th><th>Checks</th><th>Failed</th></tr>
{% for name, checks, bad, page in tables %}<tr>
<td class="{{ 'failed' if bad else 'passed' }}">{{ '✗' if bad else '✓' }}</td>
<td>{% if page %}<a href="{{ folder }}{{ name }}.html">{{ name }}</a>{% else %}{{ name }}{% endif %}</td>
<td>{{ checks }}</td><td>{{ bad }}</td></tr>
{% endfor %}</table>
{% if earlier %}<h2>Earlier runs</h2><ul>
{% for name in earlier %}<li><a href="runs/{{ name }}/index.html">{{ name }}</a></li>
{% endfor %}</ul>{% endif %}
</body></html>
"""
)


def write(
    docs_dir: Path,
    run_name: str,
    results: Sequence[CheckResult],
    validations: Mapping[str, ExpectationSuiteValidationResult],
    *,
    kept: int = KEPT_RUNS,
) -> Path:
    """Write the pages of one run and the index over it; drop all but the newest `kept` runs.

    Layout: `docs_dir/index.html` (this run, and links to earlier ones),
        `docs_dir/runs/<run_name>/<table>.html`.

    Args:
        docs_dir: made if absent.
        run_name: becomes a folder's name.
        results: all findings, those of tables that could not be asked included.
        validations: Great Expectations' results, by table.
        kept: how many runs stay, this one included.

    Returns:
        The index page.

    Raises:
        SetupError: if `run_name` can't be a folder's name.
    """
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]*", run_name):
        raise SetupError(f"{run_name!r} can't name a run: use letters, digits, '.', '_' and '-'.")
    folder = docs_dir / "runs" / run_name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for table, page in _table_pages(validations).items():
        (folder / f"{table}.html").write_text(page, encoding="utf-8")
    (folder / "index.html").write_text(_index(run_name, results, set(validations), "", ()), encoding="utf-8")
    runs = sorted(folder.parent.iterdir(), key=lambda run: run.stat().st_mtime_ns, reverse=True)
    for old in runs[kept:]:
        shutil.rmtree(old)
    earlier = [run.name for run in runs[:kept] if run != folder]
    index = docs_dir / "index.html"
    index.write_text(_index(run_name, results, set(validations), f"runs/{run_name}/", earlier), encoding="utf-8")
    return index


def _table_pages(validations: Mapping[str, ExpectationSuiteValidationResult]) -> dict[str, str]:
    if not validations:
        return {}
    from great_expectations.render.renderer.page_renderer import ValidationResultsPageRenderer
    from great_expectations.render.view import DefaultJinjaPageView

    class Page(DefaultJinjaPageView):
        @jinja2.pass_context
        def render_content_block(self, jinja_context: Any, content_block: Any, *rest: Any, **named: Any) -> Any:
            # Cells are plain texts from publishers' files, which the parent takes for HTML.
            if isinstance(content_block, str):
                return escape(content_block)
            if isinstance(content_block, list):
                content_block = [escape(b) if isinstance(b, str) else b for b in content_block]
            return super().render_content_block(jinja_context, content_block, *rest, **named)

    renderer, view = ValidationResultsPageRenderer(), Page()
    own = jinja2.DictLoader({"page.j2": _TABLE_PAGE, "collapse.j2": _FOLDED})
    loaders: list[Any] = [own, view.env.loader]
    view.env.loader = jinja2.ChoiceLoader(loaders)
    return {table: view.render(renderer.render(result)) for table, result in validations.items()}


def _index(run: str, results: Sequence[CheckResult], pages: set[str], folder: str, earlier: Sequence[str]) -> str:
    failures = [r for r in results if not r.passed]
    tables = []
    for name in dict.fromkeys(r.table_name for r in results):
        of_table = [r for r in results if r.table_name == name]
        tables.append((name, len(of_table), sum(not r.passed for r in of_table), name in pages))
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    return environment.from_string(_INDEX).render(
        run=run,
        results=results,
        failures=failures,
        errors=sum(r.severity == "error" for r in failures),
        warnings=sum(r.severity == "warning" for r in failures),
        tables=tables,
        folder=folder,
        earlier=earlier,
    )
