package io.virtuoso.host.tcp;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The congestion controls there are, by the names that Linux's TCP_CONGESTION uses. */
public enum CongestionAlgorithm {
    /** RFC 9438, with RFC 9406 in slow start. */
    CUBIC {
        @Override
        CongestionControl create() {
            return new Cubic();
        }
    },

    /** RFC 5681 and 6582. */
    RENO {
        @Override
        CongestionControl create() {
            return new NewReno();
        }
    };

    abstract CongestionControl create();

    /** @return the name as Linux writes it */
    public String linuxName() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** @return all names, the default's first */
    public static List<String> linuxNames() {
        return Arrays.stream(values()).map(CongestionAlgorithm::linuxName).toList();
    }

    /** @return the control of this name, if there is one */
    public static Optional<CongestionAlgorithm> named(String linuxName) {
        for (CongestionAlgorithm algorithm : values()) {
            if (algorithm.linuxName().equals(linuxName)) {
                return Optional.of(algorithm);
            }
        }
        return Optional.empty();
    }
}
