"""Back to an earlier release, once it is known to be whole."""

import pytest
from support.generations import Publisher, assert_no_debris, current_generation

from orchestration.releases import ReleaseError, release_ids, releases, rollback
from orchestration.warehouse.paths import Warehouse


def test_goes_back_one_release_at_a_time(
    warehouse: Warehouse, publish_generation: Publisher
) -> None:
    for generation in (1, 2, 3):
        publish_generation(generation)
    rollback(warehouse)
    assert current_generation(warehouse) == 2
    rollback(warehouse)
    assert current_generation(warehouse) == 1
    with pytest.raises(ReleaseError, match="no release before the current one"):
        rollback(warehouse)


def test_goes_to_a_named_release_and_forward_again(
    warehouse: Warehouse, publish_generation: Publisher
) -> None:
    ids = [publish_generation(generation).release_id for generation in (1, 2, 3)]
    rollback(warehouse, ids[0])
    assert current_generation(warehouse) == 1
    rollback(warehouse, ids[2])
    assert current_generation(warehouse) == 3


def test_withdrawn_release_goes_with_the_next_publication(
    warehouse: Warehouse, publish_generation: Publisher
) -> None:
    kept, withdrawn = (publish_generation(generation).release_id for generation in (1, 2))
    rollback(warehouse)
    assert release_ids(warehouse) == [kept, withdrawn]
    latest = publish_generation(3).release_id
    assert latest > withdrawn
    assert release_ids(warehouse) == [kept, latest]
    rollback(warehouse)
    assert current_generation(warehouse) == 1
    assert_no_debris(warehouse)


def test_damaged_release_is_refused(warehouse: Warehouse, publish_generation: Publisher) -> None:
    damaged = publish_generation(1).release_id
    publish_generation(2)
    database = warehouse.releases_dir / damaged / "warehouse.duckdb"
    content = bytearray(database.read_bytes())
    content[len(content) // 2] ^= 1
    database.chmod(0o644)
    database.write_bytes(content)
    with pytest.raises(ReleaseError, match=rf"Release {damaged} is damaged: warehouse.duckdb"):
        rollback(warehouse)
    assert current_generation(warehouse) == 2


@pytest.mark.parametrize("lost", ["manifest.json", "warehouse.duckdb", "marts.mart_funnel.parquet"])
def test_incomplete_release_is_refused(
    warehouse: Warehouse, publish_generation: Publisher, lost: str
) -> None:
    incomplete = publish_generation(1, parquet=True).release_id
    publish_generation(2)
    (warehouse.releases_dir / incomplete / lost).unlink()
    with pytest.raises(ReleaseError, match=rf"damaged: .*{lost}"):
        rollback(warehouse)
    assert current_generation(warehouse) == 2
    assert (releases(warehouse)[0].manifest is None) == (lost == "manifest.json")


def test_unknown_and_current_release_are_refused(
    warehouse: Warehouse, publish_generation: Publisher
) -> None:
    current = publish_generation(1).release_id
    with pytest.raises(ReleaseError, match=rf"no release yesterday in .* Releases: {current}"):
        rollback(warehouse, "yesterday")
    with pytest.raises(ReleaseError, match="is already the current one"):
        rollback(warehouse, current)


def test_before_the_first_publication(warehouse: Warehouse) -> None:
    assert releases(warehouse) == []
    with pytest.raises(ReleaseError, match="no release before the current one"):
        rollback(warehouse)
