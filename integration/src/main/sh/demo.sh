#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# ./virtuoso demo: a host stack of its own, nginx and memcached as guests, and real clients that use them: from another
# guest, and from this machine's own kernel through the TAP. Everything is checked, reported and removed again.
# Started by the launcher, which sets VIRTUOSO_HOME and has built what is needed.
set -uo pipefail

readonly home=${VIRTUOSO_HOME:?started by ./virtuoso demo}
readonly mcload="$home/benchmarks/target/bin/mcload"
readonly BIG_BYTES=20000000
readonly SECONDS_OF_LOAD=3

folder=
failures=0
declare -a children=()
host_pid=

# --- the end, also by Ctrl-C -----------------------------------------------------------------------------------------

# Ends a process that we started: politely, and after three seconds by force.
stop() {
  local pid=$1
  kill -TERM "$pid" 2>/dev/null || return 0
  local tries
  for ((tries = 0; tries < 60; tries++)); do
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.05
  done
  kill -KILL "$pid" 2>/dev/null
  wait "$pid" 2>/dev/null
}

clean_up() {
  trap - EXIT INT TERM
  local pid
  for pid in "${children[@]}"; do
    stop "$pid"
  done
  [[ -z $host_pid ]] || stop "$host_pid"
  [[ -z $folder ]] || rm -rf "$folder"
}

trap clean_up EXIT
trap 'echo; echo "interrupted"; exit 130' INT TERM

give_up() {
  echo "virtuoso demo: $*" >&2
  local log
  for log in "$folder"/*.log; do
    [[ -s $log ]] && { echo "--- $(basename "$log")"; tail -n 15 "$log"; } >&2
  done
  exit 1
}

# --- report ----------------------------------------------------------------------------------------------------------

heading() {
  printf '\n%s\n' "$1"
}

# A line of the report: what was done, from where, and what came out.
line() {
  printf '  %-5s %-34s %-16s %s\n' "$1" "$2" "$3" "$4"
}

passed() { line ok "$@"; }

failed() {
  failures=$((failures + 1))
  line FAIL "$@"
}

# Takes what a command says on its own lines into the report of a failure.
excerpt() {
  tail -n "${2:-4}" "$1" | sed 's/^/          | /'
}

# --- host stack and guests -------------------------------------------------------------------------------------------

# A subnet that nothing on this machine uses, as its two first numbers. Where the search starts depends on the process,
# so that two demos at once do not choose the same.
free_subnet() {
  local tries used
  used=$({ ip -4 addr show; ip -4 route show; } 2>/dev/null)
  for ((tries = 0; tries < 100; tries++)); do
    local second=$((100 + ($$ + tries) % 100))
    if ! grep -q "10\.$second\." <<<"$used"; then
      echo "10.$second"
      return
    fi
  done
  return 1
}

free_tap() {
  local number
  for ((number = 0; number < 100; number++)); do
    if [[ ! -e /sys/class/net/vdemo$number ]]; then
      echo "vdemo$number"
      return
    fi
  done
  return 1
}

# Waits for a line with $2 in file $1, as long as process $3 lives, at most 20 s.
await_line() {
  local tries
  for ((tries = 0; tries < 400; tries++)); do
    grep -qs "$2" "$1" && return 0
    kill -0 "$3" 2>/dev/null || return 1
    sleep 0.05
  done
  return 1
}

now_ms() {
  local micros=${EPOCHREALTIME/[.,]/}
  echo $((micros / 1000))
}

start_host_stack() {
  local subnet tap
  subnet=$(free_subnet) || give_up "10.100.0.0/16 to 10.199.0.0/16 are all in use here"
  tap=$(free_tap) || give_up "a hundred demos seem to run: see 'ip link'"
  kernel_address=$subnet.0.1
  cat >"$folder/demo.yaml" <<END
networks:
  - {name: demo, vni: 1, subnet: $subnet.0.0/16, tap: {name: $tap, address: $kernel_address}}
END
  export VIRTUOSO_RUN_DIR="$folder/run"
  local began
  began=$(now_ms)
  "$home/virtuoso" up -c "$folder/demo.yaml" >"$folder/host-stack.log" 2>&1 </dev/null &
  host_pid=$!
  await_line "$folder/host-stack.log" '^virtuoso ready' "$host_pid" || give_up "the host stack did not start"
  passed "host stack, TAP $tap" "$subnet.0.0/16" "ready in $(($(now_ms) - began)) ms"
}

# Starts server $2... as guest $1, with its output in a log.
serve() {
  local guest=$1
  shift
  "$home/virtuoso" run "$guest" -- "$@" >"$folder/$guest.log" 2>&1 </dev/null &
  children+=($!)
}

# The address of guest $1, from the first IPv4 address in its line.
address_of() {
  "$home/virtuoso" guests | awk -v name="$1" '
    $1 == name { for (i = 2; i <= NF; i++) if (match($i, /^10\.[0-9]+\.[0-9]+\.[0-9]+/)) {
      print substr($i, RSTART, RLENGTH); exit } }'
}

as_guest() {
  "$home/virtuoso" run client -- "$@"
}

as_kernel() {
  "$@"
}

write_nginx_files() {
  mkdir -p "$folder/www" "$folder/tmp"
  printf '<!doctype html><title>Virtuoso</title><p>served by nginx as a guest</p>\n' >"$folder/www/index.html"
  head -c "$BIG_BYTES" /dev/urandom >"$folder/www/big"
  cat >"$folder/nginx.conf" <<END
daemon off;
user root;
worker_processes 2;
pid $folder/nginx.pid;
error_log stderr warn;
events { worker_connections 1024; }
http {
  access_log off;
  sendfile on;
  keepalive_requests 1000000;
  client_body_temp_path $folder/tmp;
  proxy_temp_path $folder/tmp;
  fastcgi_temp_path $folder/tmp;
  uwsgi_temp_path $folder/tmp;
  scgi_temp_path $folder/tmp;
  server { listen 80; root $folder/www; }
}
END
}

start_guests() {
  write_nginx_files
  serve web nginx -p "$folder" -c "$folder/nginx.conf"
  serve cache memcached -u root -p 11211 -U 0 -t 2 -m 512 -I 2m -c 4096
  as_guest true || give_up "a guest cannot run a command"
  await_port web 80
  await_port cache 11211
  web=$(address_of web)
  cache=$(address_of cache)
  [[ -n $web && -n $cache ]] || give_up "the guests have no addresses: $("$home/virtuoso" guests)"
  passed "guest web: nginx, 2 workers" "$web:80" ""
  passed "guest cache: memcached, 2 threads" "$cache:11211" ""
}

# Waits until guest $1 listens on port $2.
await_port() {
  local tries
  for ((tries = 0; tries < 200; tries++)); do
    "$home/virtuoso" ss 2>/dev/null | grep -Eq "LISTEN.*:$2\b" && return 0
    sleep 0.05
  done
  give_up "guest $1 does not listen on port $2"
}

# --- what is shown ---------------------------------------------------------------------------------------------------

# Fetches a page and a big file byte for byte. $1: as_guest or as_kernel, $2: where that is.
fetch() {
  local out="$folder/curl.out" said
  if "$1" curl -sS --max-time 10 -o "$out" "http://$web/" 2>"$folder/curl.err" && cmp -s "$out" "$folder/www/index.html"; then
    passed "curl: page" "$2" "$(stat -c %s "$out") bytes, as on disk"
  else
    failed "curl: page" "$2" "$(head -n 1 "$folder/curl.err")"
  fi
  if said=$("$1" curl -sS --max-time 30 -o "$out" -w '%{size_download} %{speed_download}' "http://$web/big" \
    2>"$folder/curl.err") && cmp -s "$out" "$folder/www/big"; then
    passed "curl: big file" "$2" "$(awk '{ printf "%d bytes, as on disk, %.0f MB/s", $1, $2 / 1e6 }' <<<"$said")"
  else
    failed "curl: big file" "$2" "$(head -n 1 "$folder/curl.err")"
  fi
}

# Loads the web server. $1: as_guest or as_kernel, $2: where that is.
load_web() {
  local out="$folder/wrk.out"
  if "$1" wrk -t1 -c32 -d"${SECONDS_OF_LOAD}s" "http://$web/" >"$out" 2>&1 &&
    grep -q 'Requests/sec' "$out" && ! grep -Eq 'Socket errors|Non-2xx' "$out"; then
    passed "wrk: 32 connections" "$2" "$(awk '/requests in/ { n = $1; b = $5 } /Requests\/sec/ { r = $2 }
      END { printf "%d requests, %s, %.0f req/s, no error", n, b, r }' "$out")"
  else
    failed "wrk: 32 connections" "$2" "$(grep -E 'Socket errors|Non-2xx|unable|rror' "$out" | head -n 1)"
    excerpt "$out"
  fi
}

# One key, written and read back in memcached's own words. $1: as_guest or as_kernel, $2: where that is.
talk_to_cache() {
  local answer
  answer=$(printf 'set greeting 0 0 5\r\nhello\r\nget greeting\r\nquit\r\n' |
    "$1" curl -sS --max-time 5 "telnet://$cache:11211" 2>"$folder/curl.err" | tr -d '\r' | tr '\n' ' ')
  if [[ $answer == 'STORED VALUE greeting 0 5 hello END '* ]]; then
    passed "memcached: set, get" "$2" "$answer"
  else
    failed "memcached: set, get" "$2" "${answer:-no answer} $(head -n 1 "$folder/curl.err")"
  fi
}

# Values of 1 B to 1 MB over 200 connections, every answer compared. $1: as_guest or as_kernel, $2: where that is.
load_cache() {
  local out="$folder/mcload.out"
  if "$1" "$mcload" --host "$cache" --port 11211 --check --depth 1 --seconds "$SECONDS_OF_LOAD" >"$out" 2>&1; then
    passed "memcached: 200 connections, mixed" "$2" "$(cache_figures "$out")"
  else
    failed "memcached: 200 connections, mixed" "$2" "$(tail -n 1 "$out")"
  fi
}

# The report of mcload in words.
cache_figures() {
  awk -F'[:,]' '{
    for (i = 1; i < NF; i++) { gsub(/[{}" ]/, "", $i); value[$i] = $(i + 1) }
    printf "%d requests, %d MB of values compared, %.0f req/s, all right\n", value["operations"],
      value["verified_bytes"] / 1e6, value["operations"] / value["seconds"]
  }' "$1"
}

# The first $2 sockets of ss whose line has $1, each with its line of details.
socket_lines() {
  awk -v wanted="$1" -v most="$2" '
    /^[^ \t]/ { show = $0 ~ wanted && count < most; count += show }
    show { print "  " $0 }' "$folder/ss.out"
}

show_sockets() {
  heading "While wrk runs: virtuoso ss -i"
  as_guest wrk -t1 -c8 -d1s "http://$web/" >/dev/null 2>&1 &
  local pid=$!
  as_kernel curl -sS --limit-rate 4M --max-time 2 -o /dev/null "http://$web/big" 2>/dev/null &
  local slow=$!
  sleep 0.5
  "$home/virtuoso" ss -i >"$folder/ss.out"
  socket_lines LISTEN 2
  socket_lines "$web:80 +client/" 2
  socket_lines "$kernel_address:" 1
  wait "$pid" "$slow"
  heading "The guests"
  "$home/virtuoso" guests | sed 's/^/  /'
}

main() {
  local program
  for program in nginx memcached curl wrk ip; do
    command -v "$program" >/dev/null || give_up "'$program' is needed; './virtuoso doctor' says how to get it"
  done
  folder=$(mktemp -d "${TMPDIR:-/tmp}/virtuoso-demo.XXXXXX") || exit 1
  chmod 755 "$folder"
  ulimit -Sn "$(ulimit -Hn)" 2>/dev/null
  heading "Virtuoso demo"
  start_host_stack
  start_guests
  heading "From another guest (bytes go from ring to ring, no kernel in between)"
  fetch as_guest "guest client"
  load_web as_guest "guest client"
  talk_to_cache as_guest "guest client"
  load_cache as_guest "guest client"
  heading "From this machine's kernel (TCP through the TAP)"
  fetch as_kernel "kernel"
  load_web as_kernel "kernel"
  talk_to_cache as_kernel "kernel"
  load_cache as_kernel "kernel"
  show_sockets
  echo
  if ((failures)); then
    echo "$failures steps FAILED, in $SECONDS s"
    exit 1
  fi
  echo "everything worked, in $SECONDS s; nothing is left behind"
}

main "$@"
