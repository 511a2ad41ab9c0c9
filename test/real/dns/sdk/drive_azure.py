"""Microsoft's own SDK on the stand-in of Azure DNS: url, subscription, group, zone, token server's tenant, id, secret."""
import json
import sys

import requests
from azure.core.credentials import AccessToken
from azure.core.exceptions import HttpResponseError
from azure.core.pipeline.policies import SansIOHTTPPolicy
from azure.mgmt.dns import DnsManagementClient
from azure.mgmt.dns.models import ARecord, CnameRecord, RecordSet, TxtRecord

url, subscription, group, zone, tenant, client_id, secret = sys.argv[1:]
token = requests.post(
    f"{url}/{tenant}/oauth2/v2.0/token",
    data={
        "grant_type": "client_credentials",
        "client_id": client_id,
        "client_secret": secret,
        "scope": "https://management.azure.com/.default",
    },
    timeout=10,
).json()["access_token"]


class Bearer(SansIOHTTPPolicy):
    """The SDK's own policy refuses to send a token over plain HTTP, as it should."""

    def on_request(self, request):
        request.http_request.headers["Authorization"] = f"Bearer {token}"


class Credential:
    def get_token(self, *scopes, **kwargs):
        return AccessToken(token, 4102444800)


client = DnsManagementClient(
    Credential(), subscription, base_url=url, authentication_policy=Bearer(), credential_scopes=["none"]
)
sets = client.record_sets
out = {"zones": [one.name for one in client.zones.list_by_resource_group(group)]}
made = sets.create_or_update(
    group, zone, "sdk", "A", RecordSet(ttl=60, a_records=[ARecord(ipv4_address="192.0.2.1")]), if_none_match="*"
)
out["made"] = made.a_records[0].ipv4_address


def refused(work):
    try:
        work()
        return None
    except HttpResponseError as error:
        return error.status_code


body = RecordSet(ttl=60, a_records=[ARecord(ipv4_address="192.0.2.2")])
out["again"] = refused(lambda: sets.create_or_update(group, zone, "sdk", "A", body, if_none_match="*"))
out["stale"] = refused(lambda: sets.create_or_update(group, zone, "sdk", "A", body, if_match="no such etag"))
changed = sets.create_or_update(group, zone, "sdk", "A", body, if_match=made.etag)
out["changed"] = changed.a_records[0].ipv4_address
out["stale_delete"] = refused(lambda: sets.delete(group, zone, "sdk", "A", if_match=made.etag))
cname = RecordSet(ttl=60, cname_record=CnameRecord(cname="x.example.net"))
out["beside"] = refused(lambda: sets.create_or_update(group, zone, "sdk", "CNAME", cname))
out["apex"] = refused(lambda: sets.create_or_update(group, zone, "@", "CNAME", cname))
text = RecordSet(ttl=60, txt_records=[TxtRecord(value=['a "quoted" word', "and more"])])
sets.create_or_update(group, zone, "text", "TXT", text)
out["sets"] = {
    f"{one.name} {one.type.rsplit('/', 1)[1]}": [record.ipv4_address for record in one.a_records or []]
    or [list(record.value) for record in one.txt_records or []]
    for one in sets.list_all_by_dns_zone(group, zone, top=2)
}
sets.delete(group, zone, "sdk", "A", if_match=changed.etag)
out["gone"] = refused(lambda: sets.get(group, zone, "sdk", "A"))
print(json.dumps(out))
