#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# ./virtuoso doctor: what this machine has and lacks, a line each, with how to mend it. Needs neither a JDK nor a build.
# Exit status 1 when something is missing without which Virtuoso does not work.
set -u

home=${VIRTUOSO_HOME:?started by ./virtuoso doctor}
run_dir=${VIRTUOSO_RUN_DIR:-/run/virtuoso}
failures=0
warnings=0

ok() { printf 'ok    %-16s %s\n' "$1" "$2"; }

warn() {
  warnings=$((warnings + 1))
  printf 'warn  %-16s %s\n                       mend: %s\n' "$1" "$2" "$3"
}

bad() {
  failures=$((failures + 1))
  printf 'FAIL  %-16s %s\n                       mend: %s\n' "$1" "$2" "$3"
}

have() { command -v "$1" >/dev/null 2>&1; }

machine() {
  system=$(uname -s)
  processor=$(uname -m)
  if [ "$system" != Linux ]; then
    bad machine "$system: only Linux is supported" "use a Linux machine"
  elif [ "$processor" != x86_64 ]; then
    warn machine "$processor: tested on x86_64 only" "none; tell us how it went"
  else
    ok machine "$system $(uname -r), $processor, $(getconf _NPROCESSORS_ONLN 2>/dev/null || echo '?') processors"
  fi
  libc=$(getconf GNU_LIBC_VERSION 2>/dev/null) || libc=
  case $libc in
    "glibc 2."*)
      if [ "${libc#glibc 2.}" -ge 28 ] 2>/dev/null; then
        ok libc "$libc"
      else
        bad libc "$libc: the preload library needs 2.28 or newer" "use a newer distribution"
      fi
      ;;
    *) bad libc "no glibc: programs linked with another libc cannot be guests yet" "use a distribution with glibc" ;;
  esac
}

# The names of system calls that this kernel has; its version says it where the list is hidden.
has_call() {
  if [ -r /proc/kallsyms ] && grep -qm1 sys_ /proc/kallsyms; then
    grep -qm1 "sys_$1\$" /proc/kallsyms
  else
    version=$(uname -r)
    major=${version%%.*}
    [ "$major" -ge 4 ] 2>/dev/null
  fi
}

kernel() {
  for feature in memfd_create:"shared memory (memfd, seals)" eventfd2:"doorbells (eventfd)" epoll_create1:"waiting (epoll)"; do
    if has_call "${feature%%:*}"; then
      ok kernel "${feature#*:}"
    else
      bad kernel "no ${feature#*:}" "use a kernel of 4.0 or newer that has it built in"
    fi
  done
}

# Whether this process has the capability of this number (capabilities(7)).
has_capability() {
  capabilities=$(sed -n 's/^CapEff:[[:space:]]*//p' /proc/self/status)
  [ $((0x${capabilities:-0} >> $1 & 1)) -eq 1 ]
}

readonly CAP_NET_ADMIN=12
readonly CAP_NET_RAW=13
readonly CAP_SYS_ADMIN=21
readonly CAP_BPF=39

tap() {
  if ! has_capability $CAP_NET_ADMIN; then
    warn permissions "no CAP_NET_ADMIN: no TAP, so guests reach only each other" \
      "run as root, or: setcap cap_net_admin+ep on the java program"
    return
  fi
  ok permissions "CAP_NET_ADMIN (user $(id -un))"
  if [ ! -c /dev/net/tun ]; then
    bad tap "no /dev/net/tun" "modprobe tun; in a container: --device /dev/net/tun"
  elif ! have ip; then
    warn tap "/dev/net/tun is there; not tried, for there is no 'ip'" "apt-get install iproute2"
  elif ip tuntap add dev vdoctor$$ mode tap vnet_hdr 2>/dev/null; then
    ip tuntap del dev vdoctor$$ mode tap
    ok tap "TAP with virtio-net headers"
  else
    bad tap "no TAP can be made: $(ip tuntap add dev vdoctor$$ mode tap vnet_hdr 2>&1 | head -n 1)" \
      "in a container: --cap-add NET_ADMIN --device /dev/net/tun"
  fi
}

# Ports that a configuration may ask for beside the TAP.
ports() {
  if ! has_capability $CAP_NET_RAW; then
    warn ports "no CAP_NET_RAW: no ports of kind packet and xdp" \
      "run as root, or: setcap cap_net_admin,cap_net_raw,cap_bpf+ep on the java program"
    return
  fi
  ok ports "packet (CAP_NET_RAW)"
  if ! grep -q '^XDP ' /proc/net/protocols 2>/dev/null; then
    warn ports "no AF_XDP: no ports of kind xdp" "use a kernel with CONFIG_XDP_SOCKETS"
  elif ! has_capability $CAP_NET_ADMIN || ! { has_capability $CAP_BPF || has_capability $CAP_SYS_ADMIN; }; then
    warn ports "no CAP_BPF with CAP_NET_ADMIN: no ports of kind xdp" \
      "run as root, or: setcap cap_net_admin,cap_net_raw,cap_bpf+ep on the java program"
  else
    ok ports "xdp (AF_XDP, CAP_BPF), where an interface's driver knows XDP"
  fi
}

limits() {
  soft=$(ulimit -S -n)
  hard=$(ulimit -H -n)
  if [ "$hard" = unlimited ] || [ "$hard" -ge 65536 ]; then
    ok "open files" "soft $soft, hard $hard"
  else
    warn "open files" "hard limit $hard: every socket of a guest and every attachment takes some" \
      "ulimit -n 1048576, or LimitNOFILE= in the unit, or docker --ulimit nofile=1048576"
  fi
  locked=$(ulimit -l 2>/dev/null) || locked=unknown
  ok "locked memory" "limit $locked (KiB); nothing is locked"
  available=$(sed -n 's/^MemAvailable: *\([0-9]*\) kB/\1/p' /proc/meminfo)
  if [ "${available:-0}" -ge 1048576 ]; then
    ok memory "$((available / 1024)) MiB available; the host stack's heap takes at most 512 MiB"
  else
    warn memory "$((${available:-0} / 1024)) MiB available" "leave 1 GiB to the host stack and its regions"
  fi
  container=$(cat /sys/fs/cgroup/memory.max 2>/dev/null) || container=max
  case $container in
    max | '') ok "memory limit" "none; regions are memfds, so the size of /dev/shm does not matter" ;;
    *) ok "memory limit" "$((container / 1048576)) MiB for this group; regions count towards the host stack's" ;;
  esac
}

jdk_feature() {
  [ -x "$1/bin/java" ] && sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$1/release" 2>/dev/null
}

tools() {
  found=
  for folder in "${JAVA_HOME:-/none}" "$(readlink -f "$(command -v java 2>/dev/null)" 2>/dev/null | sed 's,/bin/java$,,')" \
    /usr/lib/jvm/* /usr/java/* /opt/*jdk* /opt/java/* "${HOME:-/root}"/.sdkman/candidates/java/*; do
    feature=$(jdk_feature "$folder")
    if [ "${feature:-0}" -ge 25 ]; then
      found="$folder"
      break
    fi
  done
  if [ -n "$found" ]; then
    ok jdk "$feature in $found"
  else
    bad jdk "no JDK 25 or newer in JAVA_HOME, PATH, /usr/lib/jvm, /opt" "install one (adoptium.net) or set JAVA_HOME"
  fi
  built=no
  [ -e "$home/guest-preload-c/target/libvirtuoso.so" ] && [ -d "$home/host-stack/target/lib" ] && built=yes
  for tool in gcc:gcc make:make mvn:maven; do
    if have "${tool%%:*}"; then
      ok build "$(command -v "${tool%%:*}")"
    elif [ $built = yes ]; then
      warn build "no ${tool%%:*}; what is built keeps working" "apt-get install ${tool#*:}"
    else
      bad build "no ${tool%%:*}, and not everything is built yet" "apt-get install ${tool#*:}"
    fi
  done
  if [ -e /usr/include/stdio.h ] || [ $built = yes ]; then
    ok build "C headers"
  else
    bad build "no C headers" "apt-get install libc6-dev"
  fi
  for part in guest-preload-c/target/libvirtuoso.so guest-preload-c/target/virtuoso-ctl \
    host-stack/target/virtuoso-host-stack-0.1.0-SNAPSHOT.jar; do
    if [ -e "$home/$part" ]; then
      ok artefact "$part, $(date -r "$home/$part" '+%Y-%m-%d %H:%M')"
    else
      ok artefact "$part: not built yet; the first command that needs it builds it"
    fi
  done
  for tool in nginx:nginx-light memcached:memcached curl:curl wrk:wrk; do
    have "${tool%%:*}" || warn demo "no ${tool%%:*}: the demo needs it" "apt-get install ${tool#*:}"
  done
}

writable_above() {
  folder=$1
  while [ ! -e "$folder" ]; do
    folder=$(dirname "$folder")
  done
  [ -d "$folder" ] && [ -w "$folder" ]
}

host_stack() {
  if ! writable_above "$run_dir"; then
    bad "run directory" "$run_dir cannot be written by $(id -un)" \
      "set VIRTUOSO_RUN_DIR to a folder of yours, for example \$XDG_RUNTIME_DIR/virtuoso"
  elif [ ${#run_dir} -gt 60 ]; then
    warn "run directory" "$run_dir is long: a Unix socket's path has at most 107 bytes" "set VIRTUOSO_RUN_DIR"
  else
    ok "run directory" "$run_dir"
  fi
  ctl="$home/guest-preload-c/target/virtuoso-ctl"
  if [ ! -S "$run_dir/control.sock" ]; then
    ok "host stack" "none runs at $run_dir; start one with: ./virtuoso up"
  elif [ ! -x "$ctl" ]; then
    ok "host stack" "there is a control socket at $run_dir; not asked, for nothing is built yet"
  elif answer=$(VIRTUOSO_RUN_DIR=$run_dir timeout 5 "$ctl" ready 2>&1); then
    ok "host stack" "serves at $run_dir${answer:+: $answer}"
  else
    warn "host stack" "does not answer at $run_dir: $answer" "stop it, remove $run_dir/control.sock, start it again"
  fi
}

case ${1:-} in
  '') ;;
  -h | --help)
    echo "usage: ./virtuoso doctor      exit status 1 when something is missing that Virtuoso needs"
    exit 0
    ;;
  *)
    echo "virtuoso doctor: no argument is taken" >&2
    exit 2
    ;;
esac
echo "virtuoso 0.1.0-SNAPSHOT in $home"
machine
kernel
tap
ports
limits
tools
host_stack
echo "$failures to mend, $warnings to consider"
[ "$failures" -eq 0 ]
