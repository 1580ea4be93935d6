#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# ./virtuoso test: installs what the tests need where that is possible, builds everything and runs all tests.
# Started by the launcher, which sets VIRTUOSO_HOME and a JAVA_HOME that is new enough.
set -euo pipefail

readonly home=${VIRTUOSO_HOME:?started by ./virtuoso test}
readonly log="$home/target/test.log"

# Program and the Debian package that has it.
readonly -a PROGRAMS=(
  mvn:maven gcc:gcc make:make ip:iproute2 nft:nftables curl:curl python3:python3 flock:util-linux
  memcached:memcached nginx:nginx-light redis-server:redis-server redis-cli:redis-tools redis-benchmark:redis-tools
  apache2:apache2 haproxy:haproxy varnishd:varnish /usr/sbin/sshd:openssh-server ssh:openssh-client
  /usr/sbin/named:bind9 /usr/sbin/rndc:bind9-utils dig:bind9-dnsutils
  /usr/sbin/vsftpd:vsftpd /usr/sbin/dnsmasq:dnsmasq-base ruby:ruby hostname:hostname
  qemu-system-x86_64:qemu-system-x86 busybox:busybox-static cpio:cpio
  wrk:wrk iperf3:iperf3 strace:strace openssl:openssl tcpdump:tcpdump setpriv:util-linux
)

missing_packages() {
  local entry
  for entry in "${PROGRAMS[@]}"; do
    command -v "${entry%%:*}" >/dev/null 2>&1 || echo "${entry#*:}"
  done
  [[ -e /usr/include/stdio.h ]] || echo libc6-dev
  compgen -G '/boot/vmlinuz-*-cloud-amd64' >/dev/null || echo linux-image-cloud-amd64 # for virtual machines
  compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null || echo postgresql # its programs are not on the PATH
}

# Installs packages without starting the services that come with them.
install_packages() {
  local policy=/usr/sbin/policy-rc.d made_policy=
  if [[ ! -e $policy ]]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod +x "$policy"
    made_policy=yes
  fi
  local status=0
  export DEBIAN_FRONTEND=noninteractive
  apt-get install -y -q --no-install-recommends "$@" ||
    { apt-get update -q && apt-get install -y -q --no-install-recommends "$@"; } || status=$?
  [[ -z $made_policy ]] || rm -f "$policy"
  return "$status"
}

need_packages() {
  local -a packages
  mapfile -t packages < <(missing_packages | sort -u)
  ((${#packages[@]})) || return 0
  if ((EUID == 0)) && command -v apt-get >/dev/null; then
    echo "virtuoso test: installing ${packages[*]}"
    install_packages "${packages[@]}" >"$home/target/apt.log" 2>&1 </dev/null || tail -n 5 "$home/target/apt.log"
    mapfile -t packages < <(missing_packages | sort -u)
  fi
  if ((${#packages[@]})); then
    echo "virtuoso test: missing packages: ${packages[*]}; install them as root, then try again" >&2
    exit 1
  fi
}

# The summary line of each module's test run, and of the stress tests, as the runners printed them.
summary() {
  awk '
    / Building virtuoso/ { module = $0; sub(/.*Building /, "", module); sub(/ .*/, "", module) }
    /Tests run: [0-9]+, Failures: [0-9]+, Errors: [0-9]+, Skipped: [0-9]+ *$/ {
      sub(/^\[[A-Z]+\] +/, ""); print module ":"; print $0
    }' "$log"
}

# Every benchmark case once, very briefly, and some through each kind of port.
each_benchmark() {
  local port
  "$home/virtuoso" bench all --smoke || return
  for port in tap packet xdp; do
    "$home/virtuoso" bench rpc --smoke --port "$port" || return
    "$home/virtuoso" bench nginx --smoke --port "$port" --case '612 B c32' --case '100 KB c32' || return
  done
}

# Do they still run on both sides? Says nothing about speed.
smoke_benchmarks() {
  touch "$home/target/built" "$home/target/built-jvm"
  each_benchmark >"$home/target/bench-smoke.txt" 2>"$home/target/bench-smoke.log" </dev/null && return 0
  echo "virtuoso test: benchmarks failed; see target/bench-smoke.txt and target/bench-smoke.log" >&2
  grep FAILED "$home/target/bench-smoke.txt" >&2 || tail -n 5 "$home/target/bench-smoke.log" >&2
  return 1
}

mkdir -p "$home/target"
need_packages
((EUID == 0)) || echo "virtuoso test: not root: tests that need a TAP or namespaces will fail" >&2
cd "$home"
status=0
mvn -B "$@" verify 2>&1 </dev/null | tee "$log" || status=$?
echo
if ((status == 0 && EUID == 0)); then
  smoke_benchmarks || status=$?
fi
if ((status == 0)); then
  echo "virtuoso test: all passed in $SECONDS s"
else
  echo "virtuoso test: FAILED after $SECONDS s; everything is in target/test.log"
fi
summary
exit "$status"
