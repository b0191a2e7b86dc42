# The real servers for the run.sh of an example, which sources this: on loopback, from what
# tests/peers.sh brings, in a folder that goes with them. Sets `root`, `peers` and `work`.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

bash "$root/tests/peers.sh" >/dev/null
peers=$(cd "${OUTBOUND_PEERS:-$root/target/peers}" && pwd)
export LD_LIBRARY_PATH="$peers/usr/lib/$(uname -m)-linux-gnu"

work=$(mktemp -d)
# Servers that root starts read and write there as somebody else.
chmod 755 "$work"
mkdir -m 777 "$work/log"
# Shared memory goes by Squid's name: two with one name would use the same.
service=example$$
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

# Prints so many free ports.
free_ports() {
  "${python[@]}" -c "import socket, sys
free = [socket.create_server(('127.0.0.1', 0)) for _ in range(int(sys.argv[1]))]
print(*(one.getsockname()[1] for one in free))" "$1"
}

# Runs a server in the background, with its words in the log of that name, until its port is open.
serve() {
  local name=$1 port=$2
  shift 2
  "$@" >"$work/log/$name.log" 2>&1 &
  started+=($!)
  until (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do
    kill -0 "${started[-1]}" 2>/dev/null || { cat "$work"/log/* >&2; exit 1; }
    sleep 0.1
  done
}

# AWS in memory, which wants no account: `moto PORT [OPTION...]`. Buckets stand in the path: it would
# take the first part of any name for one.
moto() {
  serve moto "$1" env S3_IGNORE_SUBDOMAIN_BUCKETNAME=true "${python[@]}" -m moto.server --host 127.0.0.1 --port "$@"
}

# Squid as the tests have it, with a password: `squid PORT 'NAME...' [USER...]`. It alone knows the
# names. The users have the password that fixtures/peers/README.md tells.
squid() {
  local port=$1 user
  mkdir "$work/lib"
  cp -r "$peers/usr/share/squid-langpack/templates" "$work/errors"
  cp -r "$peers/usr/share/squid/icons" "$work/icons"
  cp "$peers/usr/share/squid/mime.conf" "$peers/usr/lib/squid/basic_ncsa_auth" "$work"
  cp "$LD_LIBRARY_PATH"/libnettle* "$work/lib" 2>/dev/null || true
  echo "127.0.0.1 localhost $2" >"$work/hosts"
  for user in svc-data "${@:3}"; do
    sed "s/^svc-data:/$user:/" "$root/fixtures/peers/squid.passwd"
  done >"$work/squid.passwd"
  cat "$root/fixtures/peers/squid-password.conf" "$root/fixtures/peers/squid.conf" |
    sed -e "s|@PORT@|$port|; s|@TUNNEL_PORTS@|1024-65535|; s|@ALLOW@|localhost password|" \
      -e "s|@DIR@|$work|g; s|@LOG@|$work/log|g" >"$work/squid.conf"
  serve squid "$port" env "LD_LIBRARY_PATH=$work/lib:$LD_LIBRARY_PATH" "$peers/usr/sbin/squid" -N \
    -n "$service" -f "$work/squid.conf"
}
