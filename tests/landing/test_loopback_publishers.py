"""The loopback publishers, and the whole way of a file through them into the store and out of its archive."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
import zipfile
from pathlib import Path

import httpx
import pytest

from orchestration.errors import NotPublished, SetupError
from orchestration.ingest import ingest
from orchestration.landing.fetch import Fetcher, Origin
from orchestration.landing.store import Store
from orchestration.landing.unpack import unpacked
from orchestration.sample.bea import write_bea
from orchestration.sample.economy import simulate
from orchestration.sample.publishers import serve
from orchestration.settings import Settings
from orchestration.sources.source import Asked
from tests.sources.reading import TODAY, declared, only

SHARED = Path(os.environ.get("CLUSTERS_SHARED") or Path(__file__).parents[2].parent / "shared")
MIRROR = SHARED / "mirror"


@pytest.fixture
def publishers(tmp_path: Path) -> Path:
    file = tmp_path / "mirror" / "apps.bea.gov" / "zip" / "MAKE-USE (AFTER).csv"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"a,b\n" + b"1,2\n" * 100_000)
    return tmp_path / "mirror"


ADDRESS = "apps.bea.gov/zip/MAKE-USE%20(AFTER).csv"


def test_answers_are_conditional_and_ranged(publishers):
    with serve(publishers) as base, httpx.Client(trust_env=False) as client:
        first = client.get(f"{base}/{ADDRESS}")
        etag = first.headers["etag"]
        assert first.content == (publishers / "apps.bea.gov/zip/MAKE-USE (AFTER).csv").read_bytes()
        assert "last-modified" in first.headers
        assert client.get(f"{base}/{ADDRESS}", headers={"If-None-Match": etag}).status_code == 304
        rest = client.get(f"{base}/{ADDRESS}", headers={"Range": "bytes=400000-", "If-Range": etag})
        assert (rest.status_code, rest.content) == (206, b"1,2\n")
        other = client.get(f"{base}/{ADDRESS}", headers={"Range": "bytes=400000-", "If-Range": '"x"'})
        assert (other.status_code, len(other.content)) == (200, len(first.content))


@pytest.mark.parametrize("path", ["apps.bea.gov/none.csv", "apps.bea.gov/zip", "", "..%2f..%2fetc/passwd"])
def test_what_is_not_a_file_is_not_found(publishers, path):
    (publishers.parent / "etc").mkdir()
    with serve(publishers) as base:
        assert httpx.get(f"{base}/{path}", trust_env=False).status_code == 404


def test_a_publisher_may_be_down_or_late(publishers):
    (publishers / "apps.bea.gov.au").mkdir()
    (publishers / "apps.bea.gov.au" / "a.csv").write_bytes(b"1,2\n")
    down, late = set(), {"apps.bea.gov/zip/MAKE-USE (AFTER).csv"}
    with serve(publishers, down, late) as base, httpx.Client(trust_env=False) as client:
        assert client.get(f"{base}/{ADDRESS}").status_code == 404
        late.clear()
        assert client.get(f"{base}/{ADDRESS}").status_code == 200
        down.add("apps.bea.gov")
        assert client.get(f"{base}/{ADDRESS}").status_code == 503
        assert client.get(f"{base}/apps.bea.gov.au/a.csv").status_code == 200


def test_links_are_followed(publishers, tmp_path):
    (tmp_path / "elsewhere.csv").write_bytes(b"1,2\n")
    (publishers / "data.bls.gov").mkdir()
    (publishers / "data.bls.gov" / "a.csv").symlink_to(tmp_path / "elsewhere.csv")
    with serve(publishers) as base:
        assert httpx.get(f"{base}/data.bls.gov/a.csv", trust_env=False).content == b"1,2\n"


def test_it_starts_and_stops_quickly_even_under_a_connection_left_open(publishers):
    client = httpx.Client(trust_env=False)
    started = time.monotonic()
    with serve(publishers) as base:
        client.get(f"{base}/{ADDRESS}")
    assert time.monotonic() - started < 3
    assert "publishers" not in {thread.name for thread in threading.enumerate()}
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{base}/{ADDRESS}", trust_env=False)
    client.close()


def test_answers_are_not_held_back_by_nagle(publishers):
    with serve(publishers) as base, httpx.Client(trust_env=False) as client:
        client.get(f"{base}/{ADDRESS}")
        started = time.monotonic()
        for _ in range(20):
            client.get(f"{base}/{ADDRESS}")
        # 20 answers took 0.1 s, and 20 times 40 ms more before TCP_NODELAY was set.
        assert time.monotonic() - started < 0.7


def test_an_error_inside_stops_it_too(publishers):
    with pytest.raises(KeyError), serve(publishers):
        raise KeyError
    assert "publishers" not in {thread.name for thread in threading.enumerate()}


def test_a_missing_folder_says_what_to_set(tmp_path):
    with (
        pytest.raises(SetupError, match=r"Remedy: set --mirror or CLUSTERS_MIRROR"),
        serve(tmp_path / "none"),
    ):
        pass


def test_importing_it_loads_no_server():
    code = "import sys, orchestration.sample.publishers; print({'uvicorn', 'starlette'} & set(sys.modules))"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout == "set()\n"


def test_a_file_goes_through_the_same_code_as_from_a_publisher(publishers, tmp_path):
    url = "https://" + ADDRESS
    limits = Settings(home=tmp_path)
    with (
        serve(publishers) as base,
        Store(limits.landing) as store,
        Fetcher(store, Origin("sample", base), limits) as fetcher,
    ):
        assert fetcher.get(url, "csv", "bea").outcome == "new"
        assert fetcher.get(url, "csv", "bea").outcome == "unchanged"
        (publishers / "apps.bea.gov/zip/MAKE-USE (AFTER).csv").write_bytes(b"a,b\n1,3\n")
        assert fetcher.get(url, "csv", "bea").outcome == "changed"
        with pytest.raises(NotPublished, match="put the file into the sample"):
            fetcher.get("https://apps.bea.gov/2031.csv", "csv", "bea")


def test_two_tables_of_one_file_land_it_once(tmp_path):
    write_bea(tmp_path / "mirror" / "apps.bea.gov", simulate(1), 1)
    settings = Settings(home=tmp_path, profile="mirror")
    with (
        serve(tmp_path / "mirror") as base,
        Store(settings.landing) as store,
        Fetcher(store, Origin("mirror", base), settings) as fetcher,
    ):
        resource = declared("bea_use")[0][1].resources[0]
        assert "%20(AFTER%20REDEFINITIONS)" in resource.url
        sources = [only(name, "2017") for name in ("bea_use", "bea_industries")]

        def pulled():
            return [ingest(source, Asked([], TODAY, {}), fetcher, settings)[0][0] for source in sources]

        tables = pulled()
        assert [t.files[0].url for t in tables] == [resource.url] * 2
        assert len({t.files[0].sha256 for t in tables}) == 1
        assert len([f for f in (settings.landing / "blobs").rglob("*") if f.is_file()]) == 1
        assert [table.outcome for table in pulled()] == ["unchanged"] * 2
        # The second of them is not sent, and nor is either on a night without news.
        assert [e.outcome for e in store.history("mirror", resource.url)] == ["new", *["unchanged"] * 3]


@pytest.mark.mirror
@pytest.mark.skipif(not MIRROR.is_dir(), reason=f"no mirror of publishers' files at {MIRROR}")
def test_real_files_land_and_unpack(tmp_path):
    limits = Settings(home=tmp_path)
    cew = "https://data.bls.gov/cew/data"
    with (
        serve(MIRROR) as base,
        Store(limits.landing) as store,
        Fetcher(store, Origin("mirror", base), limits) as fetcher,
    ):
        slices = [fetcher.get(f"{cew}/api/2019/a/area/{a}000.csv", "csv", "bls_qcew") for a in ("06", "48")]
        by_area = fetcher.get(f"{cew}/files/2016/csv/2016_qtrly_by_area.zip", "zip", "bls_qcew")
        with pytest.raises(NotPublished):
            fetcher.get(f"{cew}/files/2031/csv/2031_annual_singlefile.zip", "zip", "bls_qcew")
    for landed, area in zip(slices, ("06", "48"), strict=True):
        original = MIRROR / f"data.bls.gov/cew/data/api/2019/a/area/{area}000.csv"
        assert landed.path.read_bytes() == original.read_bytes()
    files = unpacked(by_area.path, "zip", limits.work, "bls_qcew", limits.max_unpacked_bytes)
    with zipfile.ZipFile(by_area.path) as archive:
        names = sorted(m.filename for m in archive.infolist() if not m.is_dir())
    assert [f.relative_to(limits.work).as_posix() for f in files] == names
    assert len(files) == 9
