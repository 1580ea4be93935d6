package io.virtuoso.host.control;

import java.util.stream.Collectors;

/**
 * Bills as {@code virtuoso top} reads them: numbers since the start, from which it makes rates. The first line has the
 * time, how many cores serve guests and what nobody pays for, each other one a guest; all numbers are whole, times in
 * nanoseconds.
 */
final class BillReport {
    private BillReport() {}

    static String print(Bills bills) {
        return "time " + bills.timeNs() + " cores " + cores(bills) + " system " + bills.systemNs() + " waiting "
                + bills.waitingNs() + "\n"
                + bills.guests().stream().map(BillReport::line).collect(Collectors.joining());
    }

    private static long cores(Bills bills) {
        return Math.max(
                1, bills.guests().stream().mapToInt(Bills.Bill::core).distinct().count());
    }

    private static String line(Bills.Bill bill) {
        return "guest " + bill.guest()
                + " weight " + bill.weight()
                + " cpu " + bill.cpuNs()
                + " core " + bill.core()
                + " in " + bill.in().packets() + " " + bill.in().bytes()
                + " out " + bill.out().packets() + " " + bill.out().bytes()
                + " retransmitted " + bill.retransmitted()
                + " connections " + bill.connections().now()
                + " " + bill.connections().opened()
                + " " + bill.connections().accepted()
                + " commands " + bill.commands()
                + " waited " + bill.waits().waitedNs() + " " + bill.waits().limitedNs()
                + " frames " + bill.waits().queued() + " " + bill.waits().marked() + " "
                + bill.waits().dropped()
                + " delays "
                + bill.delays().stream().map(String::valueOf).collect(Collectors.joining(" ")) + "\n";
    }
}
