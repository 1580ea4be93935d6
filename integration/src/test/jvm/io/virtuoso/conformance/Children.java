package io.virtuoso.conformance;

/** What needs a JVM of its own: what such a JVM does, by name. */
final class Children {
    private Children() {}

    static void main(final String name) {
        throw new IllegalArgumentException(name);
    }
}
