package io.virtuoso.integration;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * A certificate of a test for servers at addresses.
 *
 * @param certificate in PEM
 * @param key         its key, in PEM
 * @param trust       a key store that trusts it
 */
record Certificate(Path certificate, Path key, Path trust) {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final String PASSWORD = "changeit";

    /** Makes one, or gives the one that was made before. */
    static Certificate make(final Machine machine, final Jdk jdk, final String... addresses) {
        final Path folder = machine.folder("certificate");
        final Certificate made = new Certificate(
                folder.resolve("server.pem"), folder.resolve("server.key"), folder.resolve("trust.p12"));
        if (!Files.exists(made.trust)) {
            made.create(jdk, addresses);
        }
        return made;
    }

    private void create(final Jdk jdk, final String... addresses) {
        Shell.check(
                LIMIT,
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:prime256v1",
                "-nodes",
                "-days",
                "2",
                "-subj",
                "/CN=test",
                "-addext",
                "subjectAltName=IP:" + String.join(",IP:", addresses),
                "-out",
                certificate.toString(),
                "-keyout",
                key.toString());
        Shell.check(
                LIMIT,
                jdk.home().resolve("bin/keytool").toString(),
                "-importcert",
                "-noprompt",
                "-storetype",
                "PKCS12",
                "-storepass",
                PASSWORD,
                "-file",
                certificate.toString(),
                "-keystore",
                trust.toString());
    }

    /** @return options of a JVM that trusts it */
    String[] options() {
        return new String[] {
            "-Djavax.net.ssl.trustStore=" + trust,
            "-Djavax.net.ssl.trustStoreType=PKCS12",
            "-Djavax.net.ssl.trustStorePassword=" + PASSWORD
        };
    }

    /** @return lines of an nginx server that has it */
    String nginx() {
        return "listen 443 ssl http2; ssl_certificate " + certificate + "; ssl_certificate_key " + key + ";";
    }
}
