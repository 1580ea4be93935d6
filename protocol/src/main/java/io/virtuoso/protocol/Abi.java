package io.virtuoso.protocol;

/** Numbers that hold for the whole ABI. */
public final class Abi {
    /** First eight bytes of a region: "VIRTUOSO" in memory. */
    public static final long MAGIC = 0x4f534f5554524956L;

    /** Another major version: the attachment is refused. */
    public static final int MAJOR = 2;

    /** Grows with compatible additions. */
    public static final int MINOR = 7;

    /** Bytes that two writers must not share. */
    public static final int CACHE_LINE = 64;

    /** Bytes of an entry of a command or event queue. */
    public static final int ENTRY_BYTES = 64;

    /** Bytes of a socket slot. */
    public static final int SLOT_BYTES = 256;

    /** Bytes of a context in front of its two queues. */
    public static final int CONTEXT_HEADER_BYTES = 1024;

    /** Bytes kept for the region header. */
    public static final int HEADER_BYTES = 4096;

    /** Bytes of a guest's name with its NUL. */
    public static final int NAME_BYTES = 64;

    /** A "want" cursor that asks for nothing: the largest unsigned value. */
    public static final long NEVER = -1L;

    private Abi() {}
}
