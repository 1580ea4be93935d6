package io.virtuoso.host.control;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class SocketReportTest {
    private static final SocketFacts LISTENER = new SocketFacts(
            "web",
            false,
            "web/nginx[12]",
            SocketFacts.LISTEN,
            SocketFacts.Path.NONE,
            1,
            511,
            "10.88.0.2",
            80,
            "0.0.0.0",
            0,
            Optional.empty(),
            Optional.empty());
    private static final SocketFacts.Tcp TCP = new SocketFacts.Tcp(
            "reno",
            true,
            false,
            7,
            9,
            new SocketFacts.Timing(201_000, 1_250, 500),
            new SocketFacts.Window(1448, 1460, 1500, 10, 0, 64_256, 65_535),
            new SocketFacts.Flight(2, 0, 3, 100),
            new SocketFacts.Rates(125_000, 100_000, 1_100));
    private static final SocketFacts CONNECTION = new SocketFacts(
            "web",
            false,
            "web/nginx[12]",
            SocketFacts.ESTABLISHED,
            SocketFacts.Path.WIRE,
            0,
            2996,
            "10.88.0.2",
            80,
            "10.88.0.1",
            40_000,
            Optional.of(TCP),
            Optional.of(new SocketFacts.Volume(5000, 1448, 2004, 300, 9, 8)));

    @Test
    void shouldPrintSocketsAsSsDoes() {
        assertEquals("""
                Netid State      Recv-Q Send-Q    Local Address:Port     Peer Address:Port Guest
                tcp   LISTEN     1      511             10.88.0.2:80             0.0.0.0:* web/nginx[12]
                tcp   ESTAB      0      2996            10.88.0.2:80       10.88.0.1:40000 web/nginx[12]
                """, SocketReport.print(List.of(LISTENER, CONNECTION), false));
    }

    @Test
    void shouldPrintDetailsWithLinuxsNames() {
        final String report = SocketReport.print(List.of(CONNECTION), true);
        assertEquals(
                "\t ts reno wscale:7,9 rto:201 rtt:1.25/0.5 mss:1448 pmtu:1500 advmss:1460 cwnd:10 bytes_sent:5000"
                        + " bytes_retrans:1448 bytes_acked:2004 bytes_received:300 segs_out:9 segs_in:8"
                        + " pacing_rate 1000000bps delivery_rate 800000bps unacked:2"
                        + " retrans:0/3 notsent:100 minrtt:1.1 snd_wnd:64256 rcv_wnd:65535",
                report.lines().skip(2).findFirst().orElseThrow());
    }

    @Test
    void shouldSayThatAConnectionIsLocal() {
        final SocketFacts local = new SocketFacts(
                "a",
                false,
                "",
                SocketFacts.ESTABLISHED,
                SocketFacts.Path.LOCAL,
                0,
                0,
                "10.88.0.1",
                1,
                "10.88.0.2",
                2,
                Optional.empty(),
                Optional.of(new SocketFacts.Volume(64, 0, 64, 32, 0, 0)));
        assertEquals(
                "\t local bytes_sent:64 bytes_acked:64 bytes_received:32",
                SocketReport.print(List.of(local), true)
                        .lines()
                        .skip(2)
                        .findFirst()
                        .orElseThrow());
    }
}
