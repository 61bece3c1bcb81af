"""What CI runs and what is installed: every test whatever the clock says, and for operators only what they need."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path, PurePosixPath

import pytest

from orchestration.settings import PROJECT_ROOT
from tests.conftest import TESTS
from tests.tiers import KEPT_IN, TIERS, tier

CI = (PROJECT_ROOT / ".ci" / "run").read_text(encoding="utf-8")
PYPROJECT = (PROJECT_ROOT / "pyproject.toml").read_text(encoding="utf-8")
LOCKS = {
    name: (PROJECT_ROOT / name).read_text(encoding="utf-8")
    for name in ("requirements.lock", "requirements-dev.lock", "requirements-workers.lock")
}


def pinned(lock: str) -> dict[str, list[str]]:
    """Versions by package as the lock writes them; several where they depend on Python's."""
    found: dict[str, list[str]] = {}
    for name, version in re.findall(r"^([a-z0-9-]+)(?:\[[^]]*\])?(==[^\\\n]+?) *\\?$", LOCKS[lock], re.MULTILINE):
        found.setdefault(name, []).append(version)
    return found


def declared(*groups: str) -> set[str]:
    """The packages that pyproject.toml names in these groups."""
    found = tomllib.loads(PYPROJECT)
    named = [entry for group in groups for entry in found["dependency-groups"][group] if isinstance(entry, str)]
    return {re.split(r"[^A-Za-z0-9-]", entry)[0].lower() for entry in named}


def test_ci_runs_every_test_whatever_the_clock_says() -> None:
    assert "SECONDS" not in CI
    assert re.findall(r"make .* (test\w*)(.*) 2>&1", CI) == [("testall", "")]
    assert not re.search(r"--ignore|--deselect|--maxfail|\|\| true", CI)
    assert not re.search(r"\s-[mk]\s|--ignore|--deselect|--maxfail", call_of_pytest("testall"))
    assert "-m" not in tomllib.loads(PYPROJECT)["tool"]["pytest"]["ini_options"]["addopts"].split()


def test_every_tier_has_its_place() -> None:
    assert re.findall(r'-m "(.*?)"', call_of_pytest("test")) == ["fast or house"]
    assert [place for place in KEPT_IN if not (TESTS / place).exists()] == []
    page = (PROJECT_ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert dict(re.findall(r"^\| `(\w+)` \| (.*?) \|", page, re.MULTILINE)) == TIERS


@pytest.mark.parametrize(
    ("path", "fixtures", "marks", "expected"),
    [
        ("indicators/test_bounds.py", [], [], "fast"),
        ("indicators/test_bounds.py", ["tmp_path", "demo"], [], "house"),
        ("indicators/test_bounds.py", ["mirror_home", "demo"], [], "proof"),
        ("sources/readers/test_eurostat.py", [], ["mirror", "parametrize"], "proof"),
        ("oracles/test_moran.py", ["demo"], ["fast"], "proof"),
        ("slices/test_store.py", ["good_house"], [], "siege"),
        ("test_refresh.py", [], [], "house"),
        ("test_refresh.py", [], ["siege"], "siege"),
        ("a_new_room/test_it.py", [], [], "house"),
    ],
)
def test_what_a_test_needs_raises_its_tier(path: str, fixtures: list[str], marks: list[str], expected: str) -> None:
    assert tier(PurePosixPath(path), fixtures, marks) == expected


def call_of_pytest(target: str) -> str:
    """What `make` tells pytest for a target, beside what it tells it for every one."""
    makefile = (PROJECT_ROOT / "Makefile").read_text(encoding="utf-8")
    (recipe,) = re.findall(rf"^{target}: .*\n((?:\t.*\n)+)", makefile, re.MULTILINE)
    (for_all,) = re.findall(r"^PYTEST = .* -m pytest (.*)$", makefile, re.MULTILINE)
    return f"{for_all} {recipe}"


def test_operators_install_no_test_tool() -> None:
    tools = declared("dev")
    assert {"pytest", "mypy", "ruff", "hypothesis"} <= tools
    assert not tools & set(pinned("requirements.lock"))
    assert tools | declared("build") <= set(pinned("requirements-dev.lock"))


def test_one_machine_installs_nothing_for_several() -> None:
    only_there = {"celery", "dagster-celery", "dagster-postgres", "psycopg2-binary", "redis", "s3fs"}
    assert only_there <= set(pinned("requirements-workers.lock"))
    assert not only_there & {*pinned("requirements.lock"), *pinned("requirements-dev.lock")}
    runtime, workers = pinned("requirements.lock"), pinned("requirements-workers.lock")
    assert {name: runtime[name] for name in runtime if name in workers}.items() <= workers.items()


def test_both_locks_have_the_same_versions() -> None:
    runtime, tests = pinned("requirements.lock"), pinned("requirements-dev.lock")
    assert len(runtime) > 100
    assert {name: tests.get(name) for name in runtime} == runtime


def test_locks_hold_hashes_and_no_address() -> None:
    for name, text in LOCKS.items():
        assert "://" not in text, name
        assert not re.search(r"^ *-(i|f|-index|-extra-index|-find)", text, re.MULTILINE), name
        assert len(re.findall(r"^[a-z0-9].*==.* \\\n    --hash=sha256:", text, re.MULTILINE)) == sum(
            map(len, pinned(name).values())
        ), name


def test_ci_looks_at_every_lock() -> None:
    (looked_at,) = re.findall(r"^if grep .*; then$", CI, re.MULTILINE)
    for lock in [*LOCKS, ".ci/duckdb-oldest.lock", ".ci/s3-server.lock"]:
        assert lock in looked_at


def test_a_dry_run_of_make_removes_nothing(tmp_path: Path) -> None:
    """Lines that call make are run by `make -n` too: what removes must not stand in one of them."""
    for file in [PROJECT_ROOT / "Makefile", PROJECT_ROOT / "pyproject.toml", *PROJECT_ROOT.glob("requirements*.lock")]:
        shutil.copy(file, tmp_path)
    marks = [tmp_path / ".venv" / name for name in (".ready", ".ready-for-tests")]
    marks[0].parent.mkdir()
    for mark in marks:
        mark.touch()
        os.utime(mark, (0, 0))  # older than any lock
    done = subprocess.run(["make", "-n", "test"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "rm -rf" in done.stdout
    assert all(mark.exists() for mark in marks)
