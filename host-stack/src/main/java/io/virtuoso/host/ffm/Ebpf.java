package io.virtuoso.host.ffm;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Assembles a program of eBPF instructions (RFC 9669), jumps forward only. Each instruction has 8 bytes: opcode, source
 * and destination register, offset, immediate.
 */
final class Ebpf {
    static final int R0 = 0;
    static final int R1 = 1;
    static final int R2 = 2;
    static final int R3 = 3;
    static final int R4 = 4;
    static final int R5 = 5;
    static final int R6 = 6;
    static final int BYTES = 8;

    private static final int LDX_MEM_W = 0x61;
    private static final int LDX_MEM_H = 0x69;
    private static final int ADD64_K = 0x07;
    private static final int AND32_K = 0x54;
    private static final int MOV64_K = 0xb7;
    private static final int MOV64_X = 0xbf;
    private static final int JA = 0x05;
    private static final int JGT_X = 0x2d;
    private static final int JEQ32_K = 0x16;
    private static final int JNE32_K = 0x56;
    private static final int LD_IMM64 = 0x18;
    private static final int CALL = 0x85;
    private static final int EXIT = 0x95;

    private long[] code = new long[64];
    private int length;

    /** A place that jumps before it lead to. */
    static final class Label {
        private final List<Integer> jumps = new ArrayList<>();
    }

    /** {@code to = *(u32 *) (from + offset)}. */
    void load32(int to, int from, int offset) {
        emit(LDX_MEM_W, to, from, offset, 0);
    }

    /** {@code to = *(u16 *) (from + offset)}. */
    void load16(int to, int from, int offset) {
        emit(LDX_MEM_H, to, from, offset, 0);
    }

    void move(int to, int from) {
        emit(MOV64_X, to, from, 0, 0);
    }

    void set(int to, int value) {
        emit(MOV64_K, to, 0, 0, value);
    }

    void add(int to, int value) {
        emit(ADD64_K, to, 0, 0, value);
    }

    /** Of the lower 32 bits; the upper ones become 0. */
    void and32(int to, int value) {
        emit(AND32_K, to, 0, 0, value);
    }

    void jump(Label to) {
        emitJump(to, JA, 0, 0, 0);
    }

    void jumpIfGreater(int left, int right, Label to) {
        emitJump(to, JGT_X, left, right, 0);
    }

    /** Compares the lower 32 bits. */
    void jumpIfEqual(int left, int value, Label to) {
        emitJump(to, JEQ32_K, left, 0, value);
    }

    /** Compares the lower 32 bits. */
    void jumpUnlessEqual(int left, int value, Label to) {
        emitJump(to, JNE32_K, left, 0, value);
    }

    /** {@code to} becomes a pointer to a map. */
    void loadMap(int to, int mapFd) {
        emit(LD_IMM64, to, Linux.BPF_PSEUDO_MAP_FD, 0, mapFd);
        emit(0, 0, 0, 0, 0);
    }

    /** Calls a function of the kernel with R1 to R5; the result is in R0. */
    void call(int function) {
        emit(CALL, 0, 0, 0, function);
    }

    /** Ends the program with R0. */
    void exit() {
        emit(EXIT, 0, 0, 0, 0);
    }

    /** The jumps to a label lead here. */
    void here(Label label) {
        for (int at : label.jumps) {
            int distance = length - at - 1;
            if (distance > Short.MAX_VALUE) {
                throw new IllegalStateException("a jump over " + distance + " instructions");
            }
            code[at] |= (long) distance << 16;
        }
    }

    /** How many instructions there are. */
    int length() {
        return length;
    }

    /** The program as the kernel wants it. */
    MemorySegment bytes(Arena arena) {
        return arena.allocateFrom(ValueLayout.JAVA_LONG, Arrays.copyOf(code, length));
    }

    private void emitJump(Label to, int opcode, int left, int right, int value) {
        to.jumps.add(length);
        emit(opcode, left, right, 0, value);
    }

    private void emit(int opcode, int to, int from, int offset, int value) {
        if (length == code.length) {
            code = Arrays.copyOf(code, 2 * length);
        }
        code[length++] =
                opcode | (long) to << 8 | (long) from << 12 | (long) (offset & 0xffff) << 16 | (long) value << 32;
    }
}
