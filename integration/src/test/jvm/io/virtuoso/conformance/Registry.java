package io.virtuoso.conformance;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/** All cases. */
final class Registry {
    /** One case, ready to run. */
    static final class Entry {
        final String name;
        final int seconds;
        final boolean virtual;
        private final Method method;
        private final Object[] arguments;

        Entry(final Method method, final Object... arguments) {
            final StringBuilder text = new StringBuilder(
                    lowerCase(method.getDeclaringClass().getSimpleName()) + "." + lowerCase(method.getName()));
            boolean inVirtual = false;
            for (final Object argument : arguments) {
                text.append('.').append(argument.toString().toLowerCase(Locale.ROOT));
                inVirtual |= argument == Kind.VIRTUAL;
            }
            this.name = text.toString();
            this.seconds = method.getAnnotation(Case.class).seconds();
            this.virtual = inVirtual;
            this.method = method;
            this.arguments = arguments;
        }

        void run() throws Exception {
            try {
                method.invoke(null, arguments);
            } catch (final InvocationTargetException e) {
                if (e.getCause() instanceof Error) {
                    throw (Error) e.getCause();
                }
                throw (Exception) e.getCause();
            }
        }
    }

    private static final List<Class<?>> AREAS = List.of(
            Async.class,
            Channels.class,
            Closing.class,
            Cross.class,
            CrossDatagrams.class,
            Data.class,
            DatagramSockets.class,
            Datagrams.class,
            Ending.class,
            Errors.class,
            Implementations.class,
            Interfaces.class,
            Ipv6.class,
            Ipv6Datagrams.class,
            Lifecycle.class,
            Load.class,
            Names.class,
            Options.class,
            Platform.class,
            Room.class,
            Selectors.class,
            Servers.class,
            Sockets.class,
            Threads.class,
            Transfers.class,
            Waiting.class);

    private Registry() {}

    /** Sorted by name. */
    static List<Entry> cases() {
        final List<Entry> entries = new ArrayList<>();
        for (final Class<?> area : AREAS) {
            for (final Method method : area.getDeclaredMethods()) {
                final Case about = method.getAnnotation(Case.class);
                if (about != null && about.since() <= Support.feature()) {
                    add(entries, method, about);
                }
            }
        }
        entries.sort(Comparator.comparing(entry -> entry.name));
        return entries;
    }

    private static void add(final List<Entry> entries, final Method method, final Case about) {
        if (method.getParameterCount() == 0) {
            entries.add(new Entry(method));
            return;
        }
        if (method.getParameterTypes()[0] == Peer.class) {
            Peer.all().forEach(peer -> entries.add(new Entry(method, peer)));
            return;
        }
        final List<Kind> kinds = new ArrayList<>(List.of(about.of().length == 0 ? Kind.values() : about.of()));
        kinds.removeAll(List.of(about.not()));
        kinds.removeIf(kind -> !kind.isAvailable());
        for (final Kind kind : kinds) {
            if (method.getParameterCount() == 1) {
                entries.add(new Entry(method, kind));
            } else {
                Peer.all().stream()
                        .filter(peer -> peer.isFor(kind))
                        .forEach(peer -> entries.add(new Entry(method, kind, peer)));
            }
        }
    }

    /** As the C suite writes names. */
    private static String lowerCase(final String name) {
        return name.replaceAll("(?<=.)([A-Z])", "_$1").toLowerCase(Locale.ROOT);
    }
}
