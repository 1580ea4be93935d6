package io.virtuoso.guest.core;

import io.virtuoso.protocol.Addresses;
import io.virtuoso.protocol.GuestRoute;
import io.virtuoso.protocol.RegionHeader;
import io.virtuoso.protocol.RegionLayout;
import io.virtuoso.protocol.RegionSettings;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/** An attachment of 10.88.0.2 and fd00:88::2 that no host stack knows. */
final class FakeAttachment {
    static final String OWN6 = "fd00:88::2";
    private static final int OWN = 0x0a58_0002; // 10.88.0.2

    private FakeAttachment() {}

    /** @param prefix bits of its IPv4 subnet */
    static Attachment of(int prefix, GuestRoute... routes) {
        RegionLayout layout = new RegionLayout(1, 16, 8, 4, 4096);
        ByteBuffer region = ByteBuffer.allocateDirect(layout.regionBytes()).order(ByteOrder.LITTLE_ENDIAN);
        byte[] own6 = own6();
        RegionSettings settings = new RegionSettings(
                0,
                1,
                4096,
                4096,
                1500,
                Addresses.IPV4_HIGH,
                Addresses.ipv4Low(OWN),
                Addresses.IPV4_HIGH,
                Addresses.ipv4Low(OWN - 1),
                prefix,
                2,
                64,
                Subnet6.high(own6),
                Subnet6.low(own6),
                "guest");
        GuestRoute.write(region, List.of(routes));
        RegionHeader.initialise(region, layout, settings);
        return new Attachment(null, new UnixTransport.UnixLine(new UnixTransport(null, ""), Line.NONE), region);
    }

    private static byte[] own6() {
        try {
            return InetAddress.getByName(OWN6).getAddress();
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e);
        }
    }
}
