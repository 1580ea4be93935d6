/**
 * The configuration file (docs/configuration.md): YAML into immutable records, and what changes from one to the next.
 *
 * <p>{@link io.virtuoso.host.config.ConfigReader} reads it, with a reader for each part; {@link
 * io.virtuoso.host.config.YamlView} gives fields with their bounds. Every mistake is a {@link
 * io.virtuoso.host.config.ConfigException} of one line: file, line, what is wrong, what would be right. {@link
 * io.virtuoso.host.config.Islands} says which networks one core can serve by itself, {@link
 * io.virtuoso.host.config.ConfigDiff} what has to happen for another configuration to be in force. Control thread, or before
 * there are threads.
 */
package io.virtuoso.host.config;
