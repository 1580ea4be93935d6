package io.virtuoso.bench.load;

import io.virtuoso.bench.load.BenchCase.Unit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The cases of {@code bench wan}: who sends, how many connections, and how much is lost. */
final class WanCatalogue {
    private static final int PORT = 7400;
    private static final int MANY = 8;
    private static final double PERCENT = 100;
    private static final List<Double> LOSSES = List.of(0.0, 0.001, 0.01, 0.03);
    private static final String CUBIC = "cubic";
    private static final String RENO = "reno";

    private WanCatalogue() {}

    static List<BenchCase> cases() {
        final List<BenchCase> cases = new ArrayList<>();
        for (final int flows : List.of(1, MANY)) {
            for (final WanLoad.Senders senders : List.of(WanLoad.Senders.CLIENT, WanLoad.Senders.SERVER)) {
                LOSSES.forEach(loss -> cases.add(wan(senders, flows, CUBIC, loss)));
            }
        }
        LOSSES.forEach(loss -> cases.add(wan(WanLoad.Senders.MIXED, MANY, CUBIC, loss)));
        LOSSES.forEach(loss -> cases.add(wan(WanLoad.Senders.CLIENT, 1, RENO, loss)));
        return cases;
    }

    /** One for each kind of senders. */
    static List<BenchCase> briefCases() {
        return List.of(
                wan(WanLoad.Senders.CLIENT, 1, CUBIC, 0.01),
                wan(WanLoad.Senders.SERVER, 1, CUBIC, 0.01),
                wan(WanLoad.Senders.MIXED, MANY, CUBIC, 0),
                wan(WanLoad.Senders.CLIENT, 1, RENO, 0));
    }

    private static BenchCase wan(
            final WanLoad.Senders senders, final int flows, final String congestion, final double loss) {
        final String percent =
                String.format(Locale.ROOT, "%.1f", loss * PERCENT).replace(".0", "");
        final String name = senders.label()
                + (flows > 1 ? " P" + flows : "")
                + (congestion.equals(CUBIC) ? "" : " " + congestion)
                + " " + percent + " %";
        return new BenchCase(
                "wan",
                name,
                Unit.GOODPUT,
                Catalogue.own("flows", PORT, List.of()),
                new WanLoad(senders, flows, congestion, loss, PORT));
    }
}
