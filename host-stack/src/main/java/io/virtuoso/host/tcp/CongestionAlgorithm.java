package io.virtuoso.host.tcp;

import io.virtuoso.protocol.Congestion;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The congestion controls there are, by the names that Linux's TCP_CONGESTION uses. */
public enum CongestionAlgorithm {
    /** RFC 9438, with RFC 9406 in slow start. */
    CUBIC(Congestion.CUBIC) {
        @Override
        CongestionControl create() {
            return new Cubic();
        }
    },

    /** RFC 5681 and 6582. */
    RENO(Congestion.RENO) {
        @Override
        CongestionControl create() {
            return new NewReno();
        }
    },

    /** RFC 8257; without ECN the same as RENO. */
    DCTCP(Congestion.DCTCP) {
        @Override
        CongestionControl create() {
            return new Dctcp();
        }

        @Override
        public boolean needsEcn() {
            return true;
        }
    },

    /** draft-ietf-ccwg-bbr; without SACK the same as CUBIC. */
    BBR(Congestion.BBR) {
        @Override
        CongestionControl create() {
            return new Bbr();
        }
    };

    private final int abiNumber;

    CongestionAlgorithm(int abiNumber) {
        this.abiNumber = abiNumber;
    }

    abstract CongestionControl create();

    /** @return whether it works by explicit congestion notification, so that it asks for that */
    public boolean needsEcn() {
        return false;
    }

    /** @return what acts: what needs ECN is NewReno, and what needs SACK is CUBIC, where that was not agreed on */
    CongestionAlgorithm acting(boolean ecn, boolean sack) {
        if (needsEcn() && !ecn) {
            return RENO;
        }
        return this == BBR && !sack ? CUBIC : this;
    }

    /** @return one of {@link Congestion} */
    public int abiNumber() {
        return abiNumber;
    }

    /** @return the control of an ABI number that was checked */
    public static CongestionAlgorithm numbered(int abiNumber) {
        for (CongestionAlgorithm algorithm : values()) {
            if (algorithm.abiNumber == abiNumber) {
                return algorithm;
            }
        }
        return CUBIC;
    }

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
