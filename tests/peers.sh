#!/usr/bin/env bash
# Brings the real servers that the integration tests run against (Squid, Apache httpd, tinyproxy,
# nginx, haproxy, mitmproxy, vsftpd, ProFTPD, Pure-FTPd and pyftpdlib) and clients that the program is to serve
# (R, and requests and pip for Python), who reads its reports (Chromium, GitHub's renderer of Markdown,
# a validator of JSON Schema), with the shared libraries that this machine lacks, libfaketime for a
# clock that is wrong, and curl, openssl, wget and python3 if they are missing. They come as
# Debian packages and are only unpacked into a folder (target/peers, or $OUTBOUND_PEERS): nothing is
# installed, no service is started, and packages that conflict with each other live side by side.
# What Debian has not (tests/python.txt) pip brings from PyPI into the folder `python` in it. The
# second run is quick.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
prefix=${OUTBOUND_PEERS:-$here/../target/peers}

# One package a line, and what in it the tests use.
peers='squid       usr/sbin/squid
squid          usr/lib/squid/basic_ncsa_auth
apache2-bin    usr/sbin/apache2
nginx          usr/sbin/nginx
haproxy        usr/sbin/haproxy
vsftpd         usr/sbin/vsftpd
tinyproxy-bin  usr/bin/tinyproxy
proftpd-core   usr/sbin/proftpd
proftpd-mod-crypto  usr/lib/proftpd/mod_tls.so
pure-ftpd      usr/sbin/pure-ftpd
mitmproxy      usr/bin/mitmdump
python3-asgiref             usr/lib/python3/dist-packages/asgiref/sync.py
python3-blinker             usr/lib/python3/dist-packages/blinker/base.py
python3-brotli              usr/lib/python3/dist-packages/brotli.py
python3-click               usr/lib/python3/dist-packages/click/core.py
python3-colorama            usr/lib/python3/dist-packages/colorama/ansi.py
python3-flask               usr/lib/python3/dist-packages/flask/app.py
python3-h11                 usr/lib/python3/dist-packages/h11/_connection.py
python3-h2                  usr/lib/python3/dist-packages/h2/connection.py
python3-hpack               usr/lib/python3/dist-packages/hpack/hpack.py
python3-hyperframe          usr/lib/python3/dist-packages/hyperframe/frame.py
python3-itsdangerous        usr/lib/python3/dist-packages/itsdangerous/signer.py
python3-jinja2              usr/lib/python3/dist-packages/jinja2/environment.py
python3-kaitaistruct        usr/lib/python3/dist-packages/kaitaistruct.py
python3-ldap3               usr/lib/python3/dist-packages/ldap3/version.py
python3-markupsafe          usr/lib/python3/dist-packages/markupsafe/_native.py
python3-msgpack             usr/lib/python3/dist-packages/msgpack/ext.py
python3-passlib             usr/lib/python3/dist-packages/passlib/apache.py
python3-protobuf            usr/lib/python3/dist-packages/google/protobuf/message.py
python3-publicsuffix2       usr/lib/python3/dist-packages/publicsuffix2/__init__.py
python3-pyasn1              usr/lib/python3/dist-packages/pyasn1/type/univ.py
python3-pyparsing           usr/lib/python3/dist-packages/pyparsing/core.py
python3-pyperclip           usr/lib/python3/dist-packages/pyperclip/__init__.py
python3-ruamel.yaml         usr/lib/python3/dist-packages/ruamel/yaml/main.py
python3-ruamel.yaml.clib    usr/lib/python3/dist-packages/_ruamel_yaml.*.so
python3-sortedcontainers    usr/lib/python3/dist-packages/sortedcontainers/sortedlist.py
python3-tornado             usr/lib/python3/dist-packages/tornado/ioloop.py
python3-urwid               usr/lib/python3/dist-packages/urwid/widget.py
python3-werkzeug            usr/lib/python3/dist-packages/werkzeug/http.py
python3-wsproto             usr/lib/python3/dist-packages/wsproto/connection.py
python3-zstandard           usr/lib/python3/dist-packages/zstandard/__init__.py
libfaketime    usr/lib/*-linux-gnu/faketime/libfaketime.so.1
python3-pyftpdlib  usr/lib/python3/dist-packages/pyftpdlib/servers.py
python3-openssl        usr/lib/python3/dist-packages/OpenSSL/SSL.py
python3-cryptography   usr/lib/python3/dist-packages/cryptography/x509/base.py
python3-cffi-backend   usr/lib/python3/dist-packages/_cffi_backend.*.so
r-base-core    usr/lib/R/bin/exec/R
r-base-core    usr/lib/R/modules/internet.so
python3-pip                 usr/lib/python3/dist-packages/pip/__main__.py
python3-requests            usr/lib/python3/dist-packages/requests/api.py
python3-certifi             usr/lib/python3/dist-packages/certifi/core.py
python3-chardet             usr/lib/python3/dist-packages/chardet/__init__.py
python3-charset-normalizer  usr/lib/python3/dist-packages/charset_normalizer/api.py
python3-idna                usr/lib/python3/dist-packages/idna/core.py
python3-six                 usr/lib/python3/dist-packages/six.py
python3-urllib3             usr/lib/python3/dist-packages/urllib3/request.py
python3-jsonschema          usr/lib/python3/dist-packages/jsonschema/validators.py
python3-attr                usr/lib/python3/dist-packages/attr/__init__.py
python3-pyrsistent          usr/lib/python3/dist-packages/pyrsistent/__init__.py
cmark-gfm                   usr/bin/cmark-gfm
chromium-headless-shell     usr/lib/chromium/chromium-headless-shell
chromium-common             usr/lib/chromium/icudtl.dat
fonts-dejavu-core           usr/share/fonts/truetype/dejavu/DejaVuSans.ttf'
# Brought only when the machine has no such program.
tools='curl openssl wget python3 lftp'

die() { echo "peers: $*" >&2; exit 1; }

for program in apt-get apt-cache dpkg ldd flock; do
  command -v "$program" >/dev/null || die "$program is missing; this script needs Debian or a relative"
done

mkdir -p "$prefix"
prefix=$(cd "$prefix" && pwd)
lib="$prefix/usr/lib/$(uname -m)-linux-gnu"
# Where an installation would make links to, or the program tells the loader itself.
libraries="$lib:$lib/blas:$lib/lapack:$lib/pulseaudio:$prefix/usr/lib/R/lib"
exec 9>"$prefix/.lock"
flock 9

# ---------------------------------------------------------------- what must be there

# Whether the machine has the program, as the tests look for it: another Python than the system's (a
# version manager's, a container's in /usr/local) has not the modules that Debian's packages are for.
has() {
  case $1 in
    python3) [ -x /usr/bin/python3 ] ;;
    *) command -v "$1" >/dev/null ;;
  esac
}

# Prints what is missing below the prefix: a program, or a library that one of them needs.
missing() {
  local package program found
  while read -r package program; do
    # A name may hold a pattern: extensions of Python are named after its version.
    found=$(compgen -G "$prefix/$program" | head -n 1) || true
    if [ -z "$found" ]; then
      echo "$program of the package $package"
    else
      libraries "$found"
    fi
  done <<<"$peers"
  for program in $tools; do
    has "$program" && continue
    if [ -x "$prefix/usr/bin/$program" ]; then libraries "$prefix/usr/bin/$program"; else echo "the program $program"; fi
  done
}

libraries() {
  LD_LIBRARY_PATH=$libraries ldd "$1" 2>&1 |
    sed -n "s|^.*\(lib[^ ]*\).*not found.*|the library \1 for ${1##*/}|p"
}

# ---------------------------------------------------------------- what PyPI has

# The system's Python, or the one that was brought: as the tests start it.
python() {
  local python=/usr/bin/python3 environment=("PYTHONPATH=$prefix/usr/lib/python3/dist-packages")
  [ -x "$python" ] || {
    python="$prefix/usr/bin/python3"
    environment+=("PYTHONHOME=$prefix/usr" "LD_LIBRARY_PATH=$libraries")
  }
  env "${environment[@]}" "$python" "$@"
}

# Of these too the stamp is a digest; what is compiled belongs to one version of Python.
bring_python() {
  local list="$here/python.txt" folder="$prefix/python" wanted
  wanted=$(python --version && sha256sum <"$list")
  [ "$(cat "$folder/.stamp" 2>/dev/null)" != "$wanted" ] || return 0
  rm -rf "$folder"
  python -m pip install --quiet --disable-pip-version-check --root-user-action=ignore \
    --only-binary :all: --no-compile --no-deps --target "$folder" --requirement "$list" >&2 ||
    die "cannot bring the Python packages of tests/python.txt; pip says why"
  echo "$wanted" >"$folder/.stamp"
}

# ---------------------------------------------------------------- whether that is all

# The stamp holds this script's digest: another list of packages is another stamp.
stamp="$prefix/.stamp"
wanted=$(sha256sum <"${BASH_SOURCE[0]}")
if [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ] && [ -z "$(missing)" ]; then
  bring_python
  echo "peers: $(cat "$prefix/.brought") (already in $prefix)"
  exit 0
fi

# ---------------------------------------------------------------- which packages

updated=
update() { # once, and only root may
  [ -z "$updated" ] || return 1
  [ "$(id -u)" = 0 ] || die "$1; run 'apt-get update' as root first"
  updated=yes
  # Another source of this machine may be out of reach: what counts is whether ours are found.
  apt-get -qq update >&2 || true
}

# Prints NAME=VERSION of the package and of every library that it needs and the machine lacks.
resolve() {
  apt-get install --simulate --no-install-recommends "$1" 2>/dev/null |
    sed -n 's/^Inst \([^ :]*\)[^(]*(\([^ ]*\) .*/\1 \2/p' |
    while read -r name version; do
      case $name in
        # Everyone has libc, and one that does not match ld.so breaks every program.
        libc6 | libc-bin | lib*-dev | lib*perl*) ;;
        "$1" | "$1"-* | "$1".* | lib*) echo "$name=$version" ;;
      esac
    done
}

names=$(cut -d' ' -f1 <<<"$peers" | sort -u)
for tool in $tools; do
  has "$tool" || names="$names $tool"
done

plan() {
  local name found
  for name in $names; do
    found=$(resolve "$name")
    if ! grep -q "^$name=" <<<"$found"; then
      # Already installed on this machine: bring the same version, for one way to start it.
      found="$found $name=$(apt-cache policy "$name" | sed -n 's/^  Candidate: \([^(]*\)$/\1/p')"
      case $found in *=) return 1 ;; esac
    fi
    printf '%s\n' $found
  done
}

packages=$(plan) || { update "the package lists are missing" && packages=$(plan); } || {
  for name in $names; do
    [ -n "$(apt-cache show "$name" 2>/dev/null)" ] || die "the package $name is not known to apt; are Debian's sources configured?"
  done
  die "cannot resolve the packages:" $names
}
packages=$(sort -u <<<"$packages")

# ---------------------------------------------------------------- bring and unpack

work=$(mktemp -d "$prefix/.work.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir "$work/deb" "$work/root"

options=()
# Without this apt warns that its own user cannot write here.
[ "$(id -u)" != 0 ] || options=(-o APT::Sandbox::User=root)
download() { (cd "$work/deb" && apt-get "${options[@]}" -qq download $packages >"$work/log" 2>&1); }
download || {
  # Lists that are older than the archive name versions that have gone.
  update "cannot download the packages: $(tail -n 3 "$work/log")"
  packages=$(plan | sort -u)
  download
} || {
  for package in $packages; do
    ls "$work/deb/${package%%=*}"_*.deb >/dev/null 2>&1 || echo "peers: missing the package $package" >&2
  done
  die "cannot download the packages: $(tail -n 3 "$work/log")"
}

for deb in "$work"/deb/*.deb; do
  dpkg -x "$deb" "$work/root" || die "cannot unpack ${deb##*/}"
done

# Libraries of packages that still say /lib belong where the loader is told to look.
if [ -d "$work/root/lib" ]; then
  cp -a "$work/root/lib/." "$work/root/usr/lib/"
  rm -rf "$work/root/lib"
fi

# An installation would copy it to /etc/R, where the link leads.
ln -sf Renviron.ucf "$work/root/usr/lib/R/etc/Renviron"

rm -rf "$prefix/usr" "$prefix/etc" "$stamp"
mv "$work/root/usr" "$work/root/etc" "$prefix/"

# Without the system's modules (-S), which another machine may not have.
import_all() {
  python -S -c 'import mitmproxy.tools.main, jsonschema, pyftpdlib.servers, OpenSSL.SSL, requests' 2>&1 |
    sed -n 's|^[A-Za-z]*Error: |a module of Python: |p'
}

lacking=$(missing; import_all)
[ -z "$lacking" ] || die "still missing after unpacking: $(tr '\n' ',' <<<"$lacking")"

for name in $names; do grep "^$name=" <<<"$packages"; done | tr '=\n' '  ' >"$prefix/.brought"
echo "$wanted" >"$stamp"
bring_python
echo "peers: $(cat "$prefix/.brought") (unpacked into $prefix)"
