#!/usr/bin/env bash
# Runs the same SQL with DataFusion and with Ballista (a scheduler and two executors, processes of
# their own), over CSV on vsftpd and Parquet on S3 (moto, HTTPS), all of it through a Squid that wants a
# password and alone knows the names of both. Each process has a user name of its own at Squid, whose
# log then tells who has read. Compares what both give with what Python has counted. The build takes
# some 400 crates and, on two busy cores, 20 minutes; TARGET_DIR says where it is kept.
cd "$(dirname "${BASH_SOURCE[0]}")"
source ../peers.sh
target=${TARGET_DIR:-$root/target/engines}

die() { echo "run: $*" >&2; tail -n 20 "$work"/log/*.log >&2; exit 1; }

env -u LD_LIBRARY_PATH cargo build --target-dir "$target"

# ---------------------------------------------------------------- data and servers

ports=$(free_ports 8)
read -r ftp s3 proxy scheduler flight1 grpc1 flight2 grpc2 <<<"$ports"

mkdir -m 755 "$work/ftp" "$work/vsftpd" "$work/vsftpd/empty"
"${python[@]}" data.py "$work/ftp" >"$work/expected"
chmod -R a+rX "$work/ftp"
run_as=$([ "$(id -u)" = 0 ] || echo run_as_launching_user=YES)
sed -e "s|@PORT@|$ftp|; s|@ROOT@|$work/ftp|; s|@EXTRA@|$run_as|; s|@[DL][IO][RG]@|$work/vsftpd|" \
  "$root/fixtures/peers/vsftpd.conf" >"$work/vsftpd/vsftpd.conf"
serve vsftpd "$ftp" "$peers/usr/sbin/vsftpd" "$work/vsftpd/vsftpd.conf"

export AWS_ACCESS_KEY_ID=AKIAEXAMPLE AWS_SECRET_ACCESS_KEY=example AWS_REGION=eu-west-1
"${python[@]}" -c "import sys; from werkzeug.serving import make_ssl_devcert
make_ssl_devcert(sys.argv[1], host='s3.test')" "$work/s3"
moto "$s3" --ssl-cert "$work/s3.crt" --ssl-key "$work/s3.key"
"${python[@]}" -W ignore - "https://127.0.0.1:$s3" <<'PYTHON'
import os, sys, boto3
s3 = boto3.client('s3', endpoint_url=sys.argv[1], verify=False)
s3.create_bucket(Bucket='lake', CreateBucketConfiguration={'LocationConstraint': os.environ['AWS_REGION']})
PYTHON

squid "$proxy" 'ftp.test s3.test' datafusion client scheduler executor-1 executor-2
for name in ftp.test s3.test; do
  ! getent hosts "$name" >/dev/null || die "$name is known without the proxy: this run would show nothing"
done

export AWS_ENDPOINT_URL="https://s3.test:$s3" PROXY_PASSWORD='p@ss:w%rd'
unset http_proxy https_proxy all_proxy no_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY

# Runs a program of the example by the settings of that user.
as() {
  local user=$1
  shift
  cat >"$work/$user.toml" <<TOML
[proxy]
url = "http://127.0.0.1:$proxy"
username = "$user"
password = { env = "PROXY_PASSWORD" }
bypass = []

[policy]
direct = "bypass-only"

[connections.s3]
url = "https://s3.test:$s3/"
ca_file = "$work/s3.crt"
TOML
  exec env -u LD_LIBRARY_PATH -u OUTBOUND_PEERS OUTBOUND_CONFIG="$work/$user.toml" "$@"
}

for file in load report; do
  sed "s|@CSV@|ftp://ftp.test:$ftp|" "$file.sql" >"$work/$file.sql"
done

# Ends the run when a table is not what Python has counted.
compare() {
  tr -d '|' <"$work/$1.out" | awk 'NF == 4 && $2 ~ /^[0-9]+$/ { $1 = $1; print }' >"$work/$1.rows"
  diff "$work/expected" "$work/$1.rows" || die "$1 has counted otherwise"
}

# ---------------------------------------------------------------- DataFusion

echo "-- DataFusion"
(as datafusion "$target/debug/sql" "$work/load.sql" "$work/report.sql") | tee "$work/datafusion.out"
compare datafusion

# ---------------------------------------------------------------- Ballista

echo "-- Ballista"
serve scheduler "$scheduler" as scheduler "$target/debug/cluster" scheduler "$scheduler"
for executor in 1 2; do
  flight=flight$executor grpc=grpc$executor
  mkdir "$work/executor-$executor"
  serve "executor-$executor" "${!flight}" as "executor-$executor" "$target/debug/cluster" \
    executor "executor-$executor" "$scheduler" "${!flight}" "${!grpc}" "$work/executor-$executor"
done
(as client "$target/debug/cluster" sql "$scheduler" "$work/report.sql") | tee "$work/ballista.out"
compare ballista

# A tunnel is logged when it ends. The executors take leave of the scheduler, so that comes last.
for _ in 1 2 3; do
  kill "${started[-1]}"
  wait "${started[-1]}" || true
  unset 'started[-1]'
done

# ---------------------------------------------------------------- who has read

echo "-- tunnels through the proxy"
log=$work/log/access.log
# Squid writes a line for each 407 too: what counts is the tunnels that it has opened.
grep '^CONNECT .* 200 ' "$log" | awk -v ftp="ftp.test:$ftp" -v s3="s3.test:$s3" '
  { to = $2 == s3 ? "S3" : $2 == ftp ? "FTP control" : "FTP data"; count[$5 "  " to]++ }
  END { for (each in count) print each "  " count[each] }' | sort | tee "$work/tunnels"
for executor in executor-1 executor-2; do
  grep -q "^$executor  FTP data" "$work/tunnels" || die "$executor has read nothing from the ftp server"
  grep -q "^$executor  S3" "$work/tunnels" || die "$executor has read nothing from S3"
done
# `-`: somebody tried whether the port is open.
! grep -v '^CONNECT \|^- ' "$log" || die "something went out without a tunnel"
