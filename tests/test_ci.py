"""What CI runs and what is installed: every test whatever the clock says, and for operators only what they need."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

from orchestration.settings import PROJECT_ROOT

CI = (PROJECT_ROOT / ".ci" / "run").read_text(encoding="utf-8")
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
    found = tomllib.loads((PROJECT_ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    named = [entry for group in groups for entry in found["dependency-groups"][group] if isinstance(entry, str)]
    return {re.split(r"[^A-Za-z0-9-]", entry)[0].lower() for entry in named}


def test_ci_runs_every_test_whatever_the_clock_says() -> None:
    assert "SECONDS" not in CI
    assert re.findall(r"make .* test\b(.*?) 2>&1", CI) == [""" ARGS="-m 'long or not long'\""""]
    assert not re.search(r"--ignore|--deselect|--maxfail|\|\| true", CI)


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
