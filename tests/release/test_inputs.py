"""What a release is made from, as one hash: it sees every change that can change a number, and no other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestration.assets.resources import Refresh
from orchestration.partitions import Partition, TidyIndex
from orchestration.release import inputs
from orchestration.release.inputs import ENGINES, inputs_hash, options, read_code
from orchestration.settings import PROJECT_ROOT, settings

NUMBERS = [
    "dbt_project/dbt_project.yml",
    "dbt_project/macros/m.sql",
    "dbt_project/models/intermediate/i.sql",
    "dbt_project/models/marts/a.sql",
    "dbt_project/models/marts/a.yml",
    "dbt_project/seeds/s.csv",
    "orchestration/indicators/kernel.py",
    "orchestration/release/contracts/meta/release.yml",
]
WORDS = [
    "README.md",
    "bench/nightly.py",
    "dbt_project/models/staging/stg_qcew.sql",
    "dbt_project/target/a.sql",
    "dbt_project/tests/t.sql",
    "docs/a.md",
    "orchestration/cli/look.py",
    "orchestration/indicators/__pycache__/kernel.pyc",
    "orchestration/quality/checks.py",
    "orchestration/sample/qcew.py",
    "orchestration/sources/bls/checks_cells.sql",
    "orchestration/telling/alerts.py",
    "tests/t.py",
]


def test_the_hash_of_inputs_sees_every_change_and_no_order() -> None:
    code = {"a.sql": "1a", "b.sql": "2b"}
    files = [("https://a", "1f"), ("https://b", "2e")]
    base = inputs_hash(files, code, {"years": "2015-2016"})
    assert base == inputs_hash(files[::-1], dict(reversed(code.items())), {"years": "2015-2016"})
    assert len(base) == 64
    changed = [
        inputs_hash([("https://a", "1e"), files[1]], code, {"years": "2015-2016"}),
        inputs_hash([("https://c", "1f"), files[1]], code, {"years": "2015-2016"}),
        inputs_hash(files[:1], code, {"years": "2015-2016"}),
        inputs_hash(files, code, {"years": "2015-2017"}),
        inputs_hash(files, {"a.sql": "1a"}, {"years": "2015-2016"}),
        inputs_hash(files, code | {"a.sql": "1b"}, {"years": "2015-2016"}),
    ]
    assert len({base, *changed}) == 7


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A small project with a file of each kind."""
    for name in NUMBERS + WORDS:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    return tmp_path


def test_only_what_can_change_a_number_is_code(project: Path) -> None:
    assert sorted(read_code(project).numbers) == NUMBERS


@pytest.mark.parametrize("name", NUMBERS)
def test_a_change_of_what_makes_numbers_makes_another_release(project: Path, name: str) -> None:
    before = read_code(project)
    (project / name).write_text("y")
    changed = read_code(project)
    (project / name).unlink()
    gone = read_code(project)
    assert len({before.hash, changed.hash, gone.hash}) == 3
    assert before.updated(changed) == before.updated(gone) == [name]
    assert before.updated(before) == []


@pytest.mark.parametrize("name", WORDS)
def test_a_change_of_words_tests_docs_or_the_sample_makes_no_other_release(project: Path, name: str) -> None:
    before = read_code(project)
    (project / name).write_text("y")
    assert read_code(project).hash == before.hash
    assert before.updated(read_code(project)) == []


def test_the_projects_own_code_is_all_that_is_imported_by_its_kernels() -> None:
    """What a kernel imports of the project changes numbers too, so it must be among the files."""
    found = set(read_code().numbers)
    assert {"dbt_project/models/marts/year/employment.sql", "orchestration/indicators/qcew.py"} <= found
    assert not {path for path in found if path.startswith(("dbt_project/models/staging", "orchestration/cli"))}
    for path in (PROJECT_ROOT / "orchestration" / "indicators").glob("*.py"):
        lines = path.read_text(encoding="utf-8").splitlines()
        used = {line.split()[1] for line in lines if line.startswith(("from orchestration", "import orchestration"))}
        assert all(name.startswith("orchestration.indicators") for name in used), (path.name, used)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A home with nothing in it."""
    monkeypatch.setenv("CLUSTERS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CLUSTERS_PROFILE", "sample")
    monkeypatch.delenv("CLUSTERS_BOUND_PROGRAMMES", raising=False)
    settings.cache_clear()
    yield
    settings.cache_clear()


def made_from() -> str:
    """What a refresh now would be made from."""
    settings.cache_clear()
    return Refresh().inputs_hash


def test_the_code_is_read_when_it_is_asked_for(home: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Dagster copies the resource several times before a refresh begins: each would read all files again."""
    with monkeypatch.context() as patch:
        patch.setattr(inputs, "_below", lambda _: pytest.fail("read although nobody asked"))
        refresh = Refresh()
    assert refresh.code == read_code()


def test_a_setting_that_reaches_the_numbers_makes_another_release(home: None, monkeypatch: pytest.MonkeyPatch) -> None:
    before = made_from()
    monkeypatch.setenv("CLUSTERS_BOUND_PROGRAMMES", str(settings().bound_programmes + 1))
    assert made_from() != before
    monkeypatch.delenv("CLUSTERS_BOUND_PROGRAMMES")
    monkeypatch.setenv("CLUSTERS_CONTACT", "someone@example.org")
    assert made_from() == before


def test_another_partition_makes_another_release(home: None) -> None:
    before = made_from()
    index = TidyIndex(settings())
    for path, year in (("a", "2016"), ("b", "2016"), ("b", "2017")):
        index.put(Partition("bls_qcew", "qcew", year, None, "singlefile", path, 1, "new", ()))
        assert made_from() != before
        before = made_from()
    index.put(Partition("bls_qcew", "qcew", "2017", None, "singlefile", "b", 1, "unchanged", (), "a warning"))
    assert made_from() == before


@pytest.mark.parametrize("engine", ENGINES)
def test_another_version_of_an_engine_makes_another_release(
    home: None, monkeypatch: pytest.MonkeyPatch, engine: str
) -> None:
    before = made_from()
    monkeypatch.setattr(inputs, "version", lambda name: "999" if name == engine else "1")
    other = made_from()
    monkeypatch.setattr(inputs, "version", lambda name: "1")
    assert len({before, other, made_from()}) == 3
    assert options(settings())[engine] == "1"
