#!/usr/bin/env bash
# Shows DescribeInstances through a proxy: starts moto (EC2 in memory, no account needed) and a Squid
# that wants a password, both on loopback and from what tests/peers.sh brings, starts two instances in
# moto, and lists them with the example. Ends all of it, and leaves nothing behind.
cd "$(dirname "${BASH_SOURCE[0]}")"
source ../peers.sh
env -u LD_LIBRARY_PATH cargo build --quiet --locked --target-dir "$root/target"

ports=$(free_ports 2)
read -r ec2 proxy <<<"$ports"

export AWS_ACCESS_KEY_ID=AKIAEXAMPLE AWS_SECRET_ACCESS_KEY=example AWS_REGION=eu-west-1
moto "$ec2"
"${python[@]}" - "http://127.0.0.1:$ec2" <<'PYTHON'
import os, sys, boto3
ec2 = boto3.client('ec2', endpoint_url=sys.argv[1], region_name=os.environ['AWS_REGION'])
image = ec2.describe_images()['Images'][0]['ImageId']
ec2.run_instances(ImageId=image, InstanceType='m5.large', MinCount=2, MaxCount=2)
PYTHON
squid "$proxy" ec2.test

cat >"$work/outbound.toml" <<TOML
[proxy]
url = "http://127.0.0.1:$proxy"
username = "svc-data"
password = { env = "PROXY_PASSWORD" }

[connections.ec2]
url = "http://ec2.test:$ec2/"
TOML

export OUTBOUND_CONFIG="$work/outbound.toml" PROXY_PASSWORD='p@ss:w%rd'
env -u LD_LIBRARY_PATH cargo run --quiet --locked --target-dir "$root/target" -- ec2:
echo "-- and what Squid logged:"
grep ^POST "$work/log/access.log"
