package io.virtuoso.host.config;

/** A configuration that cannot be used. The message is one line: {@code file:line: what is wrong; what would be right}. */
public final class ConfigException extends Exception {
    private static final long serialVersionUID = 1L;

    /**
     * @param file  as the user named it
     * @param line  from 1
     * @param wrong what is wrong
     * @param right what would be right
     */
    public ConfigException(final String file, final int line, final String wrong, final String right) {
        super(file + ":" + line + ": " + wrong + "; " + right);
    }
}
