"""Google's own SDK, with a service account's own key, on the stand-in of Cloud DNS: url, project, e-mail, key file."""
import json
import sys

from google.api_core.exceptions import GoogleAPICallError
from google.cloud import dns
from google.oauth2 import service_account

url, project, email, key_file = sys.argv[1:]
with open(key_file, encoding="ascii") as file:
    key = file.read()
credentials = service_account.Credentials.from_service_account_info(
    {"client_email": email, "private_key": key, "token_uri": f"{url}/token"},
    scopes=["https://www.googleapis.com/auth/ndev.clouddns.readwrite"],
)
client = dns.Client(project=project, credentials=credentials, client_options={"api_endpoint": url})
zones = list(client.list_zones())
zone = zones[0]
out = {"zones": [[one.name, one.dns_name] for one in zones]}


def change(*, add=(), delete=()):
    changes = zone.changes()
    for record in delete:
        changes.delete_record_set(record)
    for record in add:
        changes.add_record_set(record)
    try:
        changes.create()
        return "done"
    except GoogleAPICallError as error:
        return error.code


def record(name, kind, *values, ttl=60):
    return zone.resource_record_set(f"{name}.{zone.dns_name}", kind, ttl, list(values))


first, second = record("sdk", "A", "192.0.2.1"), record("sdk", "A", "192.0.2.2")
out["made"] = change(add=[first, record("text", "TXT", '"a \\"quoted\\" word" "and more"')])
out["again"] = change(add=[second])
out["stale"] = change(add=[first], delete=[second])
out["changed"] = change(add=[second], delete=[first])
out["beside"] = change(add=[record("sdk", "CNAME", "x.example.net.")])
# Whole or not at all: the first part would be lawful.
out["half"] = change(add=[record("other", "A", "192.0.2.3"), second])
out["sets"] = {f"{one.name} {one.record_type}": one.rrdatas for one in zone.list_resource_record_sets()}
print(json.dumps(out))
