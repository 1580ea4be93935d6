package io.virtuoso.host.ffm;

import static io.virtuoso.host.ffm.Native.LONG;

import io.virtuoso.host.ffm.Linux.BpfAttr;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** bpf(2): what XDP needs of it. Every call returns a descriptor or 0, or minus errno. Control path only. */
final class Bpf {
    private static final MethodHandle SYSCALL = Native.variadic("syscall", 1, LONG, LONG, LONG, LONG);

    /** Enough for what is used here; what a kernel does not know has to be 0. */
    private static final int ATTRIBUTE_BYTES = 128;

    private Bpf() {}

    /** A map from receive queues to AF_XDP sockets. */
    static int createSocketMap(int queues) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment attributes = attributes(arena);
            attributes.set(ValueLayout.JAVA_INT, BpfAttr.MAP_TYPE, Linux.BPF_MAP_TYPE_XSKMAP);
            attributes.set(ValueLayout.JAVA_INT, BpfAttr.KEY_SIZE, Integer.BYTES);
            attributes.set(ValueLayout.JAVA_INT, BpfAttr.VALUE_SIZE, Integer.BYTES);
            attributes.set(ValueLayout.JAVA_INT, BpfAttr.MAX_ENTRIES, queues);
            return call(Linux.BPF_MAP_CREATE, attributes);
        }
    }

    /** Puts a socket into such a map. */
    static int putSocket(int map, int queue, int socket) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment attributes = attributes(arena);
            MemorySegment key = arena.allocateFrom(ValueLayout.JAVA_INT, queue);
            MemorySegment value = arena.allocateFrom(ValueLayout.JAVA_INT, socket);
            attributes.set(ValueLayout.JAVA_INT, BpfAttr.MAP_FD, map);
            attributes.set(ValueLayout.JAVA_LONG, BpfAttr.KEY, key.address());
            attributes.set(ValueLayout.JAVA_LONG, BpfAttr.VALUE, value.address());
            return call(Linux.BPF_MAP_UPDATE_ELEM, attributes);
        }
    }

    /** Loads an XDP program. */
    static int load(Ebpf program) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment attributes = attributes(arena);
            attributes.set(ValueLayout.JAVA_INT, BpfAttr.PROG_TYPE, Linux.BPF_PROG_TYPE_XDP);
            attributes.set(ValueLayout.JAVA_INT, BpfAttr.INSN_CNT, program.length());
            attributes.set(
                    ValueLayout.JAVA_LONG, BpfAttr.INSNS, program.bytes(arena).address());
            MemorySegment license = arena.allocateFrom("Apache-2.0");
            attributes.set(ValueLayout.JAVA_LONG, BpfAttr.LICENSE, license.address());
            return call(Linux.BPF_PROG_LOAD, attributes);
        }
    }

    /** Attaches an XDP program to an interface in its driver; it is detached when the last copy of the result is closed. */
    static int attach(int program, int interfaceIndex) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment attributes = attributes(arena);
            attributes.set(ValueLayout.JAVA_INT, BpfAttr.LINK_CREATE__PROG_FD, program);
            attributes.set(ValueLayout.JAVA_INT, BpfAttr.LINK_CREATE__TARGET_IFINDEX, interfaceIndex);
            attributes.set(ValueLayout.JAVA_INT, BpfAttr.LINK_CREATE__ATTACH_TYPE, Linux.BPF_XDP);
            attributes.set(ValueLayout.JAVA_INT, BpfAttr.LINK_CREATE__FLAGS, Linux.XDP_FLAGS_DRV_MODE);
            return call(Linux.BPF_LINK_CREATE, attributes);
        }
    }

    private static MemorySegment attributes(Arena arena) {
        return arena.allocate(ATTRIBUTE_BYTES, Long.BYTES);
    }

    private static int call(int command, MemorySegment attributes) {
        try {
            MemorySegment state = Native.state();
            long number = Linux.__NR_bpf;
            long bytes = attributes.byteSize();
            return Native.result(
                    (int) SYSCALL.invokeExact(state, number, (long) command, attributes.address(), bytes), state);
        } catch (Throwable t) {
            throw Native.failure(t);
        }
    }
}
