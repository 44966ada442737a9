"""Files of a bucket, copied into the landing folder: new ones, changed ones, hostile names."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import boto3
import pytest
from moto.server import ThreadedMotoServer

from orchestration.extraction import ExtractionError, OriginAwayError
from orchestration.extraction.landed_file import PART, remove_parts
from orchestration.extraction.remote_files import copy_files

BUCKET = "exports"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """URL of a local S3 server."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@dataclass
class Bucket:
    """A bucket with a folder `crm`, from which the landing folder of `acme` is copied."""

    s3: Any
    folder: Path
    lines: list[str] = field(default_factory=list)

    def put(self, name: str, text: str) -> None:
        self.s3.put_object(Bucket=BUCKET, Key=name, Body=text.encode())

    def copy(self) -> None:
        self.lines.clear()
        state = self.folder / "state" / "acme.json"
        copy_files("acme", self.folder / "landing", state, self.lines.append)

    def landed(self) -> dict[str, str]:
        landing = self.folder / "landing"
        return {
            path.relative_to(landing).as_posix(): path.read_text(encoding="utf-8")
            for path in landing.rglob("*")
            if path.is_file()
        }


@pytest.fixture
def bucket(server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    secret = {"AWS_ACCESS_KEY_ID": "reader", "AWS_SECRET_ACCESS_KEY": "secret"}
    for name, value in {**secret, "ENDPOINT_URL": server}.items():
        monkeypatch.setenv(f"SOURCES__ACME__CREDENTIALS__{name}", value)
    monkeypatch.setenv("SOURCES__ACME__BUCKET_URL", f"s3://{BUCKET}/crm")
    # nobody's own profile
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with urlopen(f"{server}/moto-api/reset", data=b""):
        s3 = boto3.client(
            "s3",
            endpoint_url=server,
            region_name="us-east-1",
            aws_access_key_id="reader",
            aws_secret_access_key="secret",
        )
    s3.create_bucket(Bucket=BUCKET)
    made = Bucket(s3, tmp_path)
    made.put("crm/leads/2024.csv", "id\n1\n")
    made.put("crm/deals.jsonl", '{"id": 1}\n')
    made.put("other/secret.csv", "id\n9\n")
    return made


def test_what_is_new_or_changed_is_copied(bucket: Bucket) -> None:
    bucket.copy()
    assert bucket.landed() == {"leads/2024.csv": "id\n1\n", "deals.jsonl": '{"id": 1}\n'}
    bucket.copy()
    assert bucket.lines == []
    bucket.put("crm/leads/2024.csv", "id\n1\n2\n")
    bucket.put("crm/leads/2025.csv", "id\n3\n")
    bucket.copy()
    assert bucket.lines == ["leads/2024.csv: 7 bytes", "leads/2025.csv: 5 bytes"]
    assert bucket.landed()["leads/2024.csv"] == "id\n1\n2\n"


def test_what_is_gone_from_the_bucket_stays_landed(bucket: Bucket) -> None:
    bucket.copy()
    bucket.s3.delete_object(Bucket=BUCKET, Key="crm/deals.jsonl")
    bucket.copy()
    assert "deals.jsonl" in bucket.landed()


def test_what_an_erasure_took_out_of_a_landed_file_does_not_come_back(bucket: Bucket) -> None:
    bucket.copy()
    (bucket.folder / "landing" / "leads" / "2024.csv").write_text("id\n", encoding="utf-8")
    bucket.copy()
    assert bucket.landed()["leads/2024.csv"] == "id\n"


def test_a_copy_that_ends_in_the_middle_is_completed(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    class KilledError(Exception):
        pass

    def end(_: int) -> None:
        raise KilledError

    bucket.put("crm/aaa.csv", "id\n0\n")
    with monkeypatch.context() as patch, pytest.raises(OriginAwayError):
        patch.setattr("os.fsync", end)
        bucket.copy()
    assert [name.endswith(PART) for name in bucket.landed()] == [True]
    remove_parts(bucket.folder / "landing")
    bucket.copy()
    assert bucket.landed().keys() == {"aaa.csv", "deals.jsonl", "leads/2024.csv"}


@pytest.mark.parametrize("name", ["../../etc/cron.csv", "a/../../b.csv", "..\\b.csv"])
def test_no_name_leads_out_of_the_landing_folder(bucket: Bucket, name: str) -> None:
    bucket.put(f"crm/{name}", "id\n")
    with pytest.raises(ExtractionError, match="leads out of the landing folder"):
        bucket.copy()
    assert not [path for path in bucket.folder.iterdir() if path.name not in ("landing", "state")]


def test_a_server_that_does_not_answer(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCES__ACME__CREDENTIALS__ENDPOINT_URL", "http://127.0.0.1:1")
    with pytest.raises(OriginAwayError, match=r"acme cannot be copied from s3://exports/crm"):
        bucket.copy()


def test_a_folder_of_another_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    share = tmp_path / "share"
    (share / "leads").mkdir(parents=True)
    (share / "leads" / "1.csv").write_text("id\n", encoding="utf-8")
    monkeypatch.setenv("SOURCES__ACME__BUCKET_URL", share.as_uri())
    copy_files("acme", tmp_path / "landing", tmp_path / "state.json")
    assert (tmp_path / "landing" / "leads" / "1.csv").read_text(encoding="utf-8") == "id\n"


def test_a_bucket_that_is_not_configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ExtractionError, match="SOURCES__ACME__BUCKET_URL"):
        copy_files("acme", tmp_path / "landing", tmp_path / "state.json")
