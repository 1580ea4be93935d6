package io.virtuoso.guest;

import io.virtuoso.guest.core.Errnos;
import io.virtuoso.guest.core.GuestInterface;
import io.virtuoso.protocol.Errno;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.net.InetAddress;
import java.net.InterfaceAddress;
import java.net.NetworkInterface;
import java.util.ArrayList;
import java.util.List;

/**
 * What java.net.NetworkInterface shows to a guest: the interface that native programs of the guest see, then the
 * kernel's loopback, which is the guest's, too, and none of the machine's. The package java.net is open to this class.
 */
final class GuestInterfaces {
    private static final String LOOPBACK = "lo";

    private GuestInterfaces() {}

    /** Both, in the order of the JDK: the loopback is the last. */
    static NetworkInterface[] all() {
        GuestInterface guest = GuestInterface.find();
        if (guest == null) {
            throw new UncheckedIOException(Errnos.exception(Errno.ENETDOWN, Errnos.Operation.CONTROL));
        }
        try {
            NetworkInterface own = make(guest);
            Object loopback = call("getByName0", new Class<?>[] {String.class}, LOOPBACK);
            return loopback == null
                    ? new NetworkInterface[] {own}
                    : new NetworkInterface[] {own, (NetworkInterface) loopback};
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("this JDK has other interfaces", e);
        }
    }

    /** What is so of an interface, by the name of the JDK's method. */
    static Object fact(NetworkInterface of, String method) {
        boolean own = of.getName().equals(GuestInterface.NAME);
        try {
            return switch (method) {
                case "isUp" -> own ? (Object) GuestInterface.isUp() : ofPlatform("isUp0", of);
                case "getMTU" -> own ? (Object) mtu() : ofPlatform("getMTU0", of);
                case "isLoopback" -> own ? (Object) false : ofPlatform("isLoopback0", of);
                case "isPointToPoint" -> own ? (Object) false : ofPlatform("isP2P0", of);
                case "supportsMulticast" -> own ? (Object) false : ofPlatform("supportsMulticast0", of);
                case "getHardwareAddress" -> own ? null : ethernetAddress(of);
                default -> throw new IllegalStateException("nothing is known about " + method);
            };
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("this JDK has other interfaces", e);
        }
    }

    private static int mtu() {
        GuestInterface guest = GuestInterface.find();
        return guest == null ? 0 : guest.mtu();
    }

    private static Object ofPlatform(String method, NetworkInterface of) throws ReflectiveOperationException {
        return call(method, new Class<?>[] {String.class, int.class}, of.getName(), of.getIndex());
    }

    private static Object ethernetAddress(NetworkInterface of) throws ReflectiveOperationException {
        Class<?>[] types = {byte[].class, String.class, int.class};
        return call("getMacAddr0", types, null, of.getName(), of.getIndex());
    }

    private static Object call(String method, Class<?>[] types, Object... arguments)
            throws ReflectiveOperationException {
        Method found = NetworkInterface.class.getDeclaredMethod(method, types);
        found.setAccessible(true);
        try {
            return found.invoke(null, arguments);
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof IOException failure) {
                throw new UncheckedIOException(failure);
            }
            throw e;
        }
    }

    private static NetworkInterface make(GuestInterface guest) throws ReflectiveOperationException {
        List<InetAddress> addresses = new ArrayList<>();
        List<InterfaceAddress> bindings = new ArrayList<>();
        if (guest.ipv6() != null) {
            addresses.add(guest.ipv6());
            bindings.add(binding(guest.ipv6(), null, guest.prefix6()));
        }
        addresses.add(guest.ipv4());
        bindings.add(binding(guest.ipv4(), guest.broadcast(), guest.prefix()));
        Constructor<NetworkInterface> constructor =
                NetworkInterface.class.getDeclaredConstructor(String.class, int.class, InetAddress[].class);
        constructor.setAccessible(true);
        NetworkInterface made = constructor.newInstance(
                GuestInterface.NAME, GuestInterface.INDEX, addresses.toArray(InetAddress[]::new));
        set(made, "displayName", GuestInterface.NAME);
        set(made, "bindings", bindings.toArray(InterfaceAddress[]::new));
        set(made, "childs", new NetworkInterface[0]);
        return made;
    }

    private static InterfaceAddress binding(InetAddress address, InetAddress broadcast, int prefix)
            throws ReflectiveOperationException {
        Constructor<InterfaceAddress> constructor = InterfaceAddress.class.getDeclaredConstructor();
        constructor.setAccessible(true);
        InterfaceAddress made = constructor.newInstance();
        set(made, "address", address);
        set(made, "broadcast", broadcast);
        set(made, "maskLength", (short) prefix);
        return made;
    }

    private static void set(Object target, String name, Object value) throws ReflectiveOperationException {
        Field field = target.getClass().getDeclaredField(name);
        field.setAccessible(true);
        field.set(target, value);
    }
}
