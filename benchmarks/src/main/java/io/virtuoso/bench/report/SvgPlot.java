package io.virtuoso.bench.report;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** Lines over a few named places, as an SVG document: small enough to be written without a library and its fonts. */
final class SvgPlot {
    private static final int WIDTH = 560;
    private static final int HEIGHT = 320;
    private static final int LEFT = 60;
    private static final int RIGHT = 540;
    private static final int TOP = 50;
    private static final int BOTTOM = 265;
    private static final int GRID_LINES = 4;
    private static final List<String> COLOURS = List.of("#c0504d", "#1f6fb2", "#4f9d4f");

    private final StringBuilder text = new StringBuilder();
    private final double top;
    private final int places;

    private SvgPlot(final double top, final int places) {
        this.top = top;
        this.places = places;
    }

    /**
     * Draws lines from 0 up; what is not known leaves a gap.
     *
     * @param title what is drawn upwards
     * @param across what the places are
     * @param labels the places' names
     * @param lines by name, a figure for each place, NaN if unknown
     */
    static String of(
            final String title, final String across, final List<String> labels, final Map<String, List<Double>> lines) {
        final double greatest = lines.values().stream()
                .flatMap(List::stream)
                .mapToDouble(Double::doubleValue)
                .filter(Double::isFinite)
                .max()
                .orElse(1);
        final SvgPlot plot = new SvgPlot(ceiling(greatest), labels.size());
        plot.frame(title, across, labels);
        int index = 0;
        for (final Map.Entry<String, List<Double>> line : new TreeMap<>(lines).entrySet()) {
            plot.line(line.getKey(), line.getValue(), index++);
        }
        return plot.text.append("</svg>\n").toString();
    }

    /** @return the least of 1, 2, 5 times a power of ten that is not less */
    static double ceiling(final double figure) {
        final double power = Math.pow(10, Math.floor(Math.log10(Math.max(figure, 1e-9))));
        for (final double step : new double[] {1, 2, 5}) {
            if (figure <= step * power) {
                return step * power;
            }
        }
        return 10 * power;
    }

    private void frame(final String title, final String across, final List<String> labels) {
        text.append(String.format(
                Locale.ROOT,
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\""
                        + " font-size=\"12\">%n",
                WIDTH,
                HEIGHT));
        text.append(String.format(Locale.ROOT, "<rect width=\"%d\" height=\"%d\" fill=\"white\"/>%n", WIDTH, HEIGHT));
        words(LEFT, 20, "start", title);
        words((LEFT + RIGHT) / 2.0, HEIGHT - 12, "middle", across);
        for (int i = 0; i <= GRID_LINES; i++) {
            final double figure = top * i / GRID_LINES;
            text.append(
                    String.format(Locale.ROOT, "<path d=\"M%d %.1fH%d\" stroke=\"#ddd\"/>%n", LEFT, y(figure), RIGHT));
            words(LEFT - 8, y(figure) + 4, "end", Figures.plain(figure));
        }
        for (int place = 0; place < places; place++) {
            words(x(place), BOTTOM + 20, "middle", labels.get(place));
        }
    }

    private void line(final String name, final List<Double> figures, final int index) {
        final String colour = COLOURS.get(index % COLOURS.size());
        final StringBuilder path = new StringBuilder();
        boolean down = false;
        for (int place = 0; place < places; place++) {
            final double figure = figures.get(place);
            if (Double.isFinite(figure)) {
                path.append(String.format(Locale.ROOT, "%s%.1f %.1f", down ? "L" : "M", x(place), y(figure)));
                text.append(String.format(
                        Locale.ROOT,
                        "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"%s\"/>%n",
                        x(place),
                        y(figure),
                        colour));
            }
            down = Double.isFinite(figure);
        }
        text.append(String.format(
                Locale.ROOT, "<path d=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\"/>%n", path, colour));
        final int at = LEFT + 110 * index;
        text.append(
                String.format(Locale.ROOT, "<path d=\"M%d 34h20\" stroke=\"%s\" stroke-width=\"2\"/>%n", at, colour));
        words(at + 26, 38, "start", name);
    }

    private double x(final int place) {
        return LEFT + (RIGHT - LEFT) * (place + 0.5) / places;
    }

    private double y(final double figure) {
        return BOTTOM - (BOTTOM - TOP) * figure / top;
    }

    private void words(final double x, final double y, final String anchor, final String words) {
        final String plain = words.replace("&", "&amp;").replace("<", "&lt;");
        text.append(String.format(
                Locale.ROOT, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>%n", x, y, anchor, plain));
    }
}
