#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# "virtuoso vm run": a virtual machine without a network card whose programs are a guest's, from Debian's packages.
# The launcher says in VIRTUOSO_HOME where everything is.
set -euo pipefail

readonly library="$VIRTUOSO_HOME/guest-preload-c/target/libvirtuoso.so"
readonly agent="$VIRTUOSO_HOME/guest-shim-jvm/target/virtuoso-guest.jar"
readonly ctl="$VIRTUOSO_HOME/guest-preload-c/target/virtuoso-ctl"
readonly keeper="$VIRTUOSO_HOME/guest-preload-c/target/virtuoso-doorbells"
readonly run_dir=${VIRTUOSO_RUN_DIR:-/run/virtuoso}
modules=(virtio_pci vmw_vsock_virtio_transport)

usage() {
  cat <<'END'
usage: ./virtuoso vm run GUEST [OPTION...] -- CMD [ARG...]

Starts a virtual machine of GUEST in QEMU and runs CMD in it; its sockets are the host stack's. The machine has busybox,
CMD and the libraries that CMD needs; it is switched off when CMD ends. The exit status is QEMU's; CMD's is said.

  --kernel FILE     a Linux kernel; by default the newest cloud kernel in /boot (linux-image-cloud-amd64). Its modules are
                    looked for in /lib/modules
  --image FILE      an initramfs with more for the machine to begin with
  --add PATH        a file or folder of this machine that is to be there, too, with the libraries that it needs
  --memory SIZE     of the machine (512M)
  --shared SIZE     of the memory for programs' regions, a power of two (1G); each attached process takes 32 MiB
  --doorbell        regions and doorbells by an ivshmem-doorbell device that the host stack serves, and VFIO with an IOMMU
                    in the machine; --shared is the host stack's choice then (128 times vm_mib)
  --tap NAME=ADDRESS/BITS  instead of a guest's: a machine with a TCP of its own, on a TAP that is there; for comparisons
  --accel NAME      kvm or tcg; by default kvm where /dev/kvm is
  --qemu OPTION     one more word for QEMU
  --print           only say how QEMU would be started, and keep the initramfs
END
}

say() {
  echo "virtuoso: $*" >&2
}

fail() {
  say "$*"
  exit 1
}

# --- arguments -------------------------------------------------------------------------------------------------------

kernel=
image=
memory=512M
shared=1G
print=
doorbell=
tap=
accelerator=tcg
[ ! -w /dev/kvm ] || accelerator=kvm
add=()
qemu_words=()
[ "${1:-}" = run ] || { usage >&2 && exit 2; }
shift
guest=${1:-}
case $guest in -h | --help) usage && exit 0 ;; esac
[ -n "$guest" ] && [ "${guest#-}" = "$guest" ] || { usage >&2 && exit 2; }
shift
while [ $# -gt 0 ] && [ "$1" != -- ]; do
  [ "$1" = --print ] || [ "$1" = --doorbell ] || [ $# -gt 1 ] || { usage >&2 && exit 2; }
  case $1 in
    --kernel) kernel=$2 ;;
    --image) image=$2 ;;
    --add) add+=("$2") ;;
    --memory) memory=$2 ;;
    --shared) shared=$2 ;;
    --tap) tap=$2 ;;
    --accel) accelerator=$2 ;;
    --qemu) qemu_words+=("$2") ;;
    --print) print=yes && shift && continue ;;
    --doorbell) doorbell=yes && shift && continue ;;
    *) usage >&2 && exit 2 ;;
  esac
  shift 2
done
[ $# -gt 1 ] || { usage >&2 && exit 2; }
shift

for tool in qemu-system-x86_64 busybox cpio ldd; do
  command -v "$tool" >/dev/null || fail "'$tool' is needed (Debian: qemu-system-x86 busybox-static cpio libc-bin)"
done
if [ -z "$kernel" ]; then
  kernel=$(find /boot -name 'vmlinuz-*-cloud-amd64' | sort -V | tail -n 1)
  [ -n "$kernel" ] || fail "no cloud kernel in /boot; install linux-image-cloud-amd64 or name one with --kernel"
fi
readonly module_folder="/lib/modules/${kernel##*/vmlinuz-}"
[ -r "$kernel" ] || fail "cannot read $kernel"
[ -r "$module_folder/modules.dep" ] || fail "no modules of this kernel in $module_folder"

# --- what the machine begins with ------------------------------------------------------------------------------------

folder=$(mktemp -d)
readonly folder root="$folder/root"
trap 'rm -rf "$folder"' EXIT

# Copies a file or folder to the same place, with the libraries of programs.
put() {
  local file
  mkdir -p "$root$(dirname "$1")"
  cp -rL "$1" "$root$(dirname "$1")/"
  find -L "$1" -type f \( -perm /111 -o -name '*.so*' \) -print | while IFS= read -r file; do
    ldd "$file" 2>/dev/null | sed -n 's/.*=> \(\/[^ ]*\).*/\1/p; s/^\t\(\/[^ ]*\) .*/\1/p' || true
  done | sort -u | while IFS= read -r file; do
    [ -e "$root$file" ] || { mkdir -p "$root$(dirname "$file")" && cp -L "$file" "$root$file"; }
  done
}

# The modules with all that they need, in the order in which they can be loaded.
put_modules() {
  local name line word number=10 found=" "
  for name in "${modules[@]}"; do
    line=$(grep "/$name\.ko:" "$module_folder/modules.dep") || continue # built in
    for word in $(echo "${line/:/}" | tr ' ' '\n' | tac); do
      case $found in *" $word "*) continue ;; esac
      found="$found$word "
      cp "$module_folder/$word" "$root/virtuoso/$number.ko"
      number=$((number + 1))
    done
  done
}

write_init() {
  cat >"$root/init" <<'END'
#!/virtuoso/busybox sh
# Prepares the machine, so that programs of any user attach, and runs what it is for.
/virtuoso/busybox --install -s /virtuoso/bin
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/virtuoso/bin HOME=/root TERM=linux
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev 2>/dev/null
mkdir -p /dev/shm /tmp /run /var/tmp
mount -t tmpfs shm /dev/shm
chmod 1777 /dev/shm /tmp /var/tmp
ifconfig lo 127.0.0.1 up
for module in /virtuoso/*.ko; do
  insmod "$module"
done
for device in /sys/bus/pci/devices/*; do
  if [ "$(cat "$device/vendor" "$device/device")" = "0x1af4
0x1110" ]; then
    echo 1 >"$device/enable"
    chmod 0666 "$device/resource2"
  fi
done
[ ! -e /virtuoso/doorbells ] || /virtuoso/doorbells
cd /root
. /virtuoso/place
setsid cttyhack /bin/sh /virtuoso/command
echo "virtuoso: the command has ended with status $?"
poweroff -f
END
  chmod 755 "$root/init"
}

# As every shell reads it.
quote() {
  printf " '%s'" "${1//\'/\'\\\'\'}"
}

# How the machine's programs reach others.
write_place() {
  if [ -z "$tap" ]; then
    echo "export LD_PRELOAD=/virtuoso/libvirtuoso.so"
  else
    echo "ip addr add ${tap#*=} dev eth0; ip link set eth0 up"
  fi >"$root/virtuoso/place"
}

write_command() {
  local word
  {
    [ -z "${VIRTUOSO_STATS:-}" ] || echo "export VIRTUOSO_STATS=$VIRTUOSO_STATS"
    printf 'exec'
    for word in "$@"; do
      quote "$word"
    done
    echo
  } >"$root/virtuoso/command"
}

build_initramfs() {
  local path program
  mkdir -p "$root"/{dev,proc,sys,root,etc,virtuoso/bin}
  cp -L "$(command -v busybox)" "$root/virtuoso/busybox"
  cp "$library" "$root/virtuoso/"
  [ ! -e "$agent" ] || cp "$agent" "$root/virtuoso/"
  put /bin/sh # what busybox starts would not get the agent for JVMs
  put "$library" && rm -rf "${root:?}${VIRTUOSO_HOME:?}"
  cp /etc/passwd /etc/group "$root/etc/"
  put_modules
  [ -z "$doorbell" ] || cp "$keeper" "$root/virtuoso/doorbells"
  write_init
  write_place
  write_command "$@"
  program=$(command -v "$1" || true)
  case $program in /*) add+=("$program") ;; esac
  for path in "${add[@]}"; do
    [ -e "$path" ] || fail "$path: not found"
    put "$(realpath -s "$path")"
  done
  (cd "$root" && find . | cpio -o -H newc --quiet) >"$folder/own"
  # The kernel unpacks archives one after the other.
  cat ${image:+"$image"} "$folder/own" >"$initramfs"
}

# --- QEMU ------------------------------------------------------------------------------------------------------------

# Without KVM, QEMU (7.2) leaves out memory barriers where a machine can never have a second processor: it forgets the host
# stack, which reads and writes the same memory. Wake-ups would get lost then. A machine on a TAP is left as QEMU
# makes it by default, which is faster.
processors=()
case " ${qemu_words[*]} " in
  *" -smp "*) ;;
  *) [ -n "$tap" ] || processors=(-smp 1,maxcpus=2) ;;
esac

machine=pc
kernel_words=
[ -z "$tap" ] || [ -z "$doorbell" ] || fail "--tap and --doorbell exclude each other"
if [ -z "$tap" ]; then
  "$ctl" run "$guest" -- true || exit 1 # makes the guest, and its sockets for machines
  devices=(
    -chardev "socket,id=virtuoso,path=$run_dir/vm/$guest.sock" -device vhost-user-vsock-pci,id=vsock0,chardev=virtuoso
  )
  if [ -n "$doorbell" ]; then
    modules+=(vfio_iommu_type1 vfio-pci)
    machine=q35
    # Linux gives up a machine with an IOMMU whose timer is late at its first look, as without KVM it may be.
    kernel_words=" intel_iommu=on no_timer_check"
    devices+=(
      -device intel-iommu,intremap=on
      -chardev "socket,id=regions,path=$run_dir/ivshmem/$guest.sock"
      -device ivshmem-doorbell,id=regions0,vectors=64,chardev=regions
    )
  else
    devices+=(-object "memory-backend-memfd,id=regions,size=$shared,share=on" -device ivshmem-plain,memdev=regions)
  fi
else
  modules=(virtio_pci virtio_net)
  vhost=
  [ ! -w /dev/vhost-net ] || vhost=,vhost=on
  devices=(
    -netdev "tap,id=net,ifname=${tap%%=*},script=no,downscript=no$vhost" -device virtio-net-pci,netdev=net,romfile=
  )
fi
initramfs="$folder/initramfs"
[ -z "$print" ] || initramfs=$(mktemp)
build_initramfs "$@"
readonly command=(
  qemu-system-x86_64 -nodefaults -no-user-config -display none -no-reboot -serial stdio
  -machine "$machine,accel=$accelerator,memory-backend=ram" -m "$memory" "${processors[@]}"
  -object "memory-backend-memfd,id=ram,size=$memory,share=on"
  "${devices[@]}"
  -kernel "$kernel" -initrd "$initramfs" -append "console=ttyS0 quiet panic=-1$kernel_words" "${qemu_words[@]}"
)

# The words as a shell would have to be given them.
show() {
  local word
  for word in "$@"; do
    case $word in
      *[!A-Za-z0-9_./:=,+-]*) printf '%q ' "$word" ;;
      *) printf '%s ' "$word" ;;
    esac
  done
}

if [ -n "$print" ]; then
  show "${command[@]}"
  echo
  exit 0
fi
say "$(show "${command[@]}")"
"${command[@]}"
