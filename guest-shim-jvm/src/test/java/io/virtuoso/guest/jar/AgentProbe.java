package io.virtuoso.guest.jar;

import io.virtuoso.guest.jar.netty.channel.epoll.Epoll;
import io.virtuoso.guest.os.Os;
import java.lang.reflect.Method;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** A program that says how the JVM looks from inside. Started with java.net open, to see implementations. */
public final class AgentProbe {
    private AgentProbe() {}

    /** Prints one fact a line. */
    public static void main(String[] arguments) throws Exception {
        System.out.println("selectors " + System.getProperty("java.nio.channels.spi.SelectorProvider"));
        System.out.println("channels " + System.getProperty("java.nio.channels.spi.AsynchronousChannelProvider"));
        try (Socket socket = new Socket();
                ServerSocket server = new ServerSocket()) {
            System.out.println("socket " + implementation(Socket.class, socket));
            System.out.println("server " + implementation(ServerSocket.class, server));
        }
        System.out.println("hook of " + loaderOf("io.virtuoso.guest.boot.SocketImplHook"));
        System.out.println("library of " + loaderOf("com.kenai.jffi.Library"));
        System.out.println("calls " + (arguments.length > 0 ? eventfd() : "none"));
        System.out.println("interfaces " + (arguments.length > 0 ? interfaces() : "none"));
        System.out.println("native transports " + !Epoll.IS_REFUSED);
    }

    private static String implementation(Class<?> type, Object socket) throws ReflectiveOperationException {
        Method getImpl = type.getDeclaredMethod("getImpl");
        getImpl.setAccessible(true);
        Class<?> found = getImpl.invoke(socket).getClass();
        return found.getSimpleName() + " " + found.getInterfaces().length;
    }

    private static String loaderOf(String name) {
        try {
            ClassLoader loader = Class.forName(name).getClassLoader();
            return loader == null ? "boot" : loader.getName();
        } catch (ClassNotFoundException e) {
            return "nobody";
        }
    }

    private static String interfaces() {
        try {
            return NetworkInterface.getNetworkInterfaces().toString();
        } catch (SocketException e) {
            return e.getMessage();
        }
    }

    private static String eventfd() {
        Os os = Os.get();
        ByteBuffer bytes = ByteBuffer.allocateDirect(Long.BYTES).order(ByteOrder.nativeOrder());
        int fd = os.eventfd();
        long got = os.writeEight(fd) + os.read(fd, bytes);
        os.close(fd);
        return os.getClass().getSimpleName() + " " + got + " " + bytes.getLong(0) + " " + os.writeEight(fd);
    }
}
