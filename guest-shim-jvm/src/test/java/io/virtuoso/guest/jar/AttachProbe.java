package io.virtuoso.guest.jar;

import com.sun.tools.attach.AgentInitializationException;
import com.sun.tools.attach.VirtualMachine;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;

/** A program that loads an agent into itself, and whose listener works afterwards. */
public final class AttachProbe {
    private AttachProbe() {}

    /** The argument is the agent's jar. */
    public static void main(String[] arguments) throws Exception {
        try (ServerSocket listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            VirtualMachine self =
                    VirtualMachine.attach(Long.toString(ProcessHandle.current().pid()));
            try {
                self.loadAgent(arguments[0]);
                System.out.println("loading: done");
            } catch (AgentInitializationException e) {
                System.out.println("loading: " + e.getClass().getSimpleName());
            } finally {
                self.detach();
            }
            try (Socket client = new Socket(listener.getInetAddress(), listener.getLocalPort());
                    Socket accepted = listener.accept()) {
                System.out.println(accepted.getPort() == client.getLocalPort() ? "accepted" : "accepted another");
            }
        }
    }
}
