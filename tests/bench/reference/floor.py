"""The floor: the five requests of one sync, by the standard library, with no failure handled.

What `jasm-init` is measured against. Reads ANN (the annotation), API, CA, TOKEN (files), NS,
AWS_ROLE_ARN, AWS_WEB_IDENTITY_TOKEN_FILE, AWS_REGION and AWS_ENDPOINT_URL.
"""

import datetime
import hashlib
import hmac
import http.client
import json
import os
import re
import ssl
import urllib.parse

import yaml

ENV = os.environ
wanted = yaml.load(ENV["ANN"], Loader=yaml.CSafeLoader)  # the C twin of safe_load
host = urllib.parse.urlsplit(ENV["AWS_ENDPOINT_URL"]).netloc
region, service = ENV["AWS_REGION"], "secretsmanager"

aws = http.client.HTTPConnection(host)
with open(ENV["AWS_WEB_IDENTITY_TOKEN_FILE"]) as file:
    token = file.read()
query = {
    "Action": "AssumeRoleWithWebIdentity",
    "Version": "2011-06-15",
    "RoleArn": ENV["AWS_ROLE_ARN"],
    "RoleSessionName": "floor",
    "WebIdentityToken": token,
}
form = {"content-type": "application/x-www-form-urlencoded"}
aws.request("POST", "/", urllib.parse.urlencode(query), form)
answer = aws.getresponse().read().decode()
key_id, secret_key, session = (
    re.search(f"<{name}>([^<]*)<", answer)[1]  # type: ignore[index]  # the floor trusts the answer
    for name in ("AccessKeyId", "SecretAccessKey", "SessionToken")
)

body = json.dumps({"SecretId": wanted["path"]})
stamp = datetime.datetime.now(datetime.UTC).strftime("%Y%m%dT%H%M%SZ")
headers = {
    "content-type": "application/x-amz-json-1.1",
    "host": host,
    "x-amz-date": stamp,
    "x-amz-security-token": session,
    "x-amz-target": "secretsmanager.GetSecretValue",
}
names = ";".join(sorted(headers))
lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
digest = hashlib.sha256(body.encode()).hexdigest()
canonical = f"POST\n/\n\n{lines}\n{names}\n{digest}"
scope = f"{stamp[:8]}/{region}/{service}/aws4_request"
canonical_digest = hashlib.sha256(canonical.encode()).hexdigest()
text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{canonical_digest}"
key = f"AWS4{secret_key}".encode()
for part in (stamp[:8], region, service, "aws4_request", text):
    key = hmac.new(key, part.encode(), hashlib.sha256).digest()
headers["authorization"] = (
    f"AWS4-HMAC-SHA256 Credential={key_id}/{scope}, SignedHeaders={names}, Signature={key.hex()}"
)
aws.request("POST", "/", body, headers)
values = json.loads(json.loads(aws.getresponse().read())["SecretString"])

api = urllib.parse.urlsplit(ENV["API"])
with open(ENV["TOKEN"]) as file:
    bearer = {"content-type": "application/json", "authorization": f"Bearer {file.read()}"}
trust = ssl.create_default_context(cafile=ENV["CA"])
cluster = http.client.HTTPSConnection(api.netloc, context=trust)
root = f"/api/v1/namespaces/{ENV['NS']}"


def call(method: str, path: str, content: object = None) -> int:
    """One request; its status."""
    sent = json.dumps(content) if content else None
    cluster.request(method, root + path, sent, bearer)
    got = cluster.getresponse()
    json.loads(got.read())
    return got.status


name = wanted["secretName"]
secret = {"metadata": {"name": name}, "stringData": values}
if call("GET", f"/secrets/{name}") == 404:
    done = call("POST", "/secrets", secret)
else:
    done = call("PUT", f"/secrets/{name}", secret)
event = {
    "metadata": {"generateName": "floor-"},
    "involvedObject": {"kind": "Pod", "name": "p", "namespace": ENV["NS"]},
    "reason": "Synced",
    "message": "ok",
    "type": "Normal",
}
if done >= 300 or call("POST", "/events", event) >= 300:
    raise SystemExit(1)
