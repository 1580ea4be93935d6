package io.virtuoso.protocol;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** The ABI's numbers as the Java classes state them, under the C names. */
final class JavaAbi {
    private static final String OFFSET = "_OFFSET";

    private static final Map<Class<?>, String> STRUCTS = Map.of(
            RegionHeader.class, "vt_region_header",
            GuestRoute.class, "vt_route",
            Entry.class, "vt_entry",
            ContextBlock.class, "vt_context",
            SocketSlot.class, "vt_slot",
            AcceptedRecord.class, "vt_accepted",
            Datagram.class, "vt_datagram",
            DatagramError.class, "vt_datagram_error",
            SocketInfo.class, "vt_socket_info",
            AttachMessage.class, "vt_message");

    /** Class, prefix of its constants in Java, prefix in C; the first one that fits a constant names it. */
    private record Prefix(Class<?> owner, String java, String c) {}

    private static final List<Prefix> PREFIXES = List.of(
            new Prefix(Abi.class, "MAGIC", "VT_ABI_MAGIC"),
            new Prefix(Abi.class, "MAJOR", "VT_ABI_MAJOR"),
            new Prefix(Abi.class, "MINOR", "VT_ABI_MINOR"),
            new Prefix(Abi.class, "", "VT_"),
            new Prefix(Command.class, "BIND_", "VT_BIND_"),
            new Prefix(Command.class, "SHUT_", "VT_SHUT_"),
            new Prefix(Command.class, "CLOSE_", "VT_CLOSE_"),
            new Prefix(Command.class, "ARM_", "VT_ARM_"),
            new Prefix(Command.class, "", "VT_CMD_"),
            new Prefix(Event.class, "READY_", "VT_READY_"),
            new Prefix(Event.class, "", "VT_EVT_"),
            new Prefix(Option.class, "", "VT_OPT_"),
            new Prefix(Congestion.class, "", "VT_CONGESTION_"),
            new Prefix(State.class, "", "VT_STATE_"),
            new Prefix(MessageType.class, "", "VT_MSG_"),
            new Prefix(GuestKind.class, "", "VT_KIND_"));

    /** Constants of classes that also hold other numbers. */
    private static final Map<String, Long> SINGLES = Map.ofEntries(
            Map.entry("const VT_REGION_READY", (long) RegionHeader.READY),
            Map.entry("const VT_REGION_OPEN", (long) RegionHeader.OPEN),
            Map.entry("const VT_REGION_ENDED", (long) RegionHeader.ENDED),
            Map.entry("const VT_ROUTE_OFFSET", (long) GuestRoute.AT),
            Map.entry("const VT_MAX_ROUTES", (long) GuestRoute.MOST),
            Map.entry("const VT_ROUTE_STACK", (long) GuestRoute.STACK),
            Map.entry("const VT_ROUTE_NONE", (long) GuestRoute.NONE),
            Map.entry("const VT_CONTEXT_FREE", (long) ContextBlock.FREE),
            Map.entry("const VT_CONTEXT_OPEN", (long) ContextBlock.OPEN),
            Map.entry("const VT_DATAGRAM_MAX", (long) Datagram.MAX),
            Map.entry("const VT_DATAGRAM_LOOPBACK", (long) Datagram.LOOPBACK),
            Map.entry("const VT_DATAGRAM_PROBE", (long) Datagram.PROBE),
            Map.entry("const VT_VSOCK_PORT", (long) AttachMessage.VSOCK_PORT),
            Map.entry("const VT_FEATURE_VECTORS", AttachMessage.FEATURE_VECTORS),
            Map.entry("const VT_MSG_MAGIC", (long) AttachMessage.MAGIC));

    private JavaAbi() {}

    /** Keys as {@link AbiProbe#numbers} has them. */
    static Map<String, Long> numbers() throws IllegalAccessException {
        Map<String, Long> numbers = new TreeMap<>(SINGLES);
        for (Prefix prefix : PREFIXES) {
            for (Field field : prefix.owner().getDeclaredFields()) {
                if (isConstant(field) && field.getName().startsWith(prefix.java()) && isFirst(prefix, field)) {
                    String name =
                            prefix.c() + field.getName().substring(prefix.java().length());
                    numbers.put("const " + name, ((Number) field.get(null)).longValue());
                }
            }
        }
        for (Map.Entry<Class<?>, String> struct : STRUCTS.entrySet()) {
            addStruct(struct.getKey(), struct.getValue(), numbers);
        }
        return numbers;
    }

    private static void addStruct(Class<?> owner, String struct, Map<String, Long> numbers)
            throws IllegalAccessException {
        for (Field field : owner.getDeclaredFields()) {
            String name = field.getName();
            if (!isConstant(field)) {
                continue;
            }
            if (name.equals("BYTES")) {
                numbers.put("struct " + struct, ((Number) field.get(null)).longValue());
            } else if (name.endsWith(OFFSET)) {
                String member =
                        name.substring(0, name.length() - OFFSET.length()).toLowerCase(Locale.ROOT);
                numbers.put("member " + struct + " " + member, ((Number) field.get(null)).longValue());
            }
        }
    }

    private static boolean isFirst(Prefix candidate, Field field) {
        for (Prefix prefix : PREFIXES) {
            if (prefix.owner() == candidate.owner() && field.getName().startsWith(prefix.java())) {
                return prefix.equals(candidate);
            }
        }
        return false;
    }

    private static boolean isConstant(Field field) {
        return Modifier.isStatic(field.getModifiers()) && Modifier.isPublic(field.getModifiers());
    }
}
