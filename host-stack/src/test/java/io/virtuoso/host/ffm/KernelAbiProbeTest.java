package io.virtuoso.host.ffm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Every number of {@link Linux}, {@link Uring} and {@link Virtio} is what this system's own C headers say: the C program is made from its names. */
class KernelAbiProbeTest {
    private static final Map<Class<?>, String> STRUCTS = Map.ofEntries(
            Map.entry(Linux.EpollEvent.class, "struct epoll_event"),
            Map.entry(Linux.Iovec.class, "struct iovec"),
            Map.entry(Linux.Msghdr.class, "struct msghdr"),
            Map.entry(Linux.Cmsghdr.class, "struct cmsghdr"),
            Map.entry(Linux.Ucred.class, "struct ucred"),
            Map.entry(Linux.SockaddrUn.class, "struct sockaddr_un"),
            Map.entry(Linux.SockaddrIn.class, "struct sockaddr_in"),
            Map.entry(Linux.SockaddrLl.class, "struct sockaddr_ll"),
            Map.entry(Linux.PacketMreq.class, "struct packet_mreq"),
            Map.entry(Linux.TpacketReq.class, "struct tpacket_req"),
            Map.entry(Linux.TpacketStats.class, "struct tpacket_stats"),
            Map.entry(Linux.XdpStatistics.class, "struct xdp_statistics"),
            Map.entry(Linux.Tpacket2Hdr.class, "struct tpacket2_hdr"),
            Map.entry(Linux.SockaddrXdp.class, "struct sockaddr_xdp"),
            Map.entry(Linux.XdpUmemReg.class, "struct xdp_umem_reg"),
            Map.entry(Linux.XdpMmapOffsets.class, "struct xdp_mmap_offsets"),
            Map.entry(Linux.XdpRingOffset.class, "struct xdp_ring_offset"),
            Map.entry(Linux.XdpDesc.class, "struct xdp_desc"),
            Map.entry(Linux.XdpMd.class, "struct xdp_md"),
            Map.entry(Linux.BpfAttr.class, "union bpf_attr"),
            Map.entry(Linux.EthtoolDrvinfo.class, "struct ethtool_drvinfo"),
            Map.entry(Linux.EthtoolChannels.class, "struct ethtool_channels"),
            Map.entry(Linux.SockFilter.class, "struct sock_filter"),
            Map.entry(Linux.SockFprog.class, "struct sock_fprog"),
            Map.entry(Linux.Ifreq.class, "struct ifreq"),
            Map.entry(Linux.In6Ifreq.class, "struct in6_ifreq"),
            Map.entry(Linux.Timespec.class, "struct timespec"),
            Map.entry(Linux.VirtioNetHdr.class, "struct virtio_net_hdr"),
            Map.entry(Uring.IoUringParams.class, "struct io_uring_params"),
            Map.entry(Uring.IoUringSqe.class, "struct io_uring_sqe"),
            Map.entry(Uring.IoUringCqe.class, "struct io_uring_cqe"),
            Map.entry(Virtio.VringDesc.class, "struct vring_desc"),
            Map.entry(Virtio.VringAvail.class, "struct vring_avail"),
            Map.entry(Virtio.VringUsed.class, "struct vring_used"),
            Map.entry(Virtio.VringUsedElem.class, "struct vring_used_elem"),
            Map.entry(Virtio.VringPackedDesc.class, "struct vring_packed_desc"),
            Map.entry(Virtio.VringPackedDescEvent.class, "struct vring_packed_desc_event"),
            Map.entry(Virtio.VhostVringState.class, "struct vhost_vring_state"),
            Map.entry(Virtio.VhostVringAddr.class, "struct vhost_vring_addr"),
            Map.entry(Virtio.VhostMemoryRegion.class, "struct vhost_memory_region"),
            Map.entry(Virtio.VirtioVsockHdr.class, "struct virtio_vsock_hdr"),
            Map.entry(Virtio.VirtioVsockConfig.class, "struct virtio_vsock_config"));

    private static final List<Class<?>> OWNERS = List.of(Linux.class, Uring.class, Virtio.class);

    private static final List<String> HEADERS = List.of(
            "errno.h",
            "fcntl.h",
            "stddef.h",
            "stdint.h",
            "stdio.h",
            "time.h",
            "sys/epoll.h",
            "sys/eventfd.h",
            "sys/ioctl.h",
            "sys/mman.h",
            "sys/socket.h",
            "sys/syscall.h",
            "sys/uio.h",
            "sys/un.h",
            "netinet/in.h",
            "net/if.h",
            "net/if_arp.h",
            "linux/bpf.h",
            "linux/ethtool.h",
            "linux/filter.h",
            "linux/if_ether.h",
            "linux/if_link.h",
            "linux/if_packet.h",
            "linux/if_tun.h",
            "linux/if_xdp.h",
            "linux/io_uring.h",
            "linux/ipv6.h",
            "linux/sockios.h",
            "linux/vhost_types.h",
            "linux/virtio_net.h",
            "linux/virtio_vsock.h");

    @Test
    void shouldAgreeWithTheSystemsHeaders() throws Exception {
        Map<String, Long> java = new TreeMap<>();
        StringBuilder program = new StringBuilder("#define _GNU_SOURCE\n");
        HEADERS.forEach(header -> program.append("#include <").append(header).append(">\n"));
        program.append("int main(void) {\n");
        for (Class<?> owner : OWNERS) {
            addConstants(owner, java, program);
        }
        for (Map.Entry<Class<?>, String> struct : STRUCTS.entrySet()) {
            addStruct(struct.getKey(), struct.getValue(), java, program);
        }
        program.append("return 0; }\n");

        assertEquals(java, run(program.toString()));
    }

    @Test
    void shouldKnowEveryStructure() {
        for (Class<?> owner : OWNERS) {
            for (Class<?> nested : owner.getDeclaredClasses()) {
                assertTrue(STRUCTS.containsKey(nested), nested.getSimpleName());
            }
        }
    }

    private static void addConstants(Class<?> owner, Map<String, Long> java, StringBuilder program)
            throws IllegalAccessException {
        for (Field field : owner.getDeclaredFields()) {
            if (Modifier.isStatic(field.getModifiers())) {
                String type = field.getType() == long.class ? "(int64_t)" : "(int32_t)";
                print(field.getName(), type + field.getName(), program);
                java.put(field.getName(), field.getLong(null));
            }
        }
    }

    private static void addStruct(Class<?> owner, String struct, Map<String, Long> java, StringBuilder program)
            throws IllegalAccessException {
        for (Field field : owner.getDeclaredFields()) {
            if (field.getType() != int.class) {
                continue;
            }
            String member = field.getName().toLowerCase(Locale.ROOT).replace("__", ".");
            boolean isSize = field.getName().equals("BYTES");
            String key = struct + (isSize ? "" : " " + member);
            String value = isSize ? "sizeof(" + struct + ")" : "offsetof(" + struct + ", " + member + ")";
            print(key, value, program);
            java.put(key, (long) field.getInt(null));
        }
    }

    private static void print(String key, String value, StringBuilder program) {
        program.append("printf(\"")
                .append(key)
                .append("=%lld\\n\", (long long)(")
                .append(value)
                .append("));\n");
    }

    private static Map<String, Long> run(String program) throws IOException, InterruptedException {
        Path directory = Files.createDirectories(Path.of("target/probe"));
        Path source = Files.writeString(directory.resolve("kernel_probe.c"), program);
        Path binary = directory.resolve("kernel_probe").toAbsolutePath();
        output("cc", "-std=gnu11", "-o", binary.toString(), source.toString());
        Map<String, Long> numbers = new TreeMap<>();
        for (String line : output(binary.toString()).lines().toList()) {
            int equals = line.indexOf('=');
            numbers.put(line.substring(0, equals), Long.parseLong(line.substring(equals + 1)));
        }
        return numbers;
    }

    private static String output(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IOException(String.join(" ", command) + "\n" + text);
        }
        return text;
    }
}
