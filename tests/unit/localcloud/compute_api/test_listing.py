"""Listing: pages, filters and aggregated lists."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st


@pytest.fixture
def five(client):
    for i in range(5):
        client.address(f"a{i}", labels={"parity": "even" if i % 2 == 0 else "odd"})
    return client


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=10)
@given(size=st.integers(min_value=1, max_value=6))
def test_pages_add_up_to_the_whole(five, size):
    names, token = [], ""
    while True:
        answer = five.get(f"{five.region}/addresses?maxResults={size}&pageToken={token}")
        names += [item["name"] for item in answer["items"]]
        assert len(answer["items"]) <= size
        token = answer.get("nextPageToken")
        if not token:
            break
    assert names == ["a0", "a1", "a2", "a3", "a4"]


def test_filter_by_label_finds_what_carries_it(five):
    answer = five.get(f"{five.region}/addresses?filter=labels.parity%3Dodd")
    assert [item["name"] for item in answer["items"]] == ["a1", "a3"]


def test_empty_list_has_no_items(client):
    """Clients treat missing items as an empty list."""
    assert "items" not in client.get(f"{client.region}/addresses")


@pytest.mark.parametrize("query", ["maxResults=501", "maxResults=x", "pageToken=!"])
def test_malformed_page_is_refused(client, query):
    assert client.refused("GET", f"{client.region}/addresses?{query}").reason == "invalid"


@pytest.mark.parametrize("order", ["name", "creationTimestamp", "creationTimestamp+asc"])
def test_another_order_is_refused_not_dropped(client, order):
    assert client.refused("GET", f"{client.region}/addresses?orderBy={order}").code == 501


def test_newest_come_first_also_over_pages(client):
    """Two resources of the same moment are in order, too."""
    bodies = [{"name": name} for name in ("m", "a", "z")]
    for body in bodies[:2]:
        client.call("POST", f"{client.region}/addresses", body)
    client.done("POST", f"{client.region}/addresses", bodies[2])
    path = f"{client.region}/addresses?orderBy=creationTimestamp+desc&maxResults=2"
    first = client.get(path)
    second = client.get(f"{path}&pageToken={first['nextPageToken']}")
    names = [item["name"] for page in (first, second) for item in page["items"]]
    assert names == ["z", "a", "m"]


def test_aggregated_list_warns_of_each_empty_scope(five):
    items = five.get(f"{five.base}/aggregated/addresses")["items"]
    assert len(items["regions/us-east4"]["addresses"]) == 5
    assert items["regions/us-east1"]["warning"]["code"] == "NO_RESULTS_ON_PAGE"


def test_aggregated_list_of_instances_is_by_zone(wired):
    wired.instance()
    items = wired.get(f"{wired.base}/aggregated/instances?returnPartialSuccess=true")["items"]
    assert [item["name"] for item in items["zones/us-east4-a"]["instances"]] == ["vm"]


def test_list_shows_the_own_project_only(five):
    assert "items" not in five.get("projects/somebody-else/regions/us-east4/addresses")
