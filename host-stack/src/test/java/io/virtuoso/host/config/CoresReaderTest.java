package io.virtuoso.host.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CoresReaderTest {
    private static final String NETWORKS = """
            networks:
              - {name: blue, vni: 1, subnet: 10.1.0.0/24}
            """;

    private static CoresConfig cores(final String text) throws ConfigException {
        return ConfigReader.parse("test.yaml", NETWORKS + text).cores();
    }

    @Test
    void shouldHaveOneCoreUnlessToldOtherwise() throws ConfigException {
        assertEquals(CoresConfig.DEFAULT, cores(""));
        assertEquals(new CoresConfig(1, 1, List.of(), false), CoresConfig.DEFAULT);
    }

    @Test
    void shouldReadAllKeys() throws ConfigException {
        assertEquals(
                new CoresConfig(2, 3, List.of(4, 5, 6), true),
                cores("cores: {min: 2, max: 3, cpus: [4, 5, 6], exclusive: true}\n"));
    }

    @Test
    void shouldHaveAsManyCoresAsCpus() throws ConfigException {
        assertEquals(new CoresConfig(1, 2, List.of(7, 3), false), cores("cores: {cpus: [7, 3]}\n"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    max: 0                             | max
                    max: 65                            | max
                    min: 3, max: 2                     | is more than 'max', 2
                    max: 3, cpus: [1, 2]               | there are 3 cores and 2 cpus
                    cpus: [1, 1]                       | processor 1 is there twice
                    cpus: [x]                          | bad processor 'x'
                    cpus: [5000]                       | bad processor '5000'
                    max: 2, exclusive: true            | no cpus are given
                    cpus: [1], exclusive: perhaps      | is 'perhaps'
                    threads: 2                         | threads
                    """)
    void shouldSayWhatIsWrong(final String keys, final String message) {
        final ConfigException e = assertThrows(ConfigException.class, () -> cores("cores: {" + keys + "}\n"));
        assertTrue(e.getMessage().contains(message), e.getMessage());
    }
}
