"""Cloudflare's own SDK on the stand-in of its API: url, token."""
import json
import sys

from cloudflare import APIStatusError, Cloudflare

url, token = sys.argv[1:]
client = Cloudflare(api_token=token, base_url=url, max_retries=0)
zone = next(iter(client.zones.list()))
records = client.dns.records
out = {"zones": [zone.name]}


def refused(work):
    try:
        work()
        return None
    except APIStatusError as error:
        return error.status_code


made = records.create(zone_id=zone.id, type="A", name="sdk.example.org", content="192.0.2.1", ttl=60)
out["made"] = made.content
out["again"] = refused(
    lambda: records.create(zone_id=zone.id, type="A", name="sdk.example.org", content="192.0.2.1", ttl=60)
)
out["beside"] = refused(
    lambda: records.create(zone_id=zone.id, type="CNAME", name="sdk.example.org", content="x.example.net", ttl=60)
)
out["ttl"] = refused(lambda: records.create(zone_id=zone.id, type="A", name="t.example.org", content="192.0.2.1", ttl=5))
edited = records.edit(made.id, zone_id=zone.id, type="A", name="sdk.example.org", content="192.0.2.2", ttl=60)
out["changed"] = edited.content
records.batch(
    zone_id=zone.id,
    posts=[{"type": "TXT", "name": "text.example.org", "content": '"and more"', "ttl": 60}],
    deletes=[],
)
out["sets"] = {f"{one.name} {one.type}": one.content for one in records.list(zone_id=zone.id, per_page=1)}
records.delete(made.id, zone_id=zone.id)
out["gone"] = refused(lambda: records.get(made.id, zone_id=zone.id))
print(json.dumps(out))
