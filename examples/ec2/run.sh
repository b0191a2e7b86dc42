#!/usr/bin/env bash
# Shows DescribeInstances through a proxy: starts moto (EC2 in memory, no account needed) and a Squid
# that wants a password, both on loopback and from what tests/peers.sh brings, starts two instances in
# moto, and lists them with the example. Ends all of it, and leaves nothing behind.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
root=$(cd ../.. && pwd)

bash "$root/tests/peers.sh" >/dev/null
peers=$(cd "${OUTBOUND_PEERS:-$root/target/peers}" && pwd)
export LD_LIBRARY_PATH="$peers/usr/lib/$(uname -m)-linux-gnu"

work=$(mktemp -d)
# Shared memory goes by Squid's name: two with one name would use the same.
service=ec2run$$
started=()
finish() {
  [ "${#started[@]}" = 0 ] || kill "${started[@]}" 2>/dev/null || true
  wait 2>/dev/null || true
  rm -rf "$work" /dev/shm/"$service"-cf__*
}
trap finish EXIT

# The words that start Python with what PyPI has, as the tests do.
python=(env -u LD_LIBRARY_PATH "PYTHONPATH=$peers/python" /usr/bin/python3)
[ -x /usr/bin/python3 ] ||
  python=(env "PYTHONHOME=$peers/usr" "PYTHONPATH=$peers/python" "$peers/usr/bin/python3")

ports=$("${python[@]}" -c "import socket
free = [socket.create_server(('127.0.0.1', 0)) for _ in range(2)]
print(*(one.getsockname()[1] for one in free))")
read -r ec2 proxy <<<"$ports"

# Waits for a server that this script has started.
listens() {
  until (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; do
    kill -0 "${started[-1]}" 2>/dev/null || { cat "$work"/*.log "$work"/log/* >&2; exit 1; }
    sleep 0.1
  done
}

export AWS_ACCESS_KEY_ID=AKIAEXAMPLE AWS_SECRET_ACCESS_KEY=example AWS_REGION=eu-west-1
"${python[@]}" -m moto.server --host 127.0.0.1 --port "$ec2" >"$work/moto.log" 2>&1 &
started+=($!)
listens "$ec2"
"${python[@]}" - "http://127.0.0.1:$ec2" <<'PYTHON'
import os, sys, boto3
ec2 = boto3.client('ec2', endpoint_url=sys.argv[1], region_name=os.environ['AWS_REGION'])
image = ec2.describe_images()['Images'][0]['ImageId']
ec2.run_instances(ImageId=image, InstanceType='m5.large', MinCount=2, MaxCount=2)
PYTHON

# Squid as the tests have it. It alone knows the name of the endpoint.
chmod 755 "$work"
mkdir -m 777 "$work/log"
cp -r "$peers/usr/share/squid-langpack/templates" "$work/errors"
cp -r "$peers/usr/share/squid/icons" "$work/icons"
cp "$peers/usr/share/squid/mime.conf" "$root/fixtures/peers/squid.passwd" "$work"
cp "$peers/usr/lib/squid/basic_ncsa_auth" "$work"
mkdir "$work/lib"
cp "$LD_LIBRARY_PATH"/libnettle* "$work/lib" 2>/dev/null || true
echo "127.0.0.1 localhost ec2.test" >"$work/hosts"
cat "$root/fixtures/peers/squid-password.conf" "$root/fixtures/peers/squid.conf" |
  sed -e "s|@PORT@|$proxy|; s|@TUNNEL_PORTS@|1024-65535|; s|@ALLOW@|localhost password|" \
    -e "s|@DIR@|$work|g; s|@LOG@|$work/log|g" >"$work/squid.conf"
LD_LIBRARY_PATH="$work/lib:$LD_LIBRARY_PATH" "$peers/usr/sbin/squid" -N -n "$service" \
  -f "$work/squid.conf" >"$work/squid.log" 2>&1 &
started+=($!)
listens "$proxy"

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
