package io.virtuoso.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.lang.instrument.ClassFileTransformer;
import java.util.Properties;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class NativeTransportsTest {
    private final ClassFileTransformer transports = NativeTransports.make();
    private Properties before;

    @BeforeEach
    void shouldKeepProperties() {
        before = (Properties) System.getProperties().clone();
    }

    @AfterEach
    void shouldRestoreProperties() {
        System.setProperties(before);
    }

    private void load(String name) throws Exception {
        assertNull(transports.transform(null, name, null, null, new byte[0]));
    }

    @Test
    void shouldTellNettyWhateverItsPackageIsCalled() throws Exception {
        load("io/netty/channel/epoll/Epoll");
        assertEquals("true", System.getProperty("io.netty.transport.noNative"));
        load("com/shop/shaded/io/netty/channel/uring/IoUring");
        assertEquals("true", System.getProperty("com.shop.shaded.io.netty.transport.noNative"));
        load("org/other/netty/incubator/channel/uring/IOUring");
        assertEquals("true", System.getProperty("org.other.netty.transport.noNative"));
    }

    @Test
    void shouldLeaveOtherClassesAndWhatTheProgramSaysAlone() throws Exception {
        System.setProperty("io.netty.transport.noNative", "false");
        Properties all = (Properties) System.getProperties().clone();
        load(null);
        load("io/netty/channel/epoll/Epoll");
        load("io/netty/channel/epoll/EpollEventLoop");
        load("Epoll");
        assertEquals(all, System.getProperties());
    }
}
