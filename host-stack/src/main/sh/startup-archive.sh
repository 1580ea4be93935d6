#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Writes target/host-stack.jsa: the classes that a starting host stack loads, parsed and linked, which saves a third of
# a second at each start. A host stack without a network starts, serves and ends for it. Without the file everything
# works as well, so a failure here is told and forgiven.
# Usage: startup-archive.sh JAVA_HOME JAR   in the module's folder, by the build
set -u

java=$1/bin/java
jar=$2
archive=target/host-stack.jsa
[ -e "$archive" ] && [ ! "$jar" -nt "$archive" ] && exit 0

folder=$(mktemp -d) || exit 0
trap 'rm -rf "$folder"' EXIT
cat >"$folder/config.yaml" <<'END'
networks:
  - {name: archive, vni: 1, subnet: 10.88.0.0/16}
END

# The same class path in the same order as in the launcher: the JVM takes the archive for no other.
home=$(cd .. && pwd -P)
libraries=$(LC_ALL=C && export LC_ALL && printf ':%s' "$home"/host-stack/target/lib/*.jar)
VIRTUOSO_RUN_DIR="$folder/run" "$java" --add-opens java.base/jdk.internal.misc=ALL-UNNAMED \
  --enable-native-access=ALL-UNNAMED -XX:+UseSerialGC -Xms96m -Xmn64m -Xmx512m -XX:-UsePerfData \
  -XX:ArchiveClassesAtExit="$folder/host-stack.jsa" -Xlog:disable \
  -cp "$jar$libraries" io.virtuoso.host.HostMain -c "$folder/config.yaml" >"$folder/log" 2>&1 </dev/null &
host=$!
tries=0
until grep -q '^virtuoso ready' "$folder/log"; do
  tries=$((tries + 1))
  if [ $tries -gt 600 ] || ! kill -0 $host 2>/dev/null; then
    echo "no startup archive: the host stack did not start: $(tail -n 3 "$folder/log")"
    kill -KILL $host 2>/dev/null
    exit 0
  fi
  sleep 0.1
done
kill -TERM $host
wait $host
if [ -s "$folder/host-stack.jsa" ]; then
  cp "$folder/host-stack.jsa" "$archive.new" && mv "$archive.new" "$archive"
else
  echo "no startup archive: the JVM wrote none: $(tail -n 3 "$folder/log")"
fi
exit 0
