package io.virtuoso.guest;

import io.virtuoso.guest.core.GuestNames;
import java.lang.reflect.Field;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.net.InetAddress;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;

/**
 * Lets java.net.InetAddress ask for guests' names first, by standing in front of its resolver, whichever that is: the
 * JDK's or, from JDK 18 on, one that the program brings (InetAddressResolverProvider), which is looked for when the JDK
 * would look for it. What InetAddress does with the answers, remembering them above all, stays as it is.
 */
final class NamePatch implements InvocationHandler {
    private static final int NAME_SERVICES_UNTIL = 17; // later JDKs have resolvers

    private final ReentrantLock loading = new ReentrantLock();
    private volatile Object resolver;

    private NamePatch(Object resolver) {
        this.resolver = resolver;
    }

    /** The package java.net is open to this class. */
    static void install() throws ReflectiveOperationException {
        boolean older = Runtime.version().feature() <= NAME_SERVICES_UNTIL;
        Field field = field(older ? "nameService" : "resolver");
        NamePatch patch = new NamePatch(field.get(null));
        field.set(null, Proxy.newProxyInstance(null, new Class<?>[] {field.getType()}, patch));
    }

    private static Field field(String name) throws NoSuchFieldException {
        Field field = InetAddress.class.getDeclaredField(name);
        field.setAccessible(true);
        return field;
    }

    @Override
    public Object invoke(Object proxy, Method method, Object[] arguments) throws Throwable {
        Object answer = arguments == null ? null : ofGuests(method.getName(), arguments[0]);
        if (answer != null) {
            return answer;
        }
        method.setAccessible(true);
        try {
            return method.invoke(resolver(), arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    /** What the host stack knows; null: nothing. */
    private static Object ofGuests(String method, Object argument) {
        if (argument instanceof byte[] address) {
            return GuestNames.nameOf(address);
        }
        InetAddress[] found = argument instanceof String name ? GuestNames.find(name) : null;
        return found != null && method.equals("lookupByName") ? Stream.of(found) : found;
    }

    private Object resolver() throws ReflectiveOperationException {
        Object known = resolver;
        if (known != null) {
            return known;
        }
        if (loading.isHeldByCurrentThread()) {
            return field("BUILTIN_RESOLVER").get(null); // the program's resolver itself looks something up
        }
        loading.lock();
        try {
            if (resolver == null) {
                resolver = load();
            }
            return resolver;
        } finally {
            loading.unlock();
        }
    }

    private static Object load() throws ReflectiveOperationException {
        if (field("HOSTS_FILE_NAME").get(null) != null) {
            return field("BUILTIN_RESOLVER").get(null);
        }
        Method load = InetAddress.class.getDeclaredMethod("loadResolver");
        load.setAccessible(true);
        return load.invoke(null);
    }
}
