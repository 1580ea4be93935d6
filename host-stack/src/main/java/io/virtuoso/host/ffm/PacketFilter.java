package io.virtuoso.host.ffm;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * What a packet socket takes, as a program of classic BPF (Linux: Documentation/networking/filter): ARP, IPv4 and, if
 * wanted, IPv6 frames without VLAN tag whose destination is one Ethernet address or broadcast, of which only four of the six
 * bytes are compared; and those of IPv6 to all nodes, and to groups of solicited nodes. Who receives looks again. Without
 * it every frame of the interface would wake the host stack.
 */
final class PacketFilter {
    /** Codes of instructions: BPF_LD|BPF_W|BPF_ABS and so on. */
    private static final int LOAD_WORD = 0x20;

    private static final int LOAD_HALF = 0x28;
    private static final int AND = 0x54;
    private static final int JUMP_IF_EQUAL = 0x15;
    private static final int RETURN = 0x06;

    private static final int DESTINATION_AT = 2;
    private static final int TYPE_AT = 12;
    private static final int IPV4 = 0x0800;
    private static final int ARP = 0x0806;
    private static final int IPV6 = 0x86dd;
    /** The first two bytes of the Ethernet address of a group (RFC 2464 section 7), and the other four. */
    private static final int GROUP = 0x3333;

    private static final int ALL_NODES = 1;
    private static final int SOLICITED_NODE = 0xff00_0000;
    private static final int WHOLE_FRAME = 0x7fff_ffff;

    private PacketFilter() {}

    /** Attaches it to a socket. 0 or minus errno. */
    static int attach(int fd, long mac, boolean ipv6) {
        int[][] program = ipv6 ? dualProgram((int) mac) : program((int) mac);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment code = arena.allocate((long) program.length * Linux.SockFilter.BYTES, Integer.BYTES);
            for (int i = 0; i < program.length; i++) {
                long at = (long) i * Linux.SockFilter.BYTES;
                code.set(ValueLayout.JAVA_SHORT, at + Linux.SockFilter.CODE, (short) program[i][0]);
                code.set(ValueLayout.JAVA_BYTE, at + Linux.SockFilter.JT, (byte) program[i][1]);
                code.set(ValueLayout.JAVA_BYTE, at + Linux.SockFilter.JF, (byte) program[i][2]);
                code.set(ValueLayout.JAVA_INT, at + Linux.SockFilter.K, program[i][3]);
            }
            MemorySegment descriptor = arena.allocate(Linux.SockFprog.BYTES, Long.BYTES);
            descriptor.set(ValueLayout.JAVA_SHORT, Linux.SockFprog.LEN, (short) program.length);
            descriptor.set(ValueLayout.JAVA_LONG, Linux.SockFprog.FILTER, code.address());
            return RawSocket.setOption(fd, Linux.SOL_SOCKET, Linux.SO_ATTACH_FILTER, descriptor);
        }
    }

    /** The same with IPv6. */
    private static int[][] dualProgram(int macLow) {
        return new int[][] {
            {LOAD_WORD, 0, 0, Linux.SKF_AD_OFF + Linux.SKF_AD_VLAN_TAG_PRESENT},
            {JUMP_IF_EQUAL, 0, 13, 0},
            {LOAD_HALF, 0, 0, TYPE_AT},
            {JUMP_IF_EQUAL, 8, 0, IPV4},
            {JUMP_IF_EQUAL, 7, 0, ARP},
            {JUMP_IF_EQUAL, 0, 9, IPV6},
            {LOAD_HALF, 0, 0, 0},
            {JUMP_IF_EQUAL, 0, 4, GROUP},
            {LOAD_WORD, 0, 0, DESTINATION_AT},
            {JUMP_IF_EQUAL, 6, 0, ALL_NODES},
            {AND, 0, 0, SOLICITED_NODE},
            {JUMP_IF_EQUAL, 4, 3, SOLICITED_NODE},
            {LOAD_WORD, 0, 0, DESTINATION_AT},
            {JUMP_IF_EQUAL, 2, 0, macLow},
            {JUMP_IF_EQUAL, 1, 0, -1},
            {RETURN, 0, 0, 0},
            {RETURN, 0, 0, WHOLE_FRAME},
        };
    }

    /** Code, instructions to skip if equal, if not, and the number compared with. */
    private static int[][] program(int macLow) {
        return new int[][] {
            {LOAD_WORD, 0, 0, Linux.SKF_AD_OFF + Linux.SKF_AD_VLAN_TAG_PRESENT},
            {JUMP_IF_EQUAL, 0, 6, 0},
            {LOAD_HALF, 0, 0, TYPE_AT},
            {JUMP_IF_EQUAL, 1, 0, IPV4},
            {JUMP_IF_EQUAL, 0, 3, ARP},
            {LOAD_WORD, 0, 0, DESTINATION_AT},
            {JUMP_IF_EQUAL, 2, 0, macLow},
            {JUMP_IF_EQUAL, 1, 0, -1},
            {RETURN, 0, 0, 0},
            {RETURN, 0, 0, WHOLE_FRAME},
        };
    }
}
