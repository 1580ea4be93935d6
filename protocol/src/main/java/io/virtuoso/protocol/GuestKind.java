package io.virtuoso.protocol;

/** What kind of guest says HELLO. */
public final class GuestKind {
    public static final int NATIVE = 1;
    public static final int JVM = 2;
    public static final int VM = 3;

    private GuestKind() {}
}
