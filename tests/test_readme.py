"""What the documentation says is so: commands run, queries print what stands below them, tables are complete.

Belongs here: README.md and docs/. Does not: what the commands do (see the tests of their rooms).
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
import yaml

from orchestration import errors
from orchestration.errors import ClustersError
from orchestration.release.publish import Warehouse
from orchestration.settings import PROJECT_ROOT, Settings, settings
from orchestration.sources.declaration import (
    EditionDeclaration,
    FormatDeclaration,
    SourceDeclaration,
    TableDeclaration,
)
from orchestration.sources.readers import READERS
from tests.conftest import Demo
from tests.doc_queries import DocQuery, doc_queries, printed
from tests.release.builds import RELEASE_ID, make_build

README = PROJECT_ROOT / "README.md"
DOCS = PROJECT_ROOT / "docs"
PAGES = [README, PROJECT_ROOT / "CONTRIBUTING.md", *sorted(DOCS.glob("*.md"))]
SHARED = Path(os.environ.get("CLUSTERS_SHARED", PROJECT_ROOT.parent / "shared"))
SOURCES = PROJECT_ROOT / "orchestration" / "sources"


def blocks(page: Path, language: str) -> list[str]:
    """The fenced blocks of a language."""
    return re.findall(rf"```{language}\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)


def commands(page: Path) -> list[str]:
    """The shell commands of a page, without the notes behind them."""
    lines = [line for block in blocks(page, "sh") for line in block.splitlines()]
    return [re.split(r"\s+# ", line)[0].strip() for line in lines if line.strip()]


def query_id(query: DocQuery) -> str:
    return f"{query.profile}-{' '.join(query.sql.split())[:40]}"


@pytest.fixture
def place(demo: Demo) -> Path:
    return demo.place


@pytest.fixture
def sample_release(place: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("CLUSTERS_HOME", str(place / "data"))
    settings.cache_clear()
    yield
    settings.cache_clear()


def test_demo_prints_what_the_readme_shows(demo: Demo) -> None:
    told, shown = demo.stdout, blocks(README, "text")[0]
    # The release id and the time of day in it differ each time, and widths of columns are trimmed in the README.
    cells = {cell.strip() for line in shown.splitlines() if line.startswith("│") for cell in line.split("│")}
    missing = [cell for cell in sorted(cells) if cell not in told]
    assert not missing, f"the demo prints other figures than the README: {missing}"
    assert len(cells) > 20
    assert "SYNTHETIC sample data" in told
    assert told.count("  clusters query ") == 3


@pytest.mark.parametrize("command", [c for c in commands(README) if c.startswith((".venv/bin/clusters", "duckdb"))])
def test_readme_command_runs(command: str, demo: Demo) -> None:
    if command.startswith("duckdb") and not shutil.which("duckdb"):
        pytest.skip("the duckdb shell is not installed")
    done = subprocess.run(
        command,
        shell=True,
        cwd=demo.place,
        env=demo.surroundings,
        capture_output=True,
        text=True,
        check=False,
        input="",
    )
    assert done.returncode == 0, done.stderr
    if not command.startswith("duckdb"):
        assert done.stdout.strip()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_make_targets_exist(page: Path) -> None:
    targets = set(re.findall(r"(?:`|\n|&& )make ([a-z]+(?: [a-z]+)*)", page.read_text(encoding="utf-8")))
    for target in sorted(name for names in targets for name in names.split()):
        done = subprocess.run(
            ["make", "--dry-run", target], cwd=PROJECT_ROOT, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{page.name} names `make {target}`: {done.stderr}"


@pytest.mark.parametrize("page", [README, DOCS / "analysts.md"], ids=lambda page: page.name)
def test_python_examples_run(page: Path, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place)
    examples = blocks(page, "python")
    assert examples
    for example in examples:
        names: dict[str, object] = {}
        exec(compile(example, str(page), "exec"), names)
        frame = names.get("clusters", names.get("strong"))
        assert frame is not None
        assert len(frame) > 0  # type: ignore[arg-type]


@pytest.mark.usefixtures("sample_release")
@pytest.mark.parametrize("query", doc_queries(), ids=query_id)
def test_query_prints_what_stands_below_it(query: DocQuery) -> None:
    output = printed(query.sql)
    if query.profile == "sample":
        assert output == query.shown, "print the page anew: python -m tests.doc_queries sample"
        assert output.count("\n") > 4
    else:
        # The sample has none of these places, yet the same columns.
        assert columns(output) == columns(query.shown)
        assert query.shown.count("\n") > 4


@pytest.mark.parametrize("query", [q for q in doc_queries() if q.profile == "mirror"], ids=query_id)
def test_query_of_real_data_prints_what_stands_below_it(
    query: DocQuery, mirror_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLUSTERS_HOME", str(mirror_home))
    assert printed(query.sql) == query.shown, "print the page anew: python -m tests.doc_queries mirror"


@pytest.mark.parametrize("zone", ["America/New_York", "UTC", "Asia/Tokyo"])
def test_the_age_of_a_release_is_right_in_every_zone(zone: str, tmp_path: Path) -> None:
    published = datetime.now(UTC) - timedelta(hours=3)
    home = Warehouse(Settings(home=tmp_path))
    build = make_build(home.build_path(RELEASE_ID), RELEASE_ID)
    with duckdb.connect(build) as con:
        moment = published.replace(tzinfo=None)
        con.execute("UPDATE meta.release SET published_at = ?, sources_asked_at = ?", [moment, moment])
    (query,) = (sql for sql in blocks(DOCS / "operators.md", "sql") if "age(" in sql)
    code = (
        "import duckdb, sys\n"
        "with duckdb.connect(sys.argv[1], read_only=True) as con:\n"
        "    _, age, asked, *_ = con.execute(sys.argv[2]).fetchone()\n"
        "print(age.total_seconds(), asked.total_seconds())\n"
    )
    command = [sys.executable, "-c", code, str(build), query]
    done = subprocess.run(command, env=os.environ | {"TZ": zone}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for seconds in map(float, done.stdout.split()):
        assert 3 * 3600 <= seconds < 3 * 3600 + 60


def test_no_query_compares_a_time_in_utc_with_the_readers_clock() -> None:
    """Everything documented or built: a clock without its zone is the reader's."""
    clock = re.compile(
        r"(?<!epoch_us\()\bnow\(\)|\b(get_current_timestamp|current_timestamp|current_date|localtime|today)\b", re.I
    )
    sql = [(page.name, block) for page in PAGES for block in blocks(page, r"sql[^\n]*")]
    models = (PROJECT_ROOT / "dbt_project").rglob("*.sql")
    sql += [(path.name, path.read_text(encoding="utf-8")) for path in models if "target" not in path.parts]
    assert len(sql) > 100
    assert [name for name, text in sql if clock.search(text)] == []


def columns(output: str) -> list[str]:
    return [cell.strip() for cell in output.splitlines()[1].split("┃")]


def test_settings_table_is_complete() -> None:
    page = (DOCS / "operators.md").read_text(encoding="utf-8")
    table = re.search(r"<!-- settings.*?-->\n(.*?)\n<!-- end of settings -->", page, re.DOTALL)
    assert table
    assert table[1] == settings_table()


def settings_table() -> str:
    """The table of settings as docs/operators.md must have it.

    To print it: python -c "from tests.test_readme import settings_table; print(settings_table())"
    """
    rows = ["| variable | default | meaning |", "| --- | --- | --- |"]
    for name, field in Settings.model_fields.items():
        if name == "home":
            default = "`data/` of the checkout"
        else:
            default = "none" if field.default is None else f"`{field.default}`"
        rows.append(f"| `CLUSTERS_{name.upper()}` | {default} | {field.description or name.replace('_', ' ')} |")
    return "\n".join(rows)


def test_every_exit_code_has_its_remedy() -> None:
    page = (DOCS / "operators.md").read_text(encoding="utf-8")
    listed = {int(code) for code in re.findall(r"^\| (\d) \| ", page, re.MULTILINE)}
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, ClustersError)]
    assert listed == {0} | {kind.exit_code for kind in kinds}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target, _, anchor in re.findall(r"\]\((?!https?:)([^)#]*)(#?)([^)]*)\)", page.read_text(encoding="utf-8")):
        file = page.parent / target if target else page
        assert file.exists(), f"{page.name} links to {target}, which does not exist"
        headings = re.findall(r"^#+ (.*)$", file.read_text(encoding="utf-8"), re.MULTILINE) if anchor else []
        slugs = [re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings]
        assert not anchor or anchor in slugs, f"{page.name} links to {target}#{anchor}, which does not exist"


def test_the_example_of_a_source_is_a_real_one() -> None:
    """What the page shows is what stands in the declarations; its cost is that of their files."""
    page = DOCS / "adding-a-source.md"
    real = [(SOURCES / name / "source.yml").read_text(encoding="utf-8") for name in ("cbp", "eurostat")]
    shown = blocks(page, "yaml")
    assert len(shown) >= 4
    assert [block for block in shown if not any(block in text for text in real)] == []
    checks = [path.read_text(encoding="utf-8") for path in SOURCES.glob("*/checks*.sql")]
    queries = blocks(page, "sql")
    assert queries
    assert [block for block in queries if not any(block in text for text in checks)] == []
    # The parts make a declaration that can be read: what a reader would type from the page alone.
    declared = yaml.safe_load("".join(block for block in shown if block in real[0]))
    table = SourceDeclaration.model_validate(declared).tables["cbp_county"]
    assert set(table.grain) <= set(table.columns)


def test_the_cost_of_the_example_is_as_printed() -> None:
    page = DOCS / "adding-a-source.md"
    done = subprocess.run(commands(page)[0], shell=True, cwd=PROJECT_ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == blocks(page, "text")[0]


def test_the_page_names_every_reader_and_field() -> None:
    text = (DOCS / "adding-a-source.md").read_text(encoding="utf-8")
    fields = {*TableDeclaration.model_fields, *EditionDeclaration.model_fields, *FormatDeclaration.model_fields}
    fields -= {"title", "meaning", "citation", "cadence", "name", "url", "resources"}
    assert [name for name in sorted({*READERS, *fields}) if f"`{name}" not in text and f"{name}:" not in text] == []
