package io.virtuoso.host.control;

/**
 * The outcome of {@link StackCommands#adopt}.
 *
 * @param errno      0, or why not
 * @param slot       the socket's slot in the adopting attachment
 * @param generation of that slot
 */
public record Adoption(int errno, int slot, int generation) {
    /** @return the socket is in this slot of the adopting attachment now */
    public static Adoption done(final int slot, final int generation) {
        return new Adoption(0, slot, generation);
    }

    /** @return no slot, for this reason */
    public static Adoption refused(final int errno) {
        return new Adoption(errno, 0, 0);
    }
}
