package io.virtuoso.guest;

import io.virtuoso.guest.core.GuestInterface;
import io.virtuoso.guest.core.Routing;
import io.virtuoso.guest.core.Target;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.Socket;
import java.net.UnknownHostException;

/**
 * What java.net.InetAddress tells a guest of its own address, and of the way to others. The package java.net is open to
 * this class.
 */
final class GuestAddresses {
    private static final int ECHO_PORT = 7;
    private static final String REFUSED = "Connection refused";

    private final Object platform;
    private final Method hostName;
    private final Method reach;

    GuestAddresses() throws ReflectiveOperationException {
        Field field = InetAddress.class.getDeclaredField("impl");
        field.setAccessible(true);
        platform = field.get(null);
        hostName = field.getType().getDeclaredMethod("getLocalHostName");
        hostName.setAccessible(true);
        reach = field.getType()
                .getDeclaredMethod("isReachable", InetAddress.class, int.class, NetworkInterface.class, int.class);
        reach.setAccessible(true);
    }

    /** The machine's name with the guest's address: servers bind to it, and tell it to others. */
    InetAddress localHost() {
        String name = (String) ask(hostName);
        if (name.equals("localhost")) {
            return InetAddress.getLoopbackAddress();
        }
        GuestInterface guest = GuestInterface.find();
        try {
            if (guest != null) {
                boolean ipv6 = guest.ipv6() != null && Boolean.getBoolean("java.net.preferIPv6Addresses");
                InetAddress own = ipv6 ? guest.ipv6() : guest.ipv4();
                return InetAddress.getByAddress(name, own.getAddress());
            }
            return InetAddress.getByName(name);
        } catch (UnknownHostException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** As the JDK does without the right to send echo requests: somebody who refuses a connection is there. */
    boolean isReachable(Object[] question) {
        InetAddress address = (InetAddress) question[0];
        int timeoutMillis = (int) question[3];
        if (Routing.forConnect(address) != Target.VIRTUOSO) {
            return (boolean) ask(reach, address, timeoutMillis, question[1], question[2]);
        }
        try (Socket probe = new Socket()) {
            probe.connect(new InetSocketAddress(address, ECHO_PORT), Math.max(1, timeoutMillis)); // 0 would be for ever
            return true;
        } catch (ConnectException e) {
            return REFUSED.equals(e.getMessage());
        } catch (IOException e) {
            return false;
        }
    }

    private Object ask(Method method, Object... arguments) {
        try {
            return method.invoke(platform, arguments);
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof IOException failure) {
                throw new UncheckedIOException(failure);
            }
            throw new IllegalStateException(e.getCause());
        } catch (IllegalAccessException e) {
            throw new IllegalStateException(e);
        }
    }
}
